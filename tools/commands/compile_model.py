"""`stepwell compile`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..inputs.ir_file import replacing
from .progress import ProgressReport, size_text

if TYPE_CHECKING:
    from ...runtime.engine import Engine


@dataclass(frozen=True)
class CompileOptions:
    """What the command line says about how to compile."""

    threads: int
    target: str | None
    shapes: Mapping[str, tuple[int, ...]]
    exactness: str


def compile_engine(model: Any, options: CompileOptions, title: str = "compile") -> Engine:
    """Compile a path or a `ModelProto`, with progress on standard error."""
    from ... import compile

    with ProgressReport(title) as progress:
        return compile(
            model,
            threads=options.threads,
            target=options.target,
            shapes=dict(options.shapes),
            exactness=options.exactness,
            progress=progress,
        )


def compile_to_file(model: Path, output: Path, options: CompileOptions) -> None:
    """Compile `model`, write the artifact, and print what it holds."""
    start = time.perf_counter()
    engine = compile_engine(str(model), options)
    engine.save(str(output))
    seconds = time.perf_counter() - start
    print(
        f"{output}: {size_text(output.stat().st_size)}, weights {size_text(engine.weight_bytes)}, "
        f"arena {size_text(engine.arena_bytes)}, {seconds:.2f} s"
    )
    if engine.reference_ops:
        print(
            f"{len(engine.reference_ops)} nodes run by reference: {', '.join(engine.reference_ops)}"
        )


def emit_level(model: Path, level: str, output: Path | None, options: CompileOptions) -> None:
    """Write one level of `model` as text, with its weights beside it if it goes to a file."""
    from ...compiler.compile import lower

    with ProgressReport("compile") as progress:
        lowered = lower(
            str(model),
            level,
            threads=options.threads,
            target=options.target,
            shapes=dict(options.shapes),
            exactness=options.exactness,
            progress=progress,
        )
    if output is None:
        sys.stdout.write(lowered.text)
        return
    with replacing(str(output)) as part:
        part.write_text(lowered.text, encoding="utf-8")
        lowered.save_weights(output.with_suffix(".safetensors"))

"""`stepwell run`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..inputs.function_inputs import load_npz
from ..inputs.ir_file import replacing
from ..inputs.model_feeds import engine_feeds
from ..inputs.named_arrays import for_npz
from ..opt.run_module import value_text
from .compile_model import CompileOptions, compile_engine

if TYPE_CHECKING:
    from ...runtime.engine import Engine


def load_engine(model: Path, options: CompileOptions) -> Engine:
    """The engine of a .well file, or of a model compiled now."""
    if model.suffix.lower() == ".well":
        from ... import load

        return load(str(model), threads=options.threads)
    return compile_engine(str(model), options)


def run_model(
    model: Path,
    inputs: Path,
    outputs: Path | None,
    *,
    threads: int,
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    """Run `model` on the arrays in `inputs`; write the results to `outputs` or print them."""
    load_npz(str(inputs))  # say before compiling that it cannot be read
    engine = load_engine(model, CompileOptions(threads, None, shapes, "rounding"))
    results = engine.run(engine_feeds(inputs, engine.inputs))
    if outputs is None:
        for name, value in results.items():
            sys.stdout.write(value_text(name, value))
    else:
        save_npz(outputs, results)


def save_npz(path: Path, values: Mapping[str, Any]) -> None:
    """Write named values as arrays; the file appears whole or not at all.

    Raises:
        StepwellError: if it cannot be written.
    """
    with replacing(str(path)) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **for_npz(values))

"""`stepwell run`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .compile_model import CompileOptions, compile_engine
from .function_inputs import load_npz
from .ir_file import replacing
from .run_module import array_text

if TYPE_CHECKING:
    from ..runtime.engine import Engine

Array = npt.NDArray[Any]


def load_engine(model: Path, options: CompileOptions) -> Engine:
    """The engine of a .well file, or of an .onnx model compiled now."""
    if model.suffix.lower() == ".well":
        from .. import load

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
    feeds = load_npz(str(inputs))
    engine = load_engine(model, CompileOptions(threads, None, shapes, "rounding"))
    results = engine.run(feeds)
    if outputs is None:
        for name, array in results.items():
            sys.stdout.write(array_text(name, array))
    else:
        save_npz(outputs, results)


def save_npz(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write named arrays; the file appears whole or not at all.

    Raises:
        StepwellError: if it cannot be written.
    """
    with replacing(str(path)) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **dict(arrays))

"""`stepwell run`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...conversion.model_files import files_of
from ...errors import UsageError
from ...runtime.array_files import engine_feeds, paths_in, read_array_file, write_arrays
from ...runtime.output_file import destination
from ...runtime.value_text import value_text
from ..inputs.open_sizes import sizes_from_files
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
    inputs: Sequence[str],
    outputs: Path | None,
    *,
    threads: int,
    shapes: Mapping[str, tuple[int, ...]],
    values: Mapping[str, Any],
) -> None:
    """
    Run `model` on the arrays in `inputs`; write the results to `outputs` or print them.

    Sizes that the model leaves open, and `shapes` does not give, are those of the inputs.
    """
    if model.suffix.lower() == ".well" and values:
        raise UsageError(f"{model} is compiled: what --value gives stands in it already")
    if not inputs:
        raise UsageError("give the inputs of the model with --inputs IN.npz")
    read = paths_in(inputs)
    keep = (*files_of(model), *read)
    if outputs is not None:
        destination(outputs, keep)  # refused before the work, as is what cannot be read
    for path in read:
        read_array_file(str(path))
    shapes = sizes_from_files(model, inputs, shapes)
    engine = load_engine(model, CompileOptions(threads, None, shapes, "rounding", values))
    results: dict[str, Any] = engine.run(engine_feeds(inputs, engine.inputs))
    if outputs is not None:
        write_arrays(outputs, results, keep)
        return
    for name, value in results.items():
        sys.stdout.write(value_text(name, value))

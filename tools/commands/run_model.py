"""`stepwell run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...conversion.model_files import files_of
from ...errors import UsageError
from ...runtime.array_files import engine_feeds, paths_in
from ...runtime.command_line import check_files, put_results
from ..inputs.choice_option import ChoiceOption
from ..inputs.model_parts import ModelParts
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
    choice: ChoiceOption,
    parts: ModelParts,
) -> None:
    """
    Run `model` on the arrays in `inputs`; write the results to `outputs` or print them.

    Sizes that the model leaves open, and `shapes` does not give, are those of the inputs.
    """
    if model.suffix.lower() == ".well" and values:
        raise UsageError(f"{model} is compiled: what --value gives stands in it already")
    if model.suffix.lower() == ".well" and shapes:
        raise UsageError(f"{model} is compiled: its shapes are what they are")
    if model.suffix.lower() == ".well" and choice.is_given:
        raise UsageError(f"{model} is compiled: how it was optimised is what it is")
    files = files_of(model, parts.weights)
    check_files(inputs, outputs, files)
    if model.suffix.lower() != ".well":  # sooner compiled for one size than for any
        shapes = sizes_from_files(model, inputs, shapes, parts)
    options = CompileOptions(threads, None, shapes, choice, values, parts=parts)
    engine = load_engine(model, options)
    results = engine.run(engine_feeds(inputs, engine.inputs))
    put_results(results, outputs, [*files, *paths_in(inputs)])

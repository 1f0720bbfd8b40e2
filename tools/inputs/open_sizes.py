"""Sizes that a model on the command line leaves open, from the files with its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...conversion.import_model import summary_of
from ...conversion.open_sizes import open_inputs, sizes_of_values
from ...runtime.array_files import read_arrays
from .ir_file import is_module_file
from .model_parts import NO_PARTS, ModelParts

Shapes = Mapping[str, tuple[int, ...]]


def sizes_from_files(
    model: Path, inputs: Sequence[str], shapes: Shapes, parts: ModelParts = NO_PARTS
) -> Shapes:
    """
    `shapes`, and what the files in `inputs` say of sizes that `model` leaves open.

    Raises:
        ImportModelError: for a file that is no model.
        InputError: for files that cannot be read, and arrays that do not fit the model.
    """
    if not inputs or is_module_file(str(model)):
        return shapes
    types = summary_of(model, **parts.options).inputs
    if not open_inputs(types):
        return shapes
    arrays = read_arrays(inputs, list(types))
    found = sizes_of_values(types, {name: a.shape for name, a in arrays.items()}, shapes)
    return {name: tuple(sizes) for name, sizes in found.items()}

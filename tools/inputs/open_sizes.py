"""
Sizes that a model on the command line leaves open: from the files with its inputs, else drawn.

Without a hint, a size is planned for as 1 where it is the first of an input, 224 in an image (rank
4), and 128 elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...conversion.import_model import summary_of
from ...conversion.open_sizes import open_inputs, sizes_of_values
from ...dialects.framework import dims_of
from ...errors import UsageError
from ...ir.module_file import SUFFIX
from ...runtime.array_files import read_arrays
from ...runtime.artifact import read_artifact
from ...runtime.size import Extent, Size, numbers_of, substituted
from ...runtime.size_solving import plain_size
from ...runtime.size_text import parse_size
from ...runtime.value_text import sizes_by_name_text

Shapes = Mapping[str, tuple[int, ...]]
OpenShapes = Mapping[str, tuple[Extent, ...]]

ARTIFACT = ".well"


def sizes_from_files(model: Path, inputs: Sequence[str], shapes: Shapes) -> Shapes:
    """
    `shapes`, and what the files in `inputs` say of sizes that `model` leaves open.

    Raises:
        ImportModelError: for a file that is no model.
        InputError: for files that cannot be read, and arrays that do not fit the model.
    """
    if not inputs or model.suffix.lower() == SUFFIX:
        return shapes
    if model.suffix.lower() == ARTIFACT:
        tensors = read_artifact(model, verify=False, with_code=False).inputs
        types = _open_shapes(model)
        arrays = read_arrays(inputs, [tensor.name for tensor in tensors]) if types else {}
        return {**shapes, **{name: arrays[name].shape for name in types if name in arrays}}
    types = summary_of(model).inputs
    if not open_inputs(types):
        return shapes
    arrays = read_arrays(inputs, list(types))
    found = sizes_of_values(types, {name: a.shape for name, a in arrays.items()}, shapes)
    return {name: tuple(sizes) for name, sizes in found.items()}


def drawn_sizes(
    model: Path, inputs: Sequence[str], shapes: Shapes, seed: int, points: int = 1
) -> list[tuple[str, Shapes]]:
    """
    Shapes that leave no size of `model` open, and what they say of the names (`N = 1, S = 128`).

    What neither `shapes` nor the files in `inputs` say is what is planned for at the first point,
    and drawn below that at the others. There is one point where nothing is left to draw.

    Raises:
        StepwellError: as `sizes_from_files`.
        UsageError: for shapes given to an artifact whose sizes are numbers.
    """
    if model.suffix.lower() == ARTIFACT and shapes and not _open_shapes(model):
        raise UsageError(f"{model} is compiled: its shapes are what they are")
    shapes = sizes_from_files(model, inputs, shapes)
    if model.suffix.lower() == SUFFIX:
        return [("", shapes)]
    open_ = _open_shapes(model)
    hints = _hints(open_, shapes)
    if not hints:
        return [("", {**shapes, **_filled(open_, {}, shapes)} if shapes else shapes)]
    rng = np.random.default_rng(seed)
    found: list[tuple[str, Shapes]] = []
    for _ in range(points):
        values = {n: int(rng.integers(2, max(h, 8))) for n, h in hints.items()} if found else hints
        text = sizes_by_name_text({**_numbers(shapes), **values})
        found.append((text, {**shapes, **_filled(open_, values, shapes)}))
    return found


def _open_shapes(model: Path) -> dict[str, tuple[Extent, ...]]:
    """The shapes of those inputs of a model or an artifact whose sizes are not all numbers."""
    if model.suffix.lower() == ARTIFACT:
        program = read_artifact(model, verify=False, with_code=False)
        shapes = {t.name: t.shape for t in program.buffer_inputs}
        # A name declared a multiple is asked for as who wrote the model knows it.
        plain = {name: plain_size(name) for name in program.sizes}
        return {
            name: tuple(substituted(parse_size(str(size)), plain) for size in shape)
            for name, shape in shapes.items()
            if any(isinstance(size, str) for size in shape)
        }
    types = open_inputs(summary_of(model).inputs)
    return {n: tuple(d for d in dims_of(t) or () if d is not None) for n, t in types.items()}


def _numbers(shapes: Shapes) -> dict[str, int]:
    return {name: sizes[0] for name, sizes in shapes.items() if len(sizes) == 1}


def _hints(open_: OpenShapes, shapes: Shapes) -> dict[str, int]:
    """What is planned for, of the names that `shapes` leaves open."""
    found: dict[str, int] = {}
    for name, dims in open_.items():
        for at, dim in enumerate(() if name in shapes else dims):
            for part in dim.names if isinstance(dim, Size) else ():
                if part not in shapes:
                    found.setdefault(part, 1 if at == 0 else 224 if len(dims) == 4 else 128)
    return found


def _filled(
    open_: OpenShapes, values: Mapping[str, int], shapes: Shapes
) -> dict[str, tuple[int, ...]]:
    """The shapes of those inputs that `shapes` does not give as a whole."""
    numbers = {**_numbers(shapes), **values}
    return {
        name: numbers_of(substituted(dim, numbers) for dim in dims)
        for name, dims in open_.items()
        if name not in shapes
    }

"""Sizes that a model leaves open, taken from the values that are given for its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xdsl.ir import Attribute

from ..dialects.framework import Dim, StringType, dims_of, element_of
from ..errors import InputError
from ..runtime.size import Size, name_of, named
from .size_equations import Contradiction, Equation, solved

Sizes = Mapping[str, Sequence[int]]


def open_inputs(types: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """Those inputs that are tensors of numbers with a size, or a rank, that is not known."""
    found: dict[str, Attribute] = {}
    for name, type_ in types.items():
        element, dims = element_of(type_), dims_of(type_)
        if element is None or isinstance(element, StringType):
            continue
        if dims is None or not all(isinstance(d, int) for d in dims):
            found[name] = type_
    return found


def sizes_of_values(
    types: Mapping[str, Attribute], values: Sizes, given: Sizes
) -> dict[str, Sequence[int]]:
    """
    `given`, and for the inputs of `types` that it leaves open the shapes in `values`.

    `values` are the shapes of values by the names of inputs; an input without one stays open.

    Raises:
        InputError: for a value that does not fit the sizes that are known, or two values that
            differ in the size of one named dimension.
    """
    sizes: dict[str, Sequence[int]] = dict(given)
    equations = [
        Equation(named(name), size[0], "the given sizes")
        for name, size in given.items()
        if len(size) == 1
    ]
    for name, type_ in open_inputs(types).items():
        if name in values and name not in given:
            sizes[name] = shape = tuple(values[name])
            equations.extend(_equations(name, dims_of(type_), shape))
    _, wrong = solved(equations)
    for contradiction in wrong:
        raise InputError(_contradiction_text(contradiction, values))
    return sizes


def _equations(
    name: str, dims: tuple[Dim, ...] | None, shape: tuple[int, ...]
) -> Iterator[Equation]:
    """What the shape of a value says of the names in the sizes of its input."""
    if dims is None:
        return
    wanted = ", ".join("?" if d is None else str(d) for d in dims)
    if len(dims) != len(shape):
        raise InputError(
            f"input '{name}' has rank {len(shape)} (shape {list(shape)}), expected rank "
            f"{len(dims)}: [{wanted}]"
        )
    for dim, size in zip(dims, shape, strict=True):
        if isinstance(dim, int) and dim != size:
            raise InputError(f"input '{name}' has shape {list(shape)}, expected [{wanted}]")
        if isinstance(dim, Size):
            yield Equation(dim, size, name)


def _contradiction_text(wrong: Contradiction, values: Sizes) -> str:
    """Two sizes that are not one, with the inputs that have them."""
    size, name = wrong.equation.size, wrong.equation.where
    text = (
        f"dimension '{name_of(size) or size}' is {wrong.equation.number} in input '{name}' "
        f"(shape {list(values.get(name, ()))})"
    )
    if wrong.found is None:
        return f"{text}, which no size makes"
    other = "" if wrong.other is None else wrong.other.where
    where = f"input '{other}'" if other in values else other or "the others"
    return f"{text}, but {wrong.found} in {where}"

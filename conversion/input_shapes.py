"""
The inputs of a model with the sizes a user gives them.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from xdsl.ir import Attribute

from ..dialects.framework import Dim, dims_of, element_of, tensor_type
from .problems import Problems

LARGEST_DIMENSION = 2**40
"""Beyond it a size is a mistake."""

LARGEST_RANK = 32
"""Arrays of numpy have up to twice as many dimensions, and operations on the way need some."""


@dataclass(frozen=True)
class GraphInputs:
    """Names and types of the inputs that a caller has to provide."""

    names: tuple[str, ...]
    types: tuple[Attribute, ...]
    sizes: Mapping[str, int]
    """The sizes given to named dimensions."""

    def without(self, names: Container[str]) -> GraphInputs:
        """The same inputs without some of them."""
        kept = [(n, t) for n, t in zip(self.names, self.types, strict=True) if n not in names]
        return replace(self, names=tuple(n for n, _ in kept), types=tuple(t for _, t in kept))


def bound_inputs(
    types: Mapping[str, Attribute], shapes: Mapping[str, Sequence[int]] | None, problems: Problems
) -> GraphInputs:
    """The inputs of a model by name, with `shapes` applied.

    A key of `shapes` is the name of an input, with all its sizes, or of a named dimension, with
    one size. A dimension's name stands for one size throughout. A size that the model fixes stays
    what it is.
    """
    types = dict(types)
    sizes = _sizes(types, shapes or {}, problems)
    for name, shape in (shapes or {}).items():
        type_ = types.get(name)
        element = None if type_ is None else element_of(type_)
        if type_ is not None and element is not None:
            types[name] = tensor_type(element, shape)
    for name, type_ in types.items():
        types[name] = with_sizes(type_, sizes)
    return GraphInputs(tuple(types), tuple(types.values()), sizes)


def with_sizes(type_: Attribute, sizes: Mapping[str, int]) -> Attribute:
    """A tensor type with named dimensions replaced by their sizes."""
    dims, element = dims_of(type_), element_of(type_)
    if dims is None or element is None or not sizes:
        return type_
    return tensor_type(element, [_sized(d, sizes) for d in dims])


def _sized(dim: Dim, sizes: Mapping[str, int]) -> Dim:
    return sizes.get(dim, dim) if isinstance(dim, str) else dim


def _sizes(
    types: Mapping[str, Attribute], shapes: Mapping[str, Sequence[int]], problems: Problems
) -> dict[str, int]:
    """The size of each named dimension that `shapes` decides."""
    sizes: dict[str, int] = {}
    names = {d for t in types.values() for d in dims_of(t) or () if isinstance(d, str)}
    for key, shape in shapes.items():
        if any(not 0 <= size <= LARGEST_DIMENSION for size in shape):
            problems.add(f"shape of '{key}': {list(shape)} has an impossible size")
        elif key in types:
            _bind_input(key, types[key], shape, sizes, problems)
        elif key in names and len(shape) == 1:
            _bind(key, shape[0], sizes, problems)
        else:
            choices = [*types, *sorted(names)]
            near = get_close_matches(key, choices, n=1) or choices
            what = "is a dimension and takes one size" if key in names else "names no input"
            problems.add(f"shape of '{key}': it {what}; there are {', '.join(near)}")
    return sizes


def _bind_input(
    name: str,
    type_: Attribute,
    shape: Sequence[int],
    sizes: dict[str, int],
    problems: Problems,
) -> None:
    if element_of(type_) is None:
        problems.add(f"shape of '{name}': this input is not a tensor")
        return
    dims = dims_of(type_)
    if dims is None:
        return
    if len(dims) != len(shape):
        problems.add(f"shape of '{name}': {list(shape)} given, the input has rank {len(dims)}")
        return
    for at, (dim, size) in enumerate(zip(dims, shape, strict=True)):
        if isinstance(dim, str):
            _bind(dim, size, sizes, problems)
        elif dim is not None and dim != size:
            problems.add(
                f"shape of '{name}': {list(shape)} given, but dimension {at} is {dim} in the "
                f"model, not {size}"
            )


def _bind(name: str, size: int, sizes: dict[str, int], problems: Problems) -> None:
    if sizes.setdefault(name, size) != size:
        problems.add(f"dimension '{name}' is given as {sizes[name]} and as {size}")

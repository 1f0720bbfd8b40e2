"""
What a branch or loop gives that is as large as an operation in it finds.

Nobody outside knows such a size. So the region gives the value with room for the most there can be,
and beside it how large it is, as an integer. Behind, that integer is a size that the data decides,
and what lies beyond it is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from xdsl.ir import Block, SSAValue

from ....dialects.engine import PadOp
from ....dialects.engine.base import element_of, extents_of, scalar_type
from ....dialects.engine.data_sizes import SizeDefiningOp
from ....dialects.engine.opaque import any_opaque
from ....runtime.size import Extent, Size
from ....runtime.size_bounds import largest
from ..data_extents import as_sizes
from ..lowering import Lowering, NoNativeForm, attribute_of
from ..open_extents import size_vector


@dataclass(frozen=True)
class FoundSize:
    """One size of what regions give: which value, along which axis, and the most it can be."""

    value: int
    axis: int
    most: Extent


def found_sizes(
    lo: Lowering, blocks: Sequence[Block], given: Sequence[Sequence[SSAValue]]
) -> list[FoundSize]:
    """
    The sizes of what regions give, one list of values for each, that an operation in them finds.

    Raises:
        NoNativeForm: where nothing bounds one of them.
    """
    known = [found_in(block) for block in blocks]
    if not any(known):
        return []
    return [
        FoundSize(number, axis, _most(lo, extents, known))
        for number, values in enumerate(zip(*given, strict=True))
        if not any_opaque(values) and len({len(extents_of(v)) for v in values}) == 1
        for axis, extents in enumerate(zip(*map(extents_of, values), strict=True))
        if any(_mentions(size, names) for size, names in zip(extents, known, strict=True))
    ]


def found_in(block: Block) -> set[str]:
    """The names that operations of a block find."""
    finding = [op for op in block.ops if isinstance(op, SizeDefiningOp)]
    return {name for op in finding for name in op.defined_names}


def _mentions(size: Extent, names: set[str]) -> bool:
    return isinstance(size, Size) and not names.isdisjoint(size.names)


def _most(lo: Lowering, extents: Sequence[Extent], known: Sequence[set[str]]) -> Extent:
    most = [most_of(lo, size, names) for size, names in zip(extents, known, strict=True)]
    return reduce(lo.relations.maximum, most)


def most_of(lo: Lowering, size: Extent, names: set[str]) -> Extent:
    """
    What a size never exceeds, without some of its names.

    Raises:
        NoNativeForm: where nothing bounds them.
    """
    bounds = lo.bounds_of(names)
    for _ in names:  # a bound may be of what was found before
        size = largest(size, bounds)
    if _mentions(size, names):
        raise NoNativeForm("gives what is as large as the data says in a branch or loop")
    return size


def with_room(
    lo: Lowering, values: Sequence[SSAValue], sizes: Sequence[FoundSize]
) -> list[SSAValue]:
    """The values of a region, each with room for the most there can be, and a vector of sizes."""
    extents = [extents_of(values[size.value])[size.axis] for size in sizes]
    given = list(values)
    for size in sizes:
        given[size.value] = padded_to(lo, given[size.value], size.axis, size.most)
    return [*given, size_vector(lo, extents)]


def padded_to(lo: Lowering, value: SSAValue, axis: int, most: Extent) -> SSAValue:
    """A value with room for so many along an axis, zeros beyond those that there are."""
    shape = extents_of(value)
    if shape[axis] == most:
        return value
    high: list[Extent] = [most - shape[axis] if a == axis else 0 for a in range(len(shape))]
    zero = attribute_of(0, scalar_type(element_of(value)))
    return lo.emit(PadOp(value, [0] * len(shape), high, zero))


def cut_to_found(
    lo: Lowering,
    values: Sequence[SSAValue],
    counts: SSAValue,
    sizes: Sequence[FoundSize],
    behind: int = 0,
) -> list[SSAValue]:
    """
    What regions gave, as large as was found; `counts` are the numbers that they gave beside it.

    The axes of a value have moved `behind` so many others.
    """
    bounds = [size.most for size in sizes]
    extents, cut = as_sizes(lo, counts, bounds), list(values)
    for size, extent in zip(sizes, extents, strict=True):
        axis = size.axis + behind
        cut[size.value] = lo.slice_axis(cut[size.value], axis, 0, extent)
    return cut

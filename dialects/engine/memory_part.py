"""
Values that lie within the memory of others: arithmetic of offsets, strides and blocks.

Strides and offsets are in elements. Strides are those of the physical dimensions of a layout,
outermost first: of the dimensions in the order of the format tag, then of the blocks.

`MemoryPart` says where a value lies, `Elements` what it is: `check-memory-plan` compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...runtime.format_tag import FormatTag, dense_stride_extents
from ...runtime.size import Extent, is_one, numbers_of


@dataclass(frozen=True)
class MemoryPart:
    """Where a value lies in the memory of another: its first element, and its strides."""

    offset: Extent
    strides: tuple[Extent, ...]


@dataclass(frozen=True)
class Elements:
    """
    Which elements of a tensor another one consists of, whatever lies where in memory.

    Index `i` of the other is element `first + sum(i[d] * steps[d])`, counted in row-major order.
    """

    first: Extent
    steps: tuple[Extent, ...]


def offset_of_index(
    tag: FormatTag, dim: int, start: Extent, size: Extent, whole: Extent, strides: Sequence[Extent]
) -> Extent | None:
    """
    Elements from the start of a buffer to index `start` of logical dimension `dim`.

    `size` elements of the `whole` dimension are taken from there on; None when that would cut a
    blocked dimension inside a block.
    """
    block = tag.blocked.get(dim, 1)
    if block > 1:
        start, size, whole = numbers_of((start, size, whole))
        if start % block or (size % block and start + size != whole):
            return None
    return start // block * strides[tag.outer.index(dim)]


def canonical_strides(shape: Sequence[Extent], strides: Sequence[Extent]) -> tuple[Extent, ...]:
    """`strides` with those of dimensions of extent 1, which never matter, as in a dense array."""
    pairs = zip(shape, strides, dense_stride_extents(shape), strict=True)
    return tuple(own if is_one(n) else given for n, given, own in pairs)

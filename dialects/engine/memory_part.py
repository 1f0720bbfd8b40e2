"""
Values that lie within the memory of others: arithmetic of offsets, strides and blocks.

Strides and offsets are in elements. Strides are those of the physical dimensions of a layout,
outermost first: of the dimensions in the order of the format tag, then of the blocks.

`MemoryPart` says where a value lies, `Elements` what it is: `check-memory-plan` compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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


def reshaped_strides(
    shape: Sequence[Extent], strides: Sequence[Extent], other: Sequence[Extent]
) -> tuple[Extent, ...] | None:
    """
    The strides with which elements of `shape`, stored with `strides`, have the shape `other`.

    Dimensions that are one in the other shape must follow each other without gaps. None where they
    do not, and where that cannot be said, as sizes of them are open; of an extent of 1 the stride
    is that of a dense array.
    """
    before = [(n, s) for n, s in zip(shape, strides, strict=True) if not is_one(n)]
    dense = dense_stride_extents(other)
    found = list(dense)
    at = 0
    dims = [d for d, n in enumerate(other) if not is_one(n)]
    while dims or at < len(before):
        if not dims or at == len(before):
            return None
        if before[at][0] == other[dims[0]]:
            found[dims.pop(0)] = before[at][1]
            at += 1
            continue
        group = _next_group(before, at, other, dims)
        if group is None:
            return None
        count, taken = group
        step = before[at + count - 1][1]
        for (_, outer), (n, inner) in pairwise(before[at : at + count]):
            if outer != n * inner:
                return None
        for dim in reversed(dims[:taken]):
            found[dim] = step
            step = step * other[dim]
        at, dims = at + count, dims[taken:]
    return tuple(found)


def _next_group(
    before: Sequence[tuple[Extent, Extent]], at: int, other: Sequence[Extent], dims: Sequence[int]
) -> tuple[int, int] | None:
    """How many dimensions from there on hold the same elements in either shape."""
    count = taken = 0
    one = two = 1
    while not count or one != two:
        more = count == 0 or (taken > 0 and one < two)
        if more and at + count < len(before):
            size = before[at + count][0]
            count += 1
        elif not more and taken < len(dims):
            size = other[dims[taken]]
            taken += 1
        else:
            return None
        if not isinstance(size, int):
            return None
        one, two = (one * size, two) if more else (one, two * size)
    return count, taken

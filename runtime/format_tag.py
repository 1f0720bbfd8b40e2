"""
Format tags: how the elements of a tensor lie in memory.

Tags are oneDNN's: the letters `a`, `b`, `c`, ... are the logical dimensions; their order is the
physical order, outermost first; an upper-case letter is a dimension that is also blocked, and
`16b` is an inner block of 16 elements of dimension `b`. After `z` comes `a'`, which oneDNN, with
its twelve dimensions, has no need of. See `dialects/engine/layout.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from types import EllipsisType
from typing import Any

import numpy as np

from .array_memory import AnyArray as Array
from .size import Extent, ceildiv

Index = tuple[slice | EllipsisType, ...]


@dataclass(frozen=True)
class FormatTag:
    """
    A parsed format tag over tensors of rank `rank`.

    `outer` lists the logical dimension of each outer physical dimension; `inner` lists
    (logical dimension, block) of each inner one.
    """

    rank: int
    outer: tuple[int, ...]
    inner: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        blocked = self.blocked
        names = [(d in blocked, dimension_name(d)) for d in self.outer]
        outer = "".join(name.upper() if upper else name for upper, name in names)
        return outer + "".join(f"{size}{dimension_name(d)}" for d, size in self.inner)

    def permuted(self, permutation: Sequence[int]) -> FormatTag:
        """The tag of the transposed tensor that has the same bytes."""
        new = {old: dim for dim, old in enumerate(permutation)}
        outer = tuple(new[d] for d in self.outer)
        return FormatTag(self.rank, outer, tuple((new[d], block) for d, block in self.inner))

    @cached_property
    def blocked(self) -> Mapping[int, int]:
        """Logical dimension -> product of its inner blocks."""
        blocks: dict[int, int] = {}
        for dim, block in self.inner:
            blocks[dim] = blocks.get(dim, 1) * block
        return blocks

    @property
    def row_major(self) -> bool:
        return not self.inner and self.outer == tuple(range(self.rank))

    def physical_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Extents of the physical dimensions of a tensor of logical `shape`."""
        blocks = self.blocked
        outer = tuple([-(-shape[dim] // blocks.get(dim, 1)) for dim in self.outer])
        return outer + tuple(block for _, block in self.inner)

    def physical_extents(self, extents: Sequence[Extent]) -> tuple[Extent, ...]:
        """Extents of the physical dimensions, of sizes that may be expressions."""
        blocks = self.blocked
        if not blocks:
            return tuple([extents[dim] for dim in self.outer])
        outer = tuple([ceildiv(extents[dim], blocks.get(dim, 1)) for dim in self.outer])
        return outer + tuple(block for _, block in self.inner)

    def pack(self, array: Array, fill: Any = 0) -> Array:
        """The physical array of a logical one; padding lanes hold `fill`. A view if possible."""
        blocks = self.blocked
        padding = [(0, -array.shape[d] % blocks.get(d, 1)) for d in range(self.rank)]
        if any(after for _, after in padding):
            array = np.pad(array, padding, constant_values=fill)
        return array.reshape(self._split(array.shape)).transpose(self._order())

    def pack_pieces(self, array: Array, size: int) -> Iterator[tuple[Index, Array]]:
        """
        `pack(array)` in pieces made of about `size` bytes each: (where in the whole, piece).

        The cuts are across the dimension in which `array` takes its largest steps, so that each
        piece is made of one stretch of memory, and padding copies no more than a piece.
        """
        if array.nbytes <= size or not self.rank:
            yield (...,), self.pack(array)
            return
        dim = max(range(self.rank), key=lambda d: (array.shape[d] > 1, abs(array.strides[d])))
        block = self.blocked.get(dim, 1)
        rows = max(size * array.shape[dim] // array.nbytes // block, 1) * block
        before = (slice(None),) * self.outer.index(dim)
        along = (slice(None),) * dim
        for start in range(0, array.shape[dim], rows):
            end = min(start + rows, array.shape[dim])
            where = slice(start // block, -(-end // block))
            yield (*before, where), self.pack(array[(*along, slice(start, end))])

    def unpack(self, array: Array, shape: Sequence[int]) -> Array:
        """The logical array of a physical one. A view if possible."""
        blocks = self.blocked
        padded = [-(-n // blocks.get(d, 1)) * blocks.get(d, 1) for d, n in enumerate(shape)]
        split = array.transpose(np.argsort(self._order()).tolist())
        return split.reshape(padded)[tuple(slice(0, n) for n in shape)]

    def _split(self, shape: Sequence[int]) -> list[int]:
        sizes: list[int] = []
        for dim in range(self.rank):
            inner = [block for d, block in self.inner if d == dim]
            sizes += [shape[dim] // prod(inner), *inner]
        return sizes

    def _order(self) -> list[int]:
        position: dict[tuple[int, int], int] = {}
        at = 0
        for dim in range(self.rank):
            position[dim, 0] = at
            at += 1
            for level in range(sum(d == dim for d, _ in self.inner)):
                position[dim, level + 1] = at
                at += 1
        order = [position[dim, 0] for dim in self.outer]
        seen: dict[int, int] = {}
        for dim, _ in self.inner:
            seen[dim] = seen.get(dim, 0) + 1
            order.append(position[dim, seen[dim]])
        return order


@lru_cache(maxsize=1024)
def parse_format_tag(tag: str) -> FormatTag:
    """
    Parse a format tag.

    Raises:
        ValueError: with the reason, when the tag is malformed.
    """
    match = re.fullmatch(r"((?:[a-zA-Z]'*)*)((?:\d+[a-z]'*)*)", tag, re.ASCII)
    if match is None:
        raise ValueError(f"'{tag}' is not a format tag such as abcd, aBcd16b or Ba48b")
    letters, blocks = re.findall(r"[a-zA-Z]'*", match[1]), match[2]
    outer = tuple(map(_dimension, letters))
    inner = tuple(
        (_dimension(name), int(size)) for size, name in re.findall(r"(\d+)([a-z]'*)", blocks)
    )
    if sorted(outer) != list(range(len(outer))):
        raise ValueError(f"'{tag}' must name each dimension once, without a gap")
    upper = {_dimension(letter) for letter in letters if letter[0].isupper()}
    if upper != {dim for dim, _ in inner}:
        raise ValueError(f"'{tag}': the upper-case dimensions must be the blocked ones")
    if any(block < 1 for _, block in inner):
        raise ValueError(f"'{tag}': a block must be positive")
    return FormatTag(len(outer), outer, inner)


def dimension_name(dim: int) -> str:
    """What tags call a dimension that is not blocked: `a` to `z`, then `a'` to `z'`, and so on."""
    return chr(ord("a") + dim % 26) + "'" * (dim // 26)


def _dimension(name: str) -> int:
    """The dimension that tags call `name`, in small or large letters."""
    return ord(name[0].lower()) - ord("a") + 26 * (len(name) - 1)


@lru_cache(maxsize=64)
def row_major_tag(rank: int) -> str:
    """The format tag of a dense row-major tensor: `abcd` for rank 4."""
    return "".join(map(dimension_name, range(rank)))


def dense_stride_extents(extents: Sequence[Extent]) -> tuple[Extent, ...]:
    """
    Row-major strides of a dense array, in elements, of sizes that may be expressions.

    A size that turns out to be 0 makes larger strides 0, too: there is no element to reach.
    """
    strides: list[Extent] = []
    step: Extent = 1
    for extent in reversed(extents):
        strides.append(step)
        step = step * (max(extent, 1) if isinstance(extent, int) else extent)
    return tuple(reversed(strides))


def dense_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Row-major strides of a dense array, in elements."""
    strides: list[int] = []
    step = 1
    for extent in reversed(shape):
        strides.append(step)
        step *= max(extent, 1)
    return tuple(reversed(strides))

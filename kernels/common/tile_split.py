"""
How an extent is cut into tiles of a few elements, where the extent may be a value.

The sizes of tiles are numbers, for each is code of its own; how many there are of each follows from
the extent when the kernel runs. Two ways:

- *even*: as few tiles as there can be, of two sizes that differ by one. 13 = 5 + 4 + 4, not
  6 + 6 + 1: every tile runs at nearly full speed. There is code for all sizes up to the largest.
- *greedy*: the largest size as often as it goes, then the next one: 13 = 6 + 6 + 1. There is code
  for a few sizes only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...runtime.size import Extent, Size, ceildiv, floordiv, mod
from ..builder import Index, KernelBuilder
from ..template import split_evenly
from .chunking import Runs, even_runs


@dataclass(frozen=True)
class TileSplit:
    """
    `extent` elements in tiles of `sizes`, the largest first, which they have in this order.

    The last size is 1, unless the extent is a number.
    """

    extent: Extent
    sizes: tuple[int, ...]
    even: bool

    @staticmethod
    def evenly(extent: Extent, most: int) -> TileSplit:
        """Tiles of at most `most` elements and nearly equal sizes."""
        if isinstance(extent, Size):
            return TileSplit(extent, tuple(range(most, 0, -1)), True)
        return TileSplit(extent, tuple(size for size, _ in split_evenly(extent, most)), True)

    @staticmethod
    def greedily(extent: Extent, sizes: Sequence[int]) -> TileSplit:
        """Tiles of these sizes, the largest first; an extent that is a number is split evenly."""
        if isinstance(extent, Size):
            return TileSplit(extent, tuple(sizes), False)
        return TileSplit.evenly(extent, sizes[0])

    @property
    def most(self) -> int:
        """The largest size there is code for; 0 of no elements."""
        return max(self.sizes, default=0)

    @property
    def count(self) -> Extent:
        """How many tiles there are."""
        if isinstance(self.extent, int) or self.even:
            return ceildiv(self.extent, self.most) if self.most else 0
        left, total = self.extent, 0
        for size in self.sizes:
            total, left = total + floordiv(left, size), mod(left, size)
        return total

    def runs(self, builder: KernelBuilder) -> Runs:
        """(size, how many of it) in the order in which tiles follow each other."""
        if isinstance(self.extent, int) or self.even:
            return even_runs(builder, self.extent, self.most or 1)
        found: list[tuple[int, Index]] = []
        left: Index = builder.extent(self.extent)
        for size in self.sizes:
            found.append((size, builder.floordiv(left, size)))
            left = builder.mod(left, size)
        return found


@dataclass(frozen=True)
class TileRun:
    """Tiles `first ... last` of one `size`; tile `t` starts at element `t * size + shift`."""

    size: int
    first: Index
    last: Index
    shift: Index

    def start(self, builder: KernelBuilder, tile: Index) -> Index:
        """The first element of a tile of the run."""
        return builder.add(builder.mul(tile, self.size), self.shift)


class Tiles:
    """The tiles of a split inside of a kernel, counted once."""

    def __init__(self, builder: KernelBuilder, split: TileSplit):
        self.builder, self.split = builder, split
        self.all: list[TileRun] = []
        first: Index = 0
        element: Index = 0
        for size, count in split.runs(builder):
            last = builder.add(first, count)
            shift = builder.sub(element, builder.mul(first, size))
            self.all.append(TileRun(size, first, last, shift))
            element = builder.add(element, builder.mul(count, size))
            first = last
        self.count = first

    def between(self, start: Index, stop: Index) -> list[TileRun]:
        """Those of tiles number `start` to `stop`."""
        b = self.builder
        return [
            TileRun(run.size, b.max(start, run.first), b.min(stop, run.last), run.shift)
            for run in self.all
        ]

    def start(self, tile: Index) -> Index:
        """The first element of a tile; past the last tile, the extent."""
        b = self.builder
        if self.split.even and isinstance(self.split.extent, Size):
            some = b.max(self.count, 1)
            extent = b.extent(self.split.extent)
            least, larger = b.floordiv(extent, some), b.mod(extent, some)
            return b.add(b.mul(tile, least), b.min(tile, larger))
        element: Index = 0
        for run in self.all:
            inside = b.sub(b.min(b.max(tile, run.first), run.last), run.first)
            element = b.add(element, b.mul(inside, run.size))
        return element


class EvenTiles:
    """
    An extent in as few tiles of at most `most` elements as there can be, one after the other.

    For one loop over all of them, whatever their sizes; those with one element more come first.
    """

    def __init__(self, builder: KernelBuilder, extent: Index, most: int):
        self.builder = builder
        self.count = builder.ceildiv(extent, most)
        some = builder.max(self.count, 1)
        self.least = builder.floordiv(extent, some)
        self.larger = builder.mod(extent, some)

    def tile(self, number: Index) -> tuple[Index, Index]:
        """The first element of a tile, and how many it has."""
        b = self.builder
        start = b.add(b.mul(number, self.least), b.min(number, self.larger))
        more = b.select(b.cmpi("slt", number, self.larger), b.index(1), b.index(0))
        return start, b.add(self.least, more)


def of_size(
    builder: KernelBuilder, size: Index, sizes: Sequence[int], body: Callable[[int], None]
) -> None:
    """`body(n)` for the one of `sizes` that `size` is."""
    first, *others = sizes
    if not others:
        body(first)
        return
    builder.if_else(
        builder.cmpi("eq", size, first),
        lambda: body(first),
        lambda: of_size(builder, size, others, body),
    )

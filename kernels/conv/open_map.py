"""
The tiles of a map whose rows or columns are values.

A tile has one row, so that the stride between rows is in one pointer, and up to R pixels of it;
the pixels of a row are split evenly, with code for each number of pixels. A unit of work is a
segment of a row, some tiles of it, against one panel of output channels. The order of images,
panels and segments is the one of `choose_order`, chosen by comparing sizes when the kernel runs.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod

from xdsl.ir import SSAValue

from ...runtime.size import Extent, floordiv, maximum
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import each_point, part_range
from ..common.tile_split import EvenTiles, TileSplit
from ..cost import typical
from ..template import split_evenly
from .tiles import Tiling, pixel_limit, tile_cycles

SEGMENT_TILES = 6
"""Tiles of a segment, about: what one thread takes at a time, and what stays in the first cache."""

MOST_PIXELS = 8
"""More pixels of a tile than this are hardly faster, and there is code for each number of them."""

NARROW_PIXELS = 12
"""The same against panels of one vector, which need more of them to have enough additions."""


def open_pixels(vectors: int, target: Target) -> int:
    """Pixels of the largest tile against a panel of so many vectors."""
    most = MOST_PIXELS if vectors > 1 else NARROW_PIXELS
    return min(most, pixel_limit(vectors, target.vector_registers))


def open_vectors(blocks: int, target: Target, divides: int = 0) -> int:
    """
    Vectors of a panel for any map: wide ones, as few sizes of tiles then fill the registers.

    They divide `divides` where that is given, and `blocks` where they can: a narrower last panel
    has code of its own.
    """
    widths = (4, 3, 5, 2, 7, 1) if target.vector_registers >= 32 else (2, 3, 5, 1)
    fitting = [v for v in widths if v <= blocks and not (divides and divides % v)]
    return next((v for v in fitting if v > 1 and blocks % v == 0), fitting[0])


def open_tiling(
    rows: Extent, columns: Extent, blocks: int, depth: int, target: Target, vectors: int
) -> Tiling:
    """The tile for a map with rows or columns that are values; its cycles are of typical ones."""
    most = open_pixels(vectors, target)
    full, rest = divmod(blocks, vectors)
    cycles = 0.0
    for width, across in split_evenly(typical(columns), most):
        one = full * tile_cycles(width, vectors, depth, target.machine)
        if rest:
            one += tile_cycles(width, rest, depth, target.machine)
        cycles += one * across
    return Tiling(vectors, 1, most, cycles * typical(rows))


def segments_of(split: TileSplit) -> Extent:
    """Into how many segments the tiles of a row are cut; one where there are none."""
    return maximum(1, floordiv(split.count, SEGMENT_TILES))


@dataclass(frozen=True)
class Reads:
    """What the order of loops is chosen by."""

    panel_bytes: int
    panels: int
    image_bytes: Extent
    l2_bytes: int


@dataclass(frozen=True)
class Unit:
    """Tiles `first` to `last` of a row of an image, and the panel they meet; then its parts."""

    image: Index
    row: Index
    panel: Index
    inner: tuple[Index, ...]
    first: Index
    last: Index


class OpenMap:
    """The loops over the units of one kernel, inside of its function."""

    def __init__(
        self,
        builder: KernelBuilder,
        split: TileSplit,
        extents: tuple[Extent, Extent, tuple[int, ...]],
        reads: Reads,
    ):
        """
        Of images, rows, and panels with their parts (`extents`); `split` cuts a row into tiles.
        """
        self.b = builder
        self.images, self.rows, self.panels = extents
        self.segments = segments_of(split)
        self.reads = reads
        self.tiles = EvenTiles(builder, split.extent, split.most or 1)

    @contextmanager
    def units(self, first: Index, last: Index) -> Generator[Unit]:
        """Loop over units number `first` to `last`."""
        b = self.b
        in_rows = b.mul(self.rows, self.segments)
        images, panels, rows = b.index(self.images), b.index(prod(self.panels)), b.index(in_rows)
        panels_first, panels_last = self._order(in_rows)
        outer, middle, inner = images, panels, rows
        if panels_last is not None:
            middle, inner = b.select(panels_last, rows, panels), b.select(panels_last, panels, rows)
        if panels_first is not None:
            outer = b.select(panels_first, panels, images)
            middle = b.select(panels_first, images, middle)
        with each_point(b, (outer, middle, inner), first, last) as point:
            c0, c1, c2 = map(b.index, point)
            image, panel, at = c0, c1, c2
            if panels_last is not None:
                panel, at = b.select(panels_last, c2, c1), b.select(panels_last, c1, c2)
            if panels_first is not None:
                image, panel = b.select(panels_first, c1, c0), b.select(panels_first, c0, panel)
            row, segment = self._row_and_segment(at)
            start, stop = part_range(b, segment, self.segments, self.tiles.count)
            panel, *parts = b.unflatten(panel, self.panels)
            yield Unit(image, row, panel, tuple(parts), start, stop)

    def _row_and_segment(self, at: Index) -> tuple[Index, Index]:
        b = self.b
        if b.number(self.rows) == 1:
            return 0, at
        if b.number(self.segments) == 1:
            return at, 0
        row, segment = b.unflatten(at, (self.rows, self.segments))
        return row, segment

    def _order(self, in_rows: Index) -> tuple[SSAValue | None, SSAValue | None]:
        """
        Whether panels are outside of images, and whether inside of rows; None: never.

        Otherwise they are between images and rows. See `choose_order`: what fits into half of the
        second-level cache is read from memory only once.
        """
        b, reads, half = self.b, self.reads, self.reads.l2_bytes // 2
        panels, image = reads.panels, b.index(reads.image_bytes)
        if panels == 1:
            return None, None
        weights = reads.panel_bytes * panels
        large = b.cmpi("sgt", image, half)
        if weights <= half:
            return None, large
        pixels = b.index(b.mul(image, self.images))
        again = b.select(large, b.index(panels), b.index(1))
        between = b.index(b.mul(b.add(weights, b.mul(image, again)), self.images))
        whole = b.select(b.cmpi("sgt", pixels, half), b.index(panels), b.index(1))
        outside = b.index(b.add(weights, b.mul(pixels, whole)))
        inside = b.index(b.add(pixels, b.mul(weights, b.mul(in_rows, self.images))))
        first = b.andi(b.cmpi("slt", outside, between), b.cmpi("sle", outside, inside))
        last = b.andi(b.cmpi("slt", inside, between), b.cmpi("slt", inside, outside))
        return first, last

"""
How Winograd's convolution is cut into blocks of tiles and panels of channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...dialects.engine.base import (
    element_of,
    extents_of,
    layout_of,
    nbytes_of,
    shape_of,
    static,
)
from ...dialects.engine.winograd import POINTS, TILE, WinogradOp
from ...runtime.format_tag import parse_format_tag
from ...runtime.size import Extent, ceildiv, floordiv, maximum, minimum, numbers_of
from ...targets.target import Target
from ..common.blocked_operands import BlockedOperands, is_dense
from ..template import Plan, PlanEntry, plan_entry
from .blocked import weight_tag
from .tiles import choose_tiling, pixel_limit

SCRATCH_BYTES = 640 << 10
"""Transformed input of a block of tiles, at most; it is on the stack."""

BLOCK_TILES = 64
"""Tiles of a block, at most."""

WANTED_UNITS = 4
"""Pieces of work to give to threads; more would repeat the input transform for nothing."""

OPEN_VECTORS = (2, 4)
"""
Vectors of a panel of output channels where rows or columns are values, the second where channels
fill it: wide ones have fewer sizes of products, each code of its own.
"""

OPEN_ROWS = 6
"""Tiles of a block that such a product has in registers at a time, at most."""


def open_vectors(outputs: int, lanes: int, target: Target) -> int:
    """Vectors of a panel for maps of any size: wide ones where channels fill them."""
    narrow, wide = OPEN_VECTORS
    fills = target.vector_registers >= 32 and outputs % (wide * lanes) == 0
    return wide if fills else narrow


def panel_tag(lanes: int, vectors: int) -> str:
    """`Bac32b`: the 36 factors of a panel lie one after the other, as they are read."""
    return f"Bac{vectors * lanes}b"


def filter_tag(lanes: int) -> str:
    """`Abcd16a`: a vector of output channels for each input channel, row and column."""
    return weight_tag(4, lanes, lanes, plain=True)


@dataclass(frozen=True)
class Blocking:
    """
    How the tiles of an image are cut: `blocks` of `tiles`, `groups` of panels for each.

    Of a map with rows or columns that are values, `tiles` are as many as a block has at most.
    """

    down: Extent
    across: Extent
    blocks: Extent
    tiles: int
    groups: Extent

    @staticmethod
    def of(op: WinogradOp, lanes: int, vectors: int) -> Blocking:
        """Even blocks whose scratch fits; the last one starts earlier where they do not add up."""
        images, outputs, rows, columns = extents_of(op.target_types()[0])
        outputs, channels = numbers_of((outputs, extents_of(op.input)[1]))
        channels = -(-channels // lanes) * lanes
        down, across = ceildiv(rows, TILE), ceildiv(columns, TILE)
        most = max(1, min(BLOCK_TILES, SCRATCH_BYTES // (POINTS * POINTS * channels * 4)))
        blocks = ceildiv(down * across, most)
        panels = -(-outputs // (vectors * lanes))
        wanted = floordiv(WANTED_UNITS, blocks * images)
        groups = minimum(panels, maximum(1, wanted))
        tiles = ceildiv(down * across, blocks)
        return Blocking(down, across, blocks, tiles if isinstance(tiles, int) else most, groups)

    @property
    def is_open(self) -> bool:
        """Whether rows or columns are values."""
        return not static((self.down, self.across))


@dataclass(frozen=True)
class WinogradPlan(Plan):
    """A planned operation that fits: its views and its blocking."""

    op: WinogradOp
    lanes: int
    vectors: int
    """Vectors of a panel."""
    operands: BlockedOperands
    blocking: Blocking
    streams: bool
    """Whether the weight does not stay in cache, and is asked for ahead of its use."""
    product_rows: int
    """Tiles of a block that a product has in registers at a time."""

    @staticmethod
    def of(op: WinogradOp, target: Target) -> WinogradPlan | None:
        """None when a supported operation does not fit as it is laid out."""
        lanes = target.lanes(element_of(op.input))
        inner = layout_of(op.weight).inner
        vectors = max(1, inner[-1][1] // lanes) if inner else 1
        tags = panel_tag(lanes, vectors), filter_tag(lanes)
        for value, tag in zip((op.weight, op.filters), tags, strict=True):
            if layout_of(value) != parse_format_tag(tag) or not is_dense(value):
                return None
        operands = BlockedOperands.of(op, 4, lanes)
        if operands is None:
            return None
        streams = nbytes_of(op.weight) > target.l2_bytes // 2
        blocking, channels = Blocking.of(op, lanes, vectors), shape_of(op.filters)[1]
        if blocking.is_open:
            rows = min(OPEN_ROWS, pixel_limit(vectors, target.vector_registers), blocking.tiles)
        else:
            rows = choose_tiling(1, blocking.tiles, vectors, channels, target, vectors).columns
        return WinogradPlan(op, lanes, vectors, operands, blocking, streams, rows)

    @cached_property
    def channels(self) -> int:
        """Input channels that count."""
        return shape_of(self.op.filters)[1]

    @cached_property
    def panels(self) -> int:
        """Panels of output channels."""
        return -(-shape_of(self.op.weight)[1] // (self.vectors * self.lanes))

    @property
    def chunks(self) -> Extent:
        """A chunk is a block of tiles with a group of panels."""
        images = self.operands.result.images
        return images * self.blocking.blocks * self.blocking.groups

    def describe(self) -> dict[str, PlanEntry]:
        """Blocks of tiles, groups of panels, and whether weights are asked for ahead."""
        return {
            "tiles": self.blocking.tiles,
            "blocks": plan_entry(self.blocking.blocks),
            "panel_groups": plan_entry(self.blocking.groups),
            "panel": self.vectors * self.lanes,
            "product": f"{self.product_rows}x{self.vectors}",
            "prefetches_weight": self.streams,
        }

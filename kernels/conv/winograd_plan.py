"""
How Winograd's convolution is cut into blocks of tiles and panels of channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...dialects.engine.base import element_of, extents_of, layout_of, nbytes_of, shape_of
from ...dialects.engine.winograd import POINTS, TILE, WinogradOp
from ...runtime.format_tag import parse_format_tag
from ...runtime.size import Extent, floordiv, maximum, minimum, numbers_of
from ...targets.target import Target
from ..common.blocked_operands import BlockedOperands, is_dense
from ..template import Plan, PlanEntry
from .blocked import weight_tag
from .tiles import choose_tiling

VECTORS = 2
"""Vectors of a panel of output channels."""

SCRATCH_BYTES = 640 << 10
"""Transformed input of a block of tiles, at most; it is on the stack."""

BLOCK_TILES = 64
"""Tiles of a block, at most."""

WANTED_UNITS = 4
"""Pieces of work to give to threads; more would repeat the input transform for nothing."""


def panel_tag(lanes: int) -> str:
    """`Bac32b`: the 36 factors of a panel lie one after the other, as they are read."""
    return f"Bac{VECTORS * lanes}b"


def filter_tag(lanes: int) -> str:
    """`Abcd16a`: a vector of output channels for each input channel, row and column."""
    return weight_tag(4, lanes, lanes, plain=True)


@dataclass(frozen=True)
class Blocking:
    """How the tiles of an image are cut: `blocks` of `tiles`, `groups` of panels for each."""

    down: int
    across: int
    blocks: int
    tiles: int
    groups: Extent

    @staticmethod
    def of(op: WinogradOp, lanes: int) -> Blocking:
        """Even blocks whose scratch fits; the last one starts earlier where they do not add up."""
        outputs, rows, columns = numbers_of(op.inferred_shapes()[0][1:])
        images, *source = extents_of(op.input)
        channels = -(-numbers_of(source)[0] // lanes) * lanes
        down, across = -(-rows // TILE), -(-columns // TILE)
        most = max(1, min(BLOCK_TILES, SCRATCH_BYTES // (POINTS * POINTS * channels * 4)))
        blocks = -(-down * across // most)
        panels = -(-outputs // (VECTORS * lanes))
        wanted = floordiv(WANTED_UNITS, blocks * images)
        groups = minimum(panels, maximum(1, wanted))
        return Blocking(down, across, blocks, -(-down * across // blocks), groups)


@dataclass(frozen=True)
class WinogradPlan(Plan):
    """A planned operation that fits: its views and its blocking."""

    op: WinogradOp
    lanes: int
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
        for value, tag in ((op.weight, panel_tag(lanes)), (op.filters, filter_tag(lanes))):
            if layout_of(value) != parse_format_tag(tag) or not is_dense(value):
                return None
        operands = BlockedOperands.of(op, 4, lanes)
        if operands is None:
            return None
        streams = nbytes_of(op.weight) > target.l2_bytes // 2
        blocking, channels = Blocking.of(op, lanes), numbers_of(extents_of(op.input)[1:])[0]
        rows = choose_tiling(1, blocking.tiles, VECTORS, channels, target, VECTORS).columns
        return WinogradPlan(op, lanes, operands, blocking, streams, rows)

    @property
    def vectors(self) -> int:
        """Vectors of a panel."""
        return VECTORS

    @cached_property
    def channels(self) -> int:
        """Input channels that count."""
        return numbers_of(extents_of(self.op.input)[1:])[0]

    @cached_property
    def panels(self) -> int:
        """Panels of output channels."""
        return -(-shape_of(self.op.weight)[1] // (VECTORS * self.lanes))

    @property
    def chunks(self) -> Extent:
        """A chunk is a block of tiles with a group of panels."""
        images = self.operands.result.images
        return images * self.blocking.blocks * self.blocking.groups

    def describe(self) -> dict[str, PlanEntry]:
        """Blocks of tiles, groups of panels, and whether weights are asked for ahead."""
        groups = self.blocking.groups
        return {
            "tiles": self.blocking.tiles,
            "blocks": self.blocking.blocks,
            "panel_groups": groups if isinstance(groups, int) else groups.text,
            "panel": VECTORS * self.lanes,
            "product": f"{self.product_rows}x{VECTORS}",
            "prefetches_weight": self.streams,
        }

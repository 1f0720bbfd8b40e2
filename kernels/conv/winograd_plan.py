"""
How Winograd's convolution is cut into blocks of tiles and panels of channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xdsl.dialects.builtin import Float32Type

from ...dialects.engine.base import EngineOp, element_of, layout_of, nbytes_of, shape_of, static
from ...dialects.engine.winograd import POINTS, TILE, WinogradOp
from ...runtime.format_tag import parse_format_tag
from ...targets.target import Target
from ..common.channel_blocks import BroadcastOperand, ChannelBlocks, channel_blocks
from .direct_plan import is_dense, weight_tag

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
    groups: int

    @staticmethod
    def of(op: WinogradOp, lanes: int) -> Blocking:
        """Even blocks whose scratch fits; the last one starts earlier where they do not add up."""
        _, outputs, rows, columns = op.inferred_shapes()[0]
        channels = -(-shape_of(op.input)[1] // lanes) * lanes
        down, across = -(-rows // TILE), -(-columns // TILE)
        most = max(1, min(BLOCK_TILES, SCRATCH_BYTES // (POINTS * POINTS * channels * 4)))
        blocks = -(-down * across // most)
        panels = -(-outputs // (VECTORS * lanes))
        groups = min(panels, max(1, WANTED_UNITS // (blocks * shape_of(op.input)[0])))
        return Blocking(down, across, blocks, -(-down * across // blocks), groups)


@dataclass(frozen=True)
class Winograd:
    """A planned operation that fits: its views and its blocking."""

    op: WinogradOp
    lanes: int
    input: ChannelBlocks
    result: ChannelBlocks
    extras: tuple[BroadcastOperand, ...]
    blocking: Blocking
    streams: bool
    """Whether the weight does not stay in cache, and is asked for ahead of its use."""

    @staticmethod
    def of(op: EngineOp, target: Target) -> Winograd | None:
        """None when the operation is another, lies differently, or is too small."""
        if not isinstance(op, WinogradOp) or not is_supported(op):
            return None
        lanes = target.lanes(element_of(op.input))
        if layout_of(op.weight) != parse_format_tag(panel_tag(lanes)) or not is_dense(op.weight):
            return None
        filters = layout_of(op.filters)
        if filters != parse_format_tag(filter_tag(lanes)) or not is_dense(op.filters):
            return None
        source = channel_blocks(op.input, 4, lanes)
        result = channel_blocks(op.destinations[0], 4, lanes)
        extras = [BroadcastOperand.of(v, 4, lanes) for v in op.epilogue_operands]
        found = tuple(e for e in extras if e is not None)
        if source is None or result is None or len(found) < len(extras):
            return None
        streams = nbytes_of(op.weight) > target.l2_bytes // 2
        return Winograd(op, lanes, source, result, found, Blocking.of(op, lanes), streams)

    @cached_property
    def vectors(self) -> int:
        """Vectors of a panel."""
        return VECTORS

    @cached_property
    def channels(self) -> int:
        """Input channels that count."""
        return shape_of(self.op.input)[1]

    @cached_property
    def panels(self) -> int:
        """Panels of output channels."""
        return -(-shape_of(self.op.weight)[1] // (VECTORS * self.lanes))


def is_supported(op: WinogradOp) -> bool:
    return (
        isinstance(element_of(op.input), Float32Type)
        and static(shape_of(op.input))
        and min(op.inferred_shapes()[0][2:]) >= TILE
    )

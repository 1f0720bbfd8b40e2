"""
Winograd's convolution in blocked layout, see `dialects/engine/winograd.py` for the transforms.

Input and result lie in blocks of W channels, the transformed weight `[36, O, C]` in panels of V
vectors of output channels, `Bac32b`. A block of T tiles goes through three phases in scratch
memory that stays in the second-level cache:

    v[p, t, c] = B^T x B                  for T tiles and all channels
    for panels of V*W output channels:
        m[p, t, o] = v[p, t, :] . u[p, :, o]          36 matrix products, register-tiled
        y = epilogue(A^T m A)

where a tile of `A^T m A` that is not finite throughout is computed again from the input and the
filters as they were, in panels of a vector, `Abcd16a`: an infinity gives what it gives in a
direct convolution, and large numbers overflow where they do there.

The last tiles of a row or column start earlier, so that they read and give only what exists;
results that the tile before gave are not written again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from xdsl.dialects.builtin import Float32Type

from ...dialects.engine.base import EngineOp, element_of, layout_of, nbytes_of, shape_of, static
from ...dialects.engine.layout import parse_format_tag
from ...dialects.engine.winograd import POINTS, TILE, WinogradOp
from ..target import Target
from .builder import KernelBuilder
from .channel_blocks import BroadcastOperand, ChannelBlocks, channel_blocks
from .conv_tiles import CLOCK_HZ, choose_tiling, registers_of
from .direct_conv import blocked_tag, extra_tag, is_dense, weight_tag
from .template import Kernel, LayoutChoice, Template
from .winograd_writer import WinogradWriter

VECTORS = 2
"""Vectors of a panel of output channels."""

SCRATCH_BYTES = 640 << 10
"""Transformed input of a block of tiles, at most; it is on the stack."""

BLOCK_TILES = 64
"""Tiles of a block, at most."""

TRANSFORM_CYCLES = 170
"""Of one tile of one vector of channels, forward or back, with loads and stores."""

STREAM_BYTES_PER_CYCLE = 9.0
"""Weights that do not stay in the second-level cache come again at about this rate."""

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
        if not isinstance(op, WinogradOp) or not _known(op):
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


class WinogradTemplate(Template):
    """`engine.winograd` with f32 in blocks of W channels; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, WinogradOp) or not _known(op):
            return []
        lanes = target.lanes(element_of(op.input))
        data = blocked_tag(4, 1, lanes)
        extras = [extra_tag(v, 4, lanes) for v in op.epilogue_operands]
        return [
            LayoutChoice(
                (data, panel_tag(lanes), filter_tag(lanes), *extras),
                (data,),
                winograd_seconds(op, target),
            )
        ]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return Winograd.of(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        winograd = Winograd.of(op, builder.target)
        assert winograd is not None
        return WinogradWriter(winograd, name, builder).write()


def _known(op: WinogradOp) -> bool:
    return (
        isinstance(element_of(op.input), Float32Type)
        and static(shape_of(op.input))
        and min(op.inferred_shapes()[0][2:]) >= TILE
    )


def winograd_seconds(op: WinogradOp, target: Target) -> float:
    """Products, transforms, and reading weights again that do not stay in cache."""
    lanes = target.lanes(element_of(op.input))
    blocking = Blocking.of(op, lanes)
    images, outputs, _, _ = op.inferred_shapes()[0]
    channels = shape_of(op.input)[1]
    source, result = -(-channels // lanes), -(-outputs // lanes)
    products = choose_tiling(
        1, blocking.tiles, result, channels, registers_of(target), VECTORS
    ).cycles
    cycles = blocking.blocks * POINTS * POINTS * products
    tiles = blocking.blocks * blocking.tiles
    cycles += tiles * TRANSFORM_CYCLES * (source * blocking.groups + result)
    weight = POINTS * POINTS * outputs * channels * 4
    if weight > target.l2_bytes // 2:
        cycles += (blocking.blocks - 1) * weight / STREAM_BYTES_PER_CYCLE
    return images * cycles / CLOCK_HZ

"""How a pool is run: see `pool.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xdsl.dialects.builtin import i32

from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.reduction import PoolOp
from ...runtime.size import Extent, ceildiv, floordiv, maximum, minimum, product_of
from ...targets.target import Target
from ..common.channel_blocks import ChannelBlocks, channel_blocks
from ..cost import Cost
from ..template import Plan, PlanEntry, storage_type
from .pool_cost import pool_seconds

TILE = 4
"""Windows that share their columns."""

MAX_TAPS = 64
"""Taps that are written out; larger windows run in loops."""


@dataclass(frozen=True)
class Axis:
    """One spatial dimension of a pool; how long it is may be a value."""

    size: Extent
    extent: Extent
    kernel: int
    stride: int
    dilation: int
    low: int
    high: int

    @property
    def inside(self) -> tuple[Extent, Extent]:
        """[first, last) of the windows that lie inside of the image."""
        reach = (self.kernel - 1) * self.dilation
        first = minimum(self.extent, ceildiv(self.low, self.stride))
        last = floordiv(self.size - 1 - reach + self.low, self.stride) + 1
        return first, maximum(first, minimum(self.extent, last))


def pool_axes(op: PoolOp) -> tuple[Axis, Axis]:
    """Rows and columns; one-dimensional pools have one row."""
    shape, source = extents_of(op.destinations[0])[2:], extents_of(op.input)[2:]
    rank = len(shape)
    pads = op.window("pads")
    axes = [
        Axis(
            source[i],
            shape[i],
            op.window("kernel")[i],
            op.window("strides")[i],
            op.window("dilations")[i],
            pads[i],
            pads[rank + i],
        )
        for i in range(rank)
    ]
    if rank == 1:
        return Axis(1, 1, 1, 1, 1, 0, 0), axes[0]
    return axes[0], axes[1]


@dataclass(frozen=True)
class PoolPlan(Plan):
    """A planned pool whose operands lie in blocks of channels, or of one channel each."""

    op: PoolOp
    rows: Axis
    columns: Axis
    input: ChannelBlocks
    result: ChannelBlocks
    target: Target

    @staticmethod
    def of(op: PoolOp, target: Target) -> PoolPlan | None:
        """None when the operands of a supported operation lie in different ways."""
        rank = rank_of(op.input)
        lanes = target.lanes(storage_type(element_of(op.input)))
        # Codes lie in the blocks of the convolutions around, which are of words.
        for width in (lanes, min(lanes, target.lanes(i32)), 1):
            views = [channel_blocks(v, rank, width) for v in (op.input, op.destinations[0])]
            source, result = views
            if source is not None and result is not None:
                rows, columns = pool_axes(op)
                return PoolPlan(op, rows, columns, source, result, target)
        return None

    @property
    def lanes(self) -> int:
        """Channels at a time."""
        return self.input.lanes

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The loops: images, channel blocks, rows of windows."""
        return (*self.result.extents[:2], self.rows.extent)

    @property
    def tile(self) -> int:
        """Windows inside of the image that are computed side by side; 0 where taps are loops."""
        return TILE if self.rows.kernel * self.columns.kernel <= MAX_TAPS else 0

    @cached_property
    def cost(self) -> Cost:
        """The time on one thread, by vectors of results."""
        work = product_of(self.result.extents[:4])
        return Cost.of(self.op, lambda op: pool_seconds(op, self.lanes, self.target), work)

    @cached_property
    def chunks(self) -> Extent:
        """Chunks of the loops."""
        pieces = product_of(self.extents)
        pieces = max(1, pieces) if isinstance(pieces, int) else pieces
        return self.cost.chunks(pieces, self.target.machine)

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes, windows of a tile, and those that lie inside of the image."""
        (top, bottom), (left, right) = self.rows.inside, self.columns.inside
        return {
            "lanes": self.lanes,
            "tile": self.tile,
            "inside": f"{bottom - top}x{right - left}",
            **self.cost.describe(),
        }

"""How a pool is run: see `pool.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.reduction import PoolOp
from ...runtime.size import Extent, numbers_of, product_of
from ...targets.target import Target
from ..common.channel_blocks import ChannelBlocks, channel_blocks
from ..cost import Cost, at_typical_sizes
from ..template import Plan, PlanEntry, storage_type
from .pool_cost import pool_seconds

TILE = 4
"""Windows that share their columns."""

MAX_TAPS = 64
"""Taps that are written out; larger windows run in loops."""


@dataclass(frozen=True)
class Axis:
    """One spatial dimension of a pool."""

    size: int
    extent: int
    kernel: int
    stride: int
    dilation: int
    low: int
    high: int

    @property
    def inside(self) -> tuple[int, int]:
        """[first, last) of the windows that lie inside of the image."""
        reach = (self.kernel - 1) * self.dilation
        first = min(self.extent, -(-self.low // self.stride))
        last = (self.size - 1 - reach + self.low) // self.stride + 1
        return first, max(first, min(self.extent, last))


def pool_axes(op: PoolOp) -> tuple[Axis, Axis]:
    """Rows and columns; one-dimensional pools have one row."""
    shape = numbers_of(op.inferred_shapes()[0][2:])
    source = numbers_of(extents_of(op.input)[2:])
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
        for width in (lanes, 1):
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
        """The loops: images, which may be a value, channel blocks, rows of windows."""
        return (self.result.images, self.result.blocks, self.rows.extent)

    @property
    def tile(self) -> int:
        """Windows inside of the image that are computed side by side; 0 where taps are loops."""
        return TILE if self.rows.kernel * self.columns.kernel <= MAX_TAPS else 0

    @cached_property
    def seconds(self) -> float:
        """Estimated time on one thread; where images are a value, of as many as are typical."""
        return pool_seconds(at_typical_sizes(self.op), self.lanes, self.target)

    @cached_property
    def chunks(self) -> Extent:
        """Chunks of the loops."""
        pieces = product_of(self.extents)
        pieces = max(1, pieces) if isinstance(pieces, int) else pieces
        return Cost(self.seconds, pieces).chunks(pieces, self.target.machine)

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes, windows of a tile, and those that lie inside of the image."""
        (top, bottom), (left, right) = self.rows.inside, self.columns.inside
        return {
            "lanes": self.lanes,
            "tile": self.tile,
            "inside": f"{bottom - top}x{right - left}",
            **Cost(self.seconds, self.result.images).describe(),
        }

"""How a pool is run: see `pool.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

from ...dialects.engine.base import element_of, shape_of
from ...dialects.engine.reduction import PoolOp
from ...runtime.size import numbers_of
from ...targets.target import Target
from ..common.channel_blocks import ChannelBlocks, channel_blocks
from ..template import Plan, PlanEntry, chunk_count, storage_type
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
    shape = numbers_of(op.inferred_shapes()[0])
    rank = len(shape) - 2
    pads = op.window("pads")
    axes = [
        Axis(
            shape_of(op.input)[2 + i],
            shape[2 + i],
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
        rank = len(shape_of(op.input))
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
    def extents(self) -> tuple[int, ...]:
        """The loops: images, channel blocks, rows of windows."""
        return (*self.result.shape[:2], self.rows.extent)

    @property
    def tile(self) -> int:
        """Windows inside of the image that are computed side by side; 0 where taps are loops."""
        return TILE if self.rows.kernel * self.columns.kernel <= MAX_TAPS else 0

    @cached_property
    def seconds(self) -> float:
        """Estimated time on one thread."""
        return pool_seconds(self.op, self.lanes, self.target)

    @cached_property
    def chunks(self) -> int:
        """Chunks of the loops."""
        return chunk_count(max(1, prod(self.extents)), self.seconds, self.target.machine)

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes, windows of a tile, and those that lie inside of the image."""
        (top, bottom), (left, right) = self.rows.inside, self.columns.inside
        return {
            "lanes": self.lanes,
            "tile": self.tile,
            "inside": f"{bottom - top}x{right - left}",
            "estimated_us": round(self.seconds * 1e6),
        }

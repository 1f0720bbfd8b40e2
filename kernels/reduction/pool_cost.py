"""How long a pool takes: for choosing layouts and chunks."""

from __future__ import annotations

from math import prod

from ...dialects.engine.reduction import PoolOp
from ..conv.tiles import CLOCK_HZ

BYTES_PER_SECOND = 12e9
"""Reading and writing what does not stay in cache."""


def pool_seconds(op: PoolOp, lanes: int) -> float:
    """Estimated time on one thread with `lanes` channels at a time."""
    [result] = op.target_types()
    taps = prod(op.window("kernel"))
    cycles = prod(result.get_shape()) * (taps + 2) / lanes
    return max(cycles / CLOCK_HZ, op.bytes_moved() / BYTES_PER_SECOND)

"""How long resampling takes: for choosing layouts and chunks."""

from __future__ import annotations

from math import prod

from ...dialects.engine import ResizeOp
from ...dialects.engine.base import shape_of
from ..conv.tiles import CLOCK_HZ

BYTES_PER_SECOND = 12e9
"""Reading and writing what does not stay in cache."""


def resize_seconds(op: ResizeOp, taps: int, lanes: int) -> float:
    """Estimated time on one thread for elements of `taps` terms, `lanes` at a time."""
    [target] = op.target_types()
    cycles = prod(shape_of(target)) * (2 * taps + 2) / lanes
    return max(cycles / CLOCK_HZ, op.bytes_moved() / BYTES_PER_SECOND)

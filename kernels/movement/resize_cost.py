"""How long resampling takes: for choosing layouts and chunks."""

from __future__ import annotations

from math import prod

from ...dialects.engine import ResizeOp
from ...dialects.engine.base import shape_of
from ...targets.target import Target


def resize_seconds(op: ResizeOp, taps: int, lanes: int, target: Target) -> float:
    """Estimated time on one thread for elements of `taps` terms, `lanes` at a time."""
    machine, [result] = target.machine, op.target_types()
    cycles = prod(shape_of(result)) * (2 * taps + 2) / lanes
    return machine.seconds(cycles, op.bytes_moved(), machine.rates.stream)

"""How long a pool takes: for choosing layouts and chunks."""

from __future__ import annotations

from math import prod

from ...dialects.engine.reduction import PoolOp
from ...targets.target import Target


def pool_seconds(op: PoolOp, lanes: int, target: Target) -> float:
    """Estimated time on one thread with `lanes` channels at a time."""
    machine, [result] = target.machine, op.target_types()
    taps = prod(op.window("kernel"))
    cycles = prod(result.get_shape()) * (taps + 2) / lanes
    return machine.seconds(cycles, op.bytes_moved(), machine.rates.stream)

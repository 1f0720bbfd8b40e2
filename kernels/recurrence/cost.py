"""What a recurrent layer costs."""

from __future__ import annotations

from ...dialects.engine import RecurrenceOp
from ...targets.target import Target

CYCLES_PER_FLOP = 1 / 16
"""With the weight streamed from the second-level cache in each step."""


def recurrence_seconds(op: RecurrenceOp, target: Target) -> float:
    """Estimated time of all steps on one core."""
    return target.machine.seconds(op.flops() * CYCLES_PER_FLOP)

"""What attention costs."""

from __future__ import annotations

from ...dialects.engine import AttentionOp
from ...targets.target import Target

CYCLES_PER_FLOP = 1 / 32
"""Of products and softmax together, measured with vectors of 16 lanes."""


def attention_seconds(op: AttentionOp, target: Target) -> float:
    """Estimated time on one core; a single query row waits for keys and values."""
    machine = target.machine
    return machine.seconds(op.flops() * CYCLES_PER_FLOP, op.bytes_moved(), machine.rates.reads)

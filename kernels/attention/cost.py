"""What attention costs."""

from __future__ import annotations

from ...dialects.engine import AttentionOp
from ...targets.target import Target

FLOPS_PER_CYCLE = 32
"""Of products and softmax together, measured with vectors of 16 lanes."""


def attention_seconds(op: AttentionOp, target: Target) -> float:
    """Estimated time on one core; a single query row waits for keys and values."""
    machine = target.machine
    return machine.seconds(op.flops() / FLOPS_PER_CYCLE, op.bytes_moved(), machine.rates.reads)

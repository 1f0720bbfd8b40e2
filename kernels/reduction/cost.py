"""What operations cost that fold a row, one element after the other."""

from __future__ import annotations

from math import prod

from ...dialects.engine import NormOp, ReduceOp, SoftmaxOp, TopKOp
from ...dialects.engine.base import shape_of
from ...dialects.engine.scan import ScanOp
from ...targets.target import Target

SOFTMAX_CYCLES = 0.75
"""Of an element: exponential, maximum and sum together, in cache, with vectors of 16 lanes."""

NORM_CYCLES = 0.625
"""Of an element: the three passes together, in cache."""

SCAN_CYCLES = 1.25
"""Of an element, mostly the wait for the sum before it."""

TOP_K_CYCLES = 2.5
"""Of a comparison that `TopKOp.flops` counts."""


def reduce_seconds(op: ReduceOp, target: Target) -> float:
    """Reductions read, and hardly compute."""
    machine = target.machine
    return machine.seconds(0, op.bytes_moved(), machine.rates.reads)


def softmax_seconds(op: SoftmaxOp, target: Target) -> float:
    """The passes over all rows."""
    return target.machine.seconds(prod(shape_of(op.input)) * SOFTMAX_CYCLES)


def norm_seconds(op: NormOp, target: Target) -> float:
    """Statistics and result."""
    return target.machine.seconds(prod(shape_of(op.input)) * NORM_CYCLES)


def scan_seconds(op: ScanOp, target: Target) -> float:
    """One step for each element."""
    return target.machine.seconds(prod(shape_of(op.input)) * SCAN_CYCLES)


def top_k_seconds(op: TopKOp, target: Target) -> float:
    """Comparisons."""
    return target.machine.seconds(op.flops() * TOP_K_CYCLES)

"""How long a convolution of any kind takes row by row: for choosing templates and chunks."""

from __future__ import annotations

from math import prod

from ...dialects.engine.base import element_of
from ...dialects.engine.contraction import ConvolutionOp, ConvTransposeOp
from ...runtime.size import numbers_of
from ...targets.target import Target
from .general_geometry import Geometry

VISIT_CYCLES = 60
"""Addresses, borders and weights each time an input row meets a filter tap (measured)."""

STEP_CYCLES = 2
"""Of one vector of accumulators, or of one accumulator where rows are not vectors."""


def general_seconds(op: ConvolutionOp, target: Target) -> float:
    """Estimated time on one thread, of numbers: what each visit of a row costs."""
    g = Geometry.of(op)
    images, *extents = numbers_of((g.images, *g.extents))
    blocks = images * g.groups * (g.outputs // g.together)
    visits = blocks * g.channels * prod(g.kernel) * prod(extents[:-1])
    if isinstance(op, ConvTransposeOp):
        visits /= prod(g.strides[:-1])
    lanes = target.lanes(element_of(op.operands[0])) if g.strides[-1] == 1 else 1
    steps = -(-extents[-1] // lanes) * g.together
    return target.machine.seconds(visits * (VISIT_CYCLES + STEP_CYCLES * steps))

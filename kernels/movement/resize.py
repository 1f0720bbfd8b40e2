"""
`engine.resize` of any rank: nearest, linear and cubic, for every coordinate transformation.

Source positions and weights are computed in f64 as the interpreter does: those of the last
resampled dimension go into a table for a segment of columns, which all rows share; those of the
others are computed once for each row. An element is the sum of its taps. Dimensions that lie
behind the columns in memory (the channels of `aBcd16b` and `acdb`) run in vectors.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import AnyFloat, IntegerType

from ...dialects.engine import ResizeOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of, sized
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag
from ..template import Kernel, LayoutChoice, Template
from .resize_cost import resize_seconds
from .resize_plan import ResizePlan, resampled, sum_type, taps_of
from .resize_writer import ResizeWriter

MAX_TAPS = 256
"""Taps of all dimensions together that are written out."""


class ResizeTemplate(Template[ResizeOp, ResizePlan]):
    """`engine.resize`; see the module docstring."""

    OP = ResizeOp
    GENERAL = True

    def supports(self, op: ResizeOp, target: Target) -> bool:
        element = element_of(op.input)
        [result] = op.target_types()
        copied = op.mode.data == "nearest" and isinstance(element, AnyFloat | IntegerType)
        return (
            (copied or isinstance(element, AnyFloat))
            and rank_of(op.input) > 0
            and sized(extents_of(op.input))
            and sized(extents_of(result))
            and taps_of(op) <= MAX_TAPS
        )

    def layouts(self, op: ResizeOp, target: Target) -> Sequence[LayoutChoice]:
        rank, taps = len(shape_of(op.input)), taps_of(op)
        lanes = target.lanes(sum_type(op))
        choices = [LayoutChoice((None,), (None,), resize_seconds(op, taps, 1, target))]
        if rank in (3, 4, 5) and lanes > 1 and 1 not in resampled(op):
            channels = shape_of(op.input)[1]
            padding = -(-channels // lanes) * lanes / max(1, channels)
            tag = blocked_tag(rank, 1, lanes)
            seconds = resize_seconds(op, taps, lanes, target) * padding
            choices.insert(0, LayoutChoice((tag,), (tag,), seconds))
        return choices

    def plan(self, op: ResizeOp, target: Target) -> ResizePlan | None:
        return ResizePlan.of(op, target)

    def write(self, plan: ResizePlan, name: str, builder: KernelBuilder) -> Kernel:
        return ResizeWriter(plan, name, builder).write()

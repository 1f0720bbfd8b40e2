"""
Sliding-window maximum and average, with channels in the lanes of a vector.

Blocked (`aBcd16b`) and channels-last operands hold W channels of a pixel side by side; row-major
ones run one channel at a time. Where a window lies inside of the image all taps are known:
columns are reduced first and shared between the windows of a tile. Windows that reach over the
border run over the taps inside, found at run time.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import AnyFloat, IntegerType, i32

from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of, sized
from ...dialects.engine.reduction import PoolOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag
from ..template import Kernel, LayoutChoice, Template, storage_type
from .pool_cost import pool_seconds
from .pool_plan import PoolPlan
from .pool_writer import PoolWriter


class PoolTemplate(Template[PoolOp, PoolPlan]):
    """`engine.pool` of one or two dimensions; see the module docstring."""

    OP = PoolOp
    GENERAL = True

    def supports(self, op: PoolOp, target: Target) -> bool:
        element = element_of(op.input)
        return (
            rank_of(op.input) in (3, 4)
            and sized(extents_of(op.input))
            and isinstance(element, AnyFloat | IntegerType)
            and element != IntegerType(1)
            and (op.kind.data == "max" or isinstance(element, AnyFloat))
        )

    def layouts(self, op: PoolOp, target: Target) -> Sequence[LayoutChoice]:
        shape = shape_of(op.input)
        lanes = target.lanes(storage_type(element_of(op.input)))
        tag = blocked_tag(len(shape), 1, lanes)
        choices = [LayoutChoice((None,), (None,), pool_seconds(op, 1, target))]
        if lanes > 1:
            channels = max(shape[1], 1)
            padding = -(-channels // lanes) * lanes / channels
            seconds = pool_seconds(op, lanes, target) * padding
            choices.insert(0, LayoutChoice((tag,), (tag,), seconds))
        words = target.lanes(i32)
        if 1 < words < lanes:
            tag = blocked_tag(len(shape), 1, words)
            choices.insert(0, LayoutChoice((tag,), (tag,), pool_seconds(op, words, target)))
        return choices

    def plan(self, op: PoolOp, target: Target) -> PoolPlan | None:
        return PoolPlan.of(op, target)

    def write(self, plan: PoolPlan, name: str, builder: KernelBuilder) -> Kernel:
        return PoolWriter(plan, name, builder).write()

"""`engine.as_size`: look at integers, and copy them to the counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...dialects.engine.data_sizes import AsSizeOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.failure import report
from ..common.strided_view import is_strided, logical_strides, moved_view
from ..template import Kernel, LayoutChoice, Plan, Template, kernel_function


@dataclass(frozen=True)
class AsSizePlan(Plan):
    """Planned sizes."""

    op: AsSizeOp


class AsSizeTemplate(Template[AsSizeOp, AsSizePlan]):
    """
    `engine.as_size`; see the module docstring.

    What is no size counts as 0, so that nothing is read or written for it before the error is
    seen.
    """

    OP = AsSizeOp
    GENERAL = True

    def layouts(self, op: AsSizeOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((None,), (None,), target.machine.seconds(10 * len(op.defines)))]

    def plan(self, op: AsSizeOp, target: Target) -> AsSizePlan | None:
        return AsSizePlan(op) if is_strided(op.input) and is_strided(op.counts) else None

    def write(self, plan: AsSizePlan, name: str, builder: KernelBuilder) -> Kernel:
        b, op, size = builder, plan.op, len(plan.op.defines)
        views = [moved_view(v, [(size, logical_strides(v)[0])]) for v in (op.input, op.counts)]
        with kernel_function(b, name, op, may_fail=True) as (_, x, counts, status, code):
            memories = [v.cast(b, m) for v, m in zip(views, (x, counts), strict=True)]
            for at, most in enumerate(op.bounds()):
                number = b.load(memories[0], [at])
                wrong = b.cmpi("ugt", number, b.cast(b.index(most), number.type))
                report(b, wrong, status, code)
                b.store(b.select(wrong, 0, number), memories[1], [at])
        return Kernel(1, may_fail=True)

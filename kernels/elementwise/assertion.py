"""
`engine.assert`: look at every element of the condition, and copy the input.

Each chunk copies its part; the first one looks at the condition, which is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from ...dialects.engine.assertion import AssertOp
from ...dialects.engine.base import byte_extent_of, element_of, extents_of, nbytes_of, sized
from ...runtime.size import Extent, maximum
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.copy_boxes import whole
from ..common.failure import report
from ..common.strided_view import Axis, StridedView, is_strided, logical_strides, merge_axes
from ..movement.copies_cost import copy_seconds
from ..movement.copies_plan import Copy, copy_chunks
from ..movement.copies_writer import write_copy
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    storage_type,
)


@dataclass(frozen=True)
class AssertPlan(Plan):
    """A planned check: the copy of its input, and the condition along merged axes."""

    op: AssertOp
    copy: Copy
    condition: StridedView
    chunks: Extent

    @staticmethod
    def of(op: AssertOp, target: Target) -> AssertPlan | None:
        """None where the condition lies in blocks."""
        if not is_strided(op.condition):
            return None
        extents, strides = extents_of(op.condition), logical_strides(op.condition)
        axes = merge_axes([Axis(n, (s,)) for n, s in zip(extents, strides, strict=True)])
        view = StridedView(
            storage_type(element_of(op.condition)),
            tuple(a.extent for a in axes),
            tuple(a.strides[0] for a in axes),
        )
        [out] = op.destinations
        # The condition is looked at where there is nothing to copy, too.
        chunks = maximum(1, copy_chunks(byte_extent_of(out), target, even=False))
        return AssertPlan(op, Copy.of(op, 0, whole(extents_of(out))), view, chunks)

    def describe(self) -> dict[str, PlanEntry]:
        """How the input is copied."""
        return {"copies": self.copy.way}


class AssertTemplate(Template[AssertOp, AssertPlan]):
    """`engine.assert`; see the module docstring."""

    OP = AssertOp
    GENERAL = True

    def supports(self, op: AssertOp, target: Target) -> bool:
        return sized(extents_of(op.input)) and sized(extents_of(op.condition))

    def layouts(self, op: AssertOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((None, None), (None,), copy_seconds(nbytes_of(op.input), target))]

    def plan(self, op: AssertOp, target: Target) -> AssertPlan | None:
        return AssertPlan.of(op, target)

    def write(self, plan: AssertPlan, name: str, builder: KernelBuilder) -> Kernel:
        b, op = builder, plan.op
        with kernel_function(b, name, op, may_fail=True, chunks=plan.chunks) as arguments:
            chunk, source, condition, result, status, code = arguments
            write_copy(b, op, plan.copy, (source, result), (chunk, plan.chunks))
            if 0 not in extents_of(op.condition):
                memory = plan.condition.cast(b, condition)
                with b.if_(b.cmpi("eq", chunk, 0)):
                    _look(b, plan.condition, memory, [], (status, code))
        return Kernel(plan.chunks, may_fail=True)


def _look(
    b: KernelBuilder,
    view: StridedView,
    memory: SSAValue,
    position: list[Index],
    error: tuple[SSAValue, SSAValue],
) -> None:
    """Loops over the condition, which report what is false."""
    depth = len(position)
    if depth == len(view.extents):
        found = b.load(memory, view.indices(position))
        report(b, b.cmpi("eq", found, 0), *error)
        return
    with b.loop(0, view.extents[depth]) as loop:
        _look(b, view, memory, [*position, loop.index], error)

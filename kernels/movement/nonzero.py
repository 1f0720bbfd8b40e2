"""
`engine.nonzero`: the positions of what is not zero.

Elements are gone over in order by one chunk, rows of the last axis in vectors (`common/marks.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, is_coded, nbytes_of, sized
from ...dialects.engine.data_sizes import NonZeroOp
from ...runtime.size import Extent, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.marks import each_mark
from ..common.strided_view import StridedView, is_strided, logical_strides, moved_view
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    plan_entry,
)

ELEMENT_CYCLES = 2
"""To look at an element and write where it is."""


@dataclass(frozen=True)
class NonZeroPlan(Plan):
    """A planned search: the operand along its dimensions."""

    op: NonZeroOp
    view: StridedView
    lanes: int

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The sizes of the operand."""
        return self.view.extents

    def describe(self) -> dict[str, PlanEntry]:
        """How many elements are tested at once, and how many lie in a row."""
        return {"lanes": self.lanes, "row": plan_entry(self.extents[-1])}


class NonZeroTemplate(Template[NonZeroOp, NonZeroPlan]):
    """`engine.nonzero`; see the module docstring."""

    OP = NonZeroOp
    GENERAL = True

    def supports(self, op: NonZeroOp, target: Target) -> bool:
        return sized(extents_of(op.input)) and not is_coded(element_of(op.input))

    def layouts(self, op: NonZeroOp, target: Target) -> Sequence[LayoutChoice]:
        machine, size = target.machine, nbytes_of(op.input)
        cycles = ELEMENT_CYCLES * size
        return [LayoutChoice((None,), (None, None), machine.seconds(cycles))]

    def plan(self, op: NonZeroOp, target: Target) -> NonZeroPlan | None:
        if not is_strided(op.input):
            return None
        axes = zip(extents_of(op.input), logical_strides(op.input), strict=True)
        view = moved_view(op.input, list(axes))
        return NonZeroPlan(op, view, target.lanes(view.element))

    def write(self, plan: NonZeroPlan, name: str, builder: KernelBuilder) -> Kernel:
        b = builder
        with kernel_function(b, name, plan.op, names=["chunk", "x", "rows", "counts"]) as arguments:
            _, x, rows, counts = arguments
            place = b.reshape(rows, [product_of(plan.extents) * len(plan.extents)])
            _Search(b, plan, plan.view.cast(b, x), place).write(counts)
        return Kernel(1)


@dataclass(frozen=True)
class _Search:
    b: KernelBuilder
    plan: NonZeroPlan
    x: SSAValue
    rows: SSAValue

    def write(self, counts: SSAValue) -> None:
        found = self._axis([], self.b.index(0))
        self.b.store(self.b.cast(found, i64), counts, [0])

    def _axis(self, outer: list[Index], count: SSAValue) -> SSAValue:
        """Along one axis at a position of those before it; gives the marks so far."""
        if len(outer) == len(self.plan.extents) - 1:
            return self._row(outer, count)

        def body(index: Index, carried: tuple[SSAValue, ...]) -> list[SSAValue]:
            return [self._axis([*outer, index], carried[0])]

        [found] = self.b.for_each(0, self.plan.extents[len(outer)], 1, body, [count])
        return found

    def _row(self, outer: list[Index], count: SSAValue) -> SSAValue:
        b, view = self.b, self.plan.view
        rank = len(view.extents)
        numbers = [b.cast(b.index(index), i64) for index in outer]

        def write(at: Index, place: SSAValue) -> None:
            first = b.mul(place, rank)
            for dim, number in enumerate([*numbers, b.cast(b.index(at), i64)]):
                b.store(number, self.rows, [b.add(first, dim)])

        def one(at: Index) -> SSAValue:
            return b.load(self.x, view.indices([*outer, at]))

        def vector(at: Index, mask: SSAValue | None) -> SSAValue:
            return b.vload(self.x, view.indices([*outer, at]), self.plan.lanes, mask)

        by_vectors = vector if view.strides[-1] == 1 else None
        return each_mark(b, view.extents[-1], self.plan.lanes, (one, by_vectors), count, write)

"""
`engine.gather`: rows of a table at run-time indices.

The result is `[before, indices, behind]` for a table `[before, axis, behind]`. Rows are moved in
vectors; an index outside of the axis reports an error and leaves its row alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import IntegerType, i1

from ...dialects.engine.base import element_of, extents_of, shape_of, sized
from ...dialects.engine.indexing import GatherOp
from ...runtime.size import Extent, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import coordinates, each_point
from ..common.failure import report
from ..common.indexed_rows import RowWriter, checked_index
from ..common.strided_view import (
    StridedView,
    is_strided,
    joint_axes,
    logical_strides,
    moved_view,
)
from ..cost import Cost
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    plan_entry,
)

ROW_CYCLES = 10
"""To find one row."""


def gather_seconds(op: GatherOp, target: Target) -> float:
    """Estimated time on one thread."""
    rows = prod(shape_of(op.input)[: op.axis.value.data]) * prod(shape_of(op.indices))
    machine = target.machine
    return machine.seconds(rows * ROW_CYCLES) + op.bytes_moved() / machine.rates.copies


@dataclass(frozen=True)
class GatherPlan(Plan):
    """A planned gather: views along the dimensions before, picked, and behind, all merged."""

    op: GatherOp
    source: StridedView
    """`[before, axis, behind]`."""
    target: StridedView
    """`[before, picked, behind]`."""
    places: StridedView
    """`[picked]`."""
    before: tuple[Extent, ...]
    picked: tuple[Extent, ...]
    lanes: int
    chunks: Extent

    @staticmethod
    def of(op: GatherOp, target: Target) -> GatherPlan | None:
        """None where an operand or the result lies in blocks."""
        if not all(is_strided(v) for v in (*op.sources, *op.destinations)):
            return None
        x, indices, [out], axis = op.input, op.indices, op.destinations, op.axis.value.data
        table, picks = extents_of(x), extents_of(indices)
        read, write = logical_strides(x), logical_strides(out)
        after = axis + len(picks)
        before = joint_axes(table[:axis], read[:axis], write[:axis])
        middle = joint_axes(picks, logical_strides(indices), write[axis:after])
        behind = joint_axes(table[axis + 1 :], read[axis + 1 :], write[after:])
        lead, row = [(n, s) for n, s, _ in before], [(n, s) for n, s, _ in behind]
        rows = product_of(n for n, _, _ in (*before, *middle))
        work = rows * product_of(n for n, _ in row)
        cost = Cost.of(op, lambda bound: gather_seconds(bound, target), work)
        source = moved_view(x, [*lead, (table[axis], read[axis]), *row])
        return GatherPlan(
            op,
            source,
            moved_view(out, [(n, t) for n, _, t in (*before, *middle, *behind)]),
            moved_view(indices, [(n, s) for n, s, _ in middle]),
            tuple(n for n, _, _ in before),
            tuple(n for n, _, _ in middle),
            target.lanes(source.element),
            cost.chunks(max(1, rows) if isinstance(rows, int) else rows, target.machine),
        )

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The loops over rows."""
        return (*self.before, *self.picked)

    @property
    def row(self) -> tuple[Extent, ...]:
        """Extents of a row."""
        return self.source.extents[len(self.before) + 1 :]

    def describe(self) -> dict[str, PlanEntry]:
        """Rows, elements of a row, lanes."""
        rows, row = product_of(self.extents), product_of(self.row)
        return {"rows": plan_entry(rows), "row": plan_entry(row), "lanes": self.lanes}


class GatherTemplate(Template[GatherOp, GatherPlan]):
    """`engine.gather`; see the module docstring."""

    OP = GatherOp
    GENERAL = True

    def supports(self, op: GatherOp, target: Target) -> bool:
        return (
            isinstance(element_of(op.indices), IntegerType)
            and sized(extents_of(op.input))
            and sized(extents_of(op.indices))
        )

    def layouts(self, op: GatherOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((None, None), (None,), gather_seconds(op, target))]

    def plan(self, op: GatherOp, target: Target) -> GatherPlan | None:
        return GatherPlan.of(op, target)

    def write(self, plan: GatherPlan, name: str, builder: KernelBuilder) -> Kernel:
        b, op = builder, plan.op
        extents, chunks, split = plan.extents, plan.chunks, len(plan.before)
        units, count = product_of(extents), extents_of(op.input)[op.axis.value.data]
        writer = RowWriter(b, plan.source, plan.target, plan.lanes)
        names = ["chunk", "x", "indices", "y", "status", "code"]
        with kernel_function(b, name, op, may_fail=True, chunks=chunks, names=names) as arguments:
            chunk, from_, indices, to, status, code = arguments
            if units != 0 and product_of(plan.row) != 0:
                memories = (plan.source.cast(b, from_), plan.target.cast(b, to))
                indices = plan.places.cast(b, indices)
                first = b.floordiv(b.mul(chunk, units), chunks)
                last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)

                def one(at: Sequence[Index], picked: Sequence[Index]) -> None:
                    raw = b.load(indices, plan.places.indices(picked))
                    row, inside = checked_index(b, raw, count)
                    b.if_else(
                        inside,
                        lambda: writer.move(memories, ([*at, row], [*at, *picked])),
                        lambda: report(b, b.constant(1, i1), status, code),
                    )

                if len(plan.picked) == 1:
                    _each_row(b, plan, (first, last), one)
                else:
                    with each_point(b, extents, first, last) as position:
                        one(position[:split], position[split:])
        return Kernel(chunks, may_fail=True)


def _each_row(
    b: KernelBuilder,
    plan: GatherPlan,
    rows: tuple[Index, Index],
    body: Callable[[Sequence[Index], Sequence[Index]], None],
) -> None:
    """
    `body(before, picked)` for rows `rows[0]` to `rows[1]`, where one axis is picked from: a loop
    in which nothing else changes, as rows may be single elements.
    """
    [length], (first, last) = plan.picked, rows
    some = b.max(b.extent(length), 1)
    with b.loop(b.floordiv(first, some), b.ceildiv(last, some)) as loop:
        at = coordinates(b, loop.index, plan.before) if plan.before else ()
        start = b.mul(loop.index, some)
        lower = b.max(b.sub(first, start), 0)
        upper = b.min(b.sub(last, start), length)
        b.for_each(lower, upper, 1, lambda i, _: body(at, (i,)))

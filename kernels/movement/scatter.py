"""
`engine.scatter`: a copy of a tensor with rows replaced or combined at run-time indices.

The rows are written one after the other, so the last of equal indices wins. An index outside
reports an error and its row is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, BFloat16Type, Float16Type, IntegerType, i1
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine.base import element_of, extents_of, shape_of, sized
from ...dialects.engine.indexing import ScatterOp
from ...dialects.engine.location import location_of
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, product_of
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.copy_boxes import whole
from ..common.indexed_rows import Combine, RowWriter, checked_index, report_outside
from ..common.strided_view import (
    StridedView,
    is_strided,
    joint_axes,
    logical_strides,
    moved_view,
)
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    plan_entry,
)
from .copies_plan import Copy
from .copies_writer import write_copy

ROW_CYCLES = 20
"""To find one row."""


def scatter_seconds(op: ScatterOp, target: Target) -> float:
    """Estimated time on one thread."""
    rows = prod(shape_of(op.indices)[:-1])
    machine = target.machine
    return op.bytes_moved() / machine.rates.scatters + machine.seconds(rows * ROW_CYCLES)


_FLOAT: dict[str, type[Operation]] = {
    "add": arith.AddfOp,
    "mul": arith.MulfOp,
    "max": arith.MaximumfOp,
    "min": arith.MinimumfOp,
}
_SIGNED: dict[str, type[Operation]] = {
    "add": arith.AddiOp,
    "mul": arith.MuliOp,
    "max": arith.MaxSIOp,
    "min": arith.MinSIOp,
}
_UNSIGNED: dict[str, type[Operation]] = {
    **_SIGNED,
    "max": arith.MaxUIOp,
    "min": arith.MinUIOp,
}


@dataclass(frozen=True)
class ScatterPlan(Plan):
    """A planned scatter: the copy before it, and views of indices, updates and result."""

    op: ScatterOp
    copy: Copy | None
    """None where the result takes over the memory of the input."""
    places: StridedView
    """`[rows, indices of a row]`."""
    source: StridedView
    """`[rows, row]` of the updates."""
    target: StridedView
    """`[indexed dimensions, row]` of the result."""
    rows: tuple[Extent, ...]
    depth: int
    """Indices of a row."""
    lanes: int

    @staticmethod
    def of(op: ScatterOp, target: Target) -> ScatterPlan | None:
        """None where an operand or the result lies in blocks."""
        if not all(is_strided(v) for v in (*op.sources, *op.destinations)):
            return None
        [out] = op.destinations
        shape, picks = extents_of(out), extents_of(op.indices)
        depth, rank = picks[-1], len(picks) - 1
        assert isinstance(depth, int), "an index is for a number of dimensions"
        index_strides, write = logical_strides(op.indices), logical_strides(out)
        read = logical_strides(op.updates)
        rows = joint_axes(picks[:-1], index_strides[:-1], read[:rank])
        behind = joint_axes(shape[depth:], read[rank:], write[depth:])
        leading = list(zip(shape[:depth], write[:depth], strict=True))
        updates = [*((n, t) for n, _, t in rows), *((n, s) for n, s, _ in behind)]
        view = moved_view(out, [*leading, *((n, t) for n, _, t in behind)])
        moved = location_of(op.input) != location_of(out)
        return ScatterPlan(
            op,
            Copy.of(op, 0, whole(shape)) if moved else None,
            moved_view(op.indices, [*((n, s) for n, s, _ in rows), (depth, index_strides[-1])]),
            moved_view(op.updates, updates),
            view,
            tuple(n for n, _, _ in rows),
            depth,
            target.lanes(view.element),
        )

    def describe(self) -> dict[str, PlanEntry]:
        """Rows, elements of a row, lanes, and how the input is copied."""
        row = product_of(self.source.extents[len(self.rows) :])
        return {
            "rows": plan_entry(product_of(self.rows)),
            "row": plan_entry(row),
            "lanes": self.lanes,
            "copies": "in place" if self.copy is None else self.copy.way,
        }


class ScatterTemplate(Template[ScatterOp, ScatterPlan]):
    """`engine.scatter`; see the module docstring."""

    OP = ScatterOp
    GENERAL = True

    def supports(self, op: ScatterOp, target: Target) -> bool:
        return (
            isinstance(element_of(op.indices), IntegerType)
            and all(sized(extents_of(v)) for v in op.sources)
            and (op.reduction.data == "none" or _combines(element_of(op.input)))
        )

    def layouts(self, op: ScatterOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((None, None, None), (None,), scatter_seconds(op, target))]

    def plan(self, op: ScatterOp, target: Target) -> ScatterPlan | None:
        return ScatterPlan.of(op, target)

    def write(self, plan: ScatterPlan, name: str, builder: KernelBuilder) -> Kernel:
        b, op = builder, plan.op
        names = ["chunk", "x", "indices", "updates", "y", "status", "code"]
        with kernel_function(b, name, op, may_fail=True, names=names) as arguments:
            chunk, x, indices, updates, y, status, code = arguments
            if plan.copy is not None:
                write_copy(b, op, plan.copy, (x, y), (chunk, 1))
            if 0 not in extents_of(op.updates):
                _write_rows(b, plan, (indices, updates, y), (status, code))
        return Kernel(1, may_fail=True)


def _write_rows(
    b: KernelBuilder,
    plan: ScatterPlan,
    memories: tuple[SSAValue, SSAValue, SSAValue],
    error: tuple[SSAValue, SSAValue],
) -> None:
    """The loop over the rows of updates."""
    shape = plan.target.extents
    writer = RowWriter(b, plan.source, plan.target, plan.lanes)
    views = (plan.places, plan.source, plan.target)
    indices, updates, y = (v.cast(b, m) for v, m in zip(views, memories, strict=True))
    with b.loop(0, product_of(plan.rows)) as loop:
        at = list(b.unflatten(loop.index, plan.rows)) if plan.rows else []
        inside = b.constant(1, i1)
        position: list[SSAValue] = []
        for d in range(plan.depth):
            raw = b.load(indices, plan.places.indices([*at, d]))
            row, valid = checked_index(b, raw, shape[d])
            position.append(row)
            inside = b.andi(inside, valid)
        report_outside(b, inside, *error)
        with b.if_(inside):
            writer.move((updates, y), (at, position), _combine(b, plan.op))


def _combine(b: KernelBuilder, op: ScatterOp) -> Combine | None:
    kind, element = op.reduction.data, element_of(op.input)
    if kind == "none":
        return None
    if isinstance(element, AnyFloat):
        return partial(b.apply, _FLOAT[kind])
    return partial(b.apply, (_UNSIGNED if dtype_of(element).kind == "u" else _SIGNED)[kind])


def _combines(element: Attribute) -> bool:
    """Whether there is scalar arithmetic on elements of this type."""
    return element != i1 and not isinstance(element, Float16Type | BFloat16Type)

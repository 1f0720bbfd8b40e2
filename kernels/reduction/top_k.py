"""
`engine.top_k`: the best elements of each row, with a heap of their positions in the result.

The heap has the worst of the best on top, so that most elements of a long row are passed over with
one comparison, a vector at a time where the row is contiguous. At the end the heap is taken apart,
which leaves it sorted. Where all elements are wanted they are sorted in place. Elements are
compared as integers in the order that they stand for: a NaN is larger than all else, and zeros are
equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import Float32Type, Float64Type, IntegerType, i1, i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, is_coded, sized
from ...dialects.engine.top_k import TopKOp
from ...runtime.size import Extent, Size, product_of
from ...targets.target import Target
from ..builder import INDEX, Index, KernelBuilder
from ..common.element_access import load_lanes
from ..common.position_heap import OrderedKeys, PositionHeap
from ..common.position_sort import sort_positions
from ..common.strided_view import StridedView, is_strided, joint_axes, logical_strides, moved_view
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
from .cost import top_k_seconds


@dataclass(frozen=True)
class TopKPlan(Plan):
    """Views [rows..., elements] of the input and [rows..., count] of the positions."""

    op: TopKOp
    source: StridedView
    result: StridedView
    lanes: int
    cost: Cost
    chunks: Extent

    @staticmethod
    def of(op: TopKOp, target: Target) -> TopKPlan | None:
        """The plan; None for operands in blocks."""
        axis, x, [out] = op.axis.value.data, op.input, op.destinations
        if not is_strided(x) or not is_strided(out):
            return None
        shape, read, write = extents_of(x), logical_strides(x), logical_strides(out)
        others = [d for d in range(len(shape)) if d != axis]
        axes = joint_axes(
            [shape[d] for d in others], [read[d] for d in others], [write[d] for d in others]
        )
        source = moved_view(x, [*((n, s) for n, s, _ in axes), (shape[axis], read[axis])])
        count = op.count_extent
        result = moved_view(out, [*((n, t) for n, _, t in axes), (count, write[axis])])
        rows = product_of(source.extents[:-1])
        cost = Cost.of(op, lambda bound: top_k_seconds(bound, target), product_of(shape))
        return TopKPlan(
            op=op,
            source=source,
            result=result,
            lanes=target.lanes(source.element) if source.strides[-1] == 1 else 1,
            cost=cost,
            chunks=cost.chunks(max(rows, 1) if isinstance(rows, int) else rows, target.machine),
        )

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The axes that count rows."""
        return self.source.extents[:-1]

    @property
    def count(self) -> Extent:
        """Positions that are asked for in each row."""
        return self.op.count_extent

    def describe(self) -> dict[str, PlanEntry]:
        """How elements are offered to the heap."""
        return {
            "heap": plan_entry(self.count),
            "lanes": self.lanes,
            **self.cost.describe(),
        }


class TopKTemplate(Template[TopKOp, TopKPlan]):
    """The best elements of numbers that are not coded."""

    OP = TopKOp
    GENERAL = True

    def supports(self, op: TopKOp, target: Target) -> bool:
        """Elements that are integers, f32 or f64."""
        element = element_of(op.input)
        number = isinstance(element, IntegerType | Float32Type | Float64Type)
        return sized(extents_of(op.input)) and number and element != i1 and not is_coded(element)

    def layouts(self, op: TopKOp, target: Target) -> Sequence[LayoutChoice]:
        """Row-major."""
        return [LayoutChoice((None,), (None,), top_k_seconds(op, target))]

    def plan(self, op: TopKOp, target: Target) -> TopKPlan | None:
        """The rows."""
        return TopKPlan.of(op, target)

    def write(self, plan: TopKPlan, name: str, builder: KernelBuilder) -> Kernel:
        """A heap for each row of a chunk."""
        return TopKWriter(plan, name, builder).write()


class TopKWriter:
    """The writing of one kernel."""

    def __init__(self, plan: TopKPlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.b = plan, name, builder
        smallest = plan.op.smallest is not None
        self.keys = OrderedKeys(builder, element_of(plan.op.input), smallest=smallest)

    def write(self) -> Kernel:
        """Add the kernel."""
        b, plan = self.b, self.plan
        rows, chunks = product_of(plan.extents), plan.chunks
        names = ["chunk", "x", "y"]
        with kernel_function(b, self.name, plan.op, chunks=chunks, names=names) as (chunk, x, y):
            if rows != 0 and plan.count != 0:
                memory, result = plan.source.cast(b, x), plan.result.cast(b, y)
                first = b.floordiv(b.mul(chunk, rows), chunks)
                last = b.floordiv(b.mul(b.add(chunk, 1), rows), chunks)
                if isinstance(plan.count, Size):
                    # A heap of nothing has no top to compare with.
                    last = b.select(b.cmpi("sgt", plan.count, 0), b.index(last), b.index(first))
                with b.loop(first, last) as loop:
                    self._row(memory, result, loop.index)
        return Kernel(chunks)

    def _row(self, memory: SSAValue, result: SSAValue, number: Index) -> None:
        """The best elements of one row."""
        b, plan, keys = self.b, self.plan, self.keys
        row = list(b.unflatten(number, plan.extents)) if plan.extents else []

        def place(at: Index) -> list[Index]:
            return plan.result.indices([*row, at])

        def vector(start: Index, lanes: int) -> SSAValue:
            return keys.of(load_lanes(b, plan.source, memory, [*row, start], lanes))

        heap = PositionHeap(
            b,
            lambda at: b.cast(b.load(result, place(at)), INDEX),
            lambda at, i: b.store(b.cast(b.index(i), i64), result, place(at)),
            lambda i: keys.of(b.load(memory, plan.source.indices([*row, i]))),
        )
        if plan.count == plan.source.extents[-1]:
            sort_positions(heap, plan.count)
            return
        heap.fill(plan.count)
        heap.offer_all(plan.count, plan.source.extents[-1], plan.lanes, vector)
        heap.take_apart(plan.count)

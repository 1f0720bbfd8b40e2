"""
`engine.top_k`: the best elements of each row, with a heap of their positions in the result.

The heap has the worst of the best on top, so that most elements of a long row are passed over with
one comparison, a vector at a time where the row is contiguous. At the end the heap is taken apart,
which leaves it sorted. Elements are compared as integers in the order that they stand for:
a NaN is larger than all else, and zeros are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import Float32Type, Float64Type, IntegerType, Signedness, i1, i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, extents_of, is_coded, sized
from ...dialects.engine.top_k import TopKOp
from ...runtime.size import Extent, Size, floordiv, product_of
from ...targets.target import Target
from ..builder import INDEX, Index, KernelBuilder, element_type
from ..common.element_access import load_lanes
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
        self.keys = _Keys(builder, element_of(plan.op.input), smallest=smallest)

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

        heap = _Heap(
            b,
            lambda at: b.cast(b.load(result, place(at)), INDEX),
            lambda at, i: b.store(b.cast(b.index(i), i64), result, place(at)),
            lambda i: keys.of(b.load(memory, plan.source.indices([*row, i]))),
        )
        heap.fill(plan.count)
        heap.offer_all(plan.count, plan.source.extents[-1], plan.lanes, vector)
        heap.take_apart(plan.count)


class _Keys:
    """Elements as signed integers of the same order, the best the largest."""

    def __init__(self, b: KernelBuilder, element: Attribute, *, smallest: bool):
        self.b, self.smallest = b, smallest
        self.unsigned = (
            isinstance(element, IntegerType) and element.signedness.data == Signedness.UNSIGNED
        )

    def of(self, value: SSAValue) -> SSAValue:
        """The keys of a scalar or a vector as it is in memory."""
        b = self.b
        element = element_type(value.type)
        if not isinstance(element, IntegerType):
            width = 64 if isinstance(element, Float64Type) else 32
            integer, largest = IntegerType(width), (1 << (width - 1)) - 1
            # Adding zero makes the negative zero the positive one.
            bits = b.bitcast(b.addf(value, 0.0), integer)
            sign = b.apply(arith.ShRSIOp, bits, width - 1)
            key = b.xori(bits, b.andi(sign, largest))
            key = b.select(b.cmpf("uno", value, value), self._all(key, largest), key)
        elif self.unsigned:
            key = b.xori(value, -(1 << (element.width.data - 1)))
        else:
            key = value
        return b.xori(key, -1) if self.smallest else key

    def _all(self, like: SSAValue, number: int) -> SSAValue:
        return self.b.ori(self.b.andi(like, 0), number)


class _Heap:
    """A heap of positions, the worst on top: the smallest key, of equal ones the last position."""

    def __init__(
        self,
        b: KernelBuilder,
        load: Callable[[Index], SSAValue],
        store: Callable[[Index, Index], None],
        key: Callable[[Index], SSAValue],
    ):
        self.b, self.load, self.store, self.key = b, load, store, key

    def _worse(self, a: tuple[SSAValue, SSAValue], c: tuple[SSAValue, SSAValue]) -> SSAValue:
        """Whether (position, key) `a` is worse than `c`."""
        b = self.b
        later = b.andi(b.cmpi("eq", a[1], c[1]), b.cmpi("sgt", a[0], c[0]))
        return b.ori(b.cmpi("slt", a[1], c[1]), later)

    def _sift(self, start: Index, size: Index, item: SSAValue) -> None:
        """Put a position where `start` is, and down to where it belongs."""
        b, own = self.b, self.key(item)

        def child_of(at: Index) -> Index:
            return b.add(b.mul(at, 2), 1)

        def going(values: tuple[SSAValue, ...]) -> SSAValue:
            at, open_ = values
            return b.andi(open_, b.cmpi("slt", child_of(at), size))

        def down(values: tuple[SSAValue, ...]) -> Sequence[SSAValue]:
            at, _ = values
            left = child_of(at)
            right = b.add(left, 1)
            first = self.load(left)
            # Without a second child the first one is compared with itself.
            other = b.select(b.cmpi("slt", right, size), b.index(right), b.index(left))
            second = self.load(other)
            keys = self.key(first), self.key(second)
            swap = self._worse((second, keys[1]), (first, keys[0]))
            child = b.select(swap, other, b.index(left))
            found, found_key = b.select(swap, second, first), b.select(swap, keys[1], keys[0])
            sinks = self._worse((found, found_key), (item, own))
            with b.if_(sinks):
                self.store(at, found)
            return [b.select(sinks, child, at), sinks]

        at, _ = b.while_([b.index(start), b.constant(1, i1)], going, down)
        self.store(at, item)

    def fill(self, count: Extent) -> None:
        """The first positions of the row, as a heap."""
        b = self.b
        with b.loop(0, count) as loop:
            self.store(loop.index, loop.index)
        half = floordiv(count, 2)
        if half != 0:
            with b.loop(0, half) as loop:
                at = b.sub(half - 1, loop.index)
                self._sift(at, count, self.load(at))

    def offer_all(
        self, first: Extent, last: Extent, lanes: int, vector: Callable[[Index, int], SSAValue]
    ) -> None:
        """Offer the positions that are not in the heap."""
        b = self.b
        full: Index = first
        if lanes > 1:
            full = b.add(b.round_down(b.sub(last, first), lanes), first)

        def block(start: Index) -> None:
            worst = b.broadcast(self.key(self.load(0)), lanes)
            better = b.cmpi("sgt", vector(start, lanes), worst)
            with b.if_(b.reduce("or", better)), b.loop(start, b.add(start, lanes)) as loop:
                self._offer(first, loop.index)

        b.for_each(first, full, lanes, lambda start, _: block(start))
        b.for_each(full, last, 1, lambda at, _: self._offer(first, at))

    def _offer(self, size: Extent, at: Index) -> None:
        b = self.b
        with b.if_(b.cmpi("sgt", self.key(at), self.key(self.load(0)))):
            self._sift(0, size, b.index(at))

    def take_apart(self, count: Extent) -> None:
        """Sorted: again and again the worst goes behind the rest."""
        b = self.b
        if isinstance(count, int) and count < 2:
            return
        with b.loop(0, count - 1) as loop:
            end = b.sub(count - 1, loop.index)
            worst, item = self.load(0), self.load(end)
            self.store(end, worst)
            self._sift(0, end, item)

"""
`engine.compress`: the slices that a condition marks, side by side.

The operand is `[outer, axis, inner]`, the result lies densely as `[outer, found, inner]`, so where
there is something outer the marks are counted first. Slices of one element are written without a
branch (`common/marks.py`), others are moved in vectors where they are marked. A chunk has a part of
the axis, and counts the marks before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import (
    dense_stride_extents_of,
    element_of,
    extents_of,
    nbytes_of,
    sized,
)
from ...dialects.engine.data_sizes import CompressOp
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, maximum, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import each_point, part_range
from ..common.indexed_rows import RowWriter
from ..common.marks import ReadVector, count_marks, each_mark, is_marked
from ..common.strided_view import (
    StridedView,
    is_strided,
    joint_axes,
    logical_strides,
    moved_view,
)
from ..cost import Cost, typical
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    plan_entry,
)

LEAST_SLICE = 64
"""Bytes of a slice from which the axis is cut into chunks: counting marks again costs less."""


def compress_seconds(op: CompressOp, target: Target) -> float:
    """Estimated time on one thread."""
    return target.machine.seconds(0, 2 * nbytes_of(op.input), target.machine.rates.copies)


@dataclass(frozen=True)
class CompressPlan(Plan):
    """A planned selection: the operand as `[outer..., axis, inner...]`, and the condition."""

    op: CompressOp
    source: StridedView
    slice: StridedView
    """A slice of the result."""
    outer: tuple[Extent, ...]
    condition: StridedView
    lanes: int
    flag_lanes: int
    chunks: Extent

    @staticmethod
    def of(op: CompressOp, target: Target) -> CompressPlan | None:
        """The plan; None for what lies in blocks, or a condition or result with gaps."""
        x, condition, result = op.input, op.condition, op.destinations[0]
        if not is_strided(x) or not is_strided(condition):
            return None
        if logical_strides(condition) != (1,):
            return None
        shape, axis, read = extents_of(x), op.axis.value.data, logical_strides(x)
        if logical_strides(result) != dense_stride_extents_of(result):
            return None
        before = joint_axes(shape[:axis], read[:axis], read[:axis])
        dense = dense_stride_extents_of(result)[axis + 1 :]
        behind = joint_axes(shape[axis + 1 :], read[axis + 1 :], dense)
        inner = [(n, s) for n, s, _ in behind]
        source = moved_view(x, [*((n, s) for n, s, _ in before), (shape[axis], read[axis]), *inner])
        return CompressPlan(
            op,
            source,
            moved_view(result, [(n, t) for n, _, t in behind]),
            tuple(n for n, _, _ in before),
            moved_view(condition, [(extents_of(condition)[0], 1)]),
            target.lanes(source.element),
            target.lanes(source.element if not behind else i64),
            _chunks(op, target, product_of(n for n, _ in inner)),
        )

    @property
    def length(self) -> Extent:
        """Slices that the condition speaks of."""
        return self.condition.extents[0]

    def describe(self) -> dict[str, PlanEntry]:
        """Elements of a slice, and how often the axis is gone along."""
        size, times = product_of(self.slice.extents), product_of(self.outer)
        return {"slice": plan_entry(size), "outer": plan_entry(times), "lanes": self.lanes}


def _chunks(op: CompressOp, target: Target, slice_: Extent) -> Extent:
    if typical(slice_) * dtype_of(element_of(op.input)).itemsize < LEAST_SLICE:
        return 1
    length, work = extents_of(op.condition)[0], product_of(extents_of(op.input))
    cost = Cost.of(op, lambda bound: compress_seconds(bound, target), work)
    # What is found is counted where there is nothing to move, too.
    return maximum(1, cost.chunks(length, target.machine))


class CompressTemplate(Template[CompressOp, CompressPlan]):
    """`engine.compress`; see the module docstring."""

    OP = CompressOp
    GENERAL = True

    def supports(self, op: CompressOp, target: Target) -> bool:
        return sized(extents_of(op.input)) and sized(extents_of(op.condition))

    def layouts(self, op: CompressOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((None, None), (None, None), compress_seconds(op, target))]

    def plan(self, op: CompressOp, target: Target) -> CompressPlan | None:
        return CompressPlan.of(op, target)

    def write(self, plan: CompressPlan, name: str, builder: KernelBuilder) -> Kernel:
        b, names = builder, ["chunk", "x", "condition", "y", "counts"]
        with kernel_function(b, name, plan.op, chunks=plan.chunks, names=names) as arguments:
            chunk, x, condition, y, counts = arguments
            place = b.reshape(y, [product_of(extents_of(plan.op.input))])
            memories = plan.source.cast(b, x), place
            _Selection(b, plan, memories, plan.condition.cast(b, condition)).write(chunk, counts)
        return Kernel(plan.chunks)


@dataclass(frozen=True)
class _Selection:
    b: KernelBuilder
    plan: CompressPlan
    memories: tuple[SSAValue, SSAValue]
    flags: SSAValue

    def write(self, chunk: SSAValue, counts: SSAValue) -> None:
        b, plan = self.b, self.plan
        start, stop = part_range(b, chunk, plan.chunks, plan.length)
        before = b.index(0) if start == 0 else self._count(0, start)
        found = self._count(start, stop)
        total = b.add(before, found)
        with b.if_(b.cmpi("eq", chunk, b.sub(plan.chunks, 1))):
            b.store(b.cast(b.index(total), i64), counts, [0])
        if plan.outer:
            rest = 0 if plan.chunks == 1 else self._count(stop, plan.length)
            total = b.add(total, rest)
        times = product_of(plan.outer)
        with each_point(b, plan.outer, 0, times) as outer:
            row = b.mul(_number(b, outer, plan.outer), total) if plan.outer else 0
            first = b.index(b.add(row, before))
            if plan.slice.extents:
                self._slices(outer, (start, stop), first)
            else:
                self._elements(outer, first)

    def _count(self, start: Index, stop: Index) -> SSAValue:
        lanes = self.plan.flag_lanes
        return count_marks(self.b, start, stop, lanes, self._flags(lanes))

    def _flags(self, lanes: int) -> ReadVector:
        return lambda at, mask: self.b.vload(self.flags, [at], lanes, mask)

    def _elements(self, outer: Sequence[Index], first: SSAValue) -> None:
        """Single elements along the whole axis: there is one chunk."""
        b, plan, (x, y) = self.b, self.plan, self.memories
        lanes = b.target.lanes(i64) * 8

        def write(at: Index, place: SSAValue) -> None:
            b.store(b.load(x, plan.source.indices([*outer, at])), y, [place])

        def read(at: Index) -> SSAValue:
            return b.load(self.flags, [at])

        each_mark(b, plan.length, lanes, (read, self._flags(lanes)), first, write)

    def _slices(self, outer: Sequence[Index], part: tuple[Index, Index], first: SSAValue) -> None:
        b, plan, (x, y) = self.b, self.plan, self.memories
        size = product_of(plan.slice.extents)
        writer = RowWriter(b, plan.source, plan.slice, plan.lanes)
        extents, strides = list(plan.slice.extents), list(plan.slice.strides)
        with b.loop(*part, 1, [first]) as loop:
            [place] = loop.carried

            def move() -> list[Index]:
                slice_ = b.reshape(y, extents, strides, b.mul(place, size))
                writer.move((x, slice_), ([*outer, loop.index], []))
                return [b.add(place, 1)]

            marked = is_marked(b, b.load(self.flags, [loop.index]))
            after = b.if_else(
                marked,
                lambda: [b.index(i) for i in move()],
                lambda: [place],
                [place.type],
            )
            loop.yield_(*after)


def _number(b: KernelBuilder, point: Sequence[Index], extents: Sequence[Extent]) -> Index:
    """The row-major number of a point of a box."""
    number: Index = 0
    for at, extent in zip(point, extents, strict=True):
        number = b.add(b.mul(number, extent), at)
    return number

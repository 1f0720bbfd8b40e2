"""
`engine.rotary`: rows turned in pairs.

A row is the last dimension. Where the two halves are pairs, vectors of both are read and written
at the same places; where neighbours are, a vector is combined with itself, its neighbours
exchanged. What is stored apart, or is no whole number of vectors of neighbours, goes one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, shape_of, sized
from ...dialects.engine.rotary import RotaryOp
from ...runtime.size import Extent, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import each_point
from ..common.strided_view import Axis, StridedView, is_strided, merge_axes, strides_over
from ..cost import Cost
from ..template import (
    STRIDED,
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    plan_entry,
)


def rotary_seconds(op: RotaryOp, target: Target) -> float:
    """Estimated time on one thread."""
    vectors = prod(shape_of(op.input)) / target.lanes(element_of(op.input))
    machine = target.machine
    return machine.seconds(vectors * 4, op.bytes_moved(), machine.rates.stream)


@dataclass(frozen=True)
class RotaryPlan(Plan):
    """Views of operand, cosines, sines and result along the rows, and the last dimension."""

    op: RotaryOp
    rows: tuple[Extent, ...]
    views: tuple[StridedView, ...]
    lanes: int
    """1 where elements go one by one."""
    chunks: Extent

    @staticmethod
    def of(op: RotaryOp, target: Target) -> RotaryPlan | None:
        """None where an operand or the result lies in blocks."""
        values = [*op.sources, *op.destinations]
        if not all(map(is_strided, values)):
            return None
        lead = extents_of(op.input)[:-1]
        lengths = [extents_of(v)[-1] for v in values]
        strides = [strides_over(v, (*lead, n)) for v, n in zip(values, lengths, strict=True)]
        axes = merge_axes(
            [Axis(n, tuple(own[dim] for own in strides)) for dim, n in enumerate(lead)]
        )
        views = tuple(
            StridedView.of(v, [*((a.extent, a.strides[i]) for a in axes), (n, strides[i][-1])])
            for i, (v, n) in enumerate(zip(values, lengths, strict=True))
        )
        rows = product_of(lead)
        cost = Cost.of(op, lambda bound: rotary_seconds(bound, target), rows)
        lanes = target.lanes(element_of(op.input))
        apart = any(view.strides[-1] != 1 for view in views)
        uneven = op.interleaved is not None and (lanes < 4 or 2 * op.pairs % lanes != 0)
        return RotaryPlan(
            op,
            tuple(a.extent for a in axes),
            views,
            1 if apart or uneven else lanes,
            cost.chunks(max(1, rows) if isinstance(rows, int) else rows, target.machine),
        )

    def describe(self) -> dict[str, PlanEntry]:
        """Rows, pairs of a row, lanes."""
        return {
            "rows": plan_entry(product_of(self.rows)),
            "pairs": self.op.pairs,
            "lanes": self.lanes,
        }


class RotaryTemplate(Template[RotaryOp, RotaryPlan]):
    """`engine.rotary`; see the module docstring."""

    OP = RotaryOp
    GENERAL = True

    def supports(self, op: RotaryOp, target: Target) -> bool:
        return element_of(op.input) in (Float32Type(), Float64Type()) and all(
            sized(extents_of(v)) for v in op.sources
        )

    def layouts(self, op: RotaryOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((STRIDED,) * 3, (STRIDED,), rotary_seconds(op, target))]

    def plan(self, op: RotaryOp, target: Target) -> RotaryPlan | None:
        return RotaryPlan.of(op, target)

    def write(self, plan: RotaryPlan, name: str, builder: KernelBuilder) -> Kernel:
        return RotaryWriter(plan, builder).write(name)


class RotaryWriter:
    """The writing of one kernel."""

    def __init__(self, plan: RotaryPlan, builder: KernelBuilder):
        self.plan, self.b, self.op = plan, builder, plan.op
        self.memories: Sequence[SSAValue] = ()

    def write(self, name: str) -> Kernel:
        """Add the kernel."""
        plan, b, chunks = self.plan, self.b, self.plan.chunks
        names = ["chunk", "x", "cos", "sin", "y"]
        row = self._halves if self.op.interleaved is None else self._neighbours
        with kernel_function(b, name, self.op, chunks=chunks, names=names) as arguments:
            chunk, *memories = arguments
            units = product_of(plan.rows)
            if units != 0:
                pairs = zip(plan.views, memories, strict=True)
                self.memories = [view.cast(b, memory) for view, memory in pairs]
                first = b.floordiv(b.mul(chunk, units), chunks)
                last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
                with each_point(b, plan.rows, first, last) as position:
                    row(list(position))
        return Kernel(chunks)

    def _load(
        self, number: int, at: Sequence[Index], lanes: int, mask: SSAValue | None = None
    ) -> SSAValue:
        memory, indices = self.memories[number], self.plan.views[number].indices(at)
        if lanes == 1:
            return self.b.load(memory, indices)
        return self.b.vload(memory, indices, lanes, mask)

    def _store(
        self, value: SSAValue, at: Sequence[Index], lanes: int, mask: SSAValue | None = None
    ) -> None:
        memory, indices = self.memories[3], self.plan.views[3].indices(at)
        if lanes == 1:
            self.b.store(value, memory, indices)
        else:
            self.b.vstore(value, memory, indices, mask)

    def _each(self, body: Callable[[Index, SSAValue | None], None]) -> None:
        lanes, pairs = self.plan.lanes, self.op.pairs
        if lanes == 1:
            with self.b.loop(0, pairs) as loop:
                body(loop.index, None)
            return

        def vector(i: Index, mask: SSAValue | None, _: tuple[SSAValue, ...]) -> None:
            body(i, mask)

        self.b.for_vectors(pairs, lanes, vector)

    def _turn(
        self, pair: tuple[SSAValue, SSAValue], angles: Sequence[SSAValue]
    ) -> tuple[SSAValue, SSAValue]:
        """`(a cos - b sin, b cos + a sin)` with the angles of both."""
        b, (first, second) = self.b, pair
        cos, more_cos, sin, more_sin = angles
        left = b.fma(b.negf(second), sin, b.mulf(first, cos))
        return left, b.fma(first, more_sin, b.mulf(second, more_cos))

    def _halves(self, row: list[Index]) -> None:
        b, lanes, pairs = self.b, self.plan.lanes, self.op.pairs

        def body(i: Index, mask: SSAValue | None) -> None:
            one, other = [*row, i], [*row, b.add(i, pairs)]
            ends = (self._load(0, one, lanes, mask), self._load(0, other, lanes, mask))
            angles: list[SSAValue] = []
            for number in (1, 2):
                angles.append(self._load(number, one, lanes, mask))
                whole = self.plan.views[number].extents[-1] != pairs
                angles.append(self._load(number, other, lanes, mask) if whole else angles[-1])
            left, right = self._turn(ends, angles)
            self._store(left, one, lanes, mask)
            self._store(right, other, lanes, mask)

        self._each(body)

    def _neighbours(self, row: list[Index]) -> None:
        b, lanes, pairs = self.b, self.plan.lanes, self.op.pairs
        if lanes == 1:
            with b.loop(0, pairs) as loop:
                self._neighbour(row, loop.index)
            return
        exchanged = [i ^ 1 for i in range(lanes)]
        negated = [lanes + i if i % 2 == 0 else i for i in range(lanes)]
        with b.loop(0, 2 * pairs, lanes) as loop:
            at = [*row, loop.index]
            x = self._load(0, at, lanes)
            turned = b.shuffle(x, x, exchanged)
            turned = b.shuffle(turned, b.negf(turned), negated)
            cos, sin = (self._spread(number, row, loop.index) for number in (1, 2))
            self._store(b.fma(turned, sin, b.mulf(x, cos)), at, lanes)

    def _spread(self, number: int, row: list[Index], at: Index) -> SSAValue:
        """Cosines or sines of a vector of neighbours."""
        b, lanes = self.b, self.plan.lanes
        if self.plan.views[number].extents[-1] != self.op.pairs:
            return self._load(number, [*row, at], lanes)
        half = [*row, b.floordiv(at, 2)]
        narrow = self._load(number, half, lanes // 2)
        return b.shuffle(narrow, narrow, [i // 2 for i in range(lanes)])

    def _neighbour(self, row: list[Index], i: Index) -> None:
        """One pair of neighbours."""
        b = self.b
        one = [*row, b.mul(i, 2)]
        other = [*row, b.add(b.mul(i, 2), 1)]
        angles: list[SSAValue] = []
        for number in (1, 2):
            whole = self.plan.views[number].extents[-1] != self.op.pairs
            places = (one, other) if whole else ([*row, i], [*row, i])
            angles += [self._load(number, at, 1) for at in places]
        left, right = self._turn((self._load(0, one, 1), self._load(0, other, 1)), angles)
        self._store(left, one, 1)
        self._store(right, other, 1)

"""Level 5 of resampling: a table of the columns' taps, rows, and what lies behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from xdsl.dialects import math
from xdsl.dialects.builtin import f64, i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of
from ...runtime.size import Extent, Size, is_one, minimum, product_of
from ..builder import INDEX, Index, KernelBuilder
from ..common.element_copy import physical_view
from ..template import Kernel, kernel_function, split_evenly, storage_type
from .resize_plan import SEGMENT, TAPS, ResizePlan, sum_type

UNROLL = 4
"""Columns together where how many there are is open, and each is a load and a store."""


@dataclass(frozen=True)
class Tap:
    """A source position along one dimension, and its weight (None: 1)."""

    index: Index
    weight: SSAValue | None


class ResizeWriter:
    """Writes one kernel."""

    def __init__(self, plan: ResizePlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.name = name
        self.op = plan.op
        self.b = builder
        self.element = storage_type(element_of(plan.op.input))
        self.sum_type = sum_type(plan.op)
        self.taps = TAPS[plan.op.mode.data]

    def write(self) -> Kernel:
        """Add the kernel to the module."""
        plan, b, columns = self.plan, self.b, self.plan.shape[self.plan.column]
        chunks, units = plan.chunks, product_of(plan.before)
        names = ["chunk", "x", "y"]
        with kernel_function(b, self.name, plan.op, chunks=chunks, names=names) as arguments:
            chunk, x, y = arguments
            if 0 in plan.shape:
                return Kernel(chunks)
            [out] = plan.op.destinations
            memories = physical_view(b, plan.op.input, x), physical_view(b, out, y)
            width = SEGMENT if isinstance(columns, Size) else min(SEGMENT, columns)
            places = b.alloca((self.taps, width), i64)
            weights = b.alloca((self.taps, width), self.sum_type) if self.taps > 1 else None
            first = b.floordiv(b.mul(chunk, units), chunks)
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
            rows = first, b.mul(last, self._something())
            if isinstance(columns, Size):
                with b.loop(0, columns, SEGMENT) as segments:
                    left = segments.index
                    size = b.min(b.sub(columns, left), SEGMENT)
                    self._segment(memories, (places, weights), rows, left, size)
                return Kernel(chunks)
            start = 0
            for size, count in split_evenly(columns, SEGMENT):
                with b.loop(0, count) as segments:
                    left = b.add(b.mul(segments.index, size), start)
                    self._segment(memories, (places, weights), rows, left, size)
                start += size * count
        return Kernel(chunks)

    def _something(self) -> Extent:
        """0 where a call has an empty input, of which nothing can be read."""
        return minimum(1, *(n for n in extents_of(self.op.input) if isinstance(n, Size)))

    def _segment(
        self,
        memories: tuple[SSAValue, SSAValue],
        table: tuple[SSAValue, SSAValue | None],
        rows: tuple[Index, Index],
        left: Index,
        size: Index,
    ) -> None:
        """`size` columns from `left` on, of some rows."""
        b, before = self.b, self.plan.before
        self._fill(*table, left, size)
        with b.loop(*rows) as loop:
            position = b.unflatten(loop.index, before) if before else ()
            self._row(memories, table, position, left, size)

    def _fill(self, places: SSAValue, weights: SSAValue | None, left: Index, size: Index) -> None:
        """The taps of `size` columns from `left` on."""
        b = self.b
        with b.loop(0, size) as columns:
            found = self._taps(self.plan.column, b.add(left, columns.index))
            for number, tap in enumerate(found):
                b.store(b.cast(b.index(tap.index), i64), places, [number, columns.index])
                if weights is not None and tap.weight is not None:
                    b.store(tap.weight, weights, [number, columns.index])

    def _row(
        self,
        memories: tuple[SSAValue, SSAValue],
        table: tuple[SSAValue, SSAValue | None],
        position: Sequence[Index],
        left: Index,
        size: Index,
    ) -> None:
        """The columns of a segment, for one position of the dimensions before them."""
        b, (places, weights) = self.b, table
        outer = [self._taps(axis, position[axis]) for axis in self.plan.axes[:-1]]
        rows = [self._joined(position, taps) for taps in product(*outer)]

        def column(at: Index) -> None:
            taps = [
                Tap(
                    b.cast(b.load(places, [number, at]), INDEX),
                    None if weights is None else b.load(weights, [number, at]),
                )
                for number in range(self.taps)
            ]
            sources = [
                ([*row, tap.index], self._times(weight, tap.weight))
                for row, weight in rows
                for tap in taps
            ]
            self._inner(memories, sources, [*position, b.add(left, at)], self.plan.column + 1)

        # A loop of a known number of trips is unrolled by the code generator.
        together = UNROLL if isinstance(self.plan.shape[self.plan.column], Size) else 1
        if together == 1 or self.taps > 1 or self.plan.column < len(self.plan.shape) - 1:
            b.for_each(0, size, 1, lambda at, _: column(at))
            return
        many = b.round_down(size, together)
        with b.loop(0, many, together) as columns:
            for step in range(together):
                column(b.add(columns.index, step))
        b.for_each(many, size, 1, lambda at, _: column(at))

    def _joined(
        self, position: Sequence[Index], taps: Sequence[Tap]
    ) -> tuple[list[Index], SSAValue | None]:
        """The source position of one tap of each row dimension, and the product of weights."""
        read = list(position)
        weight: SSAValue | None = None
        for axis, tap in zip(self.plan.axes, taps, strict=False):
            read[axis] = tap.index
            weight = self._times(weight, tap.weight)
        return read, weight

    def _times(self, a: SSAValue | None, b: SSAValue | None) -> SSAValue | None:
        if a is None or b is None:
            return b if a is None else a
        return self.b.mulf(a, b)

    def _inner(
        self,
        memories: tuple[SSAValue, SSAValue],
        sources: Sequence[tuple[list[Index], SSAValue | None]],
        target: list[Index],
        axis: int,
    ) -> None:
        """Loops over the dimensions behind the columns, the last one in vectors."""
        b, x, y = self.b, *memories
        if axis == len(self.plan.shape):
            terms = [(b.load(x, read), weight) for read, weight in sources]
            b.store(self._sum(terms), y, target)
            return
        if axis < len(self.plan.shape) - 1 or not self.plan.vectors:
            with b.loop(0, self.plan.shape[axis]) as loop:
                further = [([*read, loop.index], weight) for read, weight in sources]
                self._inner(memories, further, [*target, loop.index], axis + 1)
            return

        def vector(at: Index, mask: SSAValue | None) -> None:
            terms = [(b.vload(x, [*read, at], self.plan.lanes, mask), w) for read, w in sources]
            b.vstore(self._sum(terms), y, [*target, at], mask)

        b.for_vectors(self.plan.shape[axis], self.plan.lanes, lambda at, mask, _: vector(at, mask))

    def _sum(self, terms: Sequence[tuple[SSAValue, SSAValue | None]]) -> SSAValue:
        b = self.b
        total: SSAValue | None = None
        for value, weight in terms:
            if weight is None:
                return value  # nearest: the only term
            wide = b.cast(value, self.sum_type)
            total = b.mulf(wide, weight) if total is None else b.fma(wide, weight, total)
        assert total is not None
        return b.cast(total, self.element)

    def _taps(self, axis: int, position: Index) -> list[Tap]:
        """Source positions and weights of an output position along a physical dimension."""
        b, dim = self.b, self.plan.order[axis]
        size = extents_of(self.op.input)[dim]
        x = self._coordinate(b.cast(b.index(position), f64), dim)
        if self.op.mode.data == "nearest":
            return [Tap(self._clipped(self._rounded(x), size), None)]
        base = b.apply(math.FloorOp, x)
        t = b.subf(x, base)
        if self.op.mode.data == "linear":
            weights = [(0, b.subf(1.0, t)), (1, t)]
        else:
            weights = self._cubic(t)
        return [
            Tap(self._clipped(b.addf(base, float(offset)), size), b.cast(weight, self.sum_type))
            for offset, weight in weights
        ]

    def _coordinate(self, x: SSAValue, dim: int) -> SSAValue:
        """Where output position `x` lies in the input, as the interpreter computes it."""
        b, op = self.b, self.op
        [target] = op.target_types()
        size, resized = extents_of(self.op.input)[dim], extents_of(target)[dim]
        scale, kind = op.factors[dim], op.coordinates.data
        if kind in ("align_corners", "pytorch_half_pixel") and is_one(resized):
            return b.constant(0.0, f64)
        if kind == "align_corners":
            last, resized_last = self._number(size - 1), self._number(resized - 1)
            return self._unless_one(resized, b.divf(b.mulf(x, last), resized_last))
        if kind == "asymmetric":
            return b.divf(x, scale)
        moved = b.divf(b.addf(x, 0.5), scale)
        if kind == "half_pixel_symmetric":
            moved = b.addf(moved, self._adjustment(size, resized, scale))
        moved = b.subf(moved, 0.5)
        return self._unless_one(resized, moved) if kind == "pytorch_half_pixel" else moved

    def _adjustment(self, size: Extent, resized: Extent, scale: float) -> float | SSAValue:
        """What centres the result where it is not `scale` times as large as the input."""
        if isinstance(size, int) and isinstance(resized, int):
            return size / 2 * (1 - resized / (scale * size))
        b, before, after = self.b, self._value(size), self._value(resized)
        part = b.divf(after, b.mulf(before, scale))
        return b.mulf(b.divf(before, 2.0), b.subf(1.0, part))

    def _unless_one(self, resized: Extent, x: SSAValue) -> SSAValue:
        """0 where the result has one position, else `x`."""
        if isinstance(resized, int):
            return x
        return self.b.select(self.b.cmpi("eq", resized, 1), self.b.constant(0.0, f64), x)

    def _number(self, extent: Extent) -> float | SSAValue:
        """An extent in f64: a number, or a value."""
        return float(extent) if isinstance(extent, int) else self._value(extent)

    def _value(self, extent: Extent) -> SSAValue:
        return self.b.cast(self.b.index(extent), f64)

    def _rounded(self, x: SSAValue) -> SSAValue:
        b = self.b
        match self.op.rounding.data:
            case "floor":
                return b.apply(math.FloorOp, x)
            case "ceil":
                return b.apply(math.CeilOp, x)
            case "round_prefer_floor":
                return b.apply(math.CeilOp, b.subf(x, 0.5))
            case _:
                return b.apply(math.FloorOp, b.addf(x, 0.5))

    def _clipped(self, x: SSAValue, size: Extent) -> Index:
        return self.b.cast(self.b.clamp(x, 0.0, self._number(size - 1)), INDEX)

    def _cubic(self, t: SSAValue) -> list[tuple[int, SSAValue]]:
        """Keys' kernel at the four neighbours, for the fraction `t`."""
        b = self.b
        a = self.op.cubic_coefficient.value.data
        u = b.subf(1.0, t)

        def near(s: SSAValue) -> SSAValue:  # ((a + 2) s - (a + 3)) s^2 + 1
            inner = b.subf(b.mulf(s, a + 2), a + 3)
            return b.addf(b.mulf(b.mulf(inner, s), s), 1.0)

        def far(s: SSAValue) -> SSAValue:  # ((a s - 5 a) s + 8 a) s - 4 a
            inner = b.addf(b.mulf(b.subf(b.mulf(s, a), 5 * a), s), 8 * a)
            return b.subf(b.mulf(inner, s), 4 * a)

        return [
            (-1, far(b.addf(t, 1.0))),
            (0, near(t)),
            (1, near(u)),
            (2, far(b.addf(u, 1.0))),
        ]

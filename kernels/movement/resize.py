"""
`engine.resize` of any rank: nearest, linear and cubic, for every coordinate transformation.

Source positions and weights are computed in f64 as the interpreter does: those of the last
resampled dimension go into a table for a segment of columns, which all rows share; those of the
others are computed once for each row. An element is the sum of its taps. Dimensions that lie
behind the columns in memory (the channels of `aBcd16b` and `acdb`) run in vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import cast

from xdsl.dialects import math
from xdsl.dialects.builtin import (
    AnyFloat,
    BFloat16Type,
    DenseArrayBase,
    Float16Type,
    IntegerType,
    f32,
    f64,
    i64,
)
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import ResizeOp
from ...dialects.engine.base import (
    EngineOp,
    element_of,
    layout_of,
    physical_shape_of,
    physical_strides_of,
    shape_of,
    static,
)
from ...targets.target import Target
from ..builder import INDEX, Index, KernelBuilder
from ..common.blocked_operands import blocked_tag
from ..conv.tiles import CLOCK_HZ
from ..template import (
    AnyTemplate,
    Kernel,
    LayoutChoice,
    chunk_count,
    kernel_arguments,
    split_evenly,
    storage_type,
)

SEGMENT = 256
"""Columns whose positions and weights are kept at a time."""

TAPS = {"nearest": 1, "linear": 2, "cubic": 4}

MAX_TAPS = 256
"""Taps of all dimensions together that are written out."""


@dataclass(frozen=True)
class Tap:
    """A source position along one dimension, and its weight (None: 1)."""

    index: Index
    weight: SSAValue | None


class ResizeTemplate(AnyTemplate):
    """`engine.resize`; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ResizeOp) or not _known(op):
            return []
        rank = len(shape_of(op.input))
        lanes = target.lanes(_sum_type(op))
        choices = [LayoutChoice((None,), (None,), _seconds(op, 1))]
        if rank in (3, 4, 5) and lanes > 1 and 1 not in resampled(op):
            channels = shape_of(op.input)[1]
            padding = -(-channels // lanes) * lanes / max(1, channels)
            tag = blocked_tag(rank, 1, lanes)
            choices.insert(0, LayoutChoice((tag,), (tag,), _seconds(op, lanes) * padding))
        return choices

    def accepts(self, op: EngineOp, target: Target) -> bool:
        if not isinstance(op, ResizeOp) or not _known(op):
            return False
        source, result = layout_of(op.input), layout_of(op.destinations[0])
        same = (source.outer, source.inner) == (result.outer, result.inner)
        return same and not result.blocked.keys() & set(resampled(op))

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, ResizeOp)
        return _ResizeWriter(op, builder).write(name)


def resampled(op: ResizeOp) -> tuple[int, ...]:
    """The dimensions along which anything changes."""
    [target] = op.target_types()
    scales = _scales(op)
    sizes = zip(shape_of(op.input), shape_of(target), scales, strict=True)
    return tuple(
        d for d, (size, resized, scale) in enumerate(sizes) if (size, 1) != (resized, scale)
    )


def _scales(op: ResizeOp) -> tuple[float, ...]:
    scales = cast("DenseArrayBase[AnyFloat]", op.scales)
    return tuple(float(v) for v in scales.get_values())


def _known(op: ResizeOp) -> bool:
    element = element_of(op.input)
    [target] = op.target_types()
    copied = op.mode.data == "nearest" and isinstance(element, AnyFloat | IntegerType)
    return (
        (copied or isinstance(element, AnyFloat))
        and len(shape_of(op.input)) > 0
        and static(shape_of(op.input))
        and static(shape_of(target))
        and TAPS[op.mode.data] ** len(resampled(op)) <= MAX_TAPS
    )


def _sum_type(op: ResizeOp) -> Attribute:
    """What elements are summed in."""
    element = element_of(op.input)
    narrow = isinstance(element, Float16Type | BFloat16Type) and op.mode.data != "nearest"
    return f32 if narrow else storage_type(element)


def _seconds(op: ResizeOp, lanes: int) -> float:
    [target] = op.target_types()
    taps = TAPS[op.mode.data] ** len(resampled(op))
    cycles = prod(shape_of(target)) * (2 * taps + 2) / lanes
    return max(cycles / CLOCK_HZ, op.bytes_moved() / 12e9)


class _ResizeWriter:
    """Writes one kernel; positions are those of the physical dimensions."""

    def __init__(self, op: ResizeOp, b: KernelBuilder):
        self.op = op
        self.b = b
        self.element = storage_type(element_of(op.input))
        self.sum_type = _sum_type(op)
        self.lanes = b.target.lanes(self.sum_type)
        [out] = op.destinations
        self.order = layout_of(out).outer
        self.shape = physical_shape_of(out)
        dims = set(resampled(op)) or {self.order[-1]}
        self.axes = [axis for axis, dim in enumerate(self.order) if dim in dims]
        self.column = self.axes[-1]
        strides = (physical_strides_of(op.input)[-1], physical_strides_of(out)[-1])
        self.vectors = strides == (1, 1)

    def write(self, name: str) -> Kernel:
        b, column = self.b, self.column
        before = self.shape[:column]
        units = prod(before)
        inner = self.lanes if column < len(self.shape) - 1 and self.vectors else 1
        chunks = chunk_count(max(1, units), _seconds(self.op, inner))
        with b.function(name, kernel_arguments(self.op), names=["chunk", "x", "y"]) as arguments:
            chunk, x, y = arguments
            if 0 in self.shape:
                return Kernel(1)
            width = min(SEGMENT, self.shape[column])
            taps = TAPS[self.op.mode.data]
            places = b.alloca((taps, width), i64)
            weights = b.alloca((taps, width), self.sum_type) if taps > 1 else None
            first = b.floordiv(b.mul(chunk, units), chunks)
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
            start = 0
            for size, count in split_evenly(self.shape[column], SEGMENT):
                with b.loop(0, count) as segments:
                    left = b.add(b.mul(segments.index, size), start)
                    self._fill(places, weights, left, size)
                    with b.loop(first, last) as loop:
                        position = b.unflatten(loop.index, before) if before else ()
                        self._row((x, y), (places, weights), position, left, size)
                start += size * count
        return Kernel(chunks)

    def _fill(self, places: SSAValue, weights: SSAValue | None, left: Index, size: int) -> None:
        """The taps of `size` columns from `left` on."""
        b = self.b
        with b.loop(0, size) as columns:
            found = self._taps(self.column, b.add(left, columns.index))
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
        size: int,
    ) -> None:
        """The columns of a segment, for one position of the dimensions before them."""
        b, (places, weights) = self.b, table
        outer = [self._taps(axis, position[axis]) for axis in self.axes[:-1]]
        rows = [self._joined(position, taps) for taps in product(*outer)]
        with b.loop(0, size) as columns:
            at = columns.index
            taps = [
                Tap(
                    b.cast(b.load(places, [number, at]), INDEX),
                    None if weights is None else b.load(weights, [number, at]),
                )
                for number in range(TAPS[self.op.mode.data])
            ]
            sources = [
                ([*row, tap.index], self._times(weight, tap.weight))
                for row, weight in rows
                for tap in taps
            ]
            self._inner(memories, sources, [*position, b.add(left, at)], self.column + 1)

    def _joined(
        self, position: Sequence[Index], taps: Sequence[Tap]
    ) -> tuple[list[Index], SSAValue | None]:
        """The source position of one tap of each row dimension, and the product of weights."""
        read = list(position)
        weight: SSAValue | None = None
        for axis, tap in zip(self.axes, taps, strict=False):
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
        if axis == len(self.shape):
            terms = [(b.load(x, read), weight) for read, weight in sources]
            b.store(self._sum(terms), y, target)
            return
        if axis < len(self.shape) - 1 or not self.vectors:
            with b.loop(0, self.shape[axis]) as loop:
                further = [([*read, loop.index], weight) for read, weight in sources]
                self._inner(memories, further, [*target, loop.index], axis + 1)
            return

        def vector(at: Index, mask: SSAValue | None) -> None:
            terms = [(b.vload(x, [*read, at], self.lanes, mask), w) for read, w in sources]
            b.vstore(self._sum(terms), y, [*target, at], mask)

        b.for_vectors(self.shape[axis], self.lanes, lambda at, mask, _: vector(at, mask))

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
        b, dim = self.b, self.order[axis]
        size = shape_of(self.op.input)[dim]
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
        size, resized = shape_of(op.input)[dim], shape_of(target)[dim]
        scale, kind = _scales(op)[dim], op.coordinates.data
        if kind in ("align_corners", "pytorch_half_pixel") and resized == 1:
            return b.constant(0.0, f64)
        if kind == "align_corners":
            return b.divf(b.mulf(x, float(size - 1)), float(resized - 1))
        if kind == "asymmetric":
            return b.divf(x, scale)
        moved = b.divf(b.addf(x, 0.5), scale)
        if kind == "half_pixel_symmetric":
            moved = b.addf(moved, size / 2 * (1 - resized / (scale * size)))
        return b.subf(moved, 0.5)

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

    def _clipped(self, x: SSAValue, size: int) -> Index:
        return self.b.cast(self.b.clamp(x, 0.0, float(size - 1)), INDEX)

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

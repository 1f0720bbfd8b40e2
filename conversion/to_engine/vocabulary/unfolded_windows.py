"""
Pools as reductions: every window becomes dimensions of its own.

    [N, C, spatial...] -> [N, C, out1, k1, out2, k2, ...] -> reduced over k1, k2, ...

Costs the memory of all windows, and takes any number of dimensions, dilations, powers and the
places of maxima. The pools of images have kernels of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp, PadOp, ReduceOp
from ....dialects.engine.base import element_of, extents_of, static
from ....dialects.engine.contraction import window_extent
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent, Size, maximum, numbers_of, product_of
from ..flat_index import WHOLE, along, both, scalar, steps_of, total, within
from ..lowering import Lowering, attribute_of
from ..open_extents import Number, map_with_extents
from ..scalars import Numbers, fold_left, select, value
from .reduce import p_norm
from .windows import Window


class UnfoldedWindows:
    """The windows of one pool over `x`; what lies outside is `padding`."""

    def __init__(self, lo: Lowering, x: SSAValue, window: Window, *, ceil_mode: bool):
        self.lo = lo
        self.x = x
        self.window = window
        shape, rank = extents_of(x), len(window.kernel)
        self.extents = shape[2:]
        self.out = [_count(window, self.extents[i], i, ceil_mode) for i in range(rank)]
        self.axes = [3 + 2 * i for i in range(rank)]
        """The dimensions within windows."""

    @property
    def pads(self) -> tuple[int, ...]:
        """The pads as numbers."""
        return self.window.fixed_pads

    def places(self, dimension: int) -> np.ndarray:
        """`[out, k]`: where each element of a window lies in the padded input, as numbers."""
        w, [count] = self.window, numbers_of([self.out[dimension]])
        self.lo.require_room(count, w.kernel[dimension], bytes_each=32)
        starts = np.arange(count, dtype=np.int64) * w.strides[dimension]
        return starts[:, None] + np.arange(w.kernel[dimension]) * w.dilations[dimension]

    def positions(self, dimension: int) -> SSAValue:
        """The same for any extent."""
        lo, w, count = self.lo, self.window, self.out[dimension]
        if isinstance(count, int):
            return lo.constant(self.places(dimension), "window")
        taps = np.arange(w.kernel[dimension], dtype=np.int64) * w.dilations[dimension]
        starts = along(lo, count, 0, 2, w.strides[dimension])
        return lo.map([starts, lo.constant(taps, "taps")], WHOLE.add)

    def _needed(self, dimension: int) -> Extent:
        """How much of the padded input windows reach."""
        w, count = self.window, self.out[dimension]
        if isinstance(count, int):
            return int(self.places(dimension).max(initial=-1)) + 1
        taps = (w.kernel[dimension] - 1) * w.dilations[dimension]
        return (count - 1) * w.strides[dimension] + taps + 1

    def unfolded(self, padding: float) -> SSAValue:
        """`[N, C, out1, k1, ...]`"""
        lo, x, w = self.lo, self.x, self.window
        rank, n = len(w.kernel), Numbers(element_of(x))
        low: list[Extent] = [0, 0, *w.pads[:rank]]
        high = [maximum(0, self._needed(i) - w.pads[i] - self.extents[i]) for i in range(rank)]
        if any(size != 0 for size in (*low, *high)):
            x = lo.emit(PadOp(x, low, [0, 0, *high], attribute_of(padding, n.scalar)))
        for i in range(rank):
            x = lo.emit(GatherOp(x, self.positions(i), 2 + 2 * i))
        return x

    def columns(self, padding: float) -> SSAValue:
        """`[N, C * k1 * ..., out1, ...]`: what each window has, its channels outermost."""
        seen = self.unfolded(padding)
        shape = extents_of(seen)
        order = (0, 1, *range(3, len(shape), 2), *range(2, len(shape), 2))
        moved = self.lo.transpose(seen, order)
        channels = product_of((shape[1], *shape[3::2]))
        return self.lo.reshape(moved, (shape[0], channels, *shape[2::2]))

    @property
    def open(self) -> bool:
        """Whether a spatial size or a pad is none of numbers."""
        return not static((*self.extents, *self.out, *self.window.pads))

    def counted(self, n: Numbers, *, with_padding: bool) -> list[SSAValue]:
        """How many elements of a window count along each spatial dimension, `[out, 1, ...]`."""
        rank, pads = len(self.out), self.window.pads
        found: list[SSAValue] = []
        for i, extent in enumerate(self.extents):
            first = 0 if with_padding else pads[i]
            end = pads[i] + extent + (pads[rank + i] if with_padding else 0)

            def counts(at: SSAValue, first: Number, end: Number) -> SSAValue:
                after = WHOLE.compare("ge", at, scalar(first))
                inside = both(after, WHOLE.compare("lt", at, scalar(end)))
                return select(inside, n.number(1), n.number(0))

            flags = map_with_extents(self.lo, [self.positions(i)], [first, end], counts, n.element)
            total = self.lo.emit(ReduceOp([flags], "sum", [1], keepdims=False))
            found.append(self.lo.reshape(total, (self.out[i], *[1] * (rank - 1 - i))))
        return found

    def inside(self) -> np.ndarray:
        """`[out1, k1, ...]`: whether an element is one of the input."""
        extents = numbers_of(self.extents)
        masks = [
            (self.places(i) >= self.pads[i]) & (self.places(i) < self.pads[i] + extents[i])
            for i in range(len(self.out))
        ]
        return _outer(masks, np.logical_and)

    def indices(self) -> np.ndarray:
        """`[out1, k1, ...]`: the position of each element within its channel."""
        parts = [
            (self.places(i) - self.pads[i]) * prod(numbers_of(self.extents[i + 1 :]))
            for i in range(len(self.out))
        ]
        return _outer(parts, np.add)


def _count(window: Window, extent: Extent, axis: int, ceil_mode: bool) -> Extent:
    """How many windows there are along a spatial axis."""
    before, behind = window.pads[axis], window.pads[len(window.kernel) + axis]
    if isinstance(before, Size) or isinstance(behind, Size):
        # Automatic pads leave nothing to round.
        extent, before, behind = extent + before + behind, 0, 0
    return window_extent(
        *(extent, window.kernel[axis], window.strides[axis], window.dilations[axis]),
        *(before, behind, ceil_mode),
    )


def _outer(parts: Sequence[np.ndarray], combine: np.ufunc) -> np.ndarray:
    """Arrays `[a, b]`, `[c, d]` combined to `[a, b, c, d]`."""
    result = parts[0]
    for part in parts[1:]:
        result = combine.outer(result, part)
    return result


def _lowest(windows: UnfoldedWindows) -> float | int:
    dtype = dtype_of(element_of(windows.x))
    return int(np.iinfo(dtype).min) if dtype.kind in "iu" else -float("inf")


def maxima(windows: UnfoldedWindows) -> SSAValue:
    """The largest element of each window."""
    unfolded = windows.unfolded(_lowest(windows))
    return windows.lo.emit(ReduceOp([unfolded], "max", windows.axes, keepdims=False))


def places_of_maxima(windows: UnfoldedWindows, *, columns_first: bool) -> SSAValue:
    """The position of the first largest element of each window, counted over the whole input."""
    if windows.open or not static(extents_of(windows.x)):
        return _open_places_of_maxima(windows, columns_first=columns_first)
    lo, shape = windows.lo, numbers_of(extents_of(windows.x))
    n, whole = Numbers(element_of(windows.x)), Numbers(i64)
    unfolded = windows.unfolded(_lowest(windows))
    largest = lo.emit(ReduceOp([unfolded], "max", windows.axes))
    size, out = prod(shape[2:]), numbers_of(windows.out)
    lo.require_room(*out, *windows.window.kernel, bytes_each=32)
    lo.require_room(shape[0], shape[1], bytes_each=32)
    planes = np.arange(shape[0] * shape[1], dtype=np.int64).reshape(shape[:2])
    planes = planes.reshape(*shape[:2], *([1] * (2 * len(windows.out)))) * size
    # Padding is as low as the lowest number, and must not win over it.
    beyond = shape[0] * shape[1] * size
    inside = windows.inside()
    indices = np.where(inside, windows.indices(), beyond)

    def build(a: SSAValue, m: SSAValue, at: SSAValue) -> SSAValue:
        return select(n.compare("eq", a, m), at, whole.number(beyond))

    where = lo.map([unfolded, largest, lo.constant(indices, "indices")], build, i64)
    first = lo.emit(ReduceOp([where], "min", windows.axes))
    if columns_first:
        lo.require_room(size, bytes_each=32)
        table = np.arange(size, dtype=np.int64).reshape(shape[2:][::-1]).T.reshape(-1)
        first = lo.emit(GatherOp(lo.constant(table, "columns"), first, 0))
    total = lo.map([first, lo.constant(planes, "planes")], whole.add)
    return lo.reshape(total, (*shape[:2], *windows.out))


def _open_places_of_maxima(windows: UnfoldedWindows, *, columns_first: bool) -> SSAValue:
    """The same where a size is a name: positions are computed, as no constant has them."""
    lo, shape = windows.lo, extents_of(windows.x)
    n, rank, extents = Numbers(element_of(windows.x)), len(windows.out), windows.extents
    unfolded = windows.unfolded(_lowest(windows))
    largest = lo.emit(ReduceOp([unfolded], "max", windows.axes))
    places = [
        lo.reshape(windows.positions(i), [1, 1, *_beside(windows.out[i], w, i, rank)])
        for i, w in enumerate(windows.window.kernel)
    ]
    steps, size = steps_of(extents), product_of(extents)

    def build(a: SSAValue, m: SSAValue, *given: Any) -> SSAValue:
        at, pads, numbers = given[:rank], given[rank : 2 * rank], given[2 * rank :]
        inside = [WHOLE.sub(place, scalar(pad)) for place, pad in zip(at, pads, strict=True)]
        held = [within(place, 0, extent) for place, extent in zip(inside, numbers, strict=False)]
        paces, beyond = numbers[rank:-1], numbers[-1]
        terms = [WHOLE.mul(p, scalar(step)) for p, step in zip(inside, paces, strict=True)]
        # Padding is as low as the lowest number, and must not win over it.
        return select(both(n.compare("eq", a, m), *held), total(terms), scalar(beyond))

    sizes = [*windows.window.pads[:rank], *extents, *steps, size]
    where = map_with_extents(lo, [unfolded, largest, *places], sizes, build, i64)
    first = lo.reshape(
        lo.emit(ReduceOp([where], "min", windows.axes, keepdims=False)), (*shape[:2], *windows.out)
    )
    if columns_first:
        first = map_with_extents(lo, [first], [*extents, *steps], _by_columns, i64)
    planes = [
        along(lo, shape[0], 0, 2 + rank, shape[1] * size),
        along(lo, shape[1], 1, 2 + rank, size),
    ]

    def position(*terms: SSAValue) -> SSAValue:
        return total(terms)

    return lo.map([first, *planes], position)


def _beside(count: Extent, taps: int, dimension: int, rank: int) -> list[Extent]:
    """`[1, 1, ..., count, taps, ..., 1, 1]`"""
    before, behind = [1, 1] * dimension, [1, 1] * (rank - 1 - dimension)
    return [*before, count, taps, *behind]


def _by_columns(at: SSAValue, *numbers: Number) -> SSAValue:
    """A position counted by the first dimension first, of one counted by the last one first."""
    rank = len(numbers) // 2
    extents, steps = numbers[:rank], numbers[rank:]
    terms: list[SSAValue] = []
    pace = WHOLE.number(1)
    for extent, step in zip(extents, steps, strict=True):
        row = value(arith.DivSIOp(at, _some(step)))
        terms.append(WHOLE.mul(value(arith.RemSIOp(row, _some(extent))), pace))
        pace = WHOLE.mul(pace, scalar(extent))
    return total(terms)


def _some(number: Number) -> SSAValue:
    """A divisor: 1 for an extent of 0, of which there is nothing to divide."""
    return WHOLE.maximum(scalar(number), WHOLE.number(1))


def places_in_planes(windows: UnfoldedWindows) -> SSAValue:
    """The position of the first largest element of each window, counted within its channel."""
    size = prod(numbers_of(extents_of(windows.x)[2:]))
    whole = Numbers(i64)
    found = places_of_maxima(windows, columns_first=False)
    # Positions count from the front and are not negative.
    return windows.lo.map([found], lambda a: value(arith.RemSIOp(a, whole.number(size))))


def averages(windows: UnfoldedWindows, *, with_padding: bool) -> SSAValue:
    """The mean of each window, of what lies in the input or in the padding, too."""
    lo, n = windows.lo, Numbers(element_of(windows.x))
    total = lo.emit(ReduceOp([windows.unfolded(0)], "sum", windows.axes, keepdims=False))
    if windows.open:

        def mean(sum_: SSAValue, *counts: SSAValue) -> SSAValue:
            return n.div(sum_, fold_left(n.mul, counts))

        return lo.map([total, *windows.counted(n, with_padding=with_padding)], mean)
    counted = _in_padding(windows) if with_padding else windows.inside()
    axes = tuple(1 + 2 * i for i in range(len(windows.out)))
    counts = counted.sum(axis=axes).astype(dtype_of(n.element))
    return lo.map([total, lo.constant(counts, "counts")], n.div)


def _in_padding(windows: UnfoldedWindows) -> np.ndarray:
    """Whether an element is in the input or its padding: rounding up may lead further out."""
    rank, extents = len(windows.out), numbers_of(windows.extents)
    ends = [windows.pads[i] + extents[i] + windows.pads[rank + i] for i in range(rank)]
    return _outer([windows.places(i) < ends[i] for i in range(rank)], np.logical_and)


def powers(windows: UnfoldedWindows, p: int) -> SSAValue:
    """`(sum |x|^p)^(1/p)` of each window."""
    return p_norm(windows.lo, windows.unfolded(0), windows.axes, p, keep=False)

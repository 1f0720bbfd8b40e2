"""
Values between the elements of a tensor: interpolation at coordinates that are data.

The spatial positions of all images are the rows of one table `[rows, channels]`. Each point takes
some rows around it, its taps, and sums them with weights:

    y[p, c] = sum(weight[t, p] * table[row[t, p], c] for each tap t)

Taps lie on the axis in front of the points. What lies outside of an image is zero, the nearest
element of the border, or the mirror image. No coordinate, NaN and infinity included, leads to a
row outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import math
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import Attribute, Block, Region, SSAValue

from ....dialects.engine import GatherOp, ReduceOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, tensor
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent, product_of
from ..flat_index import WHOLE, both, scalar, steps_of, total, within
from ..lowering import Lowering
from ..open_extents import Number, map_with_extents
from ..scalars import Numbers, absolute, cast_scalar, select, value

OFFSETS = {"nearest": (0,), "linear": (0, 1), "cubic": (-1, 0, 1, 2)}
"""Where taps lie from the element before a coordinate, by mode."""

CUBIC = -0.75


@dataclass(frozen=True)
class Images:
    """The spatial extents of images, and what is outside of them: `zeros`, `border` (points
    are brought inside), `edge` (the taps of points are) or `reflection`, the latter around the
    middle of elements or around their edges."""

    extents: tuple[Extent, ...]
    outside: str
    around_middles: bool


Real = float | SSAValue
"""A number, or a scalar of the points' type."""


@dataclass(frozen=True)
class _Images:
    """Images inside of a region, whose extents are numbers or scalars there."""

    n: Numbers
    outside: str
    around_middles: bool
    extents: Sequence[Number]

    def edge(self, axis: int, more: float) -> Real:
        """An extent and some more, as a number of the points' type."""
        extent = self.extents[axis]
        if isinstance(extent, int):
            return extent + more
        return self.n.add(cast_scalar(extent, i64, self.n.element), self.n.number(more))

    def borders(self, axis: int) -> tuple[float, Real]:
        """Where an axis begins and ends."""
        margin = 0.0 if self.around_middles else 0.5
        return -margin, self.edge(axis, margin - 1)


@dataclass(frozen=True)
class Taps:
    """Rows (i64), weights, and whether each tap is inside, each `[taps, points...]`."""

    row: SSAValue
    weight: SSAValue
    inside: SSAValue


def _floor(a: SSAValue) -> SSAValue:
    return value(math.FloorOp(a))


def _scalar_of(n: Numbers, number: Real) -> SSAValue:
    return number if isinstance(number, SSAValue) else n.number(number)


def _bounded(n: Numbers, a: SSAValue, low: float, high: Real) -> SSAValue:
    """`a` between the bounds; NaN is the lower one."""
    a = select(n.compare("ge", a, n.number(low)), a, n.number(low))
    return select(n.compare("le", a, _scalar_of(n, high)), a, _scalar_of(n, high))


def _reflected(n: Numbers, a: SSAValue, low: float, high: Real) -> SSAValue:
    """`a` mirrored at both borders as often as it takes."""
    if isinstance(high, SSAValue):
        span: Real = n.sub(high, n.number(low))
    elif (span := high - low) <= 0:
        return n.number(low)
    distance = absolute(n.sub(a, n.number(low)))
    turns = _floor(n.div(distance, _scalar_of(n, span)))
    rest = n.sub(distance, n.mul(turns, _scalar_of(n, span)))
    half = n.mul(turns, n.number(0.5))
    even = n.compare("eq", half, _floor(half))
    mirrored = select(even, n.add(n.number(low), rest), n.sub(_scalar_of(n, high), rest))
    inside = both(n.compare("ge", a, n.number(low)), n.compare("le", a, _scalar_of(n, high)))
    found = select(inside, a, mirrored)
    if not isinstance(span, SSAValue):
        return found
    return select(n.compare("gt", span, n.number(0)), found, n.number(low))


def _point(n: Numbers, a: SSAValue, images: _Images, axis: int, mode: str) -> SSAValue:
    """Where a coordinate points to once it is brought inside."""
    low, high = images.borders(axis)
    if mode == "nearest":
        a = value(math.RoundEvenOp(a))
    match images.outside:
        case "border":
            beyond = both(
                n.compare("ge", a, n.number(low)), n.compare("le", a, _scalar_of(n, high))
            )
            return select(beyond, a, _bounded(n, a, 0, images.edge(axis, -1)))
        case "reflection":
            return _reflected(n, a, low, high)
        case _:
            return a


def _weight(n: Numbers, distance: SSAValue, mode: str) -> SSAValue:
    """The weight of a tap at a distance from the point."""
    one = n.number(1)
    if mode == "linear":
        return n.sub(one, distance)
    square = n.mul(distance, distance)
    cube = n.mul(square, distance)

    def cubic(*factors: float) -> SSAValue:
        terms = zip((cube, square, distance, one), factors, strict=True)
        parts = [n.mul(power, n.number(factor)) for power, factor in terms]
        return n.add(n.add(parts[0], parts[1]), n.add(parts[2], parts[3]))

    near = cubic(CUBIC + 2, -(CUBIC + 3), 0, 1)
    far = cubic(CUBIC, -5 * CUBIC, 8 * CUBIC, -4 * CUBIC)
    return select(n.compare("le", distance, one), near, far)


def taps_at(
    lo: Lowering, points: Sequence[SSAValue], first: SSAValue, images: Images, mode: str
) -> Taps:
    """
    The taps of points, one coordinate for each spatial axis, all of one shape and a float type.

    `first` (i64) is the row where the image of each point begins and broadcasts to that shape; one
    outside of the table is reported by what reads it.
    """
    n, shape = Numbers(element_of(points[0])), extents_of(points[0])
    rank = len(points)
    # Of each axis the extent, the last position, and the step in rows.
    lasts = [extent - 1 for extent in images.extents]
    sizes = [*images.extents, *lasts, *steps_of(images.extents)]
    offsets = np.array(list(product(OFFSETS[mode], repeat=rank)), np.int64)
    column = [len(offsets), *[1] * len(shape)]
    lead = [lo.constant(offsets[:, d].reshape(column), "taps") for d in range(rank)]

    def here(numbers: Sequence[Number]) -> _Images:
        return _Images(n, images.outside, images.around_middles, numbers[:rank])

    def tap(images: _Images, axis: int, a: SSAValue, offset: SSAValue) -> tuple[SSAValue, SSAValue]:
        """(the element of a tap along an axis, not brought inside; the point)"""
        at = _point(n, a, images, axis, mode)
        # Far outside is as good as infinity.
        start = _bounded(n, _floor(at), -4, images.edge(axis, 3))
        return WHOLE.add(cast_scalar(start, n.element, i64), offset), at

    def inside(*given: Any) -> SSAValue:
        scalars, numbers = given[: 2 * rank], given[2 * rank :]
        pairs = zip(scalars[:rank], scalars[rank:], strict=True)
        places = [tap(here(numbers), d, a, offset)[0] for d, (a, offset) in enumerate(pairs)]
        return both(*(within(at, 0, numbers[d]) for d, at in enumerate(places)))

    def row(base: SSAValue, *given: Any) -> SSAValue:
        terms = [base]
        scalars, numbers = given[: 2 * rank], given[2 * rank :]
        for d, (a, offset) in enumerate(zip(scalars[:rank], scalars[rank:], strict=True)):
            at = tap(here(numbers), d, a, offset)[0]
            if images.outside == "reflection":
                low, high = here(numbers).borders(d)
                mirrored = _reflected(n, cast_scalar(at, i64, n.element), low, high)
                at = cast_scalar(mirrored, n.element, i64)
            last = scalar(numbers[rank + d])
            at = WHOLE.maximum(WHOLE.minimum(at, last), WHOLE.number(0))
            terms.append(WHOLE.mul(at, scalar(numbers[2 * rank + d])))
        return total(terms)

    def weight(*given: Any) -> SSAValue:
        scalars, numbers = given[: 2 * rank], given[2 * rank :]
        result = n.number(1)
        for d, (a, offset) in enumerate(zip(scalars[:rank], scalars[rank:], strict=True)):
            at = _point(n, a, here(numbers), d, mode)
            between = n.sub(at, _floor(at))
            distance = absolute(n.sub(between, cast_scalar(offset, i64, n.element)))
            result = n.mul(result, _weight(n, distance, mode))
        return result

    inputs = [*points, *lead]
    rows = map_with_extents(lo, [first, *inputs], sizes, row, i64)
    if mode == "nearest":
        weights = lo.constant(np.ones(column, dtype_of(n.element)), "one")
    else:
        weights = map_with_extents(lo, inputs, sizes, weight, n.element)
    if images.outside == "zeros":
        held = map_with_extents(lo, inputs, sizes, inside, i1)
    else:
        held = lo.constant(np.ones(column, np.bool_), "inside")
    return Taps(rows, weights, held)


def table_of(lo: Lowering, x: SSAValue) -> SSAValue:
    """`[images, channels, extents...]` as rows of channels."""
    shape = extents_of(x)
    moved = lo.transpose(x, (0, *range(2, len(shape)), 1))
    return lo.reshape(moved, (shape[0] * product_of(shape[2:]), shape[1]))


def sampled(lo: Lowering, table: SSAValue, taps: Taps, kind: str = "sum") -> SSAValue:
    """The taps of each point combined: `[points..., channels]`."""
    rows = lo.emit(GatherOp(table, taps.row, 0))
    n = Numbers(element_of(table))
    shape = extents_of(rows)
    weight, inside = (lo.reshape(v, (*extents_of(v), 1)) for v in (taps.weight, taps.inside))
    block = Block(arg_types=[n.scalar, _scalar(weight), i1])
    with ImplicitBuilder(block):
        a, factor, held = block.args
        product_ = n.mul(a, cast_scalar(factor, element_of(weight), n.element))
        YieldOp(select(held, product_, n.number(0)))
    type_ = tensor(shape[1:], n.element)
    inputs = [rows, weight, inside]
    return lo.emit(ReduceOp(inputs, kind, [0], type_, keepdims=False, body=Region(block)))


def _scalar(x: SSAValue) -> Attribute:
    return Numbers(element_of(x)).scalar

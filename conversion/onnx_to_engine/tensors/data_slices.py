"""
Slices and pads whose results have sizes that only the data knows.

What is known of bounds and counts is used as it is; starts and sizes of the other dimensions are
computed, and get names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp, GatherOp, PadOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent, Size, ceildiv, floordiv, minimum
from ...part_sizes import END, sliced_range
from ...to_engine.data_extents import MOST, as_sizes, known_elements, whole
from ...to_engine.flat_index import WHOLE, along, both, scalar, within
from ...to_engine.lowering import Lowering, NoNativeForm, attribute_of, positive
from ...to_engine.open_extents import Number, map_with_extents, positions
from ...to_engine.scalars import Numbers, select

ABSENT = -(1 << 63)
"""What stands for a parameter of an axis of which the data says none."""

PlaceOfPad = Callable[[str], Callable[..., SSAValue]]


def constant_axes(lo: Lowering, count: int, rank: int) -> list[int]:
    """
    The axes that parameters are for, the first ones where nothing says them.

    Raises:
        NoNativeForm: where the data decides them.
    """
    given = lo.constant_integers("axes")
    return [positive(a, rank) for a in (range(count) if given is None else given)]


@dataclass(frozen=True)
class _Bound:
    """Of one axis: the bounds as far as they are known, as values, and the step."""

    axis: int
    begin: Extent | None
    end: Extent | None
    begin_value: SSAValue
    end_value: SSAValue
    step: int


def slice_of_data(lo: Lowering) -> SSAValue:
    """`x[start:end:step]` along the axes, as numpy counts."""
    x, starts, ends = (lo.operand(name) for name in ("data", "starts", "ends"))
    shape, begins, stops = extents_of(x), known_elements(lo, starts), known_elements(lo, ends)
    strides = _steps(lo, len(begins))
    axes = constant_axes(lo, len(begins), len(shape))
    firsts, lasts = whole(lo, starts), whole(lo, ends)
    sizes, steps, origin = list(shape), [1] * len(shape), list[Extent]([0] * len(shape))
    open_, walks = list[_Bound](), list[_Walk]()
    for at, (axis, step) in enumerate(zip(axes, strides, strict=True)):
        if step is None:
            vectors = firsts, lasts, whole(lo, lo.operand("steps"))
            walks.append(_Walk(axis, *(lo.slice_axis(v, 0, at, 1) for v in vectors)))
            continue
        steps[axis] = step
        known = sliced_range(begins[at], stops[at], step, shape[axis], lo.relations)
        if known is not None:
            origin[axis], sizes[axis] = known
            continue
        first, last = (lo.slice_axis(v, 0, at, 1) for v in (firsts, lasts))
        open_.append(_Bound(axis, begins[at], stops[at], first, last, step))
    starts_ = _named(
        lo,
        [_start(lo, b, shape[b.axis]) for b in open_],
        [shape[b.axis] for b in open_],
    )
    counts = _named(
        lo,
        [_size(lo, b, shape[b.axis]) for b in open_],
        [_most(b, start, shape[b.axis]) for b, start in zip(open_, starts_, strict=True)],
    )
    for bound, start, size in zip(open_, starts_, counts, strict=True):
        origin[bound.axis] = start
        sizes[bound.axis] = shape[bound.axis] - start if _is_end(bound) else size
    return _walked(lo, lo.slice(x, origin, sizes, steps), walks)


def _steps(lo: Lowering, count: int) -> list[int | None]:
    """The step of each axis that is sliced, None where the data or a size by name says it."""
    given = lo.optional("steps")
    if given is None:
        return [1] * count
    return [step if isinstance(step, int) else None for step in known_elements(lo, given)]


@dataclass(frozen=True)
class _Walk:
    """An axis along which the data says the step, and its three numbers."""

    axis: int
    begin: SSAValue
    end: SSAValue
    step: SSAValue


def _walked(lo: Lowering, x: SSAValue, walks: Sequence[_Walk]) -> SSAValue:
    """Positions along each axis, `begin + i * step`, as many as there are."""
    for walk in walks:
        n = extents_of(x)[walk.axis]
        given = [walk.begin, walk.end, walk.step]

        def start(begin: SSAValue, step: SSAValue, n: Number, last: Number) -> SSAValue:
            return WHOLE.maximum(_clamped_by(begin, n, last, step), WHOLE.number(0))

        def size(
            begin: SSAValue, end: SSAValue, step: SSAValue, n: Number, last: Number
        ) -> SSAValue:
            low, high = (_clamped_by(v, n, last, step) for v in (begin, end))
            # No step is longer than the axis; so nothing overflows.
            pace = WHOLE.maximum(WHOLE.minimum(step, scalar(n)), WHOLE.neg(scalar(n)))
            zero, one = WHOLE.number(0), WHOLE.number(1)
            forward = WHOLE.compare("gt", step, zero)
            span = select(forward, WHOLE.sub(high, low), WHOLE.sub(low, high))
            apart = WHOLE.maximum(select(forward, pace, WHOLE.neg(pace)), one)
            some = WHOLE.add(WHOLE.div(WHOLE.sub(span, one), apart), one)
            found = select(WHOLE.compare("gt", span, zero), some, zero)
            # A step of 0 leads nowhere: a size that is refused.
            return select(WHOLE.compare("ne", step, zero), found, WHOLE.number(-1))

        [count] = as_sizes(lo, map_with_extents(lo, given, [n, n - 1], size, i64), [n])
        first = map_with_extents(lo, [walk.begin, walk.step], [n, n - 1], start, i64)

        def place(first: SSAValue, step: SSAValue, at: SSAValue) -> SSAValue:
            return WHOLE.add(first, WHOLE.mul(at, step))

        at = lo.map([first, walk.step, positions(lo, count)], place, i64)
        x = lo.emit(GatherOp(x, at, walk.axis))
    return x


def _clamped_by(bound: SSAValue, n: Number, last: Number, step: SSAValue) -> SSAValue:
    """A bound from the front as `_clamped` gives it, for a step that is data."""
    forward = WHOLE.compare("gt", step, WHOLE.number(0))
    return select(forward, _clamped(bound, n, last, 1), _clamped(bound, n, last, -1))


def _named(
    lo: Lowering, wanted: Sequence[SSAValue | Extent], most: Sequence[Extent]
) -> list[Extent]:
    """Sizes, those of them that are data by names."""
    pairs = [(v, n) for v, n in zip(wanted, most, strict=True) if isinstance(v, SSAValue)]
    if not pairs:
        return [v for v in wanted if not isinstance(v, SSAValue)]
    names = iter(as_sizes(lo, _joined(lo, [v for v, _ in pairs]), [n for _, n in pairs]))
    return [next(names) if isinstance(v, SSAValue) else v for v in wanted]


def _most(bound: _Bound, start: Extent, n: Extent) -> Extent:
    """How many elements there can be from `start` on: of what is within 0 to `n`."""
    if bound.step > 0:
        return ceildiv(n - start, bound.step)
    return minimum(n, floordiv(start, -bound.step) + 1)


def _joined(lo: Lowering, numbers: Sequence[SSAValue]) -> SSAValue:
    return numbers[0] if len(numbers) == 1 else lo.emit(ConcatOp(numbers, 0))


def _is_end(bound: _Bound) -> bool:
    """Whether all from the start on is taken."""
    return bound.step == 1 and isinstance(bound.end, int) and bound.end >= END


def _start(lo: Lowering, bound: _Bound, n: Extent) -> SSAValue | Extent:
    """Where the slice starts: known where its begin is."""
    if bound.begin is not None and bound.step > 0:
        known = sliced_range(bound.begin, n, bound.step, n, lo.relations)
        if known is not None:
            return known[0]

    def start(begin: SSAValue, n: Number, end: Number) -> SSAValue:
        return WHOLE.maximum(_clamped(begin, n, end, bound.step), WHOLE.number(0))

    return map_with_extents(lo, [bound.begin_value], [n, n - 1], start, i64)


def _size(lo: Lowering, bound: _Bound, n: Extent) -> SSAValue | Extent:
    """How many elements are taken; nothing to be computed where it is all that is left."""
    if _is_end(bound):
        return 0

    def size(begin: SSAValue, end: SSAValue, n: Number, last: Number) -> SSAValue:
        step, zero, one = bound.step, WHOLE.number(0), WHOLE.number(1)
        low, high = (_clamped(v, n, last, step) for v in (begin, end))
        span = WHOLE.sub(high, low) if step > 0 else WHOLE.sub(low, high)
        some = WHOLE.add(WHOLE.div(WHOLE.sub(span, one), WHOLE.number(abs(step))), one)
        return select(WHOLE.compare("gt", span, zero), some, zero)

    return map_with_extents(lo, [bound.begin_value, bound.end_value], [n, n - 1], size, i64)


def _clamped(bound: SSAValue, n: Number, last: Number, step: int) -> SSAValue:
    """A bound from the front, within 0 to n, or -1 to n - 1 for a walk backwards."""
    negative = WHOLE.compare("lt", bound, WHOLE.number(0))
    front = select(negative, WHOLE.add(bound, scalar(n)), bound)
    low, high = (0, n) if step > 0 else (-1, last)
    return WHOLE.maximum(WHOLE.minimum(front, scalar(high)), WHOLE.number(low))


def or_else(number: SSAValue, default: Number) -> SSAValue:
    """A parameter of an axis, or what holds where there is none."""
    absent = WHOLE.compare("eq", number, WHOLE.number(ABSENT))
    return select(absent, scalar(default), number)


@dataclass
class DataPad:
    """
    A tensor that grows or shrinks along one axis after another by pads that are data.

    `place_of(mode)` builds where a padded element comes from.
    """

    lo: Lowering
    x: SSAValue
    mode: str
    place_of: PlaceOfPad
    inside: list[SSAValue] = field(default_factory=list[SSAValue])
    """For each axis whether an element of the result is one of the operand."""

    def along(self, axis: int, low: SSAValue, high: SSAValue, size: Extent) -> None:
        """Pad along an axis that then has `size` elements."""
        lo, shape = self.lo, extents_of(self.x)
        n, steps = shape[axis], along(lo, size, 0, 1)
        there = n
        if self.mode == "constant" and isinstance(n, Size):
            # Of an axis that may turn out to be empty no element could be taken.
            there = n + 1
            self.x = self._with_one_more(axis)
        sizes = [there, there - 1, size - n]
        source = map_with_extents(lo, [low, high, steps], sizes, self.place_of(self.mode), i64)
        self.x = lo.emit(GatherOp(self.x, source, axis))
        if self.mode == "constant":
            flags = map_with_extents(lo, [low, steps], [n], _is_inside, i1)
            ones = [size if a == axis else 1 for a in range(len(shape))]
            self.inside.append(lo.reshape(flags, ones))

    def _with_one_more(self, axis: int) -> SSAValue:
        rank, element = len(extents_of(self.x)), element_of(self.x)
        zero = attribute_of(0, Numbers(element).scalar)
        high = [int(a == axis) for a in range(rank)]
        return self.lo.emit(PadOp(self.x, [0] * rank, high, zero))

    def result(self) -> SSAValue:
        """The padded tensor, with its constant where there is a border of one."""
        lo, x = self.lo, self.x
        if not self.inside:
            return x
        number = lo.optional("constant_value")
        if number is None:
            number = lo.constant(np.zeros((), dtype_of(element_of(x))), "zero")

        def build(a: SSAValue, border: SSAValue, *facts: SSAValue) -> SSAValue:
            return select(both(*facts), a, border)

        return lo.map([x, lo.reshape(number, ()), *self.inside], build, element_of(x))


def _is_inside(low: SSAValue, at: SSAValue, n: Number) -> SSAValue:
    return within(WHOLE.sub(at, or_else(low, 0)), 0, n)


def pad_of_data(lo: Lowering, place_of: PlaceOfPad) -> SSAValue:
    """
    Elements before and after; negative counts crop.

    `place_of(mode)` builds where a padded element comes from.
    """
    x, pads, mode = lo.operand("data"), lo.operand("pads"), lo.text("mode", "constant")
    shape, known, numbers = extents_of(x), known_elements(lo, pads), whole(lo, pads)
    half, rank = len(known) // 2, len(shape)
    axes = constant_axes(lo, half, rank)
    if 0 in shape:
        raise NoNativeForm("of an empty tensor, with sizes that are known at run time only")
    moved = [at for at in range(half) if known[at] != 0 or known[half + at] != 0]
    parts = {at: [lo.slice_axis(numbers, 0, i, 1) for i in (at, half + at)] for at in moved}

    def grown(low: SSAValue, high: SSAValue, n: Number) -> SSAValue:
        return WHOLE.add(WHOLE.add(low, high), scalar(n))

    totals = [map_with_extents(lo, parts[at], [shape[axes[at]]], grown, i64) for at in moved]
    sizes = as_sizes(lo, _joined(lo, totals), [MOST] * len(totals)) if totals else []
    padded = DataPad(lo, x, mode, place_of)
    for at, size in zip(moved, sizes, strict=True):
        low, high = parts[at]
        padded.along(axes[at], low, high, size)
    return padded.result()

"""
Slices, pads and crops whose parameters are data.

Where the model declares the sizes of the results, what is left to run time is where elements come
from: a position for each step along an axis, computed from the parameters, and one gather for each
axis. Parameters that do not give the declared sizes are an error at run time.

Operators: CenterCropPad, Pad, Slice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import GatherOp, ReduceOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, shape_of
from ....runtime.size import same
from ...to_engine.data_extents import data_extents
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along, both, clamped, scalar, within
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.open_extents import Number, are_given, extents_in, map_with_extents
from ...to_engine.run_time_operands import (
    checked,
    declared_shape,
    declares_sizes,
    equal_to,
    shape_text,
)
from ...to_engine.scalars import Numbers, cast_scalar, select, value
from . import rearrangement as movement
from .data_slices import ABSENT, DataPad, or_else, pad_of_data, slice_of_data


def _whole(lo: Lowering, x: SSAValue) -> SSAValue:
    """Integers as i64."""
    element = element_of(x)
    return x if element == i64 else lo.map([x], lambda a: cast_scalar(a, element, i64), i64)


def _of_axis(
    lo: Lowering, numbers: SSAValue, axes: SSAValue | None, axis: int, rank: int
) -> SSAValue | None:
    """
    The number `[1]` that belongs to `axis`, None where `axes` is known not to name it.

    `axes` that are data are compared with the axis. One that is not named then gets the smallest
    integer, which no parameter may be.
    """
    numbers = _whole(lo, numbers)
    if axes is None:
        return lo.slice_axis(numbers, 0, axis, 1) if axis < shape_of(numbers)[0] else None
    known = lo.array_of(axes)
    if known is not None:
        named = [positive(int(a), rank) for a in known.reshape(-1)]
        return lo.slice_axis(numbers, 0, named.index(axis), 1) if axis in named else None
    names = _whole(lo, axes)
    block = Block(arg_types=[i64, i64])
    with ImplicitBuilder(block):
        number, name = block.args
        front = WHOLE.compare("eq", name, WHOLE.number(axis))
        back = WHOLE.compare("eq", name, WHOLE.number(axis - rank))
        here = value(arith.OrIOp(front, back))
        YieldOp(select(here, number, WHOLE.number(ABSENT)))
    return lo.emit(ReduceOp([numbers, names], "max", [0], body=Region(block)))


def Slice(lo: Lowering) -> SSAValue:
    """`x[start:end:step]` along the axes, as numpy counts."""
    steps = lo.optional("steps")
    fixed = steps is None or lo.array_of(steps) is not None
    if fixed and are_given(lo, "starts", "ends", "axes"):
        return movement.Slice(lo)
    if not declares_sizes(lo):
        return slice_of_data(lo)
    x, target = lo.operand("data"), declared_shape(lo, operand="starts")
    shape, axes = extents_of(x), lo.optional("axes")
    if 0 in shape:
        raise NoNativeForm("of an empty tensor, with bounds that are known at run time only")
    if 0 in target:
        return slice_of_data(lo)
    starts, ends, strides = lo.operand("starts"), lo.operand("ends"), lo.optional("steps")
    if strides is None:
        strides = lo.constant(np.ones(shape_of(starts), np.int64), "steps")
    for axis, (n, size) in enumerate(zip(shape, target, strict=True)):
        found = [_of_axis(lo, v, axes, axis, len(shape)) for v in (starts, ends, strides)]
        first, last, step = found
        if first is None or last is None or step is None:
            if same(n, size) is False:
                raise NoNativeForm(f"of axis {axis} to {size} of {n}")
            lo.relations.equal(n, size)
            continue
        inputs = [first, last, step, along(lo, size, 0, 1)]
        sizes = [n, n + 1, -n - 1, n - 1, size, size - 1]
        at = map_with_extents(lo, inputs, sizes, _sliced)
        x = lo.emit(GatherOp(x, at, axis))
    return x


def _sliced(
    first: SSAValue, last: SSAValue, step: SSAValue, at: SSAValue, *sizes: Number
) -> SSAValue:
    """
    The position of one step of a slice, `n` where the slice has not `size` steps.

    `sizes` are `n`, `n + 1`, `-n - 1`, `n - 1`, `size`, `size - 1`.
    """
    number = scalar
    n, behind, before, end_of, size, steps = sizes
    step = or_else(step, 1)
    # No step is longer than the axis; so nothing overflows.
    step = WHOLE.maximum(WHOLE.minimum(step, number(behind)), number(before))
    forward = WHOLE.compare("gt", step, number(0))

    def bound(position: SSAValue) -> SSAValue:
        negative = WHOLE.compare("lt", position, number(0))
        front = select(negative, WHOLE.add(position, number(n)), position)
        low = select(forward, number(0), number(-1))
        high = select(forward, number(n), number(end_of))
        return WHOLE.maximum(WHOLE.minimum(front, high), low)

    begin = WHOLE.maximum(bound(or_else(first, 0)), number(0))
    end = bound(or_else(last, n))
    length = select(forward, WHOLE.sub(end, begin), WHOLE.sub(begin, end))
    pace = select(forward, step, WHOLE.neg(step))
    enough = WHOLE.compare("le", length, WHOLE.mul(pace, number(size)))
    needed = WHOLE.compare("gt", length, WHOLE.mul(pace, number(steps)))
    moves = WHOLE.compare("ne", step, number(0))
    place = WHOLE.add(begin, WHOLE.mul(at, step))
    return select(both(enough, needed, moves, within(place, 0, n)), place, number(n))


def Pad(lo: Lowering) -> SSAValue:
    """Elements before and after; negative counts crop."""
    if are_given(lo, "pads", "constant_value", "axes"):
        return movement.Pad(lo)
    return _pad_as_declared(lo) if declares_sizes(lo) else pad_of_data(lo, _padded)


def _pad_as_declared(lo: Lowering) -> SSAValue:
    x, pads = lo.operand("data"), lo.operand("pads")
    known = extents_in(lo, pads)
    if known is not None and all(n == 0 for n in known):
        return x
    shape, target, axes = extents_of(x), declared_shape(lo, operand="pads"), lo.optional("axes")
    mode, rank = lo.text("mode", "constant"), len(shape)
    half = shape_of(pads)[0] // 2
    if 0 in shape or 0 in target:
        raise NoNativeForm("of an empty tensor, with sizes that are known at run time only")
    lows, highs = (lo.slice_axis(pads, 0, at, half) for at in (0, half))
    padded = DataPad(lo, x, mode, _padded)
    for axis, (n, size) in enumerate(zip(shape, target, strict=True)):
        low, high = (_of_axis(lo, v, axes, axis, rank) for v in (lows, highs))
        if low is None or high is None:
            if same(n, size) is False:
                raise NoNativeForm(f"of axis {axis} from {n} to {size}")
            lo.relations.equal(n, size)
            continue
        padded.along(axis, low, high, size)
    return padded.result()


def _padded(mode: str) -> Callable[..., SSAValue]:
    """
    Where a padded element comes from, `n` where the pads do not give `size`.

    Negative pads crop, and what is left is repeated. What it builds takes `n`, `n - 1` and
    `size - n`.
    """
    number = scalar

    def modulo(a: SSAValue, period: SSAValue) -> SSAValue:
        rest = value(arith.RemSIOp(a, period))
        negative = WHOLE.compare("lt", rest, number(0))
        return select(negative, WHOLE.add(rest, period), rest)

    def repeated(low: SSAValue, high: SSAValue, at: SSAValue, n: Number) -> SSAValue:
        zero, one = number(0), number(1)
        begin, lost = WHOLE.minimum(low, zero), WHOLE.minimum(high, zero)
        # Where nothing is left, the position is `n` or more, which no gather takes.
        kept = WHOLE.maximum(WHOLE.add(WHOLE.add(number(n), begin), lost), one)
        place = WHOLE.sub(at, WHOLE.maximum(low, zero))
        if mode == "wrap":
            turn = modulo(place, kept)
        else:
            last = WHOLE.sub(kept, one)
            period = WHOLE.maximum(WHOLE.add(last, last), one)
            ahead = modulo(place, period)
            turn = WHOLE.minimum(ahead, WHOLE.sub(period, ahead))
            turn = WHOLE.minimum(turn, last)
        return WHOLE.sub(turn, begin)

    def build(low: SSAValue, high: SSAValue, at: SSAValue, *sizes: Number) -> SSAValue:
        n, last, grown = sizes
        low, high = or_else(low, 0), or_else(high, 0)
        if mode in ("wrap", "reflect"):
            place = repeated(low, high, at, n)
        else:
            place = clamped(WHOLE.sub(at, low), last)
        fits = WHOLE.compare("eq", WHOLE.add(low, high), number(grown))
        return select(fits, place, number(n))

    return build


def CenterCropPad(lo: Lowering) -> SSAValue:
    """The middle of each axis, or zeros on both sides of it."""
    x, sizes = lo.operand("input_data"), lo.operand("shape")
    shape = extents_of(x)
    axes = [positive(a, len(shape)) for a in lo.integers("axes") or range(len(shape))]
    wanted = extents_in(lo, sizes)
    if wanted is None and not declares_sizes(lo):
        wanted = data_extents(lo, sizes)
    if wanted is None:
        declared = declared_shape(lo, operand="shape")
        wanted = [declared[a] for a in axes]
    target = list(shape)
    for axis, n in zip(axes, wanted, strict=True):
        target[axis] = n
    least, most = lo.relations.minimum, lo.relations.maximum
    starts = [most(n - m, 0) // 2 for n, m in zip(shape, target, strict=True)]
    kept = [least(n, m) for n, m in zip(shape, target, strict=True)]
    x = lo.slice(x, starts, kept)
    low = [(m - k) // 2 for m, k in zip(target, kept, strict=True)]
    high = [m - k - b for m, k, b in zip(target, kept, low, strict=True)]
    if any(n != 0 for n in (*low, *high)):
        zero = movement.attribute_of(0, Numbers(element_of(x)).scalar)
        x = lo.emit(movement.PadOp(x, low, high, zero))
    message = f"the shape is not that of {shape_text(target)}"
    return checked(lo, x, equal_to(lo, sizes, wanted), message)


OPERATORS: dict[str, Conversion] = {
    "CenterCropPad": CenterCropPad,
    "Pad": Pad,
    "Slice": Slice,
}

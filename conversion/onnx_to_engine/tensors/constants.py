"""
Sizes as numbers, and tensors made of a few numbers.

Operators: ConstantOfShape, Range, Shape, Size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, isfinite

import numpy as np
from xdsl.dialects.builtin import IntegerType, Signedness, f32, f64, i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine.base import element_of, shape_of
from ....dialects.engine.weights import Array, dtype_of
from ....runtime.size import Extent, ceildiv, numbers_of
from ....runtime.size import Size as OpenSize
from ...to_engine.data_extents import data_extents, sizes_of_maps
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, both, scalar
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.open_extents import (
    Number,
    are_given,
    extents_in,
    given_extents,
    map_with_extents,
    positions,
)
from ...to_engine.run_time_operands import (
    checked,
    declared_shape,
    declares_numbers,
    declares_sizes,
    equal_to,
    shape_text,
)
from ...to_engine.scalars import Numbers, cast_scalar, select


def Shape(lo: Lowering) -> SSAValue:
    """The sizes, a constant."""
    shape = shape_of(lo.operand("data"))
    sizes = shape[lo.integer("start") : lo.integer("end", len(shape))]
    return lo.constant(np.array(sizes, np.int64), "shape")


def Size(lo: Lowering) -> SSAValue:
    """The number of elements, a constant."""
    return lo.constant(np.array(int(np.prod(shape_of(lo.operand("data")))), np.int64), "size")


def ConstantOfShape(lo: Lowering) -> SSAValue:
    """One number everywhere."""
    given = lo.operand("input")
    attr = lo.op.properties.get("value")
    number = np.zeros(1, np.float32) if attr is None else lo.store.array(attr)
    constant = lo.constant(number.reshape(()), "value")
    if not are_given(lo, "input"):
        if not declares_sizes(lo):
            return lo.broadcast(constant, data_extents(lo, given))
        declared = declared_shape(lo, operand="input")
        message = f"the shape is not that of {shape_text(declared)}"
        constant = checked(lo, constant, equal_to(lo, given, declared), message)
        return lo.broadcast(constant, declared)
    return lo.broadcast(constant, given_extents(lo, "input") or [])


def Range(lo: Lowering) -> SSAValue:
    """`start, start + delta, ...` before `limit`; of a declared length unless all are known."""
    bounds = [extents_in(lo, lo.operand(name)) for name in ("start", "limit", "delta")]
    named = any(isinstance(size, OpenSize) for found in bounds for size in found or ())
    if named and None not in bounds:
        return _range_of_sizes(lo, bounds)
    if any(lo.array_of(lo.operand(name)) is None for name in ("start", "limit", "delta")):
        return _range_as_declared(lo) if declares_numbers(lo) else _range_of_data(lo)
    start, limit, delta = (lo.constant_number(name) for name in ("start", "limit", "delta"))
    assert start is not None
    assert limit is not None
    assert delta is not None
    first, end, step = start.item(), limit.item(), delta.item()
    count = _count(first, end, step)
    lo.require_room(count, bytes_each=32)
    dtype = dtype_of(element_of(lo.operand("start")))
    return lo.constant(_numbers(first, step, count).astype(dtype), "range")


def _range_of_sizes(lo: Lowering, bounds: Sequence[list[Extent] | None]) -> SSAValue:
    """Numbers from and up to sizes by name."""
    [start], [limit], [delta] = (found or [0] for found in bounds)
    if None in bounds or not isinstance(delta, int) or not delta:
        raise NoNativeForm("by a step that is no number")
    span = limit - start if delta > 0 else start - limit
    count = lo.relations.maximum(ceildiv(span, abs(delta)), 0)
    element = element_of(lo.operand("start"))

    def build(at: SSAValue, first: Number) -> SSAValue:
        number = WHOLE.add(WHOLE.mul(at, WHOLE.number(delta)), scalar(first))
        return cast_scalar(number, i64, element)

    return map_with_extents(lo, [positions(lo, count, "range")], [start], build, element)


def _count(start: float, limit: float, delta: float) -> int:
    """
    How many numbers there are from `start` on, in Python's: the distance of two i32 may not be one.

    Raises:
        ValueError: for numbers without an end, or a step of 0.
    """
    if not delta or not all(map(isfinite, (start, limit, delta))):
        raise ValueError(f"from {start} up to {limit} by {delta} there are no numbers to count")
    if isinstance(start, int) and isinstance(limit, int) and isinstance(delta, int):
        return max(-((start - limit) // delta), 0)
    steps = (limit - start) / delta
    exact = steps if isfinite(steps) else (Fraction(limit) - Fraction(start)) / Fraction(delta)
    return max(ceil(exact), 0)


def _numbers(start: float, delta: float, count: int) -> Array:
    """The numbers in i64 or f64. Products that do not fit wrap, or are halved to do so."""
    if isinstance(start, int) and isinstance(delta, int):
        with np.errstate(over="ignore"):
            return np.arange(count, dtype=np.int64) * np.int64(delta) + np.int64(start)
    if isfinite(count * delta):
        return np.arange(count, dtype=np.float64) * delta + start
    return (np.arange(count, dtype=np.float64) * (delta / 2) + start / 2) * 2


def _range_as_declared(lo: Lowering) -> SSAValue:
    [count] = numbers_of(declared_shape(lo, operand="limit"))
    bounds = [lo.reshape(lo.operand(name), ()) for name in ("start", "limit", "delta")]
    n = Numbers(element_of(bounds[0]))
    ends_there = _counts_floats(n, count) if n.floating else _counts_integers(n, count)
    message = f"the numbers are not {count}, the length that the model declares"
    start = checked(lo, bounds[0], lo.map(bounds, ends_there, i1), message)
    lo.require_room(count, bytes_each=32)
    steps = lo.constant(np.arange(count).astype(dtype_of(n.element)), "steps")
    return lo.map([steps, start, bounds[2]], lambda k, s, d: n.add(s, n.mul(k, d)), n.element)


def _range_of_data(lo: Lowering) -> SSAValue:
    """`ceil((limit - start) / delta)` numbers, which is a size that the data decides."""
    bounds = [lo.reshape(lo.operand(name), ()) for name in ("start", "limit", "delta")]
    n = Numbers(element_of(bounds[0]))
    if n.floating and n.element not in (f32, f64):
        raise NoNativeForm(f"of {n.element}")
    [count] = sizes_of_maps(lo, [bounds], [_float_count(n) if n.floating else _integer_count(n)])

    def build(at: SSAValue, start: SSAValue, delta: SSAValue) -> SSAValue:
        return n.add(start, n.mul(cast_scalar(at, i64, n.element), delta))

    steps = positions(lo, count, "range")
    return lo.map([steps, bounds[0], bounds[2]], build, n.element)


Count = Callable[[SSAValue, SSAValue, SSAValue], SSAValue]
"""How many numbers there are from a start up to a limit by a step, as i64; -1 of no step."""


def _integer_count(n: Numbers) -> Count:
    """By the distance, a number without sign: of two i64 it may not be one."""
    unsigned = Numbers(IntegerType(64, Signedness.UNSIGNED))

    def count(start: SSAValue, limit: SSAValue, delta: SSAValue) -> SSAValue:
        first, last, step = (cast_scalar(v, n.element, i64) for v in (start, limit, delta))
        zero, one = WHOLE.number(0), WHOLE.number(1)
        up, moves = WHOLE.compare("gt", step, zero), WHOLE.compare("ne", step, zero)
        distance = select(up, WHOLE.sub(last, first), WHOLE.sub(first, last))
        pace = select(moves, select(up, step, WHOLE.neg(step)), one)
        some = WHOLE.add(unsigned.div(WHOLE.sub(distance, one), pace), one)
        # More than an i64 holds is no number of elements that can be, as is 2 ** 62.
        held = select(WHOLE.compare("lt", some, zero), WHOLE.number(1 << 62), some)
        found = select(_before(WHOLE, first, last, up), held, zero)
        return select(moves, found, WHOLE.number(-1))

    return count


def _float_count(n: Numbers) -> Count:
    real = Numbers(f64)

    def count(start: SSAValue, limit: SSAValue, delta: SSAValue) -> SSAValue:
        first, last, step = (cast_scalar(v, n.element, f64) for v in (start, limit, delta))
        steps = real.div(real.sub(last, first), step)
        # What is no number of elements is none that can be: 2 ** 62 is refused as a size.
        most = real.number(2.0**62)
        known = both(real.compare("lt", steps, most), real.compare("ne", step, real.number(0)))
        inside = select(known, real.maximum(steps, real.number(0)), most)
        down = cast_scalar(inside, f64, i64)
        short = real.compare("lt", cast_scalar(down, i64, f64), inside)
        return select(short, WHOLE.add(down, WHOLE.number(1)), down)

    return count


Ends = Callable[[SSAValue, SSAValue, SSAValue], SSAValue]
"""Whether the numbers from a start up to a limit by a step are as many as is declared."""


def _before(n: Numbers, x: SSAValue, limit: SSAValue, up: SSAValue) -> SSAValue:
    return select(up, n.compare("lt", x, limit), n.compare("gt", x, limit))


def _counts_floats(n: Numbers, count: int) -> Ends:
    def ends(start: SSAValue, limit: SSAValue, delta: SSAValue) -> SSAValue:
        """The last number is before the limit, and the next one is not."""
        b, up = Numbers(i1), n.compare("gt", delta, n.number(0))
        at = [n.add(start, n.mul(n.number(k), delta)) for k in (max(count - 1, 0), count)]
        beyond = b.compare("eq", _before(n, at[1], limit, up), b.number(0))
        return b.minimum(beyond, _before(n, at[0], limit, up)) if count else beyond

    return ends


def _counts_integers(n: Numbers, count: int) -> Ends:
    """By the distance, a number without sign: of two i32 it may not be one."""
    element = n.element
    assert isinstance(element, IntegerType)
    unsigned = Numbers(IntegerType(element.width.data, Signedness.UNSIGNED))

    def ends(start: SSAValue, limit: SSAValue, delta: SSAValue) -> SSAValue:
        b, zero = Numbers(i1), n.number(0)
        up = n.compare("gt", delta, zero)
        begins = _before(n, start, limit, up)
        if not count:
            return b.compare("eq", begins, b.number(0))
        moves = n.compare("ne", delta, zero)
        step = select(moves, select(up, delta, n.neg(delta)), n.number(1))
        distance = select(up, n.sub(limit, start), n.sub(start, limit))
        whole = unsigned.div(unsigned.sub(distance, unsigned.number(1)), step)
        as_many = n.compare("eq", whole, n.number(count - 1))
        return b.minimum(b.minimum(begins, moves), as_many)

    return ends


OPERATORS: dict[str, Conversion] = {
    "ConstantOfShape": ConstantOfShape,
    "Range": Range,
    "Shape": Shape,
    "Size": Size,
}

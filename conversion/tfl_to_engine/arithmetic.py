"""
Functions of each element of two operands, or of many.

Operators: ADD, ADD_N, ATAN2, BITWISE_XOR, DIV, EQUAL, FLOOR_DIV, FLOOR_MOD, GREATER, GREATER_EQUAL,
LESS, LESS_EQUAL, LOGICAL_AND, LOGICAL_OR, MAXIMUM, MINIMUM, MUL, NOT_EQUAL, POW, RIGHT_SHIFT,
SQUARED_DIFFERENCE, SUB.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i1, i32, i64
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of
from ...dialects.tfl import QuantizedType
from ...interpreters.tfl.arithmetic import (
    COMPARED_SHIFT,
    SQUARED_SHIFT,
    WIDE_SHIFT,
    squared_factors,
    sum_factors,
)
from ...interpreters.tfl.fixed_point import multiplier_of
from ...interpreters.tfl.numbers import activation_range
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.remainder import remainder
from ..to_engine.scalars import Numbers, cast_scalar, fold_left, value
from ..to_engine.vocabulary.arithmetic import floor_divided
from .fixed_point import WIDE, less, multiplied
from .fixed_point import limited as inside
from .quantization import (
    activation_of,
    finished,
    integers,
    limited,
    operand_quantization,
    real,
    requantized,
    require_alike,
    result_quantization,
)

Combine = Callable[[Numbers, SSAValue, SSAValue], SSAValue]


def _of_numbers(lo: Lowering, method: Combine) -> SSAValue:
    a, b = real(lo, "input1"), real(lo, "input2")
    require_alike(a, b)
    n = Numbers(element_of(a))
    return finished(lo, lo.map([a, b], lambda x, y: method(n, x, y)))


def _binary(method: Combine) -> Conversion:
    """A function of numbers."""
    return lambda lo: _of_numbers(lo, method)


def _compared_in_fixed_point(
    lo: Lowering, predicate: str, first: QuantizedType, second: QuantizedType
) -> SSAValue:
    factors = [multiplier_of(kind.scale) for kind in (first, second)]

    def build(*given: SSAValue) -> SSAValue:
        sides = [
            multiplied(
                WIDE.mul(less(a, kind.storage, kind.zero), WIDE.number(1 << COMPARED_SHIFT)), factor
            )
            for a, kind, factor in zip(given, (first, second), factors, strict=True)
        ]
        return WIDE.compare(predicate, *sides)

    return lo.map([lo.operand("input1"), lo.operand("input2")], build, i1)


def _comparison(predicate: str) -> Conversion:
    """Of quantised numbers in fixed point, so that close ones are equal."""

    def convert(lo: Lowering) -> SSAValue:
        first, second = operand_quantization(lo, "input1"), operand_quantization(lo, "input2")
        if first is not None and second is not None:
            return _compared_in_fixed_point(lo, predicate, first, second)
        a, b = real(lo, "input1"), real(lo, "input2")
        require_alike(a, b)
        n = Numbers(element_of(a))
        return lo.map([a, b], lambda x, y: n.compare(predicate, x, y), i1)

    return convert


def _of_stored(lo: Lowering, method: Combine) -> SSAValue:
    """A function of what is stored: scales are equal on both sides."""
    a, b = lo.operand("input1"), lo.operand("input2")
    require_alike(a, b)
    n = Numbers(element_of(a))
    return lo.map([a, b], lambda x, y: method(n, x, y))


def _bitwise(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    return lambda lo: _of_stored(lo, lambda n, a, b: value(kind(a, b)))


def _kinds(lo: Lowering, width: int) -> tuple[QuantizedType, QuantizedType, QuantizedType] | None:
    """The quantisation of operands and result where all are integers of so many bits."""
    found = (
        operand_quantization(lo, "input1"),
        operand_quantization(lo, "input2"),
        result_quantization(lo),
    )
    first, second, result = found
    if first is None or second is None or result is None:
        return None
    if any(kind.storage.width.data != width for kind in (first, second, result)):
        return None
    return first, second, result


def _sum(sign: int) -> Conversion:
    """`a + b` or `a - b`; of bytes by integer multiples of about 20 bits, as XNNPACK has it."""

    def of_numbers(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
        return n.add(a, b) if sign > 0 else n.sub(a, b)

    def convert(lo: Lowering) -> SSAValue:
        wide = _kinds(lo, 16)
        if wide is not None:
            return _wide_sum(lo, sign, wide)
        kinds = _kinds(lo, 8)
        if kinds is None:
            return _of_numbers(lo, of_numbers)
        first, second, result = kinds
        ratios = [np.float32(k.scale) / np.float32(result.scale) for k in (first, second)]
        shift = 21 - int(np.frexp(max(ratios))[1])
        left, right = (int(np.rint(np.ldexp(np.float64(r), shift))) for r in ratios)
        low, high = activation_range(activation_of(lo), result)
        n = Numbers(i32)
        sources = element_of(lo.operand("input1")), element_of(lo.operand("input2"))
        offset = (1 << (shift - 1)) - left * first.zero - sign * right * second.zero

        def build(a: SSAValue, b: SSAValue) -> SSAValue:
            wide = [cast_scalar(x, s, i32) for x, s in zip((a, b), sources, strict=True)]
            total = n.add(n.mul(wide[0], n.number(left)), n.mul(wide[1], n.number(sign * right)))
            shifted = value(arith.ShRSIOp(n.add(total, n.number(offset)), n.number(shift)))
            placed = n.add(shifted, n.number(result.zero))
            inside = n.minimum(n.maximum(placed, n.number(low)), n.number(high))
            return cast_scalar(inside, i32, result.storage)

        return lo.map([lo.operand("input1"), lo.operand("input2")], build, result.storage)

    return convert


Kinds = tuple[QuantizedType, QuantizedType, QuantizedType]
"""The quantisation of two operands and of the result."""


def _fixed(
    lo: Lowering, kinds: Kinds, combine: Callable[[SSAValue, SSAValue], SSAValue]
) -> SSAValue:
    """A function of integers less their zero points in i64, limited to what the result holds."""
    first, second, result = kinds
    limits = activation_range(activation_of(lo), result)

    def build(a: SSAValue, b: SSAValue) -> SSAValue:
        x, y = less(a, first.storage, first.zero), less(b, second.storage, second.zero)
        return cast_scalar(inside(combine(x, y), result.zero, limits), i64, result.storage)

    return lo.map([lo.operand("input1"), lo.operand("input2")], build, result.storage)


def _wide_sum(lo: Lowering, sign: int, kinds: Kinds) -> SSAValue:
    factors, up = sum_factors(*kinds, WIDE_SHIFT), WIDE.number

    def combine(a: SSAValue, b: SSAValue) -> SSAValue:
        left = multiplied(WIDE.mul(a, up(1 << WIDE_SHIFT)), factors.left)
        right = multiplied(WIDE.mul(b, up(1 << WIDE_SHIFT)), factors.right)
        total = WIDE.add(left, right) if sign > 0 else WIDE.sub(left, right)
        return multiplied(total, factors.result)

    return _fixed(lo, kinds, combine)


def _wide_product(lo: Lowering, kinds: Kinds) -> SSAValue:
    a, b, c = (float(np.float32(kind.scale)) for kind in kinds)
    factor = multiplier_of(a * b / c)
    return _fixed(lo, kinds, lambda x, y: multiplied(WIDE.mul(x, y), factor))


def _squared_difference(lo: Lowering) -> SSAValue:
    kinds = _kinds(lo, 8)
    if kinds is None:
        return _of_numbers(lo, _square_of_difference)
    factors, up = squared_factors(*kinds), 1 << SQUARED_SHIFT

    def combine(a: SSAValue, b: SSAValue) -> SSAValue:
        left = multiplied(WIDE.mul(a, WIDE.number(up)), factors.left)
        right = multiplied(WIDE.mul(b, WIDE.number(up)), factors.right)
        difference = WIDE.sub(left, right)
        return multiplied(WIDE.mul(difference, difference), factors.result)

    return _fixed(lo, kinds, combine)


def _product(lo: Lowering) -> SSAValue:
    """`a * b`; of bytes, the product of integers times one f32, of more bits in fixed point."""
    wide = _kinds(lo, 16)
    if wide is not None:
        return _wide_product(lo, wide)
    kinds = _kinds(lo, 8)
    if kinds is None:
        return _of_numbers(lo, Numbers.mul)
    first, second, result = kinds
    n = Numbers(i32)
    a = integers(lo, lo.operand("input1"), first, i32)
    b = integers(lo, lo.operand("input2"), second, i32)
    factor = np.float32(first.scale) * np.float32(second.scale) / np.float32(result.scale)
    total = lo.map([a, b], n.mul)
    return requantized(lo, total, np.array(factor), result, activation_of(lo))


def _floor_mod(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    if n.floating:
        return remainder(n, a, b, of_divisor=True)
    return n.sub(a, n.mul(floor_divided(n, a, b), b))


def _pow(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return value(math.PowFOp(a, b) if n.floating else math.IPowIOp(a, b))


def _square_of_difference(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    difference = n.sub(a, b)
    return n.mul(difference, difference)


def _add_n(lo: Lowering) -> SSAValue:
    require_alike(*lo.operands)
    n = Numbers(element_of(lo.operands[0]))

    def build(*values: SSAValue) -> SSAValue:
        return fold_left(n.add, values)

    return lo.map(lo.operands, build)


def _right_shift(lo: Lowering) -> SSAValue:
    a, b = lo.operand("input1"), lo.operand("input2")
    require_alike(a, b)
    kind = arith.ShRUIOp if Numbers(element_of(a)).unsigned else arith.ShRSIOp
    return lo.map([a, b], lambda x, y: value(kind(x, y)))


def _extreme(method: Combine) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        first, second = operand_quantization(lo, "input1"), operand_quantization(lo, "input2")
        if first != second or first != result_quantization(lo):
            return _of_numbers(lo, method)
        return limited(lo, _of_stored(lo, method))

    return convert


OPERATORS: dict[str, Conversion] = {
    "ADD": _sum(1),
    "ADD_N": _add_n,
    "ATAN2": _binary(lambda n, a, b: value(math.Atan2Op(a, b))),
    "BITWISE_XOR": _bitwise(arith.XOrIOp),
    "DIV": _binary(Numbers.div),
    "EQUAL": _comparison("eq"),
    "FLOOR_DIV": _binary(floor_divided),
    "FLOOR_MOD": _binary(_floor_mod),
    "GREATER": _comparison("gt"),
    "GREATER_EQUAL": _comparison("ge"),
    "LESS": _comparison("lt"),
    "LESS_EQUAL": _comparison("le"),
    "LOGICAL_AND": _bitwise(arith.AndIOp),
    "LOGICAL_OR": _bitwise(arith.OrIOp),
    "MAXIMUM": _extreme(Numbers.maximum),
    "MINIMUM": _extreme(Numbers.minimum),
    "MUL": _product,
    "NOT_EQUAL": _comparison("ne"),
    "POW": _binary(_pow),
    "RIGHT_SHIFT": _right_shift,
    "SQUARED_DIFFERENCE": _squared_difference,
    "SUB": _sum(-1),
}

"""
Functions of each element of two operands, or of many.

Operators: ADD, ADD_N, ATAN2, BITWISE_XOR, DIV, EQUAL, FLOOR_DIV, FLOOR_MOD, GREATER,
GREATER_EQUAL, LESS, LESS_EQUAL, LOGICAL_AND, LOGICAL_OR, MAXIMUM, MINIMUM, MUL, NOT_EQUAL, POW,
RIGHT_SHIFT, SQUARED_DIFFERENCE, SUB.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i1, i32
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of
from ...dialects.tfl import QuantizedType
from ...interpreters.tfl.numbers import activation_range
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.remainder import remainder
from ..to_engine.scalars import Numbers, cast_scalar, fold_left, value
from .quantization import (
    activation_of,
    finished,
    integers,
    limited,
    operand_quantization,
    real,
    requantized,
    result_quantization,
)

Combine = Callable[[Numbers, SSAValue, SSAValue], SSAValue]


def _of_numbers(lo: Lowering, method: Combine) -> SSAValue:
    a, b = real(lo, "input1"), real(lo, "input2")
    n = Numbers(element_of(a))
    return finished(lo, lo.map([a, b], lambda x, y: method(n, x, y)))


def _binary(method: Combine) -> Conversion:
    """A function of numbers."""
    return lambda lo: _of_numbers(lo, method)


def _comparison(predicate: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        a, b = real(lo, "input1"), real(lo, "input2")
        n = Numbers(element_of(a))
        return lo.map([a, b], lambda x, y: n.compare(predicate, x, y), i1)

    return convert


def _of_stored(lo: Lowering, method: Combine) -> SSAValue:
    """A function of what is stored: scales are equal on both sides."""
    a, b = lo.operand("input1"), lo.operand("input2")
    n = Numbers(element_of(a))
    return lo.map([a, b], lambda x, y: method(n, x, y))


def _bitwise(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    return lambda lo: _of_stored(lo, lambda n, a, b: value(kind(a, b)))


def _bytes(lo: Lowering) -> tuple[QuantizedType, QuantizedType, QuantizedType] | None:
    """The quantisation of operands and result where all are bytes."""
    found = (
        operand_quantization(lo, "input1"),
        operand_quantization(lo, "input2"),
        result_quantization(lo),
    )
    first, second, result = found
    if first is None or second is None or result is None:
        return None
    if any(kind.storage.width.data != 8 for kind in (first, second, result)):
        return None
    return first, second, result


def _sum(sign: int) -> Conversion:
    """`a + b` or `a - b`; of bytes by integer multiples of about 20 bits, as XNNPACK has it."""

    def of_numbers(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
        return n.add(a, b) if sign > 0 else n.sub(a, b)

    def convert(lo: Lowering) -> SSAValue:
        kinds = _bytes(lo)
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


def _product(lo: Lowering) -> SSAValue:
    """`a * b`; of bytes, the product of integers times one f32."""
    kinds = _bytes(lo)
    if kinds is None:
        return _of_numbers(lo, Numbers.mul)
    first, second, result = kinds
    n = Numbers(i32)
    a = integers(lo, lo.operand("input1"), first, i32)
    b = integers(lo, lo.operand("input2"), second, i32)
    factor = np.float32(first.scale) * np.float32(second.scale) / np.float32(result.scale)
    total = lo.map([a, b], n.mul)
    return requantized(lo, total, np.array(factor), result, activation_of(lo))


def _floor_div(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    if n.floating:
        return value(math.FloorOp(n.div(a, b)))
    if n.unsigned:
        return n.div(a, b)
    return value(arith.FloorDivSIOp(a, b))


def _floor_mod(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    if n.floating:
        return remainder(n, a, b, of_divisor=True)
    return n.sub(a, n.mul(_floor_div(n, a, b), b))


def _pow(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return value(math.PowFOp(a, b) if n.floating else math.IPowIOp(a, b))


def _squared_difference(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    difference = n.sub(a, b)
    return n.mul(difference, difference)


def _add_n(lo: Lowering) -> SSAValue:
    n = Numbers(element_of(lo.operands[0]))

    def build(*values: SSAValue) -> SSAValue:
        return fold_left(n.add, values)

    return lo.map(lo.operands, build)


def _right_shift(lo: Lowering) -> SSAValue:
    a, b = lo.operand("input1"), lo.operand("input2")
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
    "FLOOR_DIV": _binary(_floor_div),
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
    "SQUARED_DIFFERENCE": _binary(_squared_difference),
    "SUB": _sum(-1),
}

"""Functions of each element of two operands, or of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.tfl import QuantizedType
from ..table_functions import Call, Function
from .fixed_point import Multiplier, multiplied, multiplier_of
from .numbers import (
    activation_range,
    f32,
    finished,
    less_zero,
    operand_quantization,
    place,
    real,
    result_quantization,
    storage_range,
)


def _binary(function: Callable[[Array, Array], Array]) -> Function:
    def run(call: Call) -> Array:
        return finished(call, function(real(call, "input1"), real(call, "input2")))

    return run


COMPARED_SHIFT = 8
"""Bits by which quantised numbers are shifted to the left before they are compared."""


def _comparison(function: Callable[[Array, Array], Array]) -> Function:
    """Of quantised numbers in fixed point, so that close ones are equal."""

    def run(call: Call) -> Array:
        kinds = [operand_quantization(call, name) for name in ("input1", "input2")]
        if None in kinds:
            return function(real(call, "input1"), real(call, "input2"))
        values = [
            multiplied(
                less_zero(call.operand(name), kind) << COMPARED_SHIFT, multiplier_of(kind.scale)
            )
            for name, kind in zip(("input1", "input2"), kinds, strict=True)
            if kind is not None
        ]
        return function(*values)

    return run


def _logical(function: Callable[[Array, Array], Array]) -> Function:
    def run(call: Call) -> Array:
        return function(call.operand("input1"), call.operand("input2"))

    return run


def _extreme(function: Callable[[Array, Array], Array]) -> Function:
    """Of numbers with one scale: of what is stored."""

    def run(call: Call) -> Array:
        return function(call.operand("input1"), call.operand("input2"))

    return run


def _sum_of(sign: int) -> Function:
    """
    `a + b` or `a - b`. Of bytes by integers: each is multiplied by its scale over that of the
    result, as an integer of about 20 bits, and the sum is shifted back.
    """

    def run(call: Call) -> Array:
        result = result_quantization(call)
        first = operand_quantization(call, "input1")
        second = operand_quantization(call, "input2")
        if result is None or first is None or second is None:
            a, b = real(call, "input1"), real(call, "input2")
            return finished(call, a + b if sign > 0 else a - b)
        if result.storage.width.data > 8:
            return _wide_sum(call, sign, (first, second, result))
        ratios = f32(first.scale) / f32(result.scale), f32(second.scale) / f32(result.scale)
        shift = 20 - int(np.frexp(max(ratios))[1]) + 1
        left, right = (int(np.rint(np.ldexp(np.float64(r), shift))) for r in ratios)
        a, b = (
            less_zero(call.operand("input1"), first),
            less_zero(call.operand("input2"), second),
        )
        total = a * left + sign * b * right + (1 << (shift - 1))
        low, high = activation_range(call.text("fused_activation_function", "NONE"), result)
        return np.clip((total >> shift) + result.zero, low, high)

    return run


class SumFactors(NamedTuple):
    """How a sum of two scales is taken to a third, in fixed point after a shift to the left."""

    left: Multiplier
    right: Multiplier
    result: Multiplier


def sum_factors(
    first: QuantizedType, second: QuantizedType, result: QuantizedType, shift: int
) -> SumFactors:
    """The factors of operands and of their sum; the operands keep one bit free."""
    a, b, c = (float(f32(kind.scale)) for kind in (first, second, result))
    twice = 2 * max(a, b)
    return SumFactors(
        multiplier_of(a / twice),
        multiplier_of(b / twice),
        multiplier_of(twice / ((1 << shift) * c)),
    )


WIDE_SHIFT = 15
"""Bits by which 16-bit operands of a sum are shifted to the left."""


def _wide_sum(
    call: Call, sign: int, kinds: tuple[QuantizedType, QuantizedType, QuantizedType]
) -> Array:
    first, second, result = kinds
    factors = sum_factors(first, second, result, WIDE_SHIFT)
    a = multiplied(less_zero(call.operand("input1"), first) << WIDE_SHIFT, factors.left)
    b = multiplied(less_zero(call.operand("input2"), second) << WIDE_SHIFT, factors.right)
    low, high = activation_range(call.text("fused_activation_function", "NONE"), result)
    return np.clip(multiplied(a + sign * b, factors.result) + result.zero, low, high)


def _product(call: Call) -> Array:
    """`a * b`; of bytes, the product of integers times one f32, of more bits in fixed point."""
    result = result_quantization(call)
    first, second = operand_quantization(call, "input1"), operand_quantization(call, "input2")
    if result is None or first is None or second is None:
        return finished(call, real(call, "input1") * real(call, "input2"))
    factor = f32(first.scale) * f32(second.scale) / f32(result.scale)
    total = less_zero(call.operand("input1"), first) * less_zero(call.operand("input2"), second)
    low, high = activation_range(call.text("fused_activation_function", "NONE"), result)
    if result.storage.width.data > 8:
        exact = float(f32(first.scale)) * float(f32(second.scale)) / float(f32(result.scale))
        return np.clip(multiplied(total, multiplier_of(exact)) + result.zero, low, high)
    return place(total.astype(f32) * factor, result.zero, low, high)


def _quotient(a: Array, b: Array) -> Array:
    """Integers are cut towards zero."""
    if a.dtype.kind == "f":
        return a / b
    if not b.all():
        raise ZeroDivisionError("an integer is divided by zero")
    whole = np.abs(a.astype(np.int64)) // np.abs(b.astype(np.int64))
    return (whole * np.sign(a) * np.sign(b)).astype(a.dtype)


def _whole(function: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    def run(a: Array, b: Array) -> Array:
        if a.dtype.kind != "f" and not b.all():
            raise ZeroDivisionError("an integer is divided by zero")
        return function(a, b)

    return run


SQUARED_SHIFT = 7
"""Bits by which bytes are shifted to the left before their difference is squared."""


def _squared_difference(call: Call) -> Array:
    first, second = operand_quantization(call, "input1"), operand_quantization(call, "input2")
    result = result_quantization(call)
    if first is None or second is None or result is None:
        return finished(call, np.square(real(call, "input1") - real(call, "input2")))
    left, right, factor = squared_factors(first, second, result)
    a = multiplied(less_zero(call.operand("input1"), first) << SQUARED_SHIFT, left)
    b = multiplied(less_zero(call.operand("input2"), second) << SQUARED_SHIFT, right)
    found = multiplied(np.square(a - b), factor) + result.zero
    return np.clip(found, *storage_range(result))


def squared_factors(
    first: QuantizedType, second: QuantizedType, result: QuantizedType
) -> SumFactors:
    """The factors of operands and of the square of their difference."""
    a, b, c = (float(f32(kind.scale)) for kind in (first, second, result))
    twice = 2 * max(a, b)
    last = twice * twice / ((1 << (2 * SQUARED_SHIFT)) * c)
    return SumFactors(multiplier_of(a / twice), multiplier_of(b / twice), multiplier_of(last))


def _add_n(call: Call) -> Array:
    """The sum of all, one after the other."""
    first, *rest = call.group("inputs")
    total = first
    for array in rest:
        total = total + array
    return total


OPERATORS: dict[str, Function] = {
    "ADD": _sum_of(1),
    "ADD_N": _add_n,
    "SUB": _sum_of(-1),
    "MUL": _product,
    "DIV": _binary(_quotient),
    "FLOOR_DIV": _binary(_whole(lambda a, b: np.floor_divide(a, b))),
    "FLOOR_MOD": _binary(_whole(lambda a, b: np.mod(a, b))),
    "POW": _binary(np.power),
    "SQUARED_DIFFERENCE": _squared_difference,
    "ATAN2": _binary(np.arctan2),
    "MAXIMUM": _extreme(np.maximum),
    "MINIMUM": _extreme(np.minimum),
    "EQUAL": _comparison(np.equal),
    "NOT_EQUAL": _comparison(np.not_equal),
    "LESS": _comparison(np.less),
    "LESS_EQUAL": _comparison(np.less_equal),
    "GREATER": _comparison(np.greater),
    "GREATER_EQUAL": _comparison(np.greater_equal),
    "LOGICAL_AND": _logical(np.logical_and),
    "LOGICAL_OR": _logical(np.logical_or),
    "BITWISE_XOR": _extreme(np.bitwise_xor),
    "RIGHT_SHIFT": _extreme(np.right_shift),
}

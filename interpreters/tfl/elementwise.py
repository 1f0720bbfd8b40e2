"""Functions of each element, of one operand and of two."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.tfl import QuantizedType
from ..smooth_functions import gelu, sigmoid
from ..table_functions import Call, Function
from .fixed_point import Multiplier, hard_swish, multiplied, multiplier_of
from .numbers import (
    activation_range,
    dequantized,
    f32,
    finished,
    less_zero,
    operand_quantization,
    place,
    real,
    result_quantization,
    storage_range,
    unary,
)


def logistic(x: Array) -> Array:
    """Rounded once."""
    return sigmoid(x.astype(np.float64)).astype(x.dtype)


def _relu(x: Array) -> Array:
    return np.maximum(x, x.dtype.type(0))


def _limited(low: float, high: float) -> Callable[[Array], Array]:
    return lambda x: np.clip(x, x.dtype.type(low), x.dtype.type(high))


def _gelu(call: Call) -> Array:
    x = real(call, "input").astype(np.float64)
    return finished(call, gelu(x, by_tanh=call.flag("approximate")).astype(f32))


def _leaky_relu(call: Call) -> Array:
    """Of bytes, by multiples of 1 / 256 of the ratio of scales, one for each sign."""
    source, result = operand_quantization(call, "input"), result_quantization(call)
    if source is not None and result is not None and result.storage.width.data == 8:
        above, below = leaky_factors(source, result, call.number("alpha"))
        x = less_zero(call.operand("input"), source)
        moved = (x * np.where(x >= 0, above, below) + 128) >> 8
        return np.clip(moved + result.zero, *storage_range(result))
    x = real(call, "input")
    return finished(call, np.where(x > 0, x, x * f32(call.number("alpha"))))


def _prelu(call: Call) -> Array:
    x, alpha = real(call, "input"), real(call, "alpha")
    return finished(call, np.where(x >= 0, x, x * alpha))


def _cast(call: Call) -> Array:
    x, target = call.operand("input"), call.dtype()
    if x.dtype.kind == "c" and target.kind != "c":
        x = np.real(x)
    if x.dtype.kind == "f" and target.kind in "iu":
        info = np.iinfo(target)
        x = np.nan_to_num(np.clip(np.trunc(x.astype(np.float64)), info.min, info.max))
    return x.astype(target)


def _round(x: Array) -> Array:
    return np.rint(x)


def _sign(x: Array) -> Array:
    return np.sign(x)


def _bitcast(call: Call) -> Array:
    x, target = call.operand("input"), call.dtype()
    if x.dtype.itemsize > target.itemsize:
        return np.ascontiguousarray(x)[..., None].view(target)
    if x.dtype.itemsize < target.itemsize:
        return np.ascontiguousarray(x).view(target)[..., 0]
    return np.ascontiguousarray(x).view(target)


def _bucketize(call: Call) -> Array:
    boundaries = np.array(call.numbers("boundaries") or [], f32)
    return np.searchsorted(boundaries, call.operand("input"), side="right").astype(np.int32)


def _fake_quant(call: Call) -> Array:
    """The grid of so many bits over a range that is moved to hold zero."""
    x, bits = call.operand("input"), call.integer("num_bits", 8)
    low, high = f32(call.number("min")), f32(call.number("max"))
    first, last = f32(call.flag("narrow_range")), f32((1 << bits) - 1)
    scale = (high - low) / (last - first)
    zero = first - low / scale
    nudged = np.clip(np.floor(zero + f32(0.5)), first, last)
    bottom, top = (first - nudged) * scale, (last - nudged) * scale
    inverse = f32(1) / scale
    steps = np.floor((np.clip(x, bottom, top) - bottom) * inverse + f32(0.5))
    return (steps * scale + bottom).astype(f32)


def leaky_factors(source: QuantizedType, result: QuantizedType, alpha: float) -> tuple[int, int]:
    """The factors of bytes above and below zero, in units of 1 / 256."""
    ratio = f32(source.scale) / f32(result.scale)
    above = int(np.rint(f32(256) * ratio))
    return above, int(np.rint(f32(256) * f32(alpha) * f32(source.scale) / f32(result.scale)))


def _hard_swish(call: Call) -> Array:
    source, result = operand_quantization(call, "input"), result_quantization(call)
    if source is not None and result is not None and result.storage.width.data == 8:
        x = less_zero(call.operand("input"), source)
        found = hard_swish(x, (source.scale, result.scale), result.zero)
        return np.clip(found, *storage_range(result))
    x = real(call, "input")
    return finished(call, x * np.clip(x + f32(3), f32(0), f32(6)) * f32(1 / 6))


def _sqrt(call: Call) -> Array:
    """Of bytes, cut to the multiple of the scale below."""
    x, result = np.sqrt(real(call, "input")), result_quantization(call)
    if result is None:
        return x
    whole = np.floor(x / f32(result.scale)) + result.zero
    return np.clip(whole, *storage_range(result))


def _neg(call: Call) -> Array:
    """Of what is stored: the kernel does not look at scales."""
    return np.negative(call.operand("input"))


def _quantize(call: Call) -> Array:
    """Numbers to integers; integers of one scale to those of another in fixed point."""
    source, result = operand_quantization(call, "input"), result_quantization(call)
    if source is None or result is None:
        return finished(call, real(call, "input"))
    factor = multiplier_of(float(f32(source.scale)) / float(f32(result.scale)))
    found = multiplied(less_zero(call.operand("input"), source), factor)
    return np.clip(found + result.zero, *storage_range(result))


def _dequantize(call: Call) -> Array:
    x = dequantized(call.operand("input"), operand_quantization(call, "input"))
    return x.astype(call.dtype())


# Of two operands.


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


def _identity(x: Array) -> Array:
    return x


OPERATORS: dict[str, Function] = {
    "ABS": unary(np.abs),
    "CEIL": unary(np.ceil),
    "COS": unary(np.cos),
    "ELU": unary(lambda x: np.where(x > 0, x, np.expm1(x))),
    "EXP": unary(np.exp),
    "FLOOR": unary(np.floor),
    "HARD_SWISH": _hard_swish,
    "LOG": unary(np.log),
    "LOGICAL_NOT": unary(np.logical_not),
    "LOGISTIC": unary(logistic),
    "NEG": _neg,
    "RELU": unary(_relu),
    "RELU6": unary(_limited(0, 6)),
    "RELU_0_TO_1": unary(_limited(0, 1)),
    "RELU_N1_TO_1": unary(_limited(-1, 1)),
    "ROUND": unary(_round),
    "RSQRT": unary(lambda x: f32(1) / np.sqrt(x)),
    "SIGN": unary(_sign),
    "SIN": unary(np.sin),
    "SQRT": _sqrt,
    "SQUARE": unary(np.square),
    "TANH": unary(np.tanh),
    "ZEROS_LIKE": unary(np.zeros_like),
    "GELU": _gelu,
    "LEAKY_RELU": _leaky_relu,
    "PRELU": _prelu,
    "CAST": _cast,
    "BITCAST": _bitcast,
    "BUCKETIZE": _bucketize,
    "FAKE_QUANT": _fake_quant,
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
    "DENSIFY": unary(_identity),
    "IMAG": unary(np.imag),
    "REAL": unary(np.real),
    "COMPLEX_ABS": unary(np.abs),
    "ADD": _sum_of(1),
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


def _add_n(call: Call) -> Array:
    """The sum of all, one after the other."""
    first, *rest = call.group("inputs")
    total = first
    for array in rest:
        total = total + array
    return total


OPERATORS["ADD_N"] = _add_n

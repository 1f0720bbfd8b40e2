"""Operations on each element by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.stablehlo.word_attributes import WordAttribute
from ..table_functions import Call, Function

Unary = Callable[[Array], Array]
Binary = Callable[[Array, Array], Array]


def wide(x: Array) -> Array:
    """A float of 16 bits as one of 32, in which it is computed; any other as it is."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 and x.dtype.kind not in "iub" else x


def is_float(x: Array) -> bool:
    """Whether an array is of real floats, those of 16 bits included."""
    return x.dtype.kind not in "iubc"


def unary(function: Unary) -> Function:
    """A function of each element of one operand."""

    def run(call: Call) -> Array:
        x = call.operands[0]
        return np.asarray(function(wide(x))).astype(x.dtype)

    return run


def binary(function: Binary) -> Function:
    """A function of the elements of two operands."""

    def run(call: Call) -> Array:
        a, b = call.operands
        return np.asarray(function(wide(a), wide(b))).astype(a.dtype)

    return run


def sign(x: Array) -> Array:
    """-1, 0 or 1; zeros keep their sign, and NaN is NaN."""
    if x.dtype.kind == "c":
        return np.where(x == 0, 0, x / np.abs(x))
    if not is_float(x):
        return np.sign(x)
    return np.where((x == 0) | np.isnan(x), x, np.copysign(np.ones_like(x), x))


def logistic(x: Array) -> Array:
    """`1 / (1 + e^-x)` without overflow."""
    if x.dtype.kind == "c":
        return 1 / (1 + np.exp(-x))
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def round_away(x: Array) -> Array:
    """The nearest integer; of two, the one farther from 0."""
    whole = np.trunc(x)
    return whole + np.where(np.abs(x - whole) >= 0.5, np.copysign(np.ones_like(x), x), 0)


def rsqrt(x: Array) -> Array:
    """`1 / sqrt(x)`"""
    return (1 / np.sqrt(x)).astype(x.dtype)


def _cbrt(x: Array) -> Array:
    return np.cbrt(x) if x.dtype.kind != "c" else np.power(x, 1 / 3)


def bits_of(x: Array) -> int:
    """The width of the integers of an array."""
    name = x.dtype.name
    return int(name[-1]) if name in ("int4", "uint4", "int2", "uint2") else x.dtype.itemsize * 8


def _unsigned(x: Array) -> Array:
    """The bits of integers as unsigned ones of 64 bits."""
    mask = np.uint64((1 << bits_of(x)) - 1)
    return x.astype(np.int64).astype(np.uint64) & mask if x.dtype.kind != "u" else x.astype("u8")


def _leading_zeros(x: Array) -> Array:
    rest, zeros = _unsigned(x), np.full(x.shape, 64, np.int64)
    for step in (32, 16, 8, 4, 2, 1):
        high = rest >> np.uint64(step)
        zeros = np.where(high != 0, zeros - step, zeros)
        rest = np.where(high != 0, high, rest)
    return zeros - (rest != 0) - (64 - bits_of(x))


def _population(x: Array) -> Array:
    return np.bitwise_count(_unsigned(x))


def divide(a: Array, b: Array) -> Array:
    """The quotient; of integers, rounded towards 0, all bits for a division by 0."""
    if a.dtype.kind not in "iu":
        return a / b
    nothing = b == 0
    overflow = (b == -1) & (a == np.iinfo(a.dtype).min) if a.dtype.kind == "i" else False
    safe = np.where(nothing | overflow, np.ones_like(b), b)
    whole = a // safe
    inexact = (a % safe != 0) & ((a < 0) != (safe < 0))
    found = np.where(overflow, a, whole + inexact.astype(a.dtype))
    return np.where(nothing, np.array(-1).astype(a.dtype), found)


def remainder(a: Array, b: Array) -> Array:
    """What a division that rounds towards 0 leaves; the dividend for a division by 0."""
    if a.dtype.kind not in "iu":
        return np.fmod(a, b)
    nothing = b == 0
    one = b == -1 if a.dtype.kind == "i" else np.zeros(np.shape(b), bool)
    found = np.fmod(a, np.where(nothing | one, np.ones_like(b), b))
    return np.where(nothing, a, np.where(one, np.zeros_like(a), found))


def power(a: Array, b: Array) -> Array:
    """`a^b`; of integers with negative exponents, what is left of the fraction."""
    if a.dtype.kind not in "iu":
        return np.power(a, b)
    if a.dtype.kind == "u":
        return np.power(a, b)
    positive = np.power(a, np.where(b < 0, np.zeros_like(b), b))
    odd = np.where(b % 2 != 0, -1, 1)
    small = np.where(a == 1, 1, np.where(a == -1, odd, 0))
    return np.where(b < 0, small.astype(a.dtype), positive)


def _shift(function: Callable[[Array, Array], Array], *, arithmetic: bool = False) -> Binary:
    def run(a: Array, b: Array) -> Array:
        width = bits_of(a)
        by = b.astype(np.int64)
        out = (by < 0) | (by >= width)
        if arithmetic:
            signed = a.view(f"i{width // 8}")
            moved = np.right_shift(signed, np.where(out, width - 1, by).astype(signed.dtype))
            return moved.view(a.dtype)
        plain = a.view(f"u{width // 8}")
        moved = function(plain, np.where(out, 0, by).astype(plain.dtype))
        return np.where(out, np.zeros_like(plain), moved).astype(plain.dtype).view(a.dtype)

    return run


def _truth_or(boolean: Binary, other: Binary) -> Binary:
    """One function of truths, another one of numbers."""

    def run(a: Array, b: Array) -> Array:
        return boolean(a, b) if a.dtype == np.bool_ else other(a, b)

    return run


COMPARISONS: dict[str, Binary] = {
    "EQ": np.equal,
    "NE": np.not_equal,
    "GE": np.greater_equal,
    "GT": np.greater,
    "LE": np.less_equal,
    "LT": np.less,
}


def total_order(x: Array) -> Array:
    """Integers in the order of floats with -0 below 0, and NaN at the ends."""
    width = x.dtype.itemsize
    bits = np.ascontiguousarray(x).view(f"i{width}").astype(np.int64).reshape(x.shape)
    least = np.int64(-(1 << (8 * width - 1)))
    return np.where(bits < 0, least - bits - 1, bits)


def _compare(call: Call) -> Array:
    a, b = call.operands
    direction = call.op.properties["comparison_direction"]
    kind = call.op.properties.get("compare_type")
    assert isinstance(direction, WordAttribute)
    if isinstance(kind, WordAttribute) and kind.word.data == "TOTALORDER" and is_float(a):
        a, b = total_order(a), total_order(b)
    return COMPARISONS[direction.word.data](a, b)


def _clamp(call: Call) -> Array:
    low, x, high = call.operands
    return np.minimum(np.maximum(x, low), high).astype(x.dtype)


def convert(x: Array, dtype: np.dtype[Any]) -> Array:
    """Numbers in another type: towards 0 and to the nearest bound; NaN is 0."""
    if dtype == np.bool_:
        return x != 0
    if x.dtype.kind == "c" and dtype.kind != "c":
        return convert(np.real(x), dtype)
    if dtype.kind in "iu" and is_float(x):
        bounds = np.iinfo(dtype)
        values = np.where(np.isnan(wide(x)), 0, wide(x)).astype(np.float64)
        high, low = values >= float(bounds.max), values <= float(bounds.min)
        inside = np.where(high | low, 0, values).astype(dtype)
        return np.where(high, bounds.max, np.where(low, bounds.min, inside)).astype(dtype)
    return x.astype(dtype)


def _select(call: Call) -> Array:
    which, on_true, on_false = (call.operand(n) for n in ("pred", "on_true", "on_false"))
    return np.where(which, on_true, on_false)


def _bitcast(call: Call) -> Array:
    x, dtype = np.ascontiguousarray(call.operands[0]).reshape(call.operands[0].shape), call.dtype()
    if x.dtype.itemsize > dtype.itemsize:
        return x[..., None].view(dtype)
    if x.dtype.itemsize < dtype.itemsize:
        return x.view(dtype)[..., 0]
    return x.view(dtype)


def reduce_precision(x: Array, exponent: int, mantissa: int) -> Array:
    """The nearest numbers of a format with so many bits; what is too large is infinite."""
    source = wide(x)
    width, own, place = (64, 52, np.uint64) if source.dtype == np.float64 else (32, 23, np.uint32)
    whole = width - 1 - own
    bits = np.ascontiguousarray(source).view(place).reshape(x.shape)
    if mantissa < own:
        cut = own - mantissa
        odd = (bits >> place(cut)) & place(1)
        bits = bits + (place((1 << (cut - 1)) - 1) + odd)
        bits = bits & ~place((1 << cut) - 1)
    negative = bits & place(1 << (width - 1))
    if exponent < whole:
        bias, reduced = (1 << (whole - 1)) - 1, (1 << (exponent - 1)) - 1
        infinity = place(((1 << whole) - 1) << own)
        scale = bits & infinity
        bits = np.where(scale > place((bias + reduced) << own), negative | infinity, bits)
        bits = np.where(scale <= place((bias - reduced) << own), negative, bits)
    found = np.asarray(bits).astype(place).view(source.dtype).reshape(x.shape)
    return np.where(np.isnan(source), source, found).astype(x.dtype)


def _reduce_precision(call: Call) -> Array:
    bits = call.integer("exponent_bits"), call.integer("mantissa_bits")
    return reduce_precision(call.operands[0], *bits)


def _complex(call: Call) -> Array:
    parts: Array = np.stack(call.operands, -1)
    found: Array = parts.view(call.dtype())
    whole: Array = found[..., 0]
    return whole


def _not(x: Array) -> Array:
    return np.logical_not(x) if x.dtype == np.bool_ else np.invert(x)


UNARY: dict[str, Unary] = {
    "ceil": np.ceil,
    "cbrt": _cbrt,
    "cosine": np.cos,
    "count_leading_zeros": _leading_zeros,
    "exponential": np.exp,
    "exponential_minus_one": np.expm1,
    "floor": np.floor,
    "log": np.log,
    "log_plus_one": np.log1p,
    "logistic": logistic,
    "negate": np.negative,
    "not": _not,
    "popcnt": _population,
    "round_nearest_afz": round_away,
    "round_nearest_even": np.rint,
    "rsqrt": rsqrt,
    "sign": sign,
    "sine": np.sin,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}

BINARY: dict[str, Binary] = {
    "add": _truth_or(np.logical_or, np.add),
    "and": _truth_or(np.logical_and, np.bitwise_and),
    "atan2": np.arctan2,
    "divide": divide,
    "maximum": _truth_or(np.logical_or, np.maximum),
    "minimum": _truth_or(np.logical_and, np.minimum),
    "multiply": _truth_or(np.logical_and, np.multiply),
    "or": _truth_or(np.logical_or, np.bitwise_or),
    "power": power,
    "remainder": remainder,
    "shift_left": _shift(np.left_shift),
    "shift_right_arithmetic": _shift(np.right_shift, arithmetic=True),
    "shift_right_logical": _shift(np.right_shift),
    "subtract": np.subtract,
    "xor": _truth_or(np.logical_xor, np.bitwise_xor),
}

SEMANTICS: dict[str, Function] = {
    **{f"stablehlo.{name}": unary(function) for name, function in UNARY.items()},
    **{f"stablehlo.{name}": binary(function) for name, function in BINARY.items()},
    "stablehlo.abs": lambda call: np.abs(call.operands[0]),
    "stablehlo.bitcast_convert": _bitcast,
    "stablehlo.clamp": _clamp,
    "stablehlo.compare": _compare,
    "stablehlo.complex": _complex,
    "stablehlo.convert": lambda call: convert(call.operands[0], call.dtype()),
    "stablehlo.imag": lambda call: np.imag(call.operands[0]),
    "stablehlo.is_finite": lambda call: np.isfinite(wide(call.operands[0])),
    "stablehlo.real": lambda call: np.real(call.operands[0]),
    "stablehlo.reduce_precision": _reduce_precision,
    "stablehlo.select": _select,
}

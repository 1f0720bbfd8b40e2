"""Arithmetic, comparisons, logic, bits and functions of single elements."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

import numpy as np

from .arguments import ArgumentsFunction, Array, Number

Operand = Array | bool | int | float


def add(a: Operand, b: Operand, alpha: Number = 1) -> Array:
    return np.add(a, b if alpha == 1 else np.multiply(b, alpha))


def sub(a: Operand, b: Operand, alpha: Number = 1) -> Array:
    return np.subtract(a, b if alpha == 1 else np.multiply(b, alpha))


def rsub(a: Operand, b: Operand, alpha: Number = 1) -> Array:
    return sub(b, a, alpha)


def div(a: Operand, b: Operand, rounding_mode: str | None = None) -> Array:
    """Integers divide to floats, unless the quotient is rounded."""
    if rounding_mode is None:
        return np.true_divide(a, b)
    if rounding_mode == "floor":
        return floor_divide(a, b)
    if np.result_type(a, b).kind == "f":
        return np.trunc(np.true_divide(a, b))
    quotient = np.floor_divide(a, b)
    return quotient + ((np.remainder(a, b) != 0) & (quotient < 0))


def floor_divide(a: Operand, b: Operand) -> Array:
    """Rounded down; a float divided by zero is infinite."""
    if np.result_type(a, b).kind != "f":
        return np.floor_divide(a, b)
    zero = np.equal(b, 0)
    return np.where(zero, np.true_divide(a, b), np.floor_divide(a, b))


def pow_(a: Operand, b: Operand) -> Array:
    """An integer to a negative power is 0, or the sign of a one."""
    kind = np.result_type(a, b).kind
    if kind not in "iu":
        return np.power(a, b)
    base, exponent = np.asarray(a), np.asarray(b)
    unit = np.where(exponent % 2 == 0, 1, np.sign(base))
    below = np.where(np.abs(base) == 1, unit, 0)
    return np.where(exponent < 0, below, np.power(base, np.maximum(exponent, 0)))


def float_power(a: Operand, b: Operand) -> Array:
    return np.power(np.asarray(a, np.float64), np.asarray(b, np.float64))


def remainder(a: Operand, b: Operand) -> Array:
    """With the sign of the divisor."""
    return np.remainder(a, b)


def clamp(a: Array, low: Operand | None = None, high: Operand | None = None) -> Array:
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


def clamp_max(a: Array, high: Operand) -> Array:
    return np.minimum(a, high)


def clamp_min(a: Array, low: Operand) -> Array:
    return np.maximum(a, low)


def addcmul(a: Array, b: Array, c: Array, value: Number = 1) -> Array:
    return a + np.multiply(b, value) * c


def addcdiv(a: Array, b: Array, c: Array, value: Number = 1) -> Array:
    return a + np.multiply(b, value) / c


def lerp(a: Array, end: Array, weight: Operand) -> Array:
    """From whichever end is nearer."""
    near = np.abs(weight) < 0.5
    return np.where(near, a + weight * (end - a), end - (end - a) * (1 - np.asarray(weight)))


def logical_not(a: Array) -> Array:
    return np.equal(a, 0)


def bitwise_not(a: Array) -> Array:
    return np.invert(a)


def _shift(kind: Callable[..., Array]) -> ArgumentsFunction:
    def shift(a: Operand, b: Operand) -> Array:
        """By the width or more, all bits leave; a sign stays."""
        value = np.asarray(a)
        width = 8 * value.dtype.itemsize
        count = np.asarray(b)
        moved = kind(value, np.clip(count, 0, width - 1))
        out = np.where(value < 0, -1, 0) if kind is np.right_shift else 0
        return np.where((count >= 0) & (count < width), moved, out)

    return shift


def _float(function: Callable[[Array], Array]) -> ArgumentsFunction:
    """A function of floats; integers are taken as f32."""

    def on_floats(a: Array) -> Array:
        return function(a if a.dtype.kind in "fc" else a.astype(np.float32))

    return on_floats


def erf(a: Array) -> Array:
    """The error function, in f64."""
    from math import erf as exact

    return np.vectorize(exact, otypes=[np.float64])(np.asarray(a, np.float64)).reshape(a.shape)


def erfc(a: Array) -> Array:
    from math import erfc as exact

    return np.vectorize(exact, otypes=[np.float64])(np.asarray(a, np.float64)).reshape(a.shape)


def lgamma(a: Array) -> Array:
    """Infinite at 0 and at negative integers."""
    from math import lgamma as exact

    x = np.asarray(a, np.float64)
    poles = (x <= 0) & (x == np.floor(x)) | np.isinf(x)
    found = np.vectorize(exact, otypes=[np.float64])(np.where(poles, 1.0, x)).reshape(a.shape)
    return np.where(poles, np.inf, found)


def rsqrt(a: Array) -> Array:
    return 1 / np.sqrt(a)


def reciprocal(a: Array) -> Array:
    return 1 / a


def frac(a: Array) -> Array:
    return a - np.trunc(a)


def round_decimals(a: Array, decimals: int) -> Array:
    scale = 10.0 ** abs(decimals)
    return np.rint(a * scale) / scale if decimals >= 0 else np.rint(a / scale) * scale


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def log_sigmoid(a: Array) -> Array:
    return np.minimum(a, 0) - np.log1p(np.exp(-np.abs(a)))


def log_sigmoid_forward(a: Array) -> list[Array]:
    return [log_sigmoid(a), np.exp(-np.abs(a))]


def sinc(a: Array) -> Array:
    return np.sinc(a)


def logit(a: Array, eps: float | None = None) -> Array:
    x = a if eps is None else np.clip(a, eps, 1 - eps)
    return np.log(x / (1 - x))


def logaddexp2(a: Array, b: Array) -> Array:
    return np.logaddexp2(a, b)


def xlogy(a: Operand, b: Operand) -> Array:
    product = np.multiply(a, np.log(np.asarray(b, np.result_type(b, np.float32))))
    return np.where(np.isnan(b), np.nan, np.where(np.equal(a, 0), 0, product))


def xlog1py(a: Operand, b: Operand) -> Array:
    product = np.multiply(a, np.log1p(np.asarray(b, np.result_type(b, np.float32))))
    return np.where(np.isnan(b), np.nan, np.where(np.equal(a, 0), 0, product))


def nan_to_num(
    a: Array, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Array:
    return np.nan_to_num(a, nan=nan or 0.0, posinf=posinf, neginf=neginf)


def sign(a: Array) -> Array:
    """0 of what is no number."""
    if a.dtype.kind == "f":
        return np.where(np.isnan(a), 0, np.sign(a))
    return a if a.dtype == np.bool_ else np.sign(a)


def ldexp(a: Array, b: Array) -> Array:
    return a * np.power(np.float64(2), b)


def heaviside(a: Array, values: Array) -> Array:
    return np.where(a == 0, values, np.asarray(a > 0, values.dtype))


def gcd(a: Array, b: Array) -> Array:
    return np.gcd(a, b)


def isclose(
    a: Array, b: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    return np.isclose(a, b, rtol, atol, equal_nan)


def allclose(
    a: Array, b: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    return np.asarray(np.isclose(a, b, rtol, atol, equal_nan).all())


def equal(a: Array, b: Array) -> Array:
    return np.asarray(np.array_equal(a, b))


def where(condition: Array, a: Operand, b: Operand) -> Array:
    return np.where(condition, a, b)


def masked_fill(a: Array, mask: Array, value: Operand) -> Array:
    return np.where(mask, np.asarray(value, a.dtype), a)


def deg2rad(a: Array) -> Array:
    return a * (pi / 180)


def rad2deg(a: Array) -> Array:
    return a * (180 / pi)


def identity(a: Array, *_: Any) -> Array:
    return a


def isposinf(a: Array) -> Array:
    return np.isposinf(a)


def _always(value: bool) -> ArgumentsFunction:
    def constant(a: Array) -> Array:
        return np.full(a.shape, value)

    return constant


def _for_floats(function: Callable[[Array], Array], otherwise: bool) -> ArgumentsFunction:
    """A property that integers always or never have."""
    fixed = _always(otherwise)

    def found(a: Array) -> Array:
        return function(a) if a.dtype.kind == "f" else fixed(a)

    return found


_BINARY: dict[str, ArgumentsFunction] = {
    "atan2": np.arctan2,
    "arctan2": np.arctan2,
    "bitwise_and.Tensor": np.bitwise_and,
    "bitwise_and.Scalar": np.bitwise_and,
    "bitwise_and.Scalar_Tensor": np.bitwise_and,
    "bitwise_or.Tensor": np.bitwise_or,
    "bitwise_or.Scalar": np.bitwise_or,
    "bitwise_or.Scalar_Tensor": np.bitwise_or,
    "bitwise_xor.Tensor": np.bitwise_xor,
    "bitwise_xor.Scalar": np.bitwise_xor,
    "bitwise_xor.Scalar_Tensor": np.bitwise_xor,
    "copysign.Tensor": np.copysign,
    "copysign.Scalar": np.copysign,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "fmod.Tensor": np.fmod,
    "fmod.Scalar": np.fmod,
    "gcd": gcd,
    "heaviside": heaviside,
    "hypot": np.hypot,
    "lcm": np.lcm,
    "ldexp.Tensor": ldexp,
    "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "max.other": np.maximum,
    "maximum": np.maximum,
    "min.other": np.minimum,
    "minimum": np.minimum,
    "nextafter": np.nextafter,
    "special_xlog1py": xlog1py,
    "special_xlog1py.other_scalar": xlog1py,
    "special_xlog1py.self_scalar": xlog1py,
    "special_xlogy": xlogy,
    "special_xlogy.other_scalar": xlogy,
    "special_xlogy.self_scalar": xlogy,
    "xlogy.Tensor": xlogy,
    "xlogy.Scalar_Other": xlogy,
    "xlogy.Scalar_Self": xlogy,
}


def _overloads(names: tuple[str, ...], function: ArgumentsFunction) -> dict[str, ArgumentsFunction]:
    """With a tensor and with a number on the right."""
    return {f"{name}.{kind}": function for name in names for kind in ("Tensor", "Scalar")}


_COMPARISONS: dict[str, ArgumentsFunction] = {
    **_overloads(("eq",), np.equal),
    **_overloads(("ne", "not_equal"), np.not_equal),
    **_overloads(("lt", "less"), np.less),
    **_overloads(("le", "less_equal"), np.less_equal),
    **_overloads(("gt", "greater"), np.greater),
    **_overloads(("ge", "greater_equal"), np.greater_equal),
}

_UNARY: dict[str, ArgumentsFunction] = {
    "abs": np.abs,
    "absolute": np.abs,
    "acos": _float(np.arccos),
    "arccos": _float(np.arccos),
    "acosh": _float(np.arccosh),
    "arccosh": _float(np.arccosh),
    "asin": _float(np.arcsin),
    "arcsin": _float(np.arcsin),
    "asinh": _float(np.arcsinh),
    "arcsinh": _float(np.arcsinh),
    "atan": _float(np.arctan),
    "arctan": _float(np.arctan),
    "atanh": _float(np.arctanh),
    "arctanh": _float(np.arctanh),
    "bitwise_not": bitwise_not,
    "ceil": np.ceil,
    "cos": _float(np.cos),
    "cosh": _float(np.cosh),
    "deg2rad": deg2rad,
    "erf": erf,
    "special_erf": erf,
    "erfc": erfc,
    "special_erfc": erfc,
    "exp": _float(np.exp),
    "exp2": _float(np.exp2),
    "special_exp2": _float(np.exp2),
    "expm1": _float(np.expm1),
    "special_expm1": _float(np.expm1),
    "fix": np.trunc,
    "floor": np.floor,
    "frac": frac,
    "isfinite": _for_floats(np.isfinite, True),
    "isinf": _for_floats(np.isinf, False),
    "isnan": _for_floats(np.isnan, False),
    "isneginf": _for_floats(np.isneginf, False),
    "isposinf": _for_floats(np.isposinf, False),
    "lgamma": lgamma,
    "log": _float(np.log),
    "log10": _float(np.log10),
    "log1p": _float(np.log1p),
    "special_log1p": _float(np.log1p),
    "log2": _float(np.log2),
    "log_sigmoid": log_sigmoid,
    "log_sigmoid_forward": log_sigmoid_forward,
    "logical_not": logical_not,
    "logit": logit,
    "special_logit": logit,
    "nan_to_num": nan_to_num,
    "neg": np.negative,
    "negative": np.negative,
    "positive": np.positive,
    "rad2deg": rad2deg,
    "reciprocal": _float(reciprocal),
    "round": np.rint,
    "round.decimals": round_decimals,
    "rsqrt": _float(rsqrt),
    "sgn": sign,
    "sigmoid": _float(sigmoid),
    "special_expit": _float(sigmoid),
    "sign": sign,
    "signbit": np.signbit,
    "sin": _float(np.sin),
    "sinc": _float(sinc),
    "special_sinc": _float(sinc),
    "sinh": _float(np.sinh),
    "sqrt": _float(np.sqrt),
    "square": np.square,
    "tan": _float(np.tan),
    "tanh": _float(np.tanh),
    "trunc": np.trunc,
}

FUNCTIONS: dict[str, ArgumentsFunction] = {
    **_BINARY,
    **_COMPARISONS,
    **_UNARY,
    **_overloads(("add",), add),
    **_overloads(("sub", "subtract"), sub),
    **_overloads(("rsub",), rsub),
    **_overloads(("mul", "multiply"), np.multiply),
    **_overloads(("div", "divide", "true_divide"), div),
    **{f"{n}.{k}_mode": div for n in ("div", "divide") for k in ("Tensor", "Scalar")},
    **_overloads(("remainder",), remainder),
    "remainder.Scalar_Tensor": remainder,
    "floor_divide": floor_divide,
    "floor_divide.Scalar": floor_divide,
    **{f"pow.{k}": pow_ for k in ("Scalar", "Tensor_Scalar", "Tensor_Tensor")},
    **{f"float_power.{k}": float_power for k in ("Scalar", "Tensor_Scalar", "Tensor_Tensor")},
    **{f"bitwise_left_shift.{k}": _shift(np.left_shift) for k in ("Tensor", "Tensor_Scalar")},
    **{f"bitwise_right_shift.{k}": _shift(np.right_shift) for k in ("Tensor", "Tensor_Scalar")},
    "addcdiv": addcdiv,
    "addcmul": addcmul,
    "allclose": allclose,
    "clamp": clamp,
    "clamp.Tensor": clamp,
    "clip": clamp,
    "clip.Tensor": clamp,
    "clamp_max": clamp_max,
    "clamp_max.Tensor": clamp_max,
    "clamp_min": clamp_min,
    "clamp_min.Tensor": clamp_min,
    "equal": equal,
    "isclose": isclose,
    "lerp.Scalar": lerp,
    "lerp.Tensor": lerp,
    "masked_fill.Scalar": masked_fill,
    "masked_fill.Tensor": masked_fill,
    "where.self": where,
    "where.Scalar": where,
    "where.ScalarOther": where,
    "where.ScalarSelf": where,
}
"""Functions of arguments by the operator and its overload, without one for the default."""

"""Sums, products, powers, roundings, extremes and bounds of single elements."""

from __future__ import annotations

import numpy as np

from .arguments import ArgumentsFunction, Array, Number, Operand, of_tensor_and_scalar


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


def frac(a: Array) -> Array:
    return a - np.trunc(a)


def round_decimals(a: Array, decimals: int) -> Array:
    scale = 10.0 ** abs(decimals)
    return np.rint(a * scale) / scale if decimals >= 0 else np.rint(a / scale) * scale


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


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "copysign.Tensor": np.copysign,
    "copysign.Scalar": np.copysign,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "fmod.Tensor": np.fmod,
    "fmod.Scalar": np.fmod,
    "gcd": gcd,
    "heaviside": heaviside,
    "lcm": np.lcm,
    "ldexp.Tensor": ldexp,
    "max.other": np.maximum,
    "maximum": np.maximum,
    "min.other": np.minimum,
    "minimum": np.minimum,
    "nextafter": np.nextafter,
    "abs": np.abs,
    "absolute": np.abs,
    "ceil": np.ceil,
    "fix": np.trunc,
    "floor": np.floor,
    "frac": frac,
    "neg": np.negative,
    "negative": np.negative,
    "positive": np.positive,
    "round": np.rint,
    "round.decimals": round_decimals,
    "sgn": sign,
    "sign": sign,
    "square": np.square,
    "trunc": np.trunc,
    **of_tensor_and_scalar(("add",), add),
    **of_tensor_and_scalar(("sub", "subtract"), sub),
    **of_tensor_and_scalar(("rsub",), rsub),
    **of_tensor_and_scalar(("mul", "multiply"), np.multiply),
    **of_tensor_and_scalar(("div", "divide", "true_divide"), div),
    **{f"{n}.{k}_mode": div for n in ("div", "divide") for k in ("Tensor", "Scalar")},
    **of_tensor_and_scalar(("remainder",), remainder),
    "remainder.Scalar_Tensor": remainder,
    "floor_divide": floor_divide,
    "floor_divide.Scalar": floor_divide,
    **{f"pow.{k}": pow_ for k in ("Scalar", "Tensor_Scalar", "Tensor_Tensor")},
    **{f"float_power.{k}": float_power for k in ("Scalar", "Tensor_Scalar", "Tensor_Tensor")},
    "addcdiv": addcdiv,
    "addcmul": addcmul,
    "clamp": clamp,
    "clamp.Tensor": clamp,
    "clip": clamp,
    "clip.Tensor": clamp,
    "clamp_max": clamp_max,
    "clamp_max.Tensor": clamp_max,
    "clamp_min": clamp_min,
    "clamp_min.Tensor": clamp_min,
    "lerp.Scalar": lerp,
    "lerp.Tensor": lerp,
}
"""Functions of arguments by the operator and its overload, without one for the default."""

"""Exponentials, logarithms, trigonometry and their like."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np

from ..smooth_functions import erf, sigmoid, softplus
from .arguments import ArgumentsFunction, Array, Operand


def _float(function: Callable[[Array], Array]) -> ArgumentsFunction:
    """A function of floats; integers are taken as f32."""

    def on_floats(a: Array) -> Array:
        return function(a if a.dtype.kind in "fc" else a.astype(np.float32))

    return on_floats


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


def log_sigmoid(a: Array) -> Array:
    return -softplus(-a)


def log_sigmoid_forward(a: Array) -> list[Array]:
    return [log_sigmoid(a), np.exp(-np.abs(a))]


def sinc(a: Array) -> Array:
    return np.sinc(a)


def logit(a: Array, eps: float | None = None) -> Array:
    x = a if eps is None else np.clip(a, eps, 1 - eps)
    return np.log(x / (1 - x))


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


def deg2rad(a: Array) -> Array:
    return a * (pi / 180)


def rad2deg(a: Array) -> Array:
    return a * (180 / pi)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "atan2": np.arctan2,
    "arctan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2,
    "special_xlog1py": xlog1py,
    "special_xlog1py.other_scalar": xlog1py,
    "special_xlog1py.self_scalar": xlog1py,
    "special_xlogy": xlogy,
    "special_xlogy.other_scalar": xlogy,
    "special_xlogy.self_scalar": xlogy,
    "xlogy.Tensor": xlogy,
    "xlogy.Scalar_Other": xlogy,
    "xlogy.Scalar_Self": xlogy,
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
    "lgamma": lgamma,
    "log": _float(np.log),
    "log10": _float(np.log10),
    "log1p": _float(np.log1p),
    "special_log1p": _float(np.log1p),
    "log2": _float(np.log2),
    "log_sigmoid": log_sigmoid,
    "log_sigmoid_forward": log_sigmoid_forward,
    "logit": logit,
    "special_logit": logit,
    "nan_to_num": nan_to_num,
    "rad2deg": rad2deg,
    "reciprocal": _float(reciprocal),
    "rsqrt": _float(rsqrt),
    "sigmoid": _float(sigmoid),
    "special_expit": _float(sigmoid),
    "sin": _float(np.sin),
    "sinc": _float(sinc),
    "special_sinc": _float(sinc),
    "sinh": _float(np.sinh),
    "sqrt": _float(np.sqrt),
    "tan": _float(np.tan),
    "tanh": _float(np.tanh),
}
"""Functions of arguments by the operator and its overload, without one for the default."""

"""Activation functions, softmax among them."""

from __future__ import annotations

import numpy as np

from .. import smooth_functions
from ..smooth_functions import sigmoid
from .arguments import ArgumentsFunction, Array, Number


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


def hardtanh(x: Array, low: Number = -1, high: Number = 1) -> Array:
    return np.clip(x, low, high)


def leaky_relu(x: Array, slope: Number = 0.01) -> Array:
    return np.where(x > 0, x, x * slope)


def prelu(x: Array, weight: Array) -> Array:
    """A slope for all, or one for each channel."""
    if weight.ndim == 1 and weight.size > 1:
        weight = weight.reshape([-1 if a == 1 else 1 for a in range(x.ndim)])
    elif weight.ndim == 1:
        weight = weight.reshape(())
    return np.where(x > 0, x, weight * x)


def prelu_kernel(x: Array, weight: Array) -> Array:
    return np.where(x > 0, x, weight * x)


def elu(x: Array, alpha: Number = 1, scale: Number = 1, input_scale: Number = 1) -> Array:
    below = np.expm1(np.minimum(x, 0) * input_scale) * alpha
    return np.where(x > 0, x, below) * scale


def selu(x: Array) -> Array:
    return elu(x, 1.6732632423543772, 1.0507009873554805)


def celu(x: Array, alpha: Number = 1.0) -> Array:
    return np.maximum(x, 0) + np.minimum(alpha * np.expm1(np.minimum(x, 0) / alpha), 0)


def gelu(x: Array, approximate: str = "none") -> Array:
    """By the error function, or by its approximation with `tanh`."""
    return smooth_functions.gelu(x, by_tanh=approximate == "tanh")


def silu(x: Array) -> Array:
    return x * sigmoid(x)


def softplus(x: Array, beta: Number = 1, threshold: Number = 20) -> Array:
    """Beyond the threshold `x` itself."""
    z = x * beta
    found = np.log1p(np.exp(np.minimum(z, threshold))) / beta
    return np.where(z > threshold, x, found)


def mish(x: Array) -> Array:
    return x * np.tanh(np.logaddexp(x, 0))


def hardsigmoid(x: Array) -> Array:
    return np.clip(x + 3, 0, 6) / 6


def hardswish(x: Array) -> Array:
    return x * hardsigmoid(x)


def hardshrink(x: Array, lambd: Number = 0.5) -> Array:
    return np.where((x >= -lambd) & (x <= lambd), 0, x)


def softshrink(x: Array, lambd: Number = 0.5) -> Array:
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, np.where(x != x, x, 0)))


def threshold(x: Array, limit: Number, value: Number) -> Array:
    return np.where(x <= limit, value, x)


def glu(x: Array, dim: int = -1) -> Array:
    a, b = np.split(x, 2, dim)
    return a * sigmoid(b)


def softmax(x: Array, dim: int, *_: object) -> Array:
    """In f64 where integers come, as they do with a dtype."""
    return smooth_functions.softmax(x, dim)


def log_softmax(x: Array, dim: int, *_: object) -> Array:
    return smooth_functions.log_softmax(x, dim)


def safe_softmax(x: Array, dim: int, *_: object) -> Array:
    """A row of which nothing is left is zeros."""
    nothing = (x == -np.inf).all(dim, keepdims=True)
    return np.where(nothing, 0, softmax(np.where(nothing, 0, x), dim))


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_log_softmax": log_softmax,
    "_prelu_kernel": prelu_kernel,
    "_safe_softmax": safe_softmax,
    "_softmax": softmax,
    "celu": celu,
    "elu": elu,
    "gelu": gelu,
    "glu": glu,
    "hardshrink": hardshrink,
    "hardsigmoid": hardsigmoid,
    "hardswish": hardswish,
    "hardtanh": hardtanh,
    "leaky_relu": leaky_relu,
    "log_softmax.int": log_softmax,
    "mish": mish,
    "prelu": prelu,
    "relu": relu,
    "relu6": relu6,
    "selu": selu,
    "silu": silu,
    "softmax.int": softmax,
    "softplus": softplus,
    "softshrink": softshrink,
    "special_log_softmax": log_softmax,
    "special_softmax": softmax,
    "threshold": threshold,
}
"""Functions of arguments by the operator and its overload."""

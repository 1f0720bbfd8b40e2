"""Functions of each element, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np

from ...dialects.engine.weights import Array
from ..smooth_functions import erf, gelu, sigmoid, softplus
from ..table_functions import Call, Function
from .given import dtype_named, number


def _unary(function: Callable[[Array], Array]) -> Function:
    return lambda call: function(call.operand(call.op.SIGNATURE.operand_names[0]))


def _binary(function: Callable[[Array, Array], Array]) -> Function:
    return lambda call: function(call.operand("x"), call.operand("y"))


def _divide(x: Array, y: Array) -> Array:
    """Integers are divided towards zero."""
    if x.dtype.kind not in "iu":
        return x / y
    quotient = np.abs(x) // np.maximum(np.abs(y), 1)
    return np.where((x < 0) == (y < 0), quotient, -quotient)


def _gelu(call: Call) -> Array:
    return gelu(call.operand("x"), by_tanh=call.flag("approximate"))


def _by_one(name: str, function: Callable[[Array, float], Array]) -> Function:
    """`function(x, number of an attribute)`"""
    return lambda call: function(call.operand("x"), call.number(name))


def _by_two(first: str, second: str, function: Callable[[Array, float, float], Array]) -> Function:
    """`function(x, numbers of two attributes)`"""
    return lambda call: function(call.operand("x"), call.number(first), call.number(second))


def _scale(call: Call) -> Array:
    """`scale x + bias`, or `scale (x + bias)`; integers are computed as such."""
    x, factor, bias = call.operand("x"), number(call, "scale", 1), call.number("bias")
    if x.dtype.kind in "iu":
        factor, bias = int(factor), int(bias)
    if call.flag("bias_after_scale", default=True):
        return x * factor + bias
    return (x + bias) * factor


def _clip(call: Call) -> Array:
    return np.minimum(np.maximum(call.operand("x"), number(call, "min")), number(call, "max"))


def _softplus(call: Call) -> Array:
    x, beta, threshold = call.operand("x"), call.number("beta", 1), call.number("threshold", 20)
    return np.where(x * beta > threshold, x, softplus(x * beta) / beta)


def _prelu(call: Call) -> Array:
    """One slope, one for each channel, or one for each element of a row."""
    x, slope, mode = call.operand("x"), call.operand("alpha"), call.text("mode")
    if mode == "channel":
        last = call.text("data_format") == "NHWC"
        slope = slope.reshape(-1) if last else slope.reshape((-1,) + (1,) * (x.ndim - 2))
    elif mode == "element":
        slope = slope.reshape(1, *x.shape[1:])
    else:
        slope = slope.reshape(())
    return np.where(x > 0, x, x * slope)


def _dropout(call: Call) -> list[Array | None]:
    """When a model runs: as it is, or times `1 - p`."""
    x = call.operand("x")
    if not call.flag("is_test"):
        raise ValueError("drops at random, as in training")
    keep = 1 if call.text("mode") == "upscale_in_train" else 1 - number(call, "p", 0.5)
    mask = np.ones(x.shape, np.uint8) if call.wants("mask") else None
    return [x * np.asarray(keep, x.dtype), mask]


def _cast(call: Call) -> Array:
    return call.operand("x").astype(dtype_named(call))


def _logit(call: Call) -> Array:
    x, eps = call.operand("x"), call.number("eps")
    if eps:
        x = np.clip(x, eps, 1 - eps)
    return np.log(x / (1 - x))


def _lerp(call: Call) -> Array:
    x, y = call.operand("x"), call.operand("y")
    return x + call.operand("weight") * (y - x)


def _where(call: Call) -> Array:
    return np.where(call.operand("condition"), call.operand("x"), call.operand("y"))


def _masked_fill(call: Call) -> Array:
    return np.where(call.operand("mask"), call.operand("value"), call.operand("x"))


def _round(call: Call) -> Array:
    return np.round(call.operand("x"), call.integer("decimals"))


_UNARY: dict[str, Callable[[Array], Array]] = {
    **{name: getattr(np, name) for name in ("abs", "ceil", "cos", "cosh", "exp", "expm1")},
    **{name: getattr(np, name) for name in ("floor", "log", "log10", "log1p", "log2", "sign")},
    **{name: getattr(np, name) for name in ("sin", "sinh", "sqrt", "square", "tan", "tanh")},
    **{name: getattr(np, name) for name in ("isfinite", "isinf", "isnan", "trunc")},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("cos", "cosh", "sin", "sinh", "tan")},
    "atanh": np.arctanh,
    "assign": np.asarray,
    "bitwise_not": np.invert,
    "erf": erf,
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "logical_not": np.logical_not,
    "logsigmoid": lambda x: -softplus(-x),
    "mish": lambda x: x * np.tanh(softplus(x)),
    "reciprocal": lambda x: 1 / x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "share_data": np.asarray,
    "sigmoid": sigmoid,
    "silu": lambda x: x * sigmoid(x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "swish": lambda x: x * sigmoid(x),
    "tanh_shrink": lambda x: x - np.tanh(x),
}

_BINARY: dict[str, Callable[[Array, Array], Array]] = {
    **{name: getattr(np, name) for name in ("add", "subtract", "multiply", "maximum", "minimum")},
    **{name: getattr(np, name) for name in ("floor_divide", "remainder", "fmax", "fmin")},
    **{name: getattr(np, name) for name in ("equal", "not_equal", "greater_equal", "heaviside")},
    **{name: getattr(np, f"logical_{name[8:]}") for name in ("logical_and", "logical_or")},
    **{name: getattr(np, name) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")},
    "logical_xor": np.logical_xor,
    "atan2": np.arctan2,
    "divide": _divide,
    "elementwise_pow": np.power,
    "greater_than": np.greater,
    "less_equal": np.less_equal,
    "less_than": np.less,
    "trunc_divide": _divide,
}

SEMANTICS: Mapping[str, Function] = {
    **{name: _unary(function) for name, function in _UNARY.items()},
    **{name: _binary(function) for name, function in _BINARY.items()},
    "add_n": lambda call: reduce(np.add, call.group("inputs")),
    "cast": _cast,
    "celu": _by_one(
        "alpha", lambda x, a: np.maximum(x, 0) + np.minimum(a * np.expm1(np.minimum(x, 0) / a), 0)
    ),
    "clip": _clip,
    "dropout": _dropout,
    "elu": _by_one("alpha", lambda x, a: np.where(x > 0, x, a * np.expm1(np.minimum(x, 0)))),
    "gelu": _gelu,
    "hardshrink": _by_one("threshold", lambda x, t: np.where(np.abs(x) > t, x, 0)),
    "hardsigmoid": _by_two("slope", "offset", lambda x, a, b: np.clip(a * x + b, 0, 1)),
    "hardtanh": _by_two("t_min", "t_max", np.clip),
    "increment": lambda call: call.operand("x") + np.asarray(call.number("value"), call.dtype()),
    "leaky_relu": _by_one("negative_slope", lambda x, a: np.where(x > 0, x, a * x)),
    "lerp": _lerp,
    "logit": _logit,
    "masked_fill": _masked_fill,
    "pow": _by_one("y", lambda x, y: np.power(x, np.asarray(y, x.dtype))),
    "prelu": _prelu,
    "round": _round,
    "scale": _scale,
    "selu": _by_two(
        "scale", "alpha", lambda x, s, a: s * np.where(x > 0, x, a * np.expm1(np.minimum(x, 0)))
    ),
    "softplus": _softplus,
    "softshrink": _by_one(
        "threshold", lambda x, t: np.where(x > t, x - t, np.where(x < -t, x + t, 0))
    ),
    "stanh": _by_two("scale_a", "scale_b", lambda x, a, b: b * np.tanh(a * x)),
    "thresholded_relu": _by_two("threshold", "value", lambda x, t, v: np.where(x > t, x, v)),
    "where": _where,
}

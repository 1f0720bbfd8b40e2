"""Functions of each element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np

from ..sliding_windows import Array
from ..smooth_functions import sigmoid, softplus
from ..table_functions import Call, Function


def _of_x(function: Callable[[Array], Array]) -> Function:
    return lambda call: function(call.operand("x"))


def _relu(call: Call) -> Array:
    x = call.operand("x")
    return np.maximum(x, 0) + np.float32(call.number("negative_slope")) * np.minimum(x, 0)


def _elu(call: Call) -> Array:
    x = call.operand("x")
    return np.where(x > 0, x, np.float32(call.number("alpha", 1)) * np.expm1(np.minimum(x, 0)))


def _prelu(call: Call) -> Array:
    x, slope = call.operand("x"), call.operand("slope")
    shape = (-1,) + (1,) * (x.ndim - 2)
    return np.where(x > 0, x, x * (slope if slope.size == 1 else slope.reshape(shape)))


def _exp(call: Call) -> Array:
    """`base^(shift + scale x)`, where a base of -1 is e."""
    base, scale, shift = (call.number(name) for name in ("base", "scale", "shift"))
    factor = 1.0 if base == -1 else np.log(base)
    return np.exp(np.float32(factor) * (np.float32(shift) + np.float32(scale) * call.operand("x")))


def _log(call: Call) -> Array:
    """`log_base(shift + scale x)`"""
    base, scale, shift = (call.number(name) for name in ("base", "scale", "shift"))
    factor = 1.0 if base == -1 else 1 / np.log(base)
    inner = np.float32(shift) + np.float32(scale) * call.operand("x")
    return np.float32(factor) * np.log(inner)


def _power(call: Call) -> Array:
    """`(shift + scale x)^power`"""
    power, scale, shift = (np.float32(call.number(n)) for n in ("power", "scale", "shift"))
    return (shift + scale * call.operand("x")) ** power


def _threshold(call: Call) -> Array:
    return call.operand("x") > np.float32(call.number("threshold"))


def _clip(call: Call) -> Array:
    low, high = (call.scalar(name) for name in ("min", "max"))
    return np.clip(call.operand("x"), low, high)


def _swish(call: Call) -> Array:
    x = call.operand("x")
    return x * sigmoid(np.float32(call.number("beta", 1)) * x)


def _hard_sigmoid(call: Call) -> Array:
    alpha, beta = (np.float32(call.number(name)) for name in ("alpha", "beta"))
    return np.clip(alpha * call.operand("x") + beta, 0, 1)


def _eltwise(call: Call) -> Array:
    values = call.group("values")
    kind = call.text("operation")
    if kind == "PROD":
        return reduce(np.multiply, values)
    if kind == "MAX":
        return reduce(np.maximum, values)
    coefficients = call.numbers("coeff") or [1.0] * len(values)
    terms = [np.float32(c) * v for c, v in zip(coefficients, values, strict=True)]
    return reduce(np.add, terms)


def _axpy(call: Call) -> Array:
    scale, x, y = (call.operand(name) for name in ("scale", "x", "y"))
    return scale.reshape(*scale.shape[:2], 1, 1) * x + y


def _along(x: Array, value: Array, axis: int) -> Array:
    """`value` in the shape that meets `x` from `axis` on."""
    start = axis % max(x.ndim, 1) if value.ndim else 0
    return value.reshape(value.shape + (1,) * (x.ndim - start - value.ndim))


def _scale(call: Call) -> Array:
    x, bias, axis = call.operand("x"), call.optional("bias"), call.integer("axis", 1)
    result = x * _along(x, call.operand("scale"), axis)
    return result if bias is None else result + _along(x, bias, axis)


def _bias(call: Call) -> Array:
    x = call.operand("x")
    return x + _along(x, call.operand("bias"), call.integer("axis", 1))


def _split(call: Call) -> list[Array]:
    return [call.operand("x")] * len(call.op.results)


def _silence(call: Call) -> list[Array]:
    del call
    return []


SEMANTICS: Mapping[str, Function] = {
    "AbsVal": _of_x(np.abs),
    "Axpy": _axpy,
    "BNLL": _of_x(softplus),
    "Bias": _bias,
    "Clip": _clip,
    "Dropout": _of_x(lambda x: x),
    "ELU": _elu,
    "Eltwise": _eltwise,
    "Exp": _exp,
    "HardSigmoid": _hard_sigmoid,
    "Log": _log,
    "Mish": _of_x(lambda x: x * np.tanh(softplus(x))),
    "PReLU": _prelu,
    "Power": _power,
    "ReLU": _relu,
    "ReLU6": _of_x(lambda x: np.clip(x, 0, 6)),
    "Scale": _scale,
    "Sigmoid": _of_x(sigmoid),
    "Silence": _silence,
    "Split": _split,
    "Swish": _swish,
    "TanH": _of_x(np.tanh),
    "Threshold": _threshold,
}

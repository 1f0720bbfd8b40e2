"""Functions of each element of one operand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.tfl import QuantizedType
from ..smooth_functions import gelu, sigmoid
from ..table_functions import Call, Function
from .fixed_point import hard_swish, multiplied, multiplier_of
from .numbers import (
    dequantized,
    f32,
    finished,
    less_zero,
    operand_quantization,
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
}

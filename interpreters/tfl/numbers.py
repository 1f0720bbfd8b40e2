"""
Quantised operands as the numbers they stand for, and back.

The rules are those of the interpreter that users have: TensorFlow Lite with its default delegate,
XNNPACK, which works out scales in f32 and rounds ties to even.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.tfl import QuantizedType, TflOp
from ...dialects.tfl.quantized import quantized_operands, quantized_results
from ..table_functions import Call, Function

f32 = np.float32

LIMITS = {"RELU": (0.0, None), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}
"""Fused activations that are limits."""


def operand_quantization(call: Call, name: str) -> QuantizedType | None:
    """The quantisation of an operand by its name."""
    op = cast(TflOp, call.op)
    at = op.SIGNATURE.operand_names.index(name)
    found = quantized_operands(op)
    return found[at] if at < len(found) else None


def result_quantization(call: Call, at: int = 0) -> QuantizedType | None:
    """The quantisation of a result by its position."""
    found = quantized_results(cast(TflOp, call.op))
    return found[at] if at < len(found) else None


def along(parameters: Array, quantized: QuantizedType, rank: int) -> Array:
    """Scales or zero points as they meet a tensor."""
    if quantized.per_axis is None:
        return parameters.reshape(())
    return parameters.reshape([-1 if a == quantized.per_axis else 1 for a in range(rank)])


def dequantized(x: Array, quantized: QuantizedType | None) -> Array:
    """The f32 numbers of a tensor; one that is not quantised as it is."""
    if quantized is None:
        return x
    scales, zeros = quantized.scales, quantized.zeros
    offset = x.astype(np.int64) - along(zeros, quantized, x.ndim)
    return offset.astype(f32) * along(scales, quantized, x.ndim)


def less_zero(x: Array, quantized: QuantizedType | None) -> Array:
    """Integers less their zero point, as i64."""
    wide = x.astype(np.int64)
    return wide if quantized is None else wide - along(quantized.zeros, quantized, x.ndim)


def real(call: Call, name: str) -> Array:
    """An operand as numbers."""
    return dequantized(call.operand(name), operand_quantization(call, name))


def optional_real(call: Call, name: str) -> Array | None:
    """An operand that may be absent, as numbers."""
    return None if call.optional(name) is None else real(call, name)


def storage_range(quantized: QuantizedType) -> tuple[int, int]:
    """The least and the largest integer of a quantised type."""
    info = np.iinfo(_dtype(quantized))
    return int(info.min), int(info.max)


def _dtype(quantized: QuantizedType) -> np.dtype[Any]:
    width, unsigned = quantized.storage.width.data, "ui" in str(quantized.storage)
    return np.dtype(f"{'u' if unsigned else 'i'}{width // 8}")


def quantize(x: Array, quantized: QuantizedType, low: int, high: int) -> Array:
    """`clip(rint(x / scale) + zero, low, high)`, ties to even."""
    inverse = f32(1) / along(quantized.scales, quantized, x.ndim)
    zeros = along(quantized.zeros, quantized, x.ndim)
    return place(x.astype(f32) * inverse, zeros, low, high).astype(_dtype(quantized))


def place(units: Array, zero: Array | int, low: int, high: int) -> Array:
    """Rounded f32 multiples of a scale, moved by the zero point and limited, as f64 integers."""
    limited = np.clip(units, low - np.max(zero), high - np.min(zero))
    return np.clip(np.rint(limited).astype(np.float64) + zero, low, high)


def activation_range(activation: str, quantized: QuantizedType) -> tuple[int, int]:
    """The integers that a fused activation leaves."""
    low, high = storage_range(quantized)
    below, above = LIMITS.get(activation, (None, None))

    def unit(x: float) -> int:
        return int(np.rint(f32(x) / f32(quantized.scale))) + quantized.zero

    if below is not None:
        low = max(low, unit(below))
    if above is not None:
        high = min(high, unit(above))
    return low, high


def activated(x: Array, activation: str) -> Array:
    """A fused activation of floats."""
    if activation == "TANH":
        return np.tanh(x)
    if activation == "SIGN_BIT":
        return np.signbit(x).astype(x.dtype)
    low, high = LIMITS.get(activation, (None, None))
    if low is not None:
        x = np.maximum(x, x.dtype.type(low))
    return x if high is None else np.minimum(x, x.dtype.type(high))


def finished(call: Call, x: Array, at: int = 0) -> Array:
    """A result: its fused activation, and its quantisation where it has one."""
    has = "fused_activation_function" in call.op.SIGNATURE.attributes
    activation = call.text("fused_activation_function", "NONE") if has else "NONE"
    quantized = result_quantization(call, at)
    if quantized is None:
        return activated(x, activation)
    return quantize(x, quantized, *activation_range(activation, quantized))


def unary(function: Callable[[Array], Array]) -> Function:
    """A function of each number of `input`."""

    def run(call: Call) -> Array:
        return finished(call, function(real(call, "input")))

    return run


def moved(function: Callable[[Call, Array], Array]) -> Function:
    """A movement of `input`, whose numbers stay what is stored: scales are equal on both sides."""

    def run(call: Call) -> Array:
        return function(call, call.operand("input"))

    return run

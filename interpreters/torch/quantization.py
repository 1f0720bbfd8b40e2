"""Quantisation as exported programs decompose it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import ArgumentsFunction, Array


def quantize(
    x: Array, scale: Any, zero: Any, least: int, most: int, _dtype: str | None = None
) -> Array:
    """`clamp(round(x * (1 / scale)) + zero)`, halves to even."""
    factor = np.float32(1) / np.asarray(scale, np.float32)
    return np.clip(np.rint(x.astype(np.float32) * factor) + zero, least, most)


def dequantize(x: Array, scale: Any, zero: Any, *_: Any) -> Array:
    return (x.astype(np.float32) - np.asarray(zero, np.float32)) * np.asarray(scale, np.float32)


def _along(values: Array, axis: int, rank: int) -> Array:
    return values.reshape([-1 if a == axis % rank else 1 for a in range(rank)])


def quantize_per_channel(
    x: Array, scales: Array, zeros: Array, axis: int, least: int, most: int, _dtype: str
) -> Array:
    scale, zero = (_along(v, axis, x.ndim) for v in (scales, zeros))
    return quantize(x, scale, zero, least, most)


def dequantize_per_channel(
    x: Array, scales: Array, zeros: Array | None, axis: int, *_: Any
) -> Array:
    zero = 0 if zeros is None else _along(zeros, axis, x.ndim)
    return dequantize(x, _along(scales, axis, x.ndim), zero)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "dequantize_per_channel": dequantize_per_channel,
    "dequantize_per_tensor": dequantize,
    "dequantize_per_tensor.tensor": dequantize,
    "dequantize_per_token": dequantize,
    "quantize_per_channel": quantize_per_channel,
    "quantize_per_tensor": quantize,
    "quantize_per_tensor.tensor": quantize,
    "quantize_per_token": quantize,
}
"""Functions of arguments by the operator of `quantized_decomposed`."""

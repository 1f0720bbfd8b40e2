"""Normalizations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..sliding_windows import Array, cells, pool_windows
from ..smooth_functions import softmax
from ..table_functions import Call, Function


def _channels(x: Array, value: Array) -> Array:
    return value.reshape((-1,) + (1,) * (x.ndim - 2)) if x.ndim > 1 else value


def _batch_norm(call: Call) -> Array:
    """`(x - mean / f) / sqrt(variance / f + eps)`, where a factor `f` of 0 makes both 0."""
    x, factor = call.operand("x"), float(call.operand("factor").reshape(-1)[0])
    times = np.float32(0 if factor == 0 else 1 / factor)
    mean, variance = (_channels(x, call.operand(n) * times) for n in ("mean", "variance"))
    return (x - mean) / np.sqrt(variance + np.float32(call.number("eps")))


def _bn(call: Call) -> Array:
    """`scale x' + shift`, `x'` normalized where there are a mean and a variance."""
    x, mean, variance = call.operand("x"), call.optional("mean"), call.optional("variance")
    if mean is not None and variance is not None:
        deviation = np.sqrt(_channels(x, variance) + np.float32(call.number("eps")))
        x = (x - _channels(x, mean)) / deviation
    return _channels(x, call.operand("scale")) * x + _channels(x, call.operand("shift"))


def _softmax(call: Call) -> Array:
    return softmax(call.operand("x"), call.integer("axis", 1))


def _lrn(call: Call) -> Array:
    """
    `x / (k + alpha / n sum)^beta` over neighbouring channels; within a channel `k` is 1 and the
    sum over a window is divided by its cells within the padded image.
    """
    x, size = call.operand("x"), call.integer("local_size", 5)
    alpha, beta, k = (call.number(name) for name in ("alpha", "beta", "k"))
    half = (size - 1) // 2
    if call.text("norm_region") == "WITHIN_CHANNEL":
        return x * (1 + alpha * _local_mean(np.square(x), size, half)) ** np.float32(-beta)
    squares = np.pad(np.square(x), [(0, 0), (half, size - 1 - half)] + [(0, 0)] * (x.ndim - 2))
    total = sum(squares[:, i : i + x.shape[1]] for i in range(size))
    return x * (np.float32(k) + np.float32(alpha / size) * total) ** np.float32(-beta)


def _local_mean(x: Array, size: int, half: int) -> Array:
    kernel, strides, pads = [size] * 2, [1, 1], [(half, half)] * 2
    counts = x.shape[2:]
    total = pool_windows(x, kernel, strides, pads, counts, 0).sum((-1, -2))
    return total / cells(x.shape[2:], kernel, strides, pads, counts, with_padding=True)


def _mvn(call: Call) -> Array:
    """`(x - mean) / (sqrt(variance) + eps)` of each channel, or of each row."""
    x = call.operand("x")
    axes = tuple(range(1 if call.flag("across_channels") else 2, x.ndim))
    centred = x - x.mean(axes, keepdims=True)
    if not call.flag("normalize_variance", default=True):
        return centred
    deviation = np.sqrt(np.square(centred).mean(axes, keepdims=True))
    return centred / (deviation + np.float32(call.number("eps")))


def _normalize(call: Call) -> Array:
    """`scale x / sqrt(sum x^2 + eps)` over channels, or over everything."""
    x, scale = call.operand("x"), call.operand("scale")
    axes = tuple(range(1, x.ndim)) if call.flag("across_spatial", default=True) else (1,)
    norm = np.sqrt(np.square(x).sum(axes, keepdims=True) + np.float32(call.number("eps")))
    return x / norm * (scale if scale.size == 1 else _channels(x, scale))


SEMANTICS: Mapping[str, Function] = {
    "BN": _bn,
    "BatchNorm": _batch_norm,
    "LRN": _lrn,
    "MVN": _mvn,
    "Normalize": _normalize,
    "Softmax": _softmax,
}

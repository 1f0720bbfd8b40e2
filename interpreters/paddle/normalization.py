"""Normalizations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...dialects.engine.weights import Array
from ..smooth_functions import log_softmax, softmax
from ..table_functions import Call, Function


def _channel_shape(x: Array, last: bool) -> tuple[int, ...]:
    return (-1,) if last or x.ndim == 1 else (-1,) + (1,) * (x.ndim - 2)


def _last(call: Call) -> bool:
    return call.text("data_format").endswith("C") and call.text("data_format") != "NC"


def _scaled(call: Call, x: Array, shape: tuple[int, ...]) -> Array:
    scale, bias = call.optional("scale"), call.optional("bias")
    x = x if scale is None else x * scale.reshape(shape)
    return x if bias is None else x + bias.reshape(shape)


def _batch_norm(call: Call) -> list[Array | None]:
    x = call.operand("x")
    if not call.flag("is_test") and not call.flag("use_global_stats"):
        raise ValueError("takes the statistics of its operand, as in training")
    shape = _channel_shape(x, _last(call))
    mean, variance = call.operand("mean"), call.operand("variance")
    deviation = np.sqrt(variance + np.float32(call.number("epsilon")))
    found = _scaled(call, (x - mean.reshape(shape)) / deviation.reshape(shape), shape)
    return [found, mean, variance, mean, variance, np.zeros(0, np.uint8)]


def _normal(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array, Array]:
    mean = x.mean(axes, keepdims=True)
    variance = np.square(x - mean).mean(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + np.float32(epsilon)), mean, variance


def _layer_norm(call: Call) -> list[Array | None]:
    x, axis = call.operand("x"), call.integer("begin_norm_axis", 1)
    axes = tuple(range(axis, x.ndim))
    normal, mean, variance = _normal(x, axes, call.number("epsilon"))
    return [_scaled(call, normal, x.shape[axis:]), mean.reshape(-1), variance.reshape(-1)]


def _rms_norm(call: Call) -> list[Array | None]:
    x, shape = call.operand("x"), call.integers("normalized_shape") or []
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    squares = np.square(x).mean(axes, keepdims=True)
    inverse = 1 / np.sqrt(squares + np.float32(call.number("epsilon")))
    scale = call.optional("scale")
    found = x * inverse
    return [found if scale is None else found * scale.reshape(shape), inverse.reshape(-1)]


def _instance_norm(call: Call) -> list[Array | None]:
    x = call.operand("x")
    normal, mean, variance = _normal(x, tuple(range(2, x.ndim)), call.number("epsilon"))
    return [_scaled(call, normal, _channel_shape(x, False)), mean.reshape(-1), variance.reshape(-1)]


def _group_norm(call: Call) -> list[Array | None]:
    given, groups, last = call.operand("x"), call.integer("groups"), _last(call)
    x = np.moveaxis(given, -1, 1) if last else given
    cut = x.reshape(x.shape[0], groups, -1)
    normal, mean, variance = _normal(cut, (2,), call.number("epsilon"))
    found = _scaled(call, normal.reshape(x.shape), _channel_shape(x, False))
    rows = (x.shape[0], groups)
    return [
        np.moveaxis(found, 1, -1) if last else found,
        mean.reshape(rows),
        variance.reshape(rows),
    ]


def _softmax(call: Call) -> Array:
    return softmax(call.operand("x"), call.integer("axis", -1))


def _log_softmax(call: Call) -> Array:
    return log_softmax(call.operand("x"), call.integer("axis", -1))


def _lrn(call: Call) -> list[Array | None]:
    """`x / (k + alpha sum x^2)^beta` over `n` channels around."""
    x, n = call.operand("x"), call.integer("n", 5)
    half = (n - 1) // 2
    squares = np.pad(np.square(x), [(0, 0), (half, n - 1 - half), (0, 0), (0, 0)])
    total = sum(squares[:, at : at + x.shape[1]] for at in range(n))
    middle = np.float32(call.number("k")) + np.float32(call.number("alpha")) * total
    return [x / middle ** np.float32(call.number("beta")), np.asarray(middle)]


def _affine(call: Call) -> Array:
    x = call.operand("x")
    shape = _channel_shape(x, call.text("data_layout") == "NHWC")
    return x * call.operand("scale").reshape(shape) + call.operand("bias").reshape(shape)


SEMANTICS: Mapping[str, Function] = {
    "affine_channel": _affine,
    "batch_norm": _batch_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "layer_norm": _layer_norm,
    "log_softmax": _log_softmax,
    "lrn": _lrn,
    "rms_norm": _rms_norm,
    "softmax": _softmax,
}

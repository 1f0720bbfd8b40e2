"""Normalisation by the statistics of a channel, a group, a row, or of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .arguments import ArgumentsFunction, Array
from .reductions import norm


def _per_channel(values: Array | None, rank: int) -> Array | None:
    return None if values is None else values.reshape(-1, *[1] * (rank - 2))


def _affine(x: Array, weight: Array | None, bias: Array | None) -> Array:
    if weight is not None:
        x = x * weight
    return x if bias is None else x + bias


def _normalised(x: Array, axes: tuple[int, ...], eps: float) -> tuple[Array, Array, Array]:
    """(normalised, mean, 1 / deviation) over axes."""
    wide = x.astype(np.float64)
    mean = wide.mean(axes, keepdims=True)
    scale = 1 / np.sqrt(np.square(wide - mean).mean(axes, keepdims=True) + eps)
    return (wide - mean) * scale, mean, scale


def batch_norm_inference(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    mean: Array,
    variance: Array,
    _momentum: float,
    eps: float,
) -> list[Array]:
    """By running statistics; those of the batch are not there."""
    scale = _per_channel(1 / np.sqrt(variance.astype(np.float64) + eps), x.ndim)
    centre = _per_channel(mean.astype(np.float64), x.ndim)
    assert scale is not None
    assert centre is not None
    result = _affine((x - centre) * scale, _per_channel(weight, x.ndim), _per_channel(bias, x.ndim))
    return [result, np.zeros(0, x.dtype), np.zeros(0, x.dtype)]


def batch_norm_no_update(*arguments: Any) -> list[Array]:
    return [*batch_norm_inference(*arguments), np.zeros(0, np.uint8)]


def native_batch_norm(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    mean: Array | None,
    variance: Array | None,
    training: bool,
    momentum: float,
    eps: float,
    *_: Any,
) -> list[Array]:
    if not training and mean is not None and variance is not None:
        return batch_norm_inference(x, weight, bias, mean, variance, momentum, eps)
    axes = (0, *range(2, x.ndim))
    result, centre, scale = _normalised(x, axes, eps)
    found = _affine(result, _per_channel(weight, x.ndim), _per_channel(bias, x.ndim))
    return [found, centre.reshape(-1), scale.reshape(-1)]


def batch_norm(*arguments: Any) -> Array:
    return native_batch_norm(*arguments)[0]


def batch_norm_no_stats(
    x: Array, weight: Array | None, bias: Array | None, *rest: Any
) -> list[Array]:
    return native_batch_norm(x, weight, bias, None, None, *rest)


def native_layer_norm(
    x: Array, shape: Sequence[int], weight: Array | None, bias: Array | None, eps: float
) -> list[Array]:
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    result, mean, scale = _normalised(x, axes, eps)
    return [_affine(result, weight, bias), mean, scale]


def layer_norm(
    x: Array,
    shape: Sequence[int],
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-05,
    *_: Any,
) -> Array:
    return native_layer_norm(x, shape, weight, bias, eps)[0]


def rms_norm(
    x: Array, shape: Sequence[int], weight: Array | None = None, eps: float | None = None
) -> Array:
    """The smallest step of the type stands for an epsilon that is not given."""
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    least = float(np.finfo(x.dtype).eps) if eps is None else eps
    scale = 1 / np.sqrt(np.square(x.astype(np.float64)).mean(axes, keepdims=True) + least)
    return _affine(x * scale, weight, None)


def fused_rms_norm(
    x: Array, shape: Sequence[int], weight: Array | None, eps: float | None
) -> list[Array]:
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    least = float(np.finfo(x.dtype).eps) if eps is None else eps
    scale = 1 / np.sqrt(np.square(x.astype(np.float64)).mean(axes, keepdims=True) + least)
    return [rms_norm(x, shape, weight, eps), scale]


def group_norm(
    x: Array,
    groups: int,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-05,
    *_: Any,
) -> Array:
    split = x.reshape(x.shape[0], groups, -1)
    result = _normalised(split, (2,), eps)[0].reshape(x.shape)
    return _affine(result, _per_channel(weight, x.ndim), _per_channel(bias, x.ndim))


def native_group_norm(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    _n: int,
    _c: int,
    _size: int,
    groups: int,
    eps: float,
) -> list[Array]:
    _, mean, scale = _normalised(x.reshape(x.shape[0], groups, -1), (2,), eps)
    return [group_norm(x, groups, weight, bias, eps), mean[..., 0], scale[..., 0]]


def instance_norm(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    mean: Array | None,
    variance: Array | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    *_: Any,
) -> Array:
    if not use_input_stats and mean is not None and variance is not None:
        return batch_norm_inference(x, weight, bias, mean, variance, momentum, eps)[0]
    result = _normalised(x, tuple(range(2, x.ndim)), eps)[0]
    return _affine(result, _per_channel(weight, x.ndim), _per_channel(bias, x.ndim))


def weight_norm(v: Array, g: Array, dim: int = 0) -> Array:
    axes = [a for a in range(v.ndim) if a != dim % v.ndim]
    return v * (g / norm(v, 2, axes, True))


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_batch_norm_no_update": batch_norm_no_update,
    "_fused_rms_norm": fused_rms_norm,
    "_native_batch_norm_legit.no_stats": batch_norm_no_stats,
    "_native_batch_norm_legit_no_training": batch_norm_inference,
    "_weight_norm": weight_norm,
    "batch_norm": batch_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "native_batch_norm": native_batch_norm,
    "native_group_norm": native_group_norm,
    "native_layer_norm": native_layer_norm,
    "rms_norm": rms_norm,
}
"""Functions of arguments by the operator and its overload."""

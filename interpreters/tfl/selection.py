"""Gathers, scatters, choices, orders and segments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .numbers import (
    f32,
    finished,
    operand_quantization,
    real,
    result_quantization,
    storage_range,
)


def _gather(call: Call) -> Array:
    x, indices = call.operand("params"), call.operand("indices").astype(np.int64)
    axis, batch = call.integer("axis"), call.integer("batch_dims")
    axis += x.ndim * (axis < 0)
    batch += indices.ndim * (batch < 0)
    if not batch:
        return np.take(x, indices, axis)
    rows = x.reshape(-1, *x.shape[batch:])
    picks = indices.reshape(-1, *indices.shape[batch:])
    parts = [np.take(row, pick, axis - batch) for row, pick in zip(rows, picks, strict=True)]
    return np.stack(parts).reshape(*x.shape[:batch], *parts[0].shape)


def _gather_nd(call: Call) -> Array:
    x, indices = call.operand("params"), call.operand("indices").astype(np.int64)
    if indices.size and indices.min() < 0:
        raise IndexError("an index is negative")
    return x[tuple(np.moveaxis(indices, -1, 0))]


def _scatter_nd(call: Call) -> Array:
    """Updates of one place are added."""
    indices, updates = call.operand("indices").astype(np.int64), call.operand("updates")
    result = np.zeros(call.operand("shape").tolist(), updates.dtype)
    np.add.at(result, tuple(np.moveaxis(indices, -1, 0)), updates)
    return result


def _embedding_lookup(call: Call) -> Array:
    return real(call, "value")[call.operand("lookup").astype(np.int64)]


def _select(call: Call) -> Array:
    """A condition of rank 1 chooses whole rows."""
    condition, x, y = call.operand("condition"), call.operand("x"), call.operand("y")
    if condition.ndim == 1 and x.ndim > 1:
        condition = condition.reshape(-1, *[1] * (x.ndim - 1))
    return np.where(condition, x, y)


def _select_v2(call: Call) -> Array:
    return np.where(call.operand("condition"), call.operand("x"), call.operand("y"))


def _one_hot(call: Call) -> Array:
    indices, depth = call.operand("indices"), call.operand("depth").item()
    on, off = call.operand("on_value").item(), call.operand("off_value").item()
    axis = call.integer("axis")
    at = indices.ndim if axis == -1 else axis
    places: Array = np.arange(int(depth)).reshape(
        [-1 if a == at else 1 for a in range(indices.ndim + 1)]
    )
    chosen: Array = np.expand_dims(indices, at) == places
    values = np.array([off, on], call.dtype())
    return values[chosen.astype(np.int64)]


def _top_k(call: Call) -> list[Array]:
    """The largest first; of equal ones that of the lower index."""
    x, k = call.operand("input"), call.operand("k").item()
    order = np.argsort(-x.astype(np.float64), axis=-1, kind="stable")[..., :k]
    return [np.take_along_axis(x, order, -1), order.astype(np.int32)]


def _arg(function: Callable[[Array, int], Array]) -> Function:
    def run(call: Call) -> Array:
        axis = int(call.operand("axis").reshape(-1)[0])
        return function(call.operand("input"), axis).astype(call.dtype())

    return run


def _cumsum(call: Call) -> Array:
    x, axis = call.operand("input"), int(call.operand("axis").reshape(-1)[0])
    if call.flag("reverse"):
        x = np.flip(x, axis)
    total = np.cumsum(x, axis, dtype=x.dtype)
    if call.flag("exclusive"):
        total = total - x
    return np.flip(total, axis) if call.flag("reverse") else total


def _unique(call: Call) -> list[Array]:
    """In the order in which they first stand."""
    x = call.operand("input")
    _, first, inverse = np.unique(x, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return [x[np.sort(first)], rank[inverse.reshape(-1)].astype(call.dtype(1))]


def _where(call: Call) -> Array:
    return np.argwhere(call.operand("input")).astype(np.int64)


def _sparse_to_dense(call: Call) -> Array:
    indices, values = call.operand("indices"), call.operand("values")
    shape = call.operand("output_shape").tolist()
    result = np.full(shape, call.operand("default_value").item(), values.dtype)
    if indices.ndim < 2:
        indices = indices.reshape(-1, 1)
    result[tuple(np.moveaxis(indices.astype(np.int64), -1, 0))] = values
    return result


def _segment_sum(call: Call) -> Array:
    x, ids = call.operand("input"), call.operand("segment_ids").astype(np.int64)
    count = int(ids[-1]) + 1 if ids.size else 0
    result = np.zeros((count, *x.shape[1:]), x.dtype)
    np.add.at(result, ids, x)
    return result


def _unsorted(combine: np.ufunc, empty: Callable[[np.dtype[Any]], float]) -> Function:
    """Segments in any order; rows of a negative segment are dropped."""

    def run(call: Call) -> Array:
        x, ids = call.operand("input"), call.operand("segment_ids").astype(np.int64)
        count = call.operand("num_segments").item()
        rest = x.shape[ids.ndim :]
        result = np.full((count, *rest), empty(x.dtype), x.dtype)
        flat, rows = ids.reshape(-1), x.reshape(-1, *rest)
        combine.at(result, flat[flat >= 0], rows[flat >= 0])
        return result

    return run


def least_of(dtype: np.dtype[Any]) -> float:
    """The lowest number of a type."""
    return np.finfo(dtype).min if dtype.kind == "f" else np.iinfo(dtype).min


def most_of(dtype: np.dtype[Any]) -> float:
    """The largest number of a type."""
    return np.finfo(dtype).max if dtype.kind == "f" else np.iinfo(dtype).max


# Reductions.


def reduced_axes(call: Call) -> tuple[int, ...]:
    """The axes of a reduction, each once."""
    rank = call.operand("input").ndim
    axes = [int(a) % rank for a in call.operand("axes").reshape(-1)] if rank else []
    return tuple(dict.fromkeys(axes))


def _reduction(function: Callable[..., Array], of_numbers: bool) -> Function:
    """Of numbers, or of what is stored where the order of numbers is enough."""

    def run(call: Call) -> Array:
        x = real(call, "input") if of_numbers else call.operand("input")
        found = function(x, axis=reduced_axes(call), keepdims=call.flag("keep_dims"))
        return finished(call, found) if of_numbers else found

    return run


def _mean_of(call: Call) -> Array:
    """Of bytes, the mean of what is stored times the ratio of scales, halves away from zero."""
    source, result = operand_quantization(call, "input"), result_quantization(call)
    if source is None or result is None:
        return _reduction(_mean, True)(call)
    x, keep = call.operand("input").astype(np.int64), call.flag("keep_dims")
    total = x.sum(axis=reduced_axes(call), keepdims=keep)
    ratio, count = f32(source.scale) / f32(result.scale), f32(x.size // max(total.size, 1))
    found = total.astype(f32) / count * ratio + f32(-source.zero) * ratio
    whole = np.copysign(np.floor(np.abs(found) + f32(0.5)), found)
    return np.clip(whole + result.zero, *storage_range(result))


def _mean(x: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    if x.dtype.kind == "f":
        return x.mean(axis=axis, keepdims=keepdims, dtype=np.float64).astype(x.dtype)
    total = x.sum(axis=axis, keepdims=keepdims, dtype=np.int64)
    count = x.size // max(total.size, 1)
    return (np.abs(total) // count * np.sign(total)).astype(x.dtype)


def _sum(x: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    wide = np.float64 if x.dtype.kind == "f" else None
    return x.sum(axis=axis, keepdims=keepdims, dtype=wide).astype(x.dtype)


def _product(x: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    return x.prod(axis=axis, keepdims=keepdims, dtype=x.dtype)


OPERATORS: dict[str, Function] = {
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "SCATTER_ND": _scatter_nd,
    "EMBEDDING_LOOKUP": _embedding_lookup,
    "SELECT": _select,
    "SELECT_V2": _select_v2,
    "ONE_HOT": _one_hot,
    "TOPK_V2": _top_k,
    "ARG_MAX": _arg(np.argmax),
    "ARG_MIN": _arg(np.argmin),
    "CUMSUM": _cumsum,
    "UNIQUE": _unique,
    "WHERE": _where,
    "SPARSE_TO_DENSE": _sparse_to_dense,
    "SEGMENT_SUM": _segment_sum,
    "UNSORTED_SEGMENT_SUM": _unsorted(np.add, lambda dtype: 0),
    "UNSORTED_SEGMENT_PROD": _unsorted(np.multiply, lambda dtype: 1),
    "UNSORTED_SEGMENT_MAX": _unsorted(np.maximum, least_of),
    "UNSORTED_SEGMENT_MIN": _unsorted(np.minimum, most_of),
    "MEAN": _mean_of,
    "SUM": _reduction(_sum, True),
    "REDUCE_PROD": _reduction(_product, True),
    "REDUCE_MAX": _reduction(np.max, False),
    "REDUCE_MIN": _reduction(np.min, False),
    "REDUCE_ANY": _reduction(np.any, False),
    "REDUCE_ALL": _reduction(np.all, False),
}

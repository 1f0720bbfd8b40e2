"""What `engine.reduce`, `engine.softmax`, `engine.norm` and `engine.pool` compute."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from ...dialects.engine.contraction import window_extent
from ...dialects.engine.reduction import NormOp, PoolOp, ReduceOp, SoftmaxOp
from ...dialects.engine.weights import Array, dtype_of
from .contraction import accumulator_dtype
from .scalar import run_scalar_region


def lowest(dtype: np.dtype[Any]) -> Any:
    """The neutral element of a maximum."""
    if dtype.kind == "b":
        return False
    return np.iinfo(dtype).min if dtype.kind in "iu" else dtype.type(-np.inf)


def highest(dtype: np.dtype[Any]) -> Any:
    """The neutral element of a minimum."""
    if dtype.kind == "b":
        return True
    return np.iinfo(dtype).max if dtype.kind in "iu" else dtype.type(np.inf)


def _in_order(
    fold: np.ufunc, x: Array, axes: tuple[int, ...], keepdims: bool, dtype: np.dtype[Any]
) -> Array:
    """
    `fold` over the axes, always in one order.

    numpy takes the order of a sum from strides and from where the axes stand; what a value is must
    not depend on how its operand came about.
    """
    axes = tuple(sorted(axes))
    kept = [a for a in range(x.ndim) if a not in axes]
    count = math.prod(x.shape[a] for a in axes)
    rows = np.ascontiguousarray(x.transpose(*kept, *axes), dtype)
    rows = rows.reshape(*(x.shape[a] for a in kept), count)
    result = np.asarray(fold.reduce(rows, axis=-1, dtype=dtype))
    return np.expand_dims(result, axes) if keepdims else result


def _sum(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return _in_order(np.add, x, axes, keepdims, accumulator_dtype(x.dtype))


def _product(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return _in_order(np.multiply, x, axes, keepdims, accumulator_dtype(x.dtype))


def _mean(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    count = int(np.prod([x.shape[a] for a in axes], dtype=np.int64))
    total = _sum(x, axes, keepdims)
    if x.dtype.kind in "iu":
        # Integer means truncate towards zero.
        return np.trunc(total / count).astype(x.dtype) if count else total
    return total / total.dtype.type(count)


def _maximum(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return x.max(axis=axes, keepdims=keepdims, initial=lowest(x.dtype))


def _minimum(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return x.min(axis=axes, keepdims=keepdims, initial=highest(x.dtype))


_REDUCTIONS = {
    "sum": _sum,
    "mean": _mean,
    "prod": _product,
    "max": _maximum,
    "min": _minimum,
}


def reduce(op: ReduceOp, *inputs: Array) -> tuple[Array, ...]:
    """The region on the broadcast inputs, then the reduction over the axes."""
    [element] = op.inferred_elements()
    dtype = dtype_of(element)
    if op.body is None:
        values = inputs[0]
    else:
        [values] = run_scalar_region(op.body, inputs, [element])
    values = np.broadcast_to(values, np.broadcast_shapes(*(x.shape for x in inputs)))
    with np.errstate(all="ignore"):
        result = _REDUCTIONS[op.kind.data](values, op.axis_list, op.keepdims is not None)
    return (np.asarray(result).astype(dtype, copy=False),)


def softmax_along(x: Array, axis: int, log: bool = False) -> Array:
    """`exp(x - max) / sum(exp(x - max))`, or its logarithm, in the accumulator's dtype."""
    wide = np.asarray(x, accumulator_dtype(x.dtype), order="C")
    if wide.size == 0:
        return wide
    shifted = wide - wide.max(axis=axis, keepdims=True)
    exponential = np.exp(shifted)
    total = _in_order(np.add, exponential, (axis % x.ndim,), True, wide.dtype)
    return shifted - np.log(total) if log else exponential / total


def softmax(op: SoftmaxOp, x: Array) -> tuple[Array, ...]:
    """Softmax along one axis, shifted by the maximum."""
    with np.errstate(all="ignore"):
        result = softmax_along(x, op.axis.value.data, op.log is not None)
    return (result.astype(x.dtype, copy=False),)


def norm(op: NormOp, x: Array, *affine: Array) -> tuple[Array, ...]:
    """`(x - mean) / sqrt(variance + epsilon) * scale + bias` over the axes, by group if grouped."""
    wide = x.astype(accumulator_dtype(x.dtype), copy=False)
    axes = op.axis_list
    if op.groups is not None:
        groups = op.groups.value.data
        wide = wide.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
        # Dimension 1 is now the groups; what lay behind it has moved on by one.
        axes = tuple(a if a == 0 else a + 1 for a in axes)
    epsilon = wide.dtype.type(op.epsilon.value.data)
    with np.errstate(all="ignore"):
        if op.kind.data == "layer":
            wide = wide - _mean(wide, axes, True)
        square = _mean(np.square(wide), axes, True)
        result = (wide / np.sqrt(square + epsilon)).reshape(x.shape)
        parts = list(affine)
        if op.scale is not None:
            result = result * parts.pop(0)
        if op.bias is not None:
            result = result + parts.pop(0)
    return (result.astype(x.dtype, copy=False),)


def pool(op: PoolOp, x: Array) -> tuple[Array, ...]:
    """One step per kernel tap over all output positions at once."""
    rank = x.ndim - 2
    kernel, strides = op.window("kernel"), op.window("strides")
    pads, dilations = op.window("pads"), op.window("dilations")
    ceil = op.ceil_mode is not None
    extents = [
        window_extent(
            x.shape[2 + i], kernel[i], strides[i], dilations[i], pads[i], pads[rank + i], ceil
        )
        for i in range(rank)
    ]
    # ceil_mode may start a window that ends behind the padding.
    reach = [
        max((extents[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1, 0)
        for i in range(rank)
    ]
    amounts = [(pads[i], max(reach[i] - x.shape[2 + i] - pads[i], 0)) for i in range(rank)]
    positions = [
        tuple(
            # No window: a stop before the first element would count from the end.
            slice(t * d, t * d + max((n - 1) * s + 1, 0), s)
            for t, s, d, n in zip(tap, strides, dilations, extents, strict=True)
        )
        for tap in product(*(range(k) for k in kernel))
    ]
    with np.errstate(all="ignore"):
        if op.kind.data == "max":
            return (_max_pool(x, amounts, positions),)
        included = [
            (min(a, pads[i]), min(b, pads[rank + i]))
            if op.count_include_pad is not None
            else (0, 0)
            for i, (a, b) in enumerate(amounts)
        ]
        return (_average_pool(x, amounts, included, positions),)


Amounts = list[tuple[int, int]]
Positions = list[tuple[slice, ...]]


def _max_pool(x: Array, amounts: Amounts, positions: Positions) -> Array:
    padded = np.pad(x, [(0, 0), (0, 0), *amounts], constant_values=lowest(x.dtype))
    result = padded[(slice(None), slice(None), *positions[0])].copy()
    for window in positions[1:]:
        np.maximum(result, padded[(slice(None), slice(None), *window)], out=result)
    return result


def _average_pool(x: Array, amounts: Amounts, included: Amounts, positions: Positions) -> Array:
    wide = x.astype(accumulator_dtype(x.dtype), copy=False)
    padded = np.pad(wide, [(0, 0), (0, 0), *amounts])
    counted = np.zeros(padded.shape[2:], wide.dtype)
    counted[
        tuple(
            slice(a - low, counted.shape[i] - (b - high))
            for i, ((a, b), (low, high)) in enumerate(zip(amounts, included, strict=True))
        )
    ] = 1
    total = sum(padded[(slice(None), slice(None), *window)] for window in positions)
    count = sum(counted[window] for window in positions)
    return np.asarray(total / count).astype(x.dtype)

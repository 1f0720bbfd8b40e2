"""
What `engine.resize` computes: ONNX Resize as one interpolation matrix per resampled dimension.

The coordinates and weights follow <https://onnx.ai/onnx/operators/onnx__Resize.html>; the
interpolation of n dimensions is the product of those along each.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...dialects.engine.base import shape_of
from ...dialects.engine.resize import ResizeOp
from ...dialects.engine.weights import Array
from ...errors import StepwellError
from .contraction import accumulator_dtype

_ROUNDING: dict[str, Callable[[Array], Array]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
}


def source_coordinates(op: ResizeOp, size: int, resized: int, scale: float) -> Array:
    """Where each of the `resized` output positions lies in an input of `size`, in f64."""
    x = np.arange(resized, dtype=np.float64)
    match op.coordinates.data:
        case "half_pixel":
            return (x + 0.5) / scale - 0.5
        case "half_pixel_symmetric":
            adjustment = resized / (scale * size)
            offset = size / 2 * (1 - adjustment)
            return offset + (x + 0.5) / scale - 0.5
        case "pytorch_half_pixel":
            return (x + 0.5) / scale - 0.5 if resized > 1 else np.zeros_like(x)
        case "align_corners":
            return x * (size - 1) / (resized - 1) if resized > 1 else np.zeros_like(x)
        case "asymmetric":
            return x / scale
        case other:
            raise StepwellError(f"'{op.name}': unknown coordinates '{other}'")


def interpolation_matrix(op: ResizeOp, size: int, resized: int, scale: float) -> Array:
    """`[resized, size]` weights of the input elements in each output element, in f64."""
    x = source_coordinates(op, size, resized, scale)
    matrix = np.zeros((resized, size))
    rows = np.arange(resized)
    if op.mode.data == "nearest":
        nearest = _ROUNDING[op.rounding.data](x)
        matrix[rows, np.clip(nearest, 0, size - 1).astype(np.int64)] = 1
        return matrix
    base = np.floor(x)
    t = x - base
    if op.mode.data == "linear":
        taps = [(0, 1 - t), (1, t)]
    else:
        a = op.cubic_coefficient.value.data
        taps = [
            (-1, ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a),
            (0, ((a + 2) * t - (a + 3)) * t * t + 1),
            (1, ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1),
            (2, ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a),
        ]
    for offset, weight in taps:
        at = np.clip(base + offset, 0, size - 1).astype(np.int64)
        np.add.at(matrix, (rows, at), weight)
    return matrix


def resize(op: ResizeOp, x: Array) -> tuple[Array, ...]:
    """Resample one dimension after the other."""
    [target] = op.target_types()
    if 0 in shape_of(target):
        return (np.zeros(shape_of(target), x.dtype),)
    scales = op.factors
    dtype = accumulator_dtype(x.dtype) if x.dtype.kind not in "iub" else np.dtype(np.float64)
    result = x if op.mode.data == "nearest" else x.astype(dtype, copy=False)
    for axis, resized in enumerate(shape_of(target)):
        size, scale = x.shape[axis], scales[axis]
        if resized == size and scale == 1.0:
            continue
        matrix = interpolation_matrix(op, size, resized, scale)
        if op.mode.data == "nearest":
            result = np.take(result, matrix.argmax(axis=1), axis=axis)
        else:
            product = np.tensordot(matrix.astype(dtype), result, axes=(1, axis))
            result = np.moveaxis(product, 0, axis)
    return (result.astype(x.dtype),)

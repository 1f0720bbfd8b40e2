"""Images of another size."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .numbers import f32, finished, operand_quantization, real, result_quantization


def _scale(before: int, after: int, *, align_corners: bool) -> np.float32:
    """The distance of two source points, in f32."""
    if align_corners and after > 1:
        return f32(before - 1) / f32(after - 1)
    return f32(before) / f32(after)


WEIGHT_BITS = 11
"""Bits behind the point of the weights of bytes."""


class Blend(NamedTuple):
    """The two source points of each point of an axis, and the weight of the second."""

    low: Array
    high: Array
    part: Array


def blend_of(before: int, after: int, *, align_corners: bool, half_pixel_centers: bool) -> Blend:
    """Where each point of an axis comes from."""
    scale = _scale(before, after, align_corners=align_corners)
    at = np.arange(after, dtype=f32)
    where = (at + f32(0.5)) * scale - f32(0.5) if half_pixel_centers else at * scale
    inside = np.maximum(where, f32(0))
    low = np.minimum(np.floor(inside).astype(np.int64), before - 1)
    high = np.minimum(low + 1, before - 1)
    return Blend(low, high, (inside - low).astype(f32))


def _blends(call: Call, x: Array) -> list[Blend]:
    """Where the rows and the columns of a result come from."""
    return [
        blend_of(
            before,
            after,
            align_corners=call.flag("align_corners"),
            half_pixel_centers=call.flag("half_pixel_centers"),
        )
        for before, after in zip(x.shape[1:3], call.operand("size").tolist(), strict=True)
    ]


def _bilinear_bytes(call: Call) -> Array:
    """Of bytes: weights of 11 bits along each axis, rounded once, halves up."""
    x = call.operand("input").astype(np.int64)
    rows, columns = _blends(call, x)
    unit = 1 << WEIGHT_BITS
    down, right = (np.rint(b.part * f32(unit)).astype(np.int64) for b in (rows, columns))
    top, bottom = x[:, rows.low], x[:, rows.high]

    def blended(row: Array) -> Array:
        left = row[:, :, columns.low]
        return left * unit + (row[:, :, columns.high] - left) * right[:, None]

    above, below = blended(top), blended(bottom)
    found: Array = above * unit + (below - above) * down[:, None, None]
    return (found + (1 << (2 * WEIGHT_BITS - 1))) >> (2 * WEIGHT_BITS)


def _bilinear(call: Call) -> Array:
    quantized = operand_quantization(call, "input")
    if quantized is not None and quantized == result_quantization(call):
        return _bilinear_bytes(call)
    x = real(call, "input")
    for axis, (low, high, part) in enumerate(_blends(call, x), 1):
        weight = part.reshape([-1 if a == axis else 1 for a in range(4)])
        x = np.take(x, low, axis) * (f32(1) - weight) + np.take(x, high, axis) * weight
    return finished(call, x.astype(f32))


def _nearest(call: Call) -> Array:
    x = call.operand("input")
    for axis, size in zip((1, 2), call.operand("size").tolist(), strict=True):
        before = x.shape[axis]
        offset = f32(0.5) if call.flag("half_pixel_centers") else f32(0)
        where = (np.arange(size, dtype=f32) + offset) * _scale(
            before, size, align_corners=call.flag("align_corners")
        )
        if call.flag("align_corners"):
            where = np.floor(where + f32(0.5))
        at = np.clip(np.floor(where).astype(np.int64), 0, before - 1)
        x = np.take(x, at, axis)
    return x


OPERATORS: dict[str, Function] = {
    "RESIZE_BILINEAR": _bilinear,
    "RESIZE_NEAREST_NEIGHBOR": _nearest,
}

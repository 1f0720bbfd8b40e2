"""Images of another size."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .numbers import f32, finished, real


def _scale(call: Call, before: int, after: int) -> np.float32:
    """The distance of two source points, in f32."""
    if call.flag("align_corners") and after > 1:
        return f32(before - 1) / f32(after - 1)
    return f32(before) / f32(after)


def _bilinear(call: Call) -> Array:
    x = real(call, "input")
    for axis, size in zip((1, 2), call.operand("size").tolist(), strict=True):
        before = x.shape[axis]
        at = np.arange(size, dtype=f32)
        scale = _scale(call, before, size)
        where = (
            (at + f32(0.5)) * scale - f32(0.5) if call.flag("half_pixel_centers") else at * scale
        )
        low = np.clip(np.floor(where), 0, before - 1).astype(np.int64)
        high = np.minimum(np.floor(where).astype(np.int64) + 1, before - 1).clip(0)
        shape = [-1 if a == axis else 1 for a in range(4)]
        part = (where - low).astype(f32).reshape(shape)
        x = np.take(x, low, axis) * (f32(1) - part) + np.take(x, high, axis) * part
    return finished(call, x.astype(f32))


def _nearest(call: Call) -> Array:
    x = call.operand("input")
    for axis, size in zip((1, 2), call.operand("size").tolist(), strict=True):
        before = x.shape[axis]
        offset = f32(0.5) if call.flag("half_pixel_centers") else f32(0)
        where = (np.arange(size, dtype=f32) + offset) * _scale(call, before, size)
        if call.flag("align_corners"):
            where = np.floor(where + f32(0.5))
        at = np.clip(np.floor(where).astype(np.int64), 0, before - 1)
        x = np.take(x, at, axis)
    return x


OPERATORS: dict[str, Function] = {
    "RESIZE_BILINEAR": _bilinear,
    "RESIZE_NEAREST_NEIGHBOR": _nearest,
}

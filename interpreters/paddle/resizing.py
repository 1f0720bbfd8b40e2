"""Images of other sizes, and images at given points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function


def target_of(call: Call, extents: Sequence[int]) -> tuple[list[int], list[float]]:
    """The sizes of the result, and the factors that were given, 0 where none was."""
    rank = len(extents)
    factors = [0.0] * rank
    sizes = [call.integer(name, -1) for name in ("out_d", "out_h", "out_w")][3 - rank :]
    several = call.group("size_tensor")
    if several:
        return [int(np.asarray(n).reshape(-1)[0]) for n in several], factors
    tensor = call.optional("scale_tensor")
    given = call.numbers("scale") if tensor is None else tensor.reshape(-1).tolist()
    if given and all(factor > 0 for factor in given):
        factors = list(given) * rank if len(given) == 1 else list(given)
        sizes = [int(n * f) for n, f in zip(extents, factors, strict=True)]
    exact = call.optional("out_size")
    return ([int(n) for n in exact] if exact is not None else sizes), factors


def places(call: Call, size: int, count: int, factor: float, nearest: bool) -> Array:
    """Where in `size` elements each of `count` results lies."""
    align, at = call.flag("align_corners"), np.arange(count, dtype=np.float32)
    step = 0.0
    if count > 1:
        ratio = 1 / factor if factor > 0 else size / count
        step = (size - 1) / (count - 1) if align else ratio
    if nearest:
        return np.floor(at * np.float32(step) + (0.5 if align else 0))
    cubic = call.op.name == "paddle.bicubic_interp"
    if not align and (cubic or call.integer("align_mode") == 0):
        return np.float32(step) * (at + 0.5) - 0.5
    return np.float32(step) * at


Along = Callable[[Array, int, Array], Array]


def _nearest(x: Array, axis: int, at: Array) -> Array:
    return x.take(np.clip(at, 0, x.shape[axis] - 1).astype(np.int64), axis)


def _linear(x: Array, axis: int, at: Array) -> Array:
    at = np.maximum(at, 0)
    low = np.minimum(at.astype(np.int64), x.shape[axis] - 1)
    high = np.minimum(low + 1, x.shape[axis] - 1)
    part = _column(at - low, axis, x)
    return x.take(low, axis) * (1 - part) + x.take(high, axis) * part


def _column(values: Array, axis: int, x: Array) -> Array:
    shape = [1] * x.ndim
    shape[axis] = len(values)
    return values.reshape(shape).astype(x.dtype)


def _cubic(x: Array, axis: int, at: Array) -> Array:
    """Four neighbours by a cubic of -0.75, cut at the borders."""
    base, a = np.floor(at), -0.75
    t = at - base

    def near(d: Array) -> Array:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Array) -> Array:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    weights = (far(t + 1), near(t), near(1 - t), far(2 - t))
    result = np.zeros(1, x.dtype)
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        index = np.clip(base + offset, 0, x.shape[axis] - 1).astype(np.int64)
        result = result + x.take(index, axis) * _column(weight, axis, x)
    return result


def _resize(along: Along) -> Function:
    def compute(call: Call) -> Array:
        x = call.operand("x")
        last = call.text("data_format").endswith("C")
        x = np.moveaxis(x, -1, 1) if last else x
        sizes, factors = target_of(call, x.shape[2:])
        for axis, (count, factor) in enumerate(zip(sizes, factors, strict=True), 2):
            at = places(call, x.shape[axis], count, factor, along is _nearest)
            x = along(x, axis, at)
        return np.moveaxis(x, 1, -1) if last else x

    return compute


def _grid_sample(call: Call) -> Array:
    """Images at points from -1 to 1, the borders of the outer pixels or their centres."""
    x, grid = call.operand("x"), call.operand("grid")
    n, _, height, width = x.shape
    align = call.flag("align_corners", default=True)
    mode, border = call.text("mode"), call.text("padding_mode")
    at = [_unnormalized(grid[..., i], size, align) for i, size in enumerate((width, height))]
    if border != "zeros":
        sizes = (width, height)
        at = [_within(p, size, border, align) for p, size in zip(at, sizes, strict=True)]
    rows = np.arange(n, dtype=np.int64).reshape(n, 1, 1)

    def pick(px: Array, py: Array) -> Array:
        inside = (px >= 0) & (px < width) & (py >= 0) & (py < height)
        cx, cy = (np.clip(p, 0, s - 1).astype(np.int64) for p, s in ((px, width), (py, height)))
        return np.where(inside[..., None], x[rows, :, cy, cx], 0)

    if mode == "nearest":
        return np.moveaxis(pick(np.rint(at[0]), np.rint(at[1])), -1, 1)
    low = [np.floor(p) for p in at]
    tx, ty = at[0] - low[0], at[1] - low[1]
    total = np.zeros(1, x.dtype)
    for dy, wy in ((0, 1 - ty), (1, ty)):
        for dx, wx in ((0, 1 - tx), (1, tx)):
            total = total + pick(low[0] + dx, low[1] + dy) * (wx * wy)[..., None]
    return np.moveaxis(total, -1, 1)


def _unnormalized(p: Array, size: int, align: bool) -> Array:
    return (p + 1) / 2 * (size - 1) if align else ((p + 1) * size - 1) / 2


def _within(p: Array, size: int, border: str, align: bool) -> Array:
    if border == "border":
        return np.clip(p, 0, size - 1)
    low, span = (0.0, size - 1) if align else (-0.5, size)
    turned = np.abs(p - low) % (2 * span) if span else np.zeros_like(p)
    return np.clip(np.where(turned > span, 2 * span - turned, turned) + low, 0, size - 1)


SEMANTICS: Mapping[str, Function] = {
    "bicubic_interp": _resize(_cubic),
    "bilinear_interp": _resize(_linear),
    "grid_sample": _grid_sample,
    "linear_interp": _resize(_linear),
    "nearest_interp": _resize(_nearest),
}

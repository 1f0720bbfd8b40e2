"""Images of other sizes, and images at given points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...dialects.engine.weights import Array
from ..image_samples import affine_grid, cubic, grid_sampled
from ..table_functions import Call, Function
from .given import integers


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
    base = np.floor(at)
    result = np.zeros(1, x.dtype)
    for offset in (-1, 0, 1, 2):
        weight = cubic(at - (base + offset))
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


def _affine_grid(call: Call) -> Array:
    theta, sizes = call.operand("input"), integers(call, "output_shape")
    corners = call.flag("align_corners", default=True)
    return affine_grid(theta, sizes[2:], corners=corners).astype(theta.dtype)


def _grid_sample(call: Call) -> Array:
    """Images at points from -1 to 1, the borders of the outer pixels or their centres."""
    return grid_sampled(
        call.operand("x"),
        call.operand("grid"),
        mode=_MODES[call.text("mode")],
        outside=call.text("padding_mode"),
        corners=call.flag("align_corners", default=True),
    )


_MODES = {"bilinear": "linear", "nearest": "nearest"}

SEMANTICS: Mapping[str, Function] = {
    "bicubic_interp": _resize(_cubic),
    "bilinear_interp": _resize(_linear),
    "affine_grid": _affine_grid,
    "grid_sample": _grid_sample,
    "linear_interp": _resize(_linear),
    "nearest_interp": _resize(_nearest),
}

"""
Pools. Those of bytes give bytes: the largest, or the integer mean with halves away from zero.

Operators: AVERAGE_POOL_2D, L2_POOL_2D, MAX_POOL_2D.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import f32, i32
from xdsl.ir import SSAValue

from ...dialects.engine import ConvOp
from ...dialects.engine.base import element_of, extents_of, shape_of
from ...dialects.engine.weights import Array
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.scalars import Numbers, cast_scalar, fold_left, select, sqrt
from ..to_engine.vocabulary.pooling import pooling
from ..to_engine.vocabulary.windows import Window
from .images import channels_first, channels_last, window_of
from .quantization import limited, result_quantization


def _window(lo: Lowering, x: SSAValue) -> Window:
    kernel = lo.integer("filter_height"), lo.integer("filter_width")
    return window_of(lo, extents_of(x)[2:], kernel, dilated=False)


def _max_pool(lo: Lowering) -> SSAValue:
    x = channels_first(lo, lo.operand("input"))
    found = pooling(lo, "max", x, _window(lo, x))
    return channels_last(lo, limited(lo, found))


def _average_pool(lo: Lowering) -> SSAValue:
    x = channels_first(lo, lo.operand("input"))
    window = _window(lo, x)
    found = (
        pooling(lo, "average", x, window)
        if result_quantization(lo) is None
        else _integer_means(lo, x, window)
    )
    return channels_last(lo, limited(lo, found))


def _integer_means(lo: Lowering, x: SSAValue, window: Window) -> SSAValue:
    """Sums of bytes by a convolution of ones, divided by the cells that are inside."""
    element, n = element_of(x), Numbers(i32)
    wide = lo.map([x], lambda a: cast_scalar(a, element, i32), i32)
    batch, channels, *spatial = shape_of(x)
    rows = lo.reshape(wide, (batch * channels, 1, *spatial))
    ones = lo.constant(np.ones((1, 1, *window.kernel), np.int32), "ones")
    sums = lo.emit(
        ConvOp(rows, ones, strides=window.strides, pads=window.fixed_pads,
               dilations=window.dilations, groups=1)
    )  # fmt: skip
    total = lo.reshape(sums, (batch, channels, *shape_of(sums)[2:]))
    cells = [lo.constant(c, "cells") for c in _cells(lo, spatial, window)]

    def build(a: SSAValue, *counts: SSAValue) -> SSAValue:
        count = fold_left(n.mul, counts)
        half = n.div(count, n.number(2))
        away = select(n.compare("gt", a, n.number(0)), half, n.neg(half))
        return cast_scalar(n.div(n.add(a, away), count), i32, element)

    return lo.map([total, *cells], build, element)


def _cells(lo: Lowering, spatial: list[int], window: Window) -> list[Array]:
    """How many cells of each window are inside, along each dimension, `[.., out, ..]` as i32."""
    rank = len(window.kernel)
    found: list[Array] = []
    for axis, (n, k, s) in enumerate(zip(spatial, window.kernel, window.strides, strict=True)):
        before, behind = window.fixed_pads[axis], window.fixed_pads[axis + rank]
        count = (n + before + behind - k) // s + 1
        lo.require_room(count)
        first = np.arange(count) * s - before
        inside = np.minimum(first + k, n) - np.maximum(first, 0)
        shape = [-1 if a == axis else 1 for a in range(rank)]
        found.append(inside.astype(np.int32).reshape(shape))
    return found


def _l2_pool(lo: Lowering) -> SSAValue:
    x = channels_first(lo, lo.operand("input"))
    n = Numbers(f32)
    mean = pooling(lo, "average", lo.map([x], lambda a: n.mul(a, a)), _window(lo, x))
    return channels_last(lo, limited(lo, lo.map([mean], sqrt)))


OPERATORS: dict[str, Conversion] = {
    "AVERAGE_POOL_2D": _average_pool,
    "L2_POOL_2D": _l2_pool,
    "MAX_POOL_2D": _max_pool,
}

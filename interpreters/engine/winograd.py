"""What `engine.winograd` computes, tile by tile, with the transforms it is named after."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.engine.winograd import (
    FILTER,
    POINTS,
    TILE,
    WinogradOp,
    input_transform,
    output_transform,
)
from .contraction import accumulator_dtype, finish


def winograd(
    op: WinogradOp, x: Array, w: Array, filters: Array, *epilogue_operands: Array
) -> tuple[Array, ...]:
    """
    `y = A^T ((B^T x B) . u) A` for tiles of 4x4 results, the last ones cut off.

    Tiles that are not finite throughout are sums of products.
    """
    with np.errstate(all="ignore"):
        return finish(op, np.ascontiguousarray(_sums(x, w, filters)), epilogue_operands)


def _sums(x: Array, w: Array, filters: Array) -> Array:
    dtype = accumulator_dtype(x.dtype)
    n, channels, height, width = x.shape
    rows, columns = height - 2, width - 2
    if not rows or not columns:
        return np.zeros((n, w.shape[1], rows, columns), dtype)
    down, across = -(-rows // TILE), -(-columns // TILE)
    padded = np.zeros((n, channels, down * TILE + 2, across * TILE + 2), dtype)
    padded[:, :, :height, :width] = x
    windows = np.lib.stride_tricks.sliding_window_view(padded, (POINTS, POINTS), axis=(2, 3))
    tiles = windows[:, :, ::TILE, ::TILE]
    before, after = input_transform().astype(dtype), output_transform().astype(dtype)
    v = np.einsum("ax,nctsxy,by->abncts", before, tiles, before, optimize=True)
    u = w.astype(dtype).reshape(POINTS, POINTS, *w.shape[1:])
    m = np.einsum("aboc,abncts->abnots", u, v, optimize=True)
    y: Array = np.einsum("xa,abnots,yb->notxsy", after, m, after, optimize=True)
    finite = np.isfinite(y).all(axis=(3, 5), keepdims=True)
    if not finite.all():
        pixels = np.lib.stride_tricks.sliding_window_view(padded, (FILTER, FILTER), axis=(2, 3))
        direct = np.einsum("nchwxy,ocxy->nohw", pixels, filters.astype(dtype), optimize=True)
        y = np.where(finite, y, direct.reshape(y.shape))
    return y.reshape(n, w.shape[1], down * TILE, across * TILE)[:, :, :rows, :columns]

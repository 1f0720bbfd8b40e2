"""Convolutions and pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..sliding_windows import (
    Array,
    cells,
    columns,
    convolution,
    places_of_maxima,
    pool_windows,
    transposed_convolution,
)
from ..table_functions import Call, Function


def numbers_of(call: Call, name: str, rank: int, default: int) -> list[int]:
    """A parameter of windows for each of `rank` dimensions."""
    given = call.integers(name) or [default]
    return given * rank if len(given) == 1 else given


def _both(pads: Sequence[int]) -> list[tuple[int, int]]:
    return [(pad, pad) for pad in pads]


def _convolution(call: Call) -> Array:
    x, weight, bias = call.operand("x"), call.operand("weight"), call.optional("bias")
    rank = x.ndim - 2
    strides, dilations = (numbers_of(call, n, rank, 1) for n in ("stride", "dilation"))
    pads = _both(numbers_of(call, "pad", rank, 0))
    depthwise = call.op.name.endswith(("Depthwise", "DepthwiseConvolution"))
    groups = x.shape[1] if depthwise else call.integer("group", 1)
    function = transposed_convolution if call.op.name == "caffe.Deconvolution" else convolution
    result = function(x, weight, strides, pads, dilations, groups)
    return result if bias is None else result + bias.reshape((-1,) + (1,) * rank)


def _im2col(call: Call) -> Array:
    """The windows of a convolution as channels: `[N, C kernel..., out...]`."""
    x = call.operand("x")
    rank = x.ndim - 2
    kernel, strides, dilations = (
        numbers_of(call, n, rank, 1) for n in ("kernel_size", "stride", "dilation")
    )
    pads = _both(numbers_of(call, "pad", rank, 0))
    return columns(x, kernel, strides, pads, dilations)


def _pooling(call: Call) -> list[Array]:
    """
    Windows are cut at the image for a maximum, at its padding for an average. The mask has the
    place of each maximum in its plane.
    """
    x = call.operand("x")
    extents = x.shape[2:]
    kernel, strides, pads = list(extents), [1, 1], [0, 0]
    if not call.flag("global_pooling"):
        kernel = numbers_of(call, "kernel_size", 2, 1)
        strides, pads = (numbers_of(call, n, 2, d) for n, d in (("stride", 1), ("pad", 0)))
    counts = [
        _count(n, k, s, p, up=call.text("round_mode") == "CEIL")
        for n, k, s, p in zip(extents, kernel, strides, pads, strict=True)
    ]
    return pooled(x, call.text("pool"), kernel, strides, pads, counts, mask=call.wants("mask"))


def _count(n: int, k: int, s: int, p: int, *, up: bool) -> int:
    room = n + 2 * p - k
    count = (-(-room // s) if up else room // s) + 1
    return count - 1 if p and (count - 1) * s >= n + p else count


def pooled(
    x: Array,
    kind: str,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    counts: Sequence[int],
    *,
    mask: bool = False,
) -> list[Array]:
    """The pool, and where asked for the places of the maxima."""
    around = _both(pads)
    if kind == "AVE":
        total = pool_windows(x, kernel, strides, around, counts, 0).sum((-1, -2))
        return [total / cells(x.shape[2:], kernel, strides, around, counts, with_padding=True)]
    if kind == "STOCHASTIC":
        seen = pool_windows(x, kernel, strides, around, counts, 0)
        total = seen.sum((-1, -2))
        return [np.where(total > 0, np.square(seen).sum((-1, -2)) / total, 0)]
    seen = pool_windows(x, kernel, strides, around, counts, -np.inf)
    best = seen.max((-1, -2))
    return [best, places_of_maxima(x, kernel, strides, around, counts)] if mask else [best]


def pyramid(extents: Sequence[int], bins: int) -> tuple[list[int], list[int], list[int]]:
    """Kernel, strides and pads of a level of spatial pyramid pooling with so many bins."""
    kernel = [-(-n // bins) for n in extents]
    return kernel, kernel, [(k * bins - n + 1) // 2 for n, k in zip(extents, kernel, strict=True)]


def _spp(call: Call) -> Array:
    """Pools of 1, 2, 4, ... bins in each dimension, one row after the other."""
    x, kind = call.operand("x"), call.text("pool")
    rows: list[Array] = []
    for level in range(call.integer("pyramid_height")):
        kernel, strides, pads = pyramid(x.shape[2:], 2**level)
        [part, *_] = pooled(x, kind, kernel, strides, pads, [2**level] * 2)
        rows.append(part.reshape(x.shape[0], -1))
    return np.concatenate(rows, 1)


SEMANTICS: Mapping[str, Function] = {
    **dict.fromkeys(
        ("Convolution", "ConvolutionDepthwise", "Deconvolution", "DepthwiseConvolution"),
        _convolution,
    ),
    "Im2col": _im2col,
    "Pooling": _pooling,
    "SPP": _spp,
}

"""Convolutions and pools: windows that slide over the spatial dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from .. import sliding_windows
from ..sliding_windows import Pads, bins, columns, same_pads
from .arguments import ArgumentsFunction, Array


def _full(values: Sequence[int], rank: int) -> list[int]:
    """One number stands for all dimensions."""
    return list(values) * rank if len(values) == 1 else list(values)


def convolve(
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sequence[int],
    pads: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
) -> Array:
    """`[N, C, spatial...]` by `[O, C / groups, spatial...]`, or one image without `N`."""
    rank = weight.ndim - 2
    batched = x if x.ndim == rank + 2 else x[None]
    wide = np.float64 if x.dtype.kind == "f" else x.dtype
    result = sliding_windows.convolution(
        batched.astype(wide), weight.astype(wide), stride, pads, dilation, groups
    )
    if bias is not None:
        result = result + bias.reshape(-1, *[1] * rank)
    return result if x.ndim == rank + 2 else result[0]


def convolve_transposed(
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sequence[int],
    padding: Sequence[int],
    output_padding: Sequence[int],
    groups: int,
    dilation: Sequence[int],
) -> Array:
    """`[N, C, spatial...]` by `[C, O / groups, spatial...]`, or one image without `N`."""
    rank = weight.ndim - 2
    batched = x if x.ndim == rank + 2 else x[None]
    wide, filters = batched.astype(np.float64), weight.astype(np.float64)
    pads = [(p, p) for p in padding]
    result = sliding_windows.transposed_convolution(
        wide, filters, stride, pads, dilation, groups, output_padding
    )
    if bias is not None:
        result = result + bias.reshape(-1, *[1] * rank)
    return result if x.ndim == rank + 2 else result[0]


def conv(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] | str = (0,),
    dilation: Sequence[int] = (1,),
    groups: int = 1,
) -> Array:
    """By numbers, or `same` with the larger half behind, or `valid`."""
    rank = weight.ndim - 2
    strides, dilations = _full(stride, rank), _full(dilation, rank)
    if isinstance(padding, str):
        pads: Pads = [(0, 0)] * rank
        if padding == "same":
            pads = same_pads(x.shape[-rank:], weight.shape[2:], strides, dilations)
    else:
        pads = [(p, p) for p in _full(padding, rank)]
    return convolve(x, weight, bias, strides, pads, dilations, groups)


def conv_transpose(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] = (0,),
    output_padding: Sequence[int] = (0,),
    groups: int = 1,
    dilation: Sequence[int] = (1,),
) -> Array:
    rank = weight.ndim - 2
    strides, pads, more = (_full(v, rank) for v in (stride, padding, output_padding))
    dilations = _full(dilation, rank)
    return convolve_transposed(x, weight, bias, strides, pads, more, groups, dilations)


def convolution(
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    *_: Any,
) -> Array:
    if transposed:
        return conv_transpose(x, weight, bias, stride, padding, output_padding, groups, dilation)
    return conv(x, weight, bias, stride, padding, dilation, groups)


def _windows(
    n: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> list[Sequence[int]]:
    """The places of each window; the last one begins inside of the image or its front padding."""
    span = n + 2 * padding - dilation * (kernel - 1) - 1
    count = (-(-span // stride) if ceil_mode else span // stride) + 1
    if ceil_mode and (count - 1) * stride >= n + padding:
        count -= 1
    return [
        range(at * stride - padding, at * stride - padding + dilation * kernel, dilation)
        for at in range(count)
    ]


def _pool_windows(
    x: Array,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
) -> list[list[Sequence[int]]]:
    rank = len(kernel)
    lists = [
        list(kernel),
        _full(stride or kernel, rank),
        _full(padding, rank),
        _full(dilation, rank),
    ]
    sizes = x.shape[-rank:]
    return [_windows(n, k, s, p, d, ceil_mode) for n, k, s, p, d in zip(sizes, *lists, strict=True)]


def max_pool_with_indices(
    x: Array,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> list[Array]:
    """The first largest of each window; a NaN is one."""
    windows = _pool_windows(x, kernel, stride, padding, dilation, ceil_mode)
    return _largest(x, windows)


def _largest(x: Array, windows: Sequence[Sequence[Sequence[int]]]) -> list[Array]:
    rank = len(windows)
    sizes = x.shape[-rank:]
    out = [len(w) for w in windows]
    values = np.empty((*x.shape[:-rank], *out), x.dtype)
    indices = np.empty((*x.shape[:-rank], *out), np.int64)
    numbers = np.arange(np.prod(sizes)).reshape(sizes)
    for place in product(*map(range, out)):
        axes = [[i for i in windows[d][place[d]] if 0 <= i < sizes[d]] for d in range(rank)]
        grid = np.ix_(*axes)
        part = x[(..., *grid)].reshape(*x.shape[:-rank], -1)
        at = part.argmax(-1)
        values[(..., *place)] = np.take_along_axis(part, at[..., None], -1)[..., 0]
        indices[(..., *place)] = numbers[grid].reshape(-1)[at]
    return [values, indices]


def max_pool(x: Array, *arguments: Any) -> Array:
    return max_pool_with_indices(x, *arguments)[0]


def avg_pool(
    x: Array,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor: int | None = None,
) -> Array:
    """Divided by the cells in the image and its padding, or in the image alone."""
    rank = len(kernel)
    windows = _pool_windows(x, kernel, stride, padding, (1,), ceil_mode)
    sizes, pads = x.shape[-rank:], _full(padding, rank)
    out = [len(w) for w in windows]
    result = np.empty((*x.shape[:-rank], *out), np.float64)
    for place in product(*map(range, out)):
        ranges = [windows[d][place[d]] for d in range(rank)]
        inside = [[i for i in r if 0 <= i < n] for r, n in zip(ranges, sizes, strict=True)]
        padded = [sum(i < n + p for i in r) for r, n, p in zip(ranges, sizes, pads, strict=True)]
        count = np.prod(padded if count_include_pad else [len(i) for i in inside])
        total = x[(..., *np.ix_(*inside))].astype(np.float64).reshape(*x.shape[:-rank], -1).sum(-1)
        result[(..., *place)] = total / (divisor or count)
    return result


def adaptive_avg_pool(x: Array, size: Sequence[int]) -> Array:
    """Windows of unlike sizes that cover the image."""
    rank = len(size)
    windows = [bins(n, out) for n, out in zip(x.shape[-rank:], size, strict=True)]
    result = np.empty((*x.shape[:-rank], *size), np.float64)
    for place in product(*map(range, size)):
        grid = np.ix_(*(windows[d][place[d]] for d in range(rank)))
        part = x[(..., *grid)].astype(np.float64)
        result[(..., *place)] = part.reshape(*x.shape[:-rank], -1).mean(-1)
    return result


def adaptive_max_pool(x: Array, size: Sequence[int]) -> list[Array]:
    rank = len(size)
    return _largest(x, [bins(n, o) for n, o in zip(x.shape[-rank:], size, strict=True)])


def max_unpool2d(x: Array, indices: Array, size: Sequence[int]) -> Array:
    lead = x.shape[:-2]
    result = np.zeros((*lead, int(np.prod(size))), x.dtype)
    flat = indices.reshape(*lead, -1)
    np.put_along_axis(result, flat, x.reshape(*lead, -1), -1)
    return result.reshape(*lead, *size)


def im2col(
    x: Array,
    kernel: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Array:
    """`[N, C * taps, windows]`"""
    batched = x if x.ndim == 4 else x[None]
    found = columns(batched, kernel, stride, [(p, p) for p in padding], dilation)
    found = found.reshape(*found.shape[:2], -1)
    return found if x.ndim == 4 else found[0]


def col2im(
    x: Array,
    size: Sequence[int],
    kernel: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Array:
    """Windows added up where they lie."""
    batched = x if x.ndim == 3 else x[None]
    padded = [n + 2 * p for n, p in zip(size, padding, strict=True)]
    rows, columns = (
        (n - d * (k - 1) - 1) // s + 1
        for n, k, d, s in zip(padded, kernel, dilation, stride, strict=True)
    )
    taps = kernel[0] * kernel[1]
    split = batched.reshape(batched.shape[0], -1, taps, rows, columns)
    result = np.zeros((*split.shape[:2], *padded), np.float64)
    for tap, (a, b) in enumerate(product(*map(range, kernel))):
        result[
            :,
            :,
            a * dilation[0] : a * dilation[0] + (rows - 1) * stride[0] + 1 : stride[0],
            b * dilation[1] : b * dilation[1] + (columns - 1) * stride[1] + 1 : stride[1],
        ] += split[:, :, tap]
    found = result[:, :, padding[0] : padded[0] - padding[0], padding[1] : padded[1] - padding[1]]
    return found if x.ndim == 3 else found[0]


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_adaptive_avg_pool2d": adaptive_avg_pool,
    "_adaptive_avg_pool3d": adaptive_avg_pool,
    "_convolution": convolution,
    "adaptive_avg_pool1d": adaptive_avg_pool,
    "adaptive_avg_pool2d": adaptive_avg_pool,
    "adaptive_avg_pool3d": adaptive_avg_pool,
    "adaptive_max_pool1d": adaptive_max_pool,
    "adaptive_max_pool2d": adaptive_max_pool,
    "adaptive_max_pool3d": adaptive_max_pool,
    "avg_pool1d": avg_pool,
    "avg_pool2d": avg_pool,
    "avg_pool3d": avg_pool,
    "col2im": col2im,
    "conv1d": conv,
    "conv1d.padding": conv,
    "conv2d": conv,
    "conv2d.padding": conv,
    "conv3d": conv,
    "conv3d.padding": conv,
    "conv_transpose1d": conv_transpose,
    "conv_transpose2d.input": conv_transpose,
    "conv_transpose3d.input": conv_transpose,
    "convolution": convolution,
    "im2col": im2col,
    "max_pool1d": max_pool,
    "max_pool1d_with_indices": max_pool_with_indices,
    "max_pool2d": max_pool,
    "max_pool2d_with_indices": max_pool_with_indices,
    "max_pool3d": max_pool,
    "max_pool3d_with_indices": max_pool_with_indices,
    "max_unpool2d": max_unpool2d,
}
"""Functions of arguments by the operator and its overload."""

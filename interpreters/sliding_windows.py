"""
Convolutions and windows of `[N, C, spatial...]` in numpy, for any number of spatial dimensions.

Plain and slow: the meaning of what frameworks call convolution, transposed convolution and pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Pads = Sequence[tuple[int, int]]
"""What is added before and behind each spatial dimension."""


def same_pads(
    extents: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> Pads:
    """
    Pads for `ceil(n / s)` windows: `max((ceil(n / s) - 1) s + (k - 1) d + 1 - n, 0)` in all, the
    smaller half before.
    """
    rows = zip(extents, kernel, strides, dilations, strict=True)
    totals = [max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0) for n, k, s, d in rows]
    return [(total // 2, total - total // 2) for total in totals]


def bins(size: int, count: int) -> list[range]:
    """Windows that cover a dimension, the i-th from `floor(i n / m)` to `ceil((i + 1) n / m)`."""
    return [range(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def padded(x: Array, pads: Pads, value: float = 0) -> Array:
    """`x` with `value` around its spatial dimensions; negative pads cut."""
    sizes = zip(x.shape[2:], pads, strict=True)
    cut = tuple(slice(max(0, -a), n - max(0, -b)) for n, (a, b) in sizes)
    x = x[(slice(None), slice(None), *cut)]
    around = [(0, 0), (0, 0), *((max(a, 0), max(b, 0)) for a, b in pads)]
    return np.pad(x, around, constant_values=value)


def windows(
    x: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    counts: Sequence[int] | None = None,
) -> Array:
    """`[N, C, out..., kernel...]`: the windows of `x`, as a view; as many as fit, or `counts`."""
    rank = len(kernel)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    fits = [(n - r) // s + 1 for n, r, s in zip(x.shape[2:], reach, strides, strict=True)]
    out = fits if counts is None else list(counts)
    steps = x.strides[2:]
    return np.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:2], *out, *kernel),
        (
            *x.strides[:2],
            *(steps[i] * strides[i] for i in range(rank)),
            *(steps[i] * dilations[i] for i in range(rank)),
        ),
        writeable=False,
    )


def columns(
    x: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Pads,
    dilations: Sequence[int],
) -> Array:
    """`[N, C kernel, out...]`: the windows of `x` as channels."""
    rank = len(kernel)
    seen = windows(padded(x, pads), kernel, strides, dilations)
    order = (0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
    return seen.transpose(order).reshape(x.shape[0], -1, *seen.shape[2 : 2 + rank])


def convolution(
    x: Array,
    w: Array,
    strides: Sequence[int],
    pads: Pads,
    dilations: Sequence[int],
    groups: int = 1,
) -> Array:
    """`x` `[N, C, ...]` by `w` `[O, C / groups, ...]`."""
    rank = x.ndim - 2
    seen = windows(padded(x, pads), w.shape[2:], strides, dilations)
    n, out = x.shape[0], seen.shape[2 : 2 + rank]
    cut = seen.reshape(n, groups, w.shape[1], *seen.shape[2:])
    filters = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    spatial = list(range(3 + rank, 3 + 2 * rank))
    parts = [
        np.tensordot(cut[:, g], filters[g], ([1, *(s - 1 for s in spatial)], [*range(1, 2 + rank)]))
        for g in range(groups)
    ]
    joined = np.concatenate(parts, axis=-1)  # [N, out..., O]
    return np.moveaxis(joined, -1, 1).reshape(n, w.shape[0], *out)


def transposed_convolution(
    x: Array,
    w: Array,
    strides: Sequence[int],
    pads: Pads,
    dilations: Sequence[int],
    groups: int = 1,
    extra: Sequence[int] | None = None,
) -> Array:
    """
    `x` `[N, C, ...]` by `w` `[C, O / groups, ...]`: each element adds a kernel to the result.

    `pads` are cut off, `extra` is added behind before.
    """
    rank = x.ndim - 2
    more = [0] * rank if extra is None else list(extra)
    full = [
        (n - 1) * s + (k - 1) * d + 1 + e
        for n, s, k, d, e in zip(x.shape[2:], strides, w.shape[2:], dilations, more, strict=True)
    ]
    per_group, inputs = w.shape[1], w.shape[0] // groups
    result = np.zeros((x.shape[0], groups * per_group, *full), np.result_type(x, w))
    for place in product(*map(range, w.shape[2:])):
        at = tuple(
            slice(p * d, p * d + (n - 1) * s + 1, s)
            for p, d, n, s in zip(place, dilations, x.shape[2:], strides, strict=True)
        )
        for g in range(groups):
            rows = slice(g * inputs, (g + 1) * inputs)
            part = np.tensordot(x[:, rows], w[(rows, slice(None), *place)], ([1], [0]))
            channels = slice(g * per_group, (g + 1) * per_group)
            result[(slice(None), channels, *at)] += np.moveaxis(part, -1, 1)
    return padded(result, [(-a, -b) for a, b in pads])


def pool_windows(
    x: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Pads,
    counts: Sequence[int],
    value: float,
) -> Array:
    """The windows of a pool of so many; what lies outside of `x` is `value`."""
    needed = [(c - 1) * s + k for c, s, k in zip(counts, strides, kernel, strict=True)]
    sizes = zip(pads, needed, x.shape[2:], strict=True)
    around = [(a, max(b, need - n - a)) for (a, b), need, n in sizes]
    ones = [1] * len(kernel)
    return windows(padded(x, around, value), kernel, strides, ones, counts)


def places_of_maxima(
    x: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Pads,
    counts: Sequence[int],
) -> Array:
    """`[N, C, out...]`: where in its plane the first maximum of each window of a pool is."""
    rank = len(kernel)
    numbers = np.arange(np.prod(x.shape[2:]), dtype=np.int64).reshape(1, 1, *x.shape[2:])
    seen = pool_windows(x, kernel, strides, pads, counts, -np.inf)
    at = pool_windows(numbers, kernel, strides, pads, counts, -1)
    flat = seen.reshape(*seen.shape[: 2 + rank], -1)
    chosen = np.broadcast_to(at.reshape(*at.shape[: 2 + rank], -1), flat.shape)
    return np.take_along_axis(chosen, flat.argmax(-1)[..., None], -1)[..., 0]


def cells(
    extents: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Pads,
    counts: Sequence[int],
    *,
    with_padding: bool,
) -> Array:
    """
    `[out...]`: how many cells of each window lie in the image, or in it and its padding.
    """
    total: Array = np.ones((), np.int64)
    for n, k, s, (a, b), c in zip(extents, kernel, strides, pads, counts, strict=True):
        starts = np.arange(c) * s - a
        low, high = (-a, n + b) if with_padding else (0, n)
        inside = np.minimum(starts + k, high) - np.maximum(starts, low)
        total = np.multiply.outer(total, np.maximum(inside, 0))
    return total

"""Convolutions and pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...dialects.engine.weights import Array
from ..sliding_windows import (
    Pads,
    bins,
    cells,
    columns,
    convolution,
    places_of_maxima,
    pool_windows,
    same_pads,
    transposed_convolution,
)
from ..table_functions import Call, Function
from .given import integers


def pads_of(
    given: Sequence[int],
    algorithm: str,
    extents: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
) -> Pads:
    """What is added before and behind each dimension: given, none, or as much as keeps sizes."""
    rank = len(kernel)
    if algorithm == "VALID":
        return [(0, 0)] * rank
    if algorithm == "SAME":
        return same_pads(extents, kernel, strides, [1] * rank)
    if len(given) == rank:
        return [(pad, pad) for pad in given]
    return list(zip(given[::2], given[1::2], strict=True))


def _first(call: Call, x: Array) -> Array:
    return np.moveaxis(x, -1, 1) if call.text("data_format").endswith("C") else x


def _back(call: Call, x: Array) -> Array:
    return np.moveaxis(x, 1, -1) if call.text("data_format").endswith("C") else x


def _convolution(call: Call) -> Array:
    x, w = _first(call, call.operand("input")), call.operand("filter")
    strides, algorithm = call.integers("strides") or [], call.text("padding_algorithm")
    # With sizes that are kept a kernel has no holes.
    dilations = [1] * (x.ndim - 2) if algorithm == "SAME" else call.integers("dilations") or []
    pads = pads_of(call.integers("paddings") or [], algorithm, x.shape[2:], w.shape[2:], strides)
    return _back(call, convolution(x, w, strides, pads, dilations, call.integer("groups", 1)))


def _transposed(call: Call) -> Array:
    x, w = _first(call, call.operand("x")), call.operand("filter")
    strides, algorithm = call.integers("strides") or [], call.text("padding_algorithm")
    dilations = [1] * (x.ndim - 2) if algorithm == "SAME" else call.integers("dilations") or []
    pads = pads_of(call.integers("paddings") or [], algorithm, x.shape[2:], w.shape[2:], strides)
    wanted = integers(call, "output_size") if "output_size_tensor" in _operands(call) else []
    extra = call.integers("output_padding") or [0] * (x.ndim - 2)
    if wanted:
        sizes = zip(wanted, x.shape[2:], w.shape[2:], strides, dilations, pads, strict=True)
        extra = [m - ((n - 1) * s + (k - 1) * d + 1 - a - b) for m, n, k, s, d, (a, b) in sizes]
    groups = call.integer("groups", 1)
    return _back(call, transposed_convolution(x, w, strides, pads, dilations, groups, extra))


def _operands(call: Call) -> tuple[str, ...]:
    return call.op.SIGNATURE.operand_names


def _pool(call: Call) -> Array:
    x = _first(call, call.operand("x"))
    kernel, extents = [int(n) for n in integers(call, "kernel_size")], x.shape[2:]
    kind = call.text("pooling_type")
    if call.flag("adaptive"):
        kernel = kernel * (x.ndim - 2) if len(kernel) == 1 else kernel
        return _back(call, adaptive(x, kernel, kind))
    if call.flag("global_pooling"):
        function = np.max if kind == "max" else np.mean
        return _back(call, function(x, tuple(range(2, x.ndim)), keepdims=True))
    strides = call.integers("strides") or kernel
    given = call.integers("paddings") or []
    pads = pads_of(given, call.text("padding_algorithm"), extents, kernel, strides)
    counts = [
        pool_count(n, k, s, a + b, up=call.flag("ceil_mode"))
        for n, k, s, (a, b) in zip(extents, kernel, strides, pads, strict=True)
    ]
    if kind == "max":
        seen = pool_windows(x, kernel, strides, pads, counts, -np.inf)
        return _back(call, seen.max((-1, -2)))
    total = pool_windows(x, kernel, strides, pads, counts, 0).sum((-1, -2))
    padding = not call.flag("exclusive")
    inside = cells(extents, kernel, strides, pads, counts, with_padding=padding)
    return _back(call, total / inside)


def pool_count(n: int, k: int, s: int, pads: int, *, up: bool) -> int:
    """
    How many windows a pool has; rounded up, the last one may lie in the padding alone.

    Paddle divides towards zero: a kernel that sticks out by less than a stride has one window.
    """
    room = n - k + pads + (s - 1 if up else 0)
    return (room // s if room >= 0 else -(-room // s)) + 1


def adaptive(x: Array, counts: Sequence[int], kind: str) -> Array:
    """One dimension after the other in `bins`."""
    function = np.max if kind == "max" else np.mean
    for axis, count in enumerate(counts, 2):
        seen = [x.take(part, axis) for part in bins(x.shape[axis], count)]
        parts = [function(part, axis, keepdims=True) for part in seen]
        x = np.concatenate(parts, axis)
    return x


def _max_with_index(call: Call) -> list[Array]:
    """The largest element of each window, and where in its plane it is."""
    x = call.operand("x")
    kernel, extents = call.integers("kernel_size") or [], x.shape[2:]
    strides, pads = call.integers("strides") or [], call.integers("paddings") or []
    if call.flag("global_pooling"):
        kernel, pads = list(extents), [0, 0]
    if call.flag("adaptive"):
        if call.wants("mask"):
            raise ValueError("is adaptive, with the places of maxima")
        return [adaptive(x, kernel, "max")]
    around = [(pad, pad) for pad in pads]
    counts = [
        pool_count(n, k, s, 2 * p, up=call.flag("ceil_mode"))
        for n, k, s, p in zip(extents, kernel, strides, pads, strict=True)
    ]
    seen = pool_windows(x, kernel, strides, around, counts, -np.inf)
    return [seen.max((-1, -2)), places_of_maxima(x, kernel, strides, around, counts)]


def _unfold(call: Call) -> Array:
    """The windows as columns: `[N, C kernel, windows]`."""
    x = call.operand("x")
    kernel, strides, dilations = (
        call.integers(n) or [] for n in ("kernel_sizes", "strides", "dilations")
    )
    pads = call.integers("paddings") or []
    top, left, bottom, right = pads * 2 if len(pads) == 2 else pads
    found = columns(x, kernel, strides, [(top, bottom), (left, right)], dilations)
    return found.reshape(*found.shape[:2], -1)


def _maxout(call: Call) -> Array:
    x, groups, axis = call.operand("x"), call.integer("groups"), call.integer("axis", 1) % 4
    shape = (*x.shape[:axis], x.shape[axis] // groups, groups, *x.shape[axis + 1 :])
    return x.reshape(shape).max(axis + 1)


SEMANTICS: Mapping[str, Function] = {
    **dict.fromkeys(("conv2d", "conv3d", "depthwise_conv2d"), _convolution),
    **dict.fromkeys(
        ("conv2d_transpose", "conv3d_transpose", "depthwise_conv2d_transpose"), _transposed
    ),
    "max_pool2d_with_index": _max_with_index,
    "maxout": _maxout,
    "pool2d": _pool,
    "unfold": _unfold,
}

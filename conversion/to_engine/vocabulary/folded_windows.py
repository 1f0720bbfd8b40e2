"""Windows of an image added up where they lie in it: the opposite of taking them out."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine import ScatterOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.weights import dtype_of
from ....runtime.size import numbers_of
from ..flat_index import steps_of
from ..lowering import Lowering, NoNativeForm
from .windows import Window


def window_counts(image: Sequence[int], window: Window) -> list[int]:
    """How many windows there are in each dimension."""
    rank, pads = len(image), window.fixed_pads
    return [
        max((n + low + high - d * (k - 1) - 1) // s + 1, 0)
        for n, k, s, d, low, high in zip(
            *(image, window.kernel, window.strides, window.dilations, pads[:rank], pads[rank:]),
            strict=True,
        )
    ]


def folded_windows(lo: Lowering, x: SSAValue, image: Sequence[int], window: Window) -> SSAValue:
    """`[N, C * taps, windows]` as `[N, C, image...]`."""
    images, *rest = extents_of(x)
    shape, rank = (images, *numbers_of(rest)), len(image)
    strides, dilations, pads = window.strides, window.dilations, window.fixed_pads
    counts, size = window_counts(image, window), prod(window.kernel)
    if prod(counts) != shape[2] or shape[1] % size:
        raise NoNativeForm(f"of blocks {list(window.kernel)}")
    channels = shape[1] // size
    padded = [n + low + high for n, low, high in zip(image, pads[:rank], pads[rank:], strict=True)]
    steps = numbers_of(steps_of(padded))
    lo.require_room(size, *counts, bytes_each=8 * (rank + 2))
    offset = np.indices(window.kernel).reshape(rank, -1, 1)
    count = np.indices(counts).reshape(rank, 1, -1)
    at = sum((count[d] * strides[d] + offset[d] * dilations[d]) * steps[d] for d in range(rank))
    rows = lo.constant(np.asarray(at, np.int64).reshape(-1, 1), "places")
    # Batch and channels are the rows, so that whole rows are added.
    split = lo.reshape(x, (shape[0], channels, size * prod(counts)))
    updates = lo.reshape(lo.transpose(split, (2, 0, 1)), (size * prod(counts), shape[0] * channels))
    zero = lo.constant(np.zeros((), dtype_of(element_of(x))), "zero")
    zeros = lo.broadcast(zero, (prod(padded), shape[0] * channels))
    summed = lo.reshape(
        lo.emit(ScatterOp(zeros, rows, updates, "add")), (*padded, shape[0] * channels)
    )
    inner = lo.slice(summed, [*pads[:rank], 0], [*image, shape[0] * channels])
    return lo.reshape(lo.transpose(inner, (rank, *range(rank))), (shape[0], channels, *image))

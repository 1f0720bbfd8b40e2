"""Windows of an image added up where they lie in it: the opposite of taking them out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine import ScatterOp
from ....dialects.engine.base import element_of, extents_of, static
from ....dialects.engine.sizes import shape_text
from ....dialects.engine.weights import Array, dtype_of
from ....runtime.size import Extent, floordiv, numbers_of, product_of, same
from ..flat_index import along, steps_of, total
from ..lowering import Lowering, NoNativeForm
from .windows import Window


def window_counts(image: Sequence[int], window: Window) -> list[int]:
    """How many windows there are in each dimension of an image of numbers."""
    return [max(count, 0) for count in numbers_of(_counts(image, window.kernel, window))]


def _counts(image: Sequence[Extent], kernel: Sequence[Extent], window: Window) -> list[Extent]:
    rank, pads = len(image), window.fixed_pads
    return [
        floordiv(n + low + high - d * (k - 1) - 1, s) + 1
        for n, k, s, d, low, high in zip(
            *(image, kernel, window.strides, window.dilations, pads[:rank], pads[rank:]),
            strict=True,
        )
    ]


def folded_windows(
    lo: Lowering,
    x: SSAValue,
    image: Sequence[Extent],
    window: Window,
    kernel: Sequence[Extent] | None = None,
) -> SSAValue:
    """
    `[N, C * taps, windows]` as `[N, C, image...]`.

    `kernel` is that of the window where it is none of numbers.

    Raises:
        NoNativeForm: when there are not as many windows as the image has.
    """
    images, blocks, found = extents_of(x)
    kernel, rank, pads = kernel or window.kernel, len(image), window.fixed_pads
    counts, size = _counts(image, kernel, window), product_of(kernel)
    windows, channels = product_of(counts), floordiv(blocks, size)
    if same(windows, found) is False or same(channels * size, blocks) is False:
        raise NoNativeForm(f"of blocks {shape_text(kernel)}")
    lo.relations.equal(windows, found)
    lo.relations.equal(channels * size, blocks)
    padded = [n + low + high for n, low, high in zip(image, pads[:rank], pads[rank:], strict=True)]
    at = _places(lo, kernel, counts, window, steps_of(padded))
    rows = lo.reshape(at, (product_of(extents_of(at)), 1))
    # Batch and channels are the rows, so that whole rows are added.
    split = lo.reshape(x, (images, channels, size * found))
    updates = lo.reshape(lo.transpose(split, (2, 0, 1)), (size * found, images * channels))
    zero = lo.constant(np.zeros((), dtype_of(element_of(x))), "zero")
    zeros = lo.broadcast(zero, (product_of(padded), images * channels))
    summed = lo.reshape(
        lo.emit(ScatterOp(zeros, rows, updates, "add")), (*padded, images * channels)
    )
    inner = lo.slice(summed, [*pads[:rank], 0], [*image, images * channels])
    return lo.reshape(lo.transpose(inner, (rank, *range(rank))), (images, channels, *image))


def _places(
    lo: Lowering,
    kernel: Sequence[Extent],
    counts: Sequence[Extent],
    window: Window,
    steps: Sequence[Extent],
) -> SSAValue:
    """`[taps..., windows...]`: where each element lies in the padded image, as one number."""
    rank, extents = len(counts), (*kernel, *counts)
    if static(extents) and static(steps):
        return lo.constant(_fixed_places(lo, numbers_of(extents), window, numbers_of(steps)))
    paces = [pace * step for pace, step in zip(window.dilations, steps, strict=True)]
    paces += [pace * step for pace, step in zip(window.strides, steps, strict=True)]
    parts = [
        along(lo, extent, axis, 2 * rank, pace)
        for axis, (extent, pace) in enumerate(zip(extents, paces, strict=True))
    ]

    def position(*terms: SSAValue) -> SSAValue:
        return total(terms)

    return lo.map(parts, position)


def _fixed_places(
    lo: Lowering, extents: Sequence[int], window: Window, steps: Sequence[int]
) -> Array:
    rank = len(steps)
    lo.require_room(*extents, bytes_each=16 * (rank + 1))
    at = np.indices(extents).reshape(2, rank, *extents)
    paces = np.array([window.dilations, window.strides]) * np.array(steps)
    return np.asarray((at * paces.reshape(2, rank, *[1] * 2 * rank)).sum((0, 1)), np.int64)

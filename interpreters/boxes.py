"""What several frameworks do with boxes `[x1, y1, x2, y2]`: suppression, and bins of regions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def kept(boxes: Array, scores: Array, overlap: float) -> Array:
    """
    Positions of the boxes that remain, the best first.

    A box goes where one before it shares more than `overlap` of their union.
    """
    order = np.argsort(-scores, kind="stable")
    low, high = boxes[:, :2], boxes[:, 2:]
    areas = (high - low).prod(-1)
    found: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        found.append(int(best))
        top, bottom = np.maximum(low[best], low[order]), np.minimum(high[best], high[order])
        shared = np.maximum(bottom - top, 0).prod(-1)
        with np.errstate(all="ignore"):
            order = order[~(shared / (areas[best] + areas[order] - shared) > overlap)]
    return np.array(found, np.int64)


def roi_align(
    images: Array,
    regions: Array,
    batches: Array,
    *,
    bins: tuple[int, int],
    scale: float,
    points: int,
    half: bool,
) -> Array:
    """
    The mean of points in bins `[K, C, rows, columns]` of regions of `[N, C, H, W]`.

    `points` in each direction of a bin, or as many as the size of a region asks for where there
    are none. `half`: pixel 0 has its middle at 0.5; else a region has at least the size 1.
    """
    result = np.zeros((len(regions), images.shape[1], *bins), images.dtype)
    for at, (region, image) in enumerate(zip(regions, batches, strict=True)):
        corners = region * scale - (0.5 if half else 0.0)
        size = corners[2:] - corners[:2]
        if not half:
            size = np.maximum(size, 1)
        axes: list[tuple[Array, int]] = []
        for axis in (1, 0):
            each = size[axis] / bins[1 - axis]
            count = points if points > 0 else int(np.ceil(each))
            if count > 0:
                steps = (np.arange(bins[1 - axis] * count) + 0.5) / count
                axes.append((corners[axis] + each * steps, count))
        if len(axes) < 2:
            continue
        (ys, down), (xs, across) = axes
        sampled = _linear(images[int(image)], ys, xs)
        split = sampled.reshape(-1, bins[0], down, bins[1], across)
        result[at] = split.mean((2, 4))
    return result


def _linear(image: Array, ys: Array, xs: Array) -> Array:
    """Points between pixels; 0 beyond one pixel outside of the image."""
    inside = np.ones((len(ys), len(xs)), bool)
    taps: list[tuple[Array, Array, Array]] = []
    for axis, places in enumerate((ys, xs)):
        extent = image.shape[1 + axis]
        outside = (places < -1) | (places > extent)
        inside &= ~(outside[:, None] if axis == 0 else outside[None])
        bounded = np.clip(places, 0, extent - 1)
        first = np.floor(bounded).astype(np.int64)
        taps.append((first, np.minimum(first + 1, extent - 1), bounded - first))
    (y0, y1, dy), (x0, x1, dx) = taps
    dy = dy[:, None]

    def take(y: Array, x: Array) -> Array:
        return image[:, y[:, None], x[None]]

    top = take(y0, x0) * (1 - dx) + take(y0, x1) * dx
    bottom = take(y1, x0) * (1 - dx) + take(y1, x1) * dx
    return np.where(inside, top * (1 - dy) + bottom * dy, 0)

"""Images `[N, C, spatial...]` between their elements: cubic weights, and points of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_TAPS: dict[str, Sequence[int]] = {"linear": (0, 1), "nearest": (0,), "cubic": (-1, 0, 1, 2)}
"""Where taps lie from the element before a point."""


def cubic(distance: Array, a: float = -0.75) -> Array:
    """
    The weight of an element at a distance from a point.

    Keys: "Cubic convolution interpolation for digital image processing" (1981).
    """
    x = np.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def grid_sampled(x: Array, grid: Array, *, mode: str, outside: str, corners: bool) -> Array:
    """
    `x` at the points of `[N, out..., axes]`, coordinates from -1 to 1, the last axis first, in f64.

    `mode` is linear, nearest or cubic; `outside` is zeros, border or reflection. -1 and 1 are the
    middles of the outermost elements with `corners`, else their edges.
    """
    rank, sizes = grid.shape[-1], x.shape[2:]
    points = [
        _unnormalised(grid[..., rank - 1 - d].astype(np.float64), sizes[d], corners)
        for d in range(rank)
    ]
    if mode != "cubic":
        pairs = zip(points, sizes, strict=True)
        points = [_inside(p, n, outside, corners) for p, n in pairs]
    lows: list[Array] = [np.rint(p) if mode == "nearest" else np.floor(p) for p in points]
    result = np.zeros((*x.shape[:2], *grid.shape[1:-1]), np.float64)
    batch = np.arange(x.shape[0], dtype=np.int64).reshape(-1, *[1] * rank)
    for taps in product(_TAPS[mode], repeat=rank):
        weight = np.ones(grid.shape[:-1])
        places: list[Array] = []
        held: Array = np.ones(grid.shape[:-1], np.bool_)
        for d, tap in enumerate(taps):
            at: Array = lows[d] + tap
            distance: Array = points[d] - at
            if mode == "cubic":
                weight = weight * cubic(distance)
                at = _inside(at, sizes[d], outside, corners)
            elif mode == "linear":
                weight = weight * (1 - np.abs(distance))
            held &= (at >= 0) & (at <= sizes[d] - 1)
            places.append(np.clip(at, 0, sizes[d] - 1).astype(np.int64))
        values = np.moveaxis(x[(batch, slice(None), *places)], -1, 1)
        result += np.where(held, weight, 0)[:, None] * values
    return result


def affine_grid(theta: Array, sizes: Sequence[int], *, corners: bool) -> Array:
    """The points `[N, sizes..., rank]` of a grid from -1 to 1 under affine maps, `theta` of them.

    `corners`: -1 and 1 are the middles of the outer elements, else their edges.
    """
    lines = [
        np.linspace(-1, 1, n) if corners and n > 1 else (np.arange(n) * 2 + 1) / n - 1
        for n in sizes
    ]
    if corners:
        lines = [line if len(line) > 1 else np.zeros(1) for line in lines]
    grid = np.stack([*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(sizes)], -1)
    flat = grid.reshape(-1, grid.shape[-1]) @ theta.astype(np.float64).transpose(0, 2, 1)
    return flat.reshape(len(theta), *sizes, len(sizes))


def _unnormalised(at: Array, n: int, corners: bool) -> Array:
    return (at + 1) / 2 * (n - 1) if corners else ((at + 1) * n - 1) / 2


def _inside(at: Array, n: int, outside: str, corners: bool) -> Array:
    """A coordinate brought into the image, where that is asked for."""
    if outside == "reflection":
        low, high = (0, n - 1) if corners else (-0.5, n - 0.5)
        at = _reflected(at, low, high)
    return at if outside == "zeros" else np.clip(at, 0, n - 1)


def _reflected(at: Array, low: float, high: float) -> Array:
    span = high - low
    if span <= 0:
        return np.zeros_like(at)
    distance = np.abs(at - low)
    turns = np.floor(distance / span)
    rest = distance - turns * span
    return np.where(turns % 2 == 0, rest + low, span - rest + low)

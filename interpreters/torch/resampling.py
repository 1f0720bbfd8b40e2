"""Images resampled: to other sizes, and at points that are data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..image_samples import affine_grid as points_of
from ..image_samples import cubic, grid_sampled
from .arguments import ArgumentsFunction, Array, counted

Scales = Sequence[float | None]


def _ratio(n: int, out: int, align_corners: bool, scale: float | None) -> float:
    """How far the source moves for one step of the result."""
    if align_corners:
        return (n - 1) / (out - 1) if out > 1 else 0.0
    return 1 / scale if scale is not None and scale > 0 else n / out


def _sources(n: int, out: int, align_corners: bool, scale: float | None) -> Array:
    ratio = np.float32(_ratio(n, out, align_corners, scale))
    at = np.arange(out, dtype=np.float32)
    return at * ratio if align_corners else (at + np.float32(0.5)) * ratio - np.float32(0.5)


def _linear_weights(n: int, out: int, align_corners: bool, scale: float | None) -> Array:
    """`[out, n]`"""
    source = np.maximum(_sources(n, out, align_corners, scale), 0)
    low = np.minimum(source.astype(np.int64), n - 1)
    high = np.minimum(low + 1, n - 1)
    between = np.clip(source - low, 0, 1).astype(np.float64)
    weights = np.zeros((out, n))
    np.add.at(weights, (counted(out), low), 1 - between)
    np.add.at(weights, (counted(out), high), between)
    return weights


def _cubic_weights(n: int, out: int, align_corners: bool, scale: float | None) -> Array:
    source = _sources(n, out, align_corners, scale).astype(np.float64)
    low = np.floor(source).astype(np.int64)
    weights = np.zeros((out, n))
    for tap in range(-1, 3):
        at = np.clip(low + tap, 0, n - 1)
        np.add.at(weights, (counted(out), at), cubic(source - (low + tap)))
    return weights


def _nearest_weights(exact: bool) -> Callable[[int, int, bool, float | None], Array]:
    def weights(n: int, out: int, _: bool, scale: float | None) -> Array:
        ratio = np.float32(_ratio(n, out, False, scale))
        at = np.arange(out, dtype=np.float32) + np.float32(0.5 if exact else 0)
        source = np.minimum(np.floor(at * ratio).astype(np.int64), n - 1)
        return np.eye(n)[source]

    return weights


def _smooth_weights(kernel: Callable[[Array], Array], support: float) -> Any:
    """With a kernel as wide as the source, where it is made smaller."""

    def weights(n: int, out: int, align_corners: bool, scale: float | None) -> Array:
        ratio = _ratio(n, out, align_corners, scale)
        width = max(ratio, 1.0)
        found = np.zeros((out, n))
        for at in range(out):
            centre = ratio * (at + 0.5)
            low = max(int(centre - support * width + 0.5), 0)
            high = min(int(centre + support * width + 0.5), n)
            taps = kernel((np.arange(low, high) - centre + 0.5) / width)
            found[at, low:high] = taps / taps.sum()
        return found

    return weights


def _triangle(x: Array) -> Array:
    return np.maximum(1 - np.abs(x), 0)


def _smooth_cubic(x: Array) -> Array:
    return cubic(x, -0.5)


_KINDS = {
    "linear": _linear_weights,
    "cubic": _cubic_weights,
    "nearest": _nearest_weights(False),
    "nearest-exact": _nearest_weights(True),
    "linear-aa": _smooth_weights(_triangle, 1),
    "cubic-aa": _smooth_weights(_smooth_cubic, 2),
}


def weights_along(kind: str, n: int, out: int, align_corners: bool, scale: float | None) -> Array:
    """`[out, n]`: how much each element of the source counts for each of the result."""
    return _KINDS[kind](n, out, align_corners, scale)


def upsample(
    x: Array, kind: str, size: Sequence[int], align_corners: bool, scales: Scales
) -> Array:
    """Dimension by dimension, by a matrix of weights for each."""
    result = x if x.dtype.kind != "f" else x.astype(np.float64)
    rank = len(size)
    for d in range(rank):
        axis = x.ndim - rank + d
        weights = weights_along(kind, x.shape[axis], size[d], align_corners, scales[d])
        moved = np.moveaxis(result, axis, -1) @ weights.T
        result = np.moveaxis(moved, -1, axis)
    return np.rint(result) if x.dtype.kind != "f" else result


def _aligned(kind: str, rank: int) -> ArgumentsFunction:
    def sized(x: Array, size: Sequence[int], align_corners: bool, *scales: float | None) -> Array:
        return upsample(x, kind, size, align_corners, scales or [None] * rank)

    return sized


def _plain(kind: str, rank: int) -> ArgumentsFunction:
    def sized(x: Array, size: Sequence[int], *scales: float | None) -> Array:
        return upsample(x, kind, size, False, scales or [None] * rank)

    return sized


def _target(x: Array, size: Sequence[int] | None, scales: Sequence[float] | None) -> list[int]:
    if size is not None:
        return list(size)
    assert scales is not None
    return [int(n * s) for n, s in zip(x.shape[2:], scales, strict=True)]


def _aligned_vec(kind: str) -> ArgumentsFunction:
    def either(
        x: Array, size: Sequence[int] | None, align: bool, scales: Sequence[float] | None
    ) -> Array:
        factors: Scales = [None] * (x.ndim - 2) if scales is None else scales
        return upsample(x, kind, _target(x, size, scales), align, factors)

    return either


def _plain_vec(kind: str) -> ArgumentsFunction:
    def either(x: Array, size: Sequence[int] | None, scales: Sequence[float] | None) -> Array:
        factors: Scales = [None] * (x.ndim - 2) if scales is None else scales
        return upsample(x, kind, _target(x, size, scales), False, factors)

    return either


_MODES = ("linear", "nearest", "cubic")
_OUTSIDE = ("zeros", "border", "reflection")


def grid_sampler(x: Array, grid: Array, mode: int, padding: int, align_corners: bool) -> Array:
    """Modes and what is outside by their numbers."""
    outside = _OUTSIDE[padding]
    return grid_sampled(x, grid, mode=_MODES[mode], outside=outside, corners=align_corners)


def affine_grid(theta: Array, size: Sequence[int], align_corners: bool) -> Array:
    return points_of(theta, size[2:], corners=align_corners)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_grid_sampler_2d_cpu_fallback": grid_sampler,
    "_upsample_bicubic2d_aa": _aligned("cubic-aa", 2),
    "_upsample_bicubic2d_aa.vec": _aligned_vec("cubic-aa"),
    "_upsample_bilinear2d_aa": _aligned("linear-aa", 2),
    "_upsample_bilinear2d_aa.vec": _aligned_vec("linear-aa"),
    **{f"_upsample_nearest_exact{n}d": _plain("nearest-exact", n) for n in (1, 2, 3)},
    **{f"_upsample_nearest_exact{n}d.vec": _plain_vec("nearest-exact") for n in (1, 2, 3)},
    "affine_grid_generator": affine_grid,
    "grid_sampler": grid_sampler,
    "grid_sampler_2d": grid_sampler,
    "grid_sampler_3d": grid_sampler,
    "upsample_bicubic2d": _aligned("cubic", 2),
    "upsample_bicubic2d.vec": _aligned_vec("cubic"),
    "upsample_bilinear2d": _aligned("linear", 2),
    "upsample_bilinear2d.vec": _aligned_vec("linear"),
    "upsample_linear1d": _aligned("linear", 1),
    "upsample_linear1d.vec": _aligned_vec("linear"),
    **{f"upsample_nearest{n}d": _plain("nearest", n) for n in (1, 2, 3)},
    **{f"upsample_nearest{n}d.vec": _plain_vec("nearest") for n in (1, 2, 3)},
    "upsample_trilinear3d": _aligned("linear", 3),
    "upsample_trilinear3d.vec": _aligned_vec("linear"),
}
"""Functions of arguments by the operator and its overload."""

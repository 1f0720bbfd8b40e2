"""
From what was observed of a tensor to the codes that stand for it: 8 bits without a sign, a scale
and a zero point.

The methods are those of the field: least and largest number; the range that all but one number in
10,000 lie in; the limits with the least mean square error; those with the least relative entropy
(Migacz, "8-bit inference with TensorRT", 2017). Limits of `mse` are never narrower than those of
the percentile: clipped outliers are few, and matter more than their number says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .histogram import BINS, Histogram

PERCENTILE = 99.99
_LIMITS = 41
"""Limits of a side that `mse` and `entropy` try."""

_SMALLEST = 2.0**-100
"""Of scales: their products with those of weights, and 1 / s, are normal numbers."""


@dataclass(frozen=True)
class Coding:
    """Codes `q` of a tensor, 0 to 255: `(q - zero) * scale`."""

    scale: float
    zero: int

    @property
    def range(self) -> tuple[float, float]:
        """The numbers that the least and the largest code stand for."""
        return -self.zero * self.scale, (255 - self.zero) * self.scale

    @staticmethod
    def of_range(low: float, high: float) -> Coding:
        """Codes between two limits; 0 is among them, as padding and clamps need it."""
        low, high = min(low, 0.0), max(high, 0.0)
        scale = float(np.float32(max((high - low) / 255, _SMALLEST)))
        return Coding(scale, int(np.clip(np.rint(-low / scale), 0, 255)))


Limits = tuple[float, float]


def _minmax(h: Histogram) -> Limits:
    return h.low, h.high


def _percentile(h: Histogram) -> Limits:
    share = h.counts.cumsum() / max(h.total, 1)
    rest = (1 - PERCENTILE / 100) / 2
    first = int(np.searchsorted(share, rest, "right"))
    last = int(np.searchsorted(share, 1 - rest, "left"))
    edges = np.arange(BINS + 1) * h.width - h.reach
    return max(float(edges[first]), h.low), min(float(edges[min(last + 1, BINS)]), h.high)


def _candidates(h: Histogram) -> list[Limits]:
    """Ranges from a fifth of all to all: of both sides alike, and of one."""
    parts = np.linspace(0.2, 1.0, _LIMITS)
    sides = [((1.0, t), (t, 1.0), (t, t)) for t in parts]
    return [(h.low * a, h.high * b) for pairs in sides for a, b in pairs]


def _mse(h: Histogram) -> Limits:
    used = h.counts > 0
    centres, counts = h.centres[used], h.counts[used]

    def error(limits: Limits) -> float:
        coding = Coding.of_range(*limits)
        codes = np.clip(np.rint(centres / coding.scale) + coding.zero, 0, 255)
        off = (codes - coding.zero) * coding.scale - centres
        # A bin is a range of numbers: what they lose by rounding is the same everywhere.
        return float((off * off * counts).sum()) + counts.sum() * coding.scale**2 * 1e-9

    least, largest = _percentile(h)
    wide = {(min(low, least), max(high, largest)) for low, high in _candidates(h)}
    return min(sorted(wide), key=error)


def _entropy(h: Histogram) -> Limits:
    def divergence(limits: Limits) -> float:
        return _divergence(h, limits)

    return min(_candidates(h), key=divergence)


def _divergence(h: Histogram, limits: Limits) -> float:
    """The relative entropy of what codes between these limits say of the histogram."""
    coding = Coding.of_range(*limits)
    low, high = coding.range
    centres = h.centres
    inside = (centres >= low) & (centres <= high)
    if not inside.any():
        return np.inf
    counts = h.counts.astype(np.float64)
    clipped: npt.NDArray[np.float64] = counts[inside].copy()
    clipped[0] += counts[centres < low].sum()
    clipped[-1] += counts[centres > high].sum()
    codes = np.clip(np.rint(centres[inside] / coding.scale) + coding.zero, 0, 255).astype(int)
    filled = counts[inside] > 0
    sums = np.bincount(codes, weights=counts[inside], minlength=256)
    places = np.bincount(codes, weights=filled, minlength=256)
    told = np.where(filled, sums[codes] / np.maximum(places[codes], 1), 0.0)
    if not told.sum():
        return np.inf
    p, q = clipped / clipped.sum(), told / told.sum()
    seen = p > 0
    return float((p[seen] * np.log(p[seen] / np.maximum(q[seen], 1e-12))).sum())


RANGES: dict[str, Callable[[Histogram], Limits]] = {
    "minmax": _minmax,
    "percentile": _percentile,
    "mse": _mse,
    "entropy": _entropy,
}
"""The methods, by name."""


def limits_of(histogram: Histogram, method: str) -> Limits:
    """The range of a tensor by a method; (0, 0) for one of which nothing was seen."""
    return RANGES[method](histogram) if histogram.total else (0.0, 0.0)

"""Histograms of numbers that come in parts, in memory that does not grow with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 2048
"""Even, and more than the 256 codes by a factor that keeps limits between bins apart."""


class Histogram:
    """
    Counts of numbers in `BINS` equal bins between `-reach` and `reach`.

    The reach is a power of two: when a number lies beyond it, it doubles, and pairs of bins become
    one. Least and largest number are kept as they are.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(BINS, np.int64)
        self.reach = 0.0
        self.low = np.inf
        self.high = -np.inf
        self.finite = True

    @property
    def total(self) -> int:
        """How many numbers were counted."""
        return int(self.counts.sum())

    @property
    def width(self) -> float:
        """Of a bin."""
        return 2 * self.reach / BINS

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """The middle of each bin."""
        places = np.arange(BINS, dtype=np.float64) + 0.5
        return np.asarray(places * self.width - self.reach, np.float64)

    def add(self, numbers: npt.NDArray[Any]) -> None:
        """Count numbers; what is not finite is not counted, and remembered."""
        flat = np.asarray(numbers, np.float32).reshape(-1)
        if not flat.size:
            return
        low, high = float(flat.min()), float(flat.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            self.finite = False
            flat = flat[np.isfinite(flat)]
            if not flat.size:
                return
            low, high = float(flat.min()), float(flat.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        self._reach(max(-low, high))
        scaled = flat * np.float32(BINS / (2 * self.reach))
        places = np.clip(np.floor(scaled).astype(np.int32) + BINS // 2, 0, BINS - 1)
        self.counts += np.bincount(places, minlength=BINS)

    def _reach(self, number: float) -> None:
        """Let the bins reach as far as a number."""
        if self.reach == 0.0:
            self.reach = float(2.0 ** np.clip(np.ceil(np.log2(max(number, 1e-30))), -100, 126))
        while self.reach < number and self.reach < 2.0**126:
            pairs = self.counts.reshape(-1, 2).sum(1)
            self.counts = np.zeros(BINS, np.int64)
            self.counts[BINS // 4 : 3 * BINS // 4] = pairs
            self.reach *= 2

    def beyond(self, low: float, high: float) -> float:
        """The share of numbers outside of a range, to within a bin."""
        total = self.total
        if not total:
            return 0.0
        centres = self.centres
        return float(self.counts[(centres < low) | (centres > high)].sum() / total)

"""How far two arrays are apart, and how far each exactness class lets them be.

`bitwise` means the same bits (one NaN is as good as another), `rounding` what reassociation of
sums costs, `approximate` what a cheaper formula may cost. Differences are measured against the
largest finite magnitude of the reference, as an element near zero has no digits of its own left
after a sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

TOLERANCES: Mapping[str, Mapping[str, float]] = {
    "bitwise": {},
    "rounding": {"float64": 1e-12, "float32": 1e-5, "float16": 4e-3, "bfloat16": 3e-2},
    "approximate": {"float64": 1e-3, "float32": 1e-3, "float16": 1e-2, "bfloat16": 5e-2},
}


@dataclass(frozen=True)
class Deviation:
    """The largest difference between two arrays of one shape and dtype."""

    index: tuple[int, ...]
    reference: Any
    actual: Any
    relative: float
    """The difference divided by the largest finite magnitude of the reference."""

    def __str__(self) -> str:
        at = ", ".join(map(str, self.index))
        return (
            f"at [{at}] {self.reference} became {self.actual} "
            f"({self.relative:.2e} of the largest magnitude)"
        )


def mismatch(reference: Array, actual: Array, exactness: str) -> str | None:
    """Why `actual` does not agree with `reference` within an exactness class; None if it does."""
    if reference.shape != actual.shape:
        return f"shape {list(reference.shape)} became {list(actual.shape)}"
    if reference.dtype != actual.dtype:
        return f"dtype {reference.dtype} became {actual.dtype}"
    found = deviation(reference, actual)
    if found is None or found.relative <= TOLERANCES[exactness].get(reference.dtype.name, 0.0):
        return None
    return str(found)


def deviation(reference: Array, actual: Array) -> Deviation | None:
    """The largest difference, or None if all is bitwise equal. Shapes and dtypes must agree.

    Where only one of the two is NaN, or they are not the same infinity, the difference is
    infinite, and so it is between two strings. Positive and negative zero differ by a relative 0.
    """
    if reference.dtype == np.object_:
        return _other_text(reference, actual)
    if _same_bits(reference, actual):
        return None
    wide = np.complex128 if reference.dtype.kind == "c" else np.float64
    expected, got = np.asarray(reference, wide), np.asarray(actual, wide)
    equal = (reference == actual) | (np.isnan(expected) & np.isnan(got))
    magnitudes = np.abs(expected[np.isfinite(expected)])
    scale = float(magnitudes.max()) if magnitudes.size else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.where(equal, 0.0, np.abs(got - expected))
    if reference.dtype.kind in "iu":  # neighbours beyond 2**53 are one float64
        difference = np.where(equal, 0.0, np.maximum(difference, 1.0))
    difference[np.isnan(difference)] = np.inf
    worst = np.unravel_index(int(difference.argmax()), difference.shape)
    size = float(difference[worst])
    relative = size / scale if scale else (np.inf if size else 0.0)
    index = tuple(int(i) for i in worst)
    return Deviation(index, reference[index], actual[index], float(relative))


def _other_text(reference: Array, actual: Array) -> Deviation | None:
    different = np.argwhere(reference != actual)
    if not len(different):
        return None
    index = tuple(int(i) for i in different[0])
    return Deviation(index, repr(reference[index]), repr(actual[index]), float("inf"))


def _same_bits(reference: Array, actual: Array) -> bool:
    if reference.tobytes() == actual.tobytes():
        return True
    if reference.dtype.kind not in "fcV":
        return False
    nan = np.isnan(reference)
    if not np.array_equal(nan, np.isnan(actual)):
        return False
    return reference[~nan].tobytes() == actual[~nan].tobytes()

"""One random tensor, if there is memory for it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from .available_memory import require_memory

_DRAWN = 8
"""Bytes that an element takes as it is drawn, whatever its type."""

_MUCH = 1 << 24
"""Bytes below which nobody asks whether they are there."""


def random_array(
    shape: Sequence[int], dtype: np.dtype[Any], rng: np.random.Generator
) -> npt.NDArray[Any]:
    """Normal floats, booleans, or the integers 0 and 1: any table takes the first two indices.

    Raises `NotEnoughMemoryError` before memory is taken that is not there.
    """
    needed = prod(shape) * (_DRAWN + dtype.itemsize)
    if needed >= _MUCH:
        remedy = "give smaller sizes, or inputs of your own"
        require_memory(needed, f"drawing random {dtype}{list(shape)}", remedy)
    draw = rng.integers(0, 2, shape) if dtype.kind in "iub" else rng.standard_normal(shape)
    return np.asarray(draw, dtype)

"""Where arrays lie in memory, and aligned new ones."""

from __future__ import annotations

import ctypes
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector of any target so far. Every section, weight segment,
arena buffer and freshly allocated output starts at a multiple of it."""


def aligned(size: int, alignment: int = ALIGNMENT) -> int:
    """`size` rounded up to a multiple of `alignment`."""
    return -(-size // alignment) * alignment


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> AnyArray:
    """An uninitialised row-major array that starts at a multiple of `ALIGNMENT` bytes."""
    memory = np.empty(prod(shape) * dtype.itemsize + ALIGNMENT, np.uint8)
    return np.ndarray(shape, dtype, memory, -address_of(memory) % ALIGNMENT)


def address_of(array: AnyArray) -> int:
    """Where the first element of a row-major array lies.

    `array.ctypes.data` and `__array_interface__` take 2 us, five times as long as asking for the
    buffer, which numpy hands out for writable arrays of its own dtypes only.
    """
    buffer: Any = array  # numpy's stubs do not say that an array is one before Python 3.12
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
    except (TypeError, ValueError):
        return array.__array_interface__["data"][0]

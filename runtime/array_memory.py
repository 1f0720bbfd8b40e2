"""Where arrays lie in memory, and aligned new ones."""

from __future__ import annotations

import ctypes
import sys
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


_memory = (ctypes.c_uint64 * (1 << 59)).from_address(0)
"""All memory as words: reading one takes half the time of an object made for it."""


def _by_field(array: AnyArray) -> int:
    return _memory[(id(array) + _DATA_FIELD) >> 3]


def _by_interface(array: AnyArray) -> int:
    return array.__array_interface__["data"][0]


_DATA_FIELD = object.__basicsize__
"""Where an array object has the address of its first element: right behind what every object has
(`PyArrayObject_fields` of numpy's `ndarraytypes.h`, part of its binary interface)."""


def _has_field() -> bool:
    """Whether an object's `id` is its address, and arrays are laid out as numpy says."""
    if sys.implementation.name != "cpython" or _DATA_FIELD % 8 or sys.maxsize < 2**62:
        return False
    samples = [np.empty(5), np.empty((3, 4), np.uint8)[1:, 2], np.broadcast_to(np.float32(1), 3)]
    return all(_by_field(sample) == _by_interface(sample) for sample in samples)


address_of = _by_field if _has_field() else _by_interface
"""Where the first element of a row-major array lies. `array.ctypes.data` and
`__array_interface__` take up to 2 us, reading the field of the object takes 0.1 us."""

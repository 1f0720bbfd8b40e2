"""Arrays between pages that nobody may touch: a kernel that leaves its buffer ends the process."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Generator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from stepwell.runtime import call_frame, grown_memory, result_memory, weights_image
from stepwell.runtime.array_memory import ALIGNMENT, AnyArray

PAGE = mmap.PAGESIZE
NO_ACCESS = 0
JUNK = 0xA7
"""What memory holds before anybody has written it."""

_libc = ctypes.CDLL(None, use_errno=True)


class Guarded:
    """
    Memory of `size` bytes with a page without access on either side.

    It ends at the page behind it as closely as `alignment` allows, or begins right at the one
    before it.
    """

    def __init__(self, size: int, alignment: int = ALIGNMENT, *, at_end: bool = True):
        pages = -(-max(size, 1) // PAGE)
        self._map = mmap.mmap(-1, (pages + 2) * PAGE)
        self._base = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        ctypes.memset(self._base, JUNK, (pages + 2) * PAGE)
        self._protect(self._base, NO_ACCESS)
        self._protect(self._base + (pages + 1) * PAGE, NO_ACCESS)
        room = pages * PAGE - size
        self.address = self._base + PAGE + (room // alignment * alignment if at_end else 0)
        self.bytes: Any = (ctypes.c_uint8 * size).from_address(self.address)

    def _protect(self, address: int, access: int) -> None:
        if _libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(PAGE), access):
            raise OSError(ctypes.get_errno(), "mprotect")


_kept: list[Guarded] = []
"""Memory that arrays of the case at hand lie in."""


def guarded_empty(
    shape: tuple[int, ...], dtype: np.dtype[Any], *, alignment: int = ALIGNMENT, at_end: bool = True
) -> AnyArray:
    """An uninitialised row-major array in guarded memory."""
    memory = Guarded(prod(shape) * dtype.itemsize, alignment, at_end=at_end)
    _kept.append(memory)
    return np.ndarray(shape, dtype, memory.bytes)


@contextmanager
def guarded_arrays(*, at_end: bool) -> Generator[None]:
    """Arenas, outputs and weights of engines made inside lie in guarded memory."""

    def allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> AnyArray:
        return guarded_empty(shape, dtype, at_end=at_end)

    modules: tuple[Any, ...] = (call_frame, grown_memory, result_memory, weights_image)
    block_bytes, result_memory.BLOCK_BYTES = result_memory.BLOCK_BYTES, 0
    before = [module.aligned_empty for module in modules]
    for module in modules:
        module.aligned_empty = allocate
    try:
        yield
    finally:
        for module, function in zip(modules, before, strict=True):
            module.aligned_empty = function
        result_memory.BLOCK_BYTES = block_bytes
        _kept.clear()

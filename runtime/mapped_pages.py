"""
Giving back the pages of mapped files.

Weights are views of a mapped model file. Reading one (for its digest, or to pack it) brings its
pages into memory, where they would count as the compiler's until it ends. They are clean, so the
system can be told to forget them; the next access reads them from the file, as a rule from the
system's cache.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
import numpy.typing as npt

_AROUND = 64 << 10
"""What Linux brings in around a page that is touched, if the file is in its cache: aligned
windows of this size (`fault_around_bytes`)."""


def release_pages(array: npt.NDArray[Any]) -> None:
    """
    Let go of the memory behind `array` if it is a view of a file mapped read-only.

    Arrays in ordinary memory are left alone, and so are mappings that can be written, whose
    changes would be lost. Neighbours whose pages go with it are read again when they are needed.
    """
    mapping = _mapping(array)
    if mapping is None or not hasattr(mapping, "madvise"):
        return
    base = np.frombuffer(mapping, np.uint8)
    if base.flags.writeable or not array.size:
        return
    low, high = np.lib.array_utils.byte_bounds(array)
    start = base.ctypes.data
    first = max(low // _AROUND * _AROUND - start, 0)
    end = min(-(-high // _AROUND) * _AROUND - start, base.size)
    if end > first:
        mapping.madvise(mmap.MADV_DONTNEED, first, end - first)


def is_mapped(array: npt.NDArray[Any]) -> bool:
    """Whether the array is a view of a mapped file."""
    return _mapping(array) is not None


def _mapping(array: npt.NDArray[Any]) -> mmap.mmap | None:
    """The mapping that an array is a view of, None if there is none."""
    base: Any = array
    while base is not None:
        if isinstance(base, mmap.mmap):
            return base
        if isinstance(base, memoryview):
            base = base.obj
        else:
            base = getattr(base, "base", None)
    return None

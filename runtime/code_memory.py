"""Puts a code image where the processor may execute it."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys

from ..errors import StepwellError
from .program import CodeImage


class ExecutableCode:
    """A copy of a code image in memory of its own: written first, then executable and read-only.

    The memory is freed with this object, so whoever holds an address into it holds this, too.
    Raises `StepwellError` where the system does not let a process do that.
    """

    image: CodeImage
    base: int

    def __init__(self, image: CodeImage):
        if sys.platform == "win32":
            raise StepwellError("running models natively is not supported on Windows yet")
        self.image = image
        self._memory = mmap.mmap(
            -1, max(len(image.code), 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        )
        self._memory.write(image.code)
        # Reading the address this way keeps the mapping from being closed as long as `_start` is.
        self._start = ctypes.c_char.from_buffer(self._memory)
        self.base = ctypes.addressof(self._start)
        process = ctypes.CDLL(None, use_errno=True)
        size = ctypes.c_size_t(len(self._memory))
        if process.mprotect(
            ctypes.c_void_p(self.base), size, ctypes.c_int(mmap.PROT_READ | mmap.PROT_EXEC)
        ):
            raise StepwellError(
                "the system refuses to make memory executable "
                f"({os.strerror(ctypes.get_errno())}), which running compiled models needs"
            )

    def address_of(self, name: str) -> int:
        """The address of a global function. Raises `KeyError` if there is none of that name."""
        return self.base + self.image.offset_of(name)

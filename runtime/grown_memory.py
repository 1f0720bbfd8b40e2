"""
Memory that a program asks for in the middle of a call, when it knows how much.

Machine code asks where the memory of an entry of the table of sizes is too small (`abi.py`). What a
frame has been given it keeps, so that later calls do not ask again.
"""

from __future__ import annotations

import ctypes

import numpy as np

from ..errors import NotEnoughMemoryError
from .abi import FrameSlot
from .array_memory import AnyArray, address_of, aligned_empty
from .available_memory import UNASKED, require_memory

_STATUS = int(FrameSlot.STATUS)


class GrownMemory:
    """That of one frame: `slots` are its own, `table` its table of sizes."""

    def __init__(
        self,
        slots: ctypes.Array[ctypes.c_uint64],
        table: ctypes.Array[ctypes.c_int64],
        grow_entry: int,
    ):
        self._slots, self._table = slots, table
        self._arrays: dict[int, AnyArray] = {}
        self._failure: BaseException | None = None
        kind = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
        self._function = kind(self._grow)  # must outlive the frame
        table[grow_entry] = ctypes.cast(self._function, ctypes.c_void_p).value or 0

    @property
    def nbytes(self) -> int:
        """The bytes of all of it."""
        return sum(array.nbytes for array in self._arrays.values())

    def take(self, entry: int) -> AnyArray:
        """The bytes of an entry, which become those of a result: the next call gets others."""
        self._table[entry] = self._table[entry + 1] = 0
        return self._arrays.pop(entry, np.empty(0, np.uint8))

    def raise_failure(self) -> None:
        """Raise what was raised when memory was asked for, if something was."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _grow(self, entry: int, size: int, _: int) -> None:
        try:
            self._provide(entry, size)
        except BaseException as error:
            self._failure = error
            self._slots[_STATUS] = -1 % (1 << 64)  # the program ends

    def _provide(self, entry: int, size: int) -> None:
        self._table[entry] = self._table[entry + 1] = 0
        self._arrays.pop(entry, None)  # it is not needed beside the new one
        what, remedy = "a call whose data decides how much it needs", "use smaller inputs"
        if size > UNASKED:
            require_memory(size, what, remedy)
        try:
            array = aligned_empty((size,), np.dtype(np.uint8))
        except MemoryError as error:  # where nobody says what is available
            raise NotEnoughMemoryError(
                f"{what} wants {size:,} bytes of memory, which the system does not give; {remedy}"
            ) from error
        self._arrays[entry] = array
        self._table[entry], self._table[entry + 1] = address_of(array), size

"""
The tables of sizes of a program whose sizes are open.

Machine code computes a table from the values of the names (`abi.py`), in 64 bits. `size_limit` of
the program is a polynomial that no number on the way exceeds; where it is too large for 64 bits, no
machine has the memory.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping

from ..errors import NotEnoughMemoryError
from .abi import FrameSlot
from .program import CompiledProgram
from .size import evaluated
from .size_solving import shown_values
from .size_text import parse_size
from .value_text import sizes_by_name_text

MOST = 1 << 62
"""Numbers that are computed from sizes are below it."""


class SizeTables:
    """What computes the tables of one program; `function` is the address of its `stepwell_bind`."""

    def __init__(self, program: CompiledProgram, function: int):
        self._fill: Callable[[int], None] = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(function)
        self._entries = program.table_entries
        self._limit = parse_size(program.size_limit)
        buffers = len(program.buffer_inputs) + len(program.buffer_outputs)
        self._first = FrameSlot.ARGUMENTS + buffers

    def new(self) -> ctypes.Array[ctypes.c_int64]:
        """A table for one frame."""
        return (ctypes.c_int64 * self._entries)()

    def fill(
        self,
        slots: ctypes.Array[ctypes.c_uint64],
        table: ctypes.Array[ctypes.c_int64],
        sizes: Mapping[str, int],
    ) -> int:
        """
        Compute the table that a frame has, for these values of the names; the bytes of the arena.

        Raises:
            NotEnoughMemoryError: for sizes with which no machine runs the program.
        """
        if evaluated(self._limit, sizes) >= MOST:
            raise NotEnoughMemoryError(
                f"with {sizes_by_name_text(shown_values(sizes))}, intermediate values take more "
                "memory than any machine has; use smaller inputs"
            )
        for at, value in enumerate(sizes.values(), self._first):
            slots[at] = value
        self._fill(ctypes.addressof(slots))
        return table[0]

"""The memory of one call in flight: its arena and the frame it passes to the machine code."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NotEnoughMemoryError
from .abi import SLOT_BYTES, FrameSlot
from .array_memory import AnyArray, address_of, aligned_empty
from .available_memory import UNASKED, require_memory
from .interruption import Interruption
from .program import CompiledProgram, numpy_dtype
from .result_memory import ResultMemory

if TYPE_CHECKING:
    # Programs whose sizes are numbers start without these.
    from .decided_sizes import DecidedSizes
    from .grown_memory import GrownMemory
    from .size_tables import SizeTables

ROOMY = 4
"""An arena so many times as large as a call needs is given back after `PATIENCE` such calls."""

PATIENCE = 64


class CallFrame:
    """An arena, a frame and memory for results, used by one call at a time and then by the next.

    The slots that are the same for every call are filled in here, the others by the caller. That
    of a program with open sizes, which has `tables`, is bound to the sizes of each call.

    Raises `NotEnoughMemoryError` when there is not enough memory.
    """

    arena: AnyArray
    address: int

    def __init__(
        self,
        program: CompiledProgram,
        weights: AnyArray,
        reference_callback: int,
        tables: SizeTables | None = None,
        decided: DecidedSizes | None = None,
    ):
        outputs = program.buffer_outputs
        grown = {result.output for result in program.grown}
        shapes = [(0,) if at in grown else out.shape for at, out in enumerate(outputs)]
        dtypes = [numpy_dtype(out.dtype) for out in outputs]
        self.results = ResultMemory(list(zip(dtypes, shapes, strict=True)))
        arguments = len(program.buffer_inputs) + len(outputs) + len(program.sizes)
        self._pack = Struct(f"={arguments}Q").pack_into
        self.slots = (ctypes.c_uint64 * (FrameSlot.ARGUMENTS + arguments))()
        self.address = ctypes.addressof(self.slots)
        self.slots[FrameSlot.WEIGHTS] = address_of(weights)
        self.slots[FrameSlot.REFERENCE] = reference_callback
        self.interruption = Interruption()
        self.slots[FrameSlot.INTERRUPT] = self.interruption.callback
        self._tables, self._decided = tables, decided
        self.grown: GrownMemory | None = None
        self._sizes: tuple[int, ...] | None = None
        self._roomy_calls = 0
        self.arena_bytes = program.arena_size
        """What a call needs of the arena, for the sizes the frame is bound to."""
        if tables is None:
            self._provide(program.arena_size)
        else:
            self.table = tables.new()
            self.slots[FrameSlot.TABLE] = ctypes.addressof(self.table)
            self._provide(0)
            if program.grow_entry:
                from .grown_memory import GrownMemory  # others start without it

                self.grown = GrownMemory(self.slots, self.table, program.grow_entry)
            if not program.sizes:
                self.bind({})

    def bind(self, sizes: Mapping[str, int]) -> None:
        """Be ready for a call with these values of the names.

        Raises `NotEnoughMemoryError` for sizes with which the program needs more than there is.
        """
        values = tuple(sizes.values())
        if values == self._sizes:
            if self._roomy_calls:
                self._give_back()
            return
        needed = self.needed(sizes)
        known = sizes if self._decided is None else self._decided.with_bounds(sizes)
        results = self.results.bind(known)
        if needed + results > UNASKED:
            # Programs whose sizes are numbers start without these.
            from .size_solving import shown_values
            from .value_text import sizes_by_name_text

            named = sizes_by_name_text(shown_values(sizes))
            what = f"a call with {named}" if named else "a call"
            require_memory(needed + results, what, "use smaller inputs or fewer calls at once")
        if needed > self.arena.size:
            self._provide(needed)
        self._sizes, self.arena_bytes = values, needed
        self._roomy_calls = 0
        self._give_back()

    def needed(self, sizes: Mapping[str, int]) -> int:
        """The bytes of the arena for these values of the names. Raises as `bind` does."""
        if self._tables is None:
            return self.arena_bytes
        self._sizes = None  # what follows may fail, and the table is another one then
        return self._tables.fill(self.slots, self.table, sizes)

    def _give_back(self) -> None:
        """Give back memory that calls have not used for a while."""
        if self.arena_bytes * ROOMY >= self.arena.size:
            self._roomy_calls = 0
            return
        self._roomy_calls += 1
        if self._roomy_calls > PATIENCE:
            self._provide(self.arena_bytes)
            self._roomy_calls = 0

    def _provide(self, size: int) -> None:
        """Have an arena of `size` bytes."""
        what, remedy = "one more call", "use smaller inputs or fewer calls at once"
        require_memory(size, what, remedy)
        self.arena = np.empty(0, np.uint8)  # the one before is not needed beside the new one
        try:
            self.arena = aligned_empty((size,), np.dtype(np.uint8))
        except MemoryError as error:  # where nobody says what is available
            self._sizes = None  # there is no arena: the next call asks for one
            raise NotEnoughMemoryError(
                f"{what} needs {size:,} bytes of memory, which the system does not give; {remedy}"
            ) from error
        self.slots[FrameSlot.ARENA] = address_of(self.arena)

    def set_arguments(self, *values: int) -> None:
        """Addresses of the inputs and the outputs, then the values of the names."""
        self._pack(self.slots, _FIRST_ARGUMENT, *values)


_FIRST_ARGUMENT = FrameSlot.ARGUMENTS * SLOT_BYTES

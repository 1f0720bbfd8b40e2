"""The memory of one call in flight: its arena and the frame it passes to the machine code."""

from __future__ import annotations

import ctypes
from struct import Struct

import numpy as np

from ..errors import NotEnoughMemoryError
from .abi import SLOT_BYTES, FrameSlot
from .array_memory import AnyArray, address_of, aligned_empty
from .available_memory import require_memory
from .program import CompiledProgram, numpy_dtype
from .result_memory import ResultMemory


class CallFrame:
    """An arena, a frame and memory for results, used by one call at a time and then by the next.

    The slots that are the same for every call are filled in here, the others by the caller.

    Raises `NotEnoughMemoryError` when there is not enough memory.
    """

    arena: AnyArray
    address: int

    def __init__(self, program: CompiledProgram, weights: AnyArray, reference_callback: int):
        what, remedy = "one more call", "use smaller inputs or fewer calls at once"
        require_memory(program.arena_size, what, remedy)
        try:
            self.arena = aligned_empty((program.arena_size,), np.dtype(np.uint8))
        except MemoryError as error:  # where nobody says what is available
            raise NotEnoughMemoryError(
                f"{what} needs {program.arena_size:,} bytes of memory, which the system "
                f"does not give; {remedy}"
            ) from error
        outputs = program.buffer_outputs
        self.results = ResultMemory([(numpy_dtype(out.dtype), out.shape) for out in outputs])
        arguments = len(program.buffer_inputs) + len(outputs) + len(program.sizes)
        self._pack = Struct(f"={arguments}Q").pack_into
        self.slots = (ctypes.c_uint64 * (FrameSlot.ARGUMENTS + arguments))()
        self.address = ctypes.addressof(self.slots)
        self.slots[FrameSlot.WEIGHTS] = address_of(weights)
        self.slots[FrameSlot.ARENA] = address_of(self.arena)
        self.slots[FrameSlot.REFERENCE] = reference_callback

    def set_arguments(self, *values: int) -> None:
        """Addresses of the inputs and the outputs, then the values of the sizes."""
        self._pack(self.slots, _FIRST_ARGUMENT, *values)


_FIRST_ARGUMENT = FrameSlot.ARGUMENTS * SLOT_BYTES

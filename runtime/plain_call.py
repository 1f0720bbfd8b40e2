"""
Calls of programs with nothing but tensors of known sizes, whose time is that of Python itself.

A model of a few operations runs in less than a microsecond. What such a call does beside it is done
here without a step that only other programs need: no names of sizes, no values without a buffer, no
memory of the caller's for results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np

from .abi import FrameSlot
from .array_memory import AnyArray, address_of
from .call_frame import CallFrame
from .program import CompiledProgram
from .signature_check import InputTensor

_READY = 0x101
"""`NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED`, flags of numpy's `ndarraytypes.h`."""

_FIRST_ARGUMENT = int(FrameSlot.ARGUMENTS)

Call = Callable[[CallFrame], None]
"""Runs the code on a frame. Raises where it fails."""


def is_plain(program: CompiledProgram) -> bool:
    """Whether calls of a program can be plain ones."""
    return not (
        program.sizes
        or program.table_entries
        or program.opaque_count
        or program.states
        or program.default_inputs
        or program.decided
        or program.donations
    )


class PlainCalls:
    """The calls of a program of `is_plain`."""

    def __init__(
        self,
        inputs: Iterable[Any],
        idle: list[CallFrame],
        new_frame: Callable[[], CallFrame],
        call: Call,
    ):
        """
        `inputs` check the values of a call, `idle` has the frames that no call uses, `new_frame`
        gives one where there is none, `call` runs the code.
        """
        tensors = [tensor for tensor in inputs if isinstance(tensor, InputTensor)]
        self._inputs = [(t.check, t.dtype, t.tensor.shape) for t in tensors]
        self._names = [t.tensor.name for t in tensors]
        self._idle, self._new_frame, self._call = idle, new_frame, call

    def named(self, feeds: Any) -> list[object] | None:
        """The value of each input from a dictionary; None for anything else than all of them."""
        if type(feeds) is not dict:
            return None
        given = cast("dict[str, object]", feeds)
        try:
            values = [given[name] for name in self._names]
        except KeyError:
            return None
        return values if len(values) == len(given) else None

    def results(self, values: Iterable[object]) -> list[AnyArray]:
        """
        The outputs for as many values as there are inputs, in their order.

        Raises:
            InputError: as `Engine.run` does.
        """
        try:
            frame = self._idle.pop()
        except IndexError:
            frame = self._new_frame()
        try:
            slots, at = frame.slots, _FIRST_ARGUMENT
            arrays: list[AnyArray] = []  # what was converted lives until the code has run
            for value, (check, dtype, shape) in zip(values, self._inputs, strict=False):
                array: Any = value
                if not (
                    type(array) is np.ndarray
                    and array.dtype is dtype
                    and array.shape == shape
                    and array.flags.num & _READY == _READY
                ):
                    array = check(array)
                arrays.append(array)
                slots[at] = address_of(array)
                at += 1
            results: list[AnyArray] = []
            for memory in frame.results.each:
                result, slots[at] = memory.new()
                results.append(result)
                at += 1
            self._call(frame)
        finally:
            self._idle.append(frame)
        return results

"""Runs framework nodes without a native kernel by their reference semantics, from machine code.

The program calls back with the index of the op and its frame. The op's operands and results are
views of the memory the frame points at, so nothing is copied but the results; those without a
buffer stand in the table of opaque values of the call. Python exceptions cannot pass through
machine code: the first one of a call is kept, the reference ops after it, or after a kernel that
failed, do nothing, and it is raised when the call has returned.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from ..errors import NotEnoughMemoryError, StepwellError
from .abi import SLOT_BYTES, FrameSlot
from .array_memory import AnyArray
from .opaque_values import owned
from .program import OPAQUE, SEGMENT, ReferenceBuffer, ReferenceOp, numpy_dtype

MakeReference = Callable[[str, str], Callable[[Sequence[Any]], Sequence[Any]]]
"""Makes the function that the text of a module says; the second argument names it in messages."""


class FreshResults:
    """A reference function whose results share no memory with its operands."""

    def __init__(self, function: Callable[[Sequence[Any]], Sequence[Any]]):
        self.function = function

    def __call__(self, operands: Sequence[Any]) -> Sequence[Any]:
        return self.function(operands)


_STATUS = int(FrameSlot.STATUS)
_TABLE = int(FrameSlot.TABLE)

_callback_type = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)


class ReferenceOps:
    """
    The reference ops of one engine; `callback` is the address for the frame.

    It is there without any as well: a file may say that there are none, and its code call one.
    """

    callback: int
    failures: dict[int, BaseException]
    """What the first operation that failed has raised, by the address of the frame."""

    def __init__(
        self, ops: Sequence[ReferenceOp], input_count: int, reference: MakeReference | None
    ):
        self._runners = [_Runner(op, input_count, reference) for op in ops]
        indices = [buffer.index for op in ops for buffer in (*op.operands, *op.results)]
        count = FrameSlot.ARGUMENTS + input_count + max(indices, default=0) + 1
        self._slots: Any = ctypes.c_uint64 * count
        self.failures = {}
        self._opaque: dict[int, list[Any]] = {}  # by the address of the frame
        self._function = _callback_type(self._run)  # must outlive the engine
        self.callback = ctypes.cast(self._function, ctypes.c_void_p).value or 0

    def _run(self, index: int, frame: int) -> None:
        slots = self._slots.from_address(frame)
        # After a kernel that failed, what follows may be computed from anything.
        if slots[_STATUS] or frame in self.failures:
            return
        try:
            if index < 0:
                raise IndexError(index)
            self._runners[index].run(slots, self._opaque.get(frame, []))
        except StepwellError as error:
            self.failures[frame] = error
        except Exception as error:  # of a file that says what cannot be
            self.failures[frame] = _failure(self._runners, index, error)
        except BaseException as error:
            self.failures[frame] = error
        if frame in self.failures:
            slots[_STATUS] = -1  # loops end

    def begin(self, frame: int, opaque: list[Any]) -> None:
        """Let the call with this frame use a table of opaque values."""
        self._opaque[frame] = opaque

    def end(self, frame: int) -> None:
        """Forget the table of opaque values of the call with this frame, if it has begun."""
        self._opaque.pop(frame, None)

    def raise_failure(self, frame: int) -> None:
        """Raise what a reference op of the call with this frame raised, if one did."""
        failure = self.failures.pop(frame, None)
        if failure is not None:
            raise failure


def _failure(runners: Sequence[_Runner], index: int, error: Exception) -> StepwellError:
    if not 0 <= index < len(runners):
        text = f"the program has {len(runners)} reference operations, its machine code calls number"
        return StepwellError(f"{text} {index}; compile the model again")
    failure = StepwellError(f"{runners[index].where}: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure


class _Runner:
    """One reference op. Its module is parsed when it is first needed."""

    def __init__(self, op: ReferenceOp, input_count: int, reference: MakeReference | None):
        self.op = op
        self.reference = reference
        self.input_count = input_count

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.op.op_type} '{self.op.node}', run by its reference semantics"

    @cached_property
    def _function(self) -> tuple[Callable[[Sequence[Any]], Sequence[Any]], bool]:
        """The function, and whether its results share no memory with its operands."""
        if self.reference is None:
            raise StepwellError(
                "the engine was made without the reference semantics; load the artifact with "
                "stepwell.load"
            )
        function = self.reference(self.op.module, f"<{self.op.node}>")
        if isinstance(function, FreshResults):
            return function.function, True
        return function, False

    def run(self, slots: Sequence[int], opaque: list[Any]) -> None:
        """Compute the results into the memory of the frame, or into the table `opaque`.

        Raises `StepwellError`.
        """
        places, into = self._places
        operands = [
            opaque[place] if isinstance(place, int) else place.view(slots) for place in places
        ]
        results = [None if isinstance(place, int) else place.view(slots) for place in into]
        for result in results:
            if result is not None:
                result.fill(0)  # never garbage, even if the op fails
        try:
            function, fresh = self._function
            computed = function(operands)
        except NotEnoughMemoryError:
            raise
        except Exception as error:
            raise StepwellError(f"{self.where}: {error}") from error
        for buffer, result, value in zip(self.op.results, results, computed, strict=True):
            if result is None:
                opaque[buffer.index] = value if fresh else owned(value, self._memory(operands))
                continue
            array = np.asarray(value)
            if array.shape != result.shape or array.dtype != result.dtype:
                raise StepwellError(
                    f"{self.where}: the result is {array.dtype}{list(array.shape)}, "
                    f"compiled for {result.dtype}{list(result.shape)}"
                )
            result[...] = array

    def _memory(self, operands: Sequence[Any]) -> list[AnyArray]:
        """The operands that lie in memory of the call."""
        pairs = zip(self._places[0], operands, strict=True)
        return [operand for place, operand in pairs if not isinstance(place, int)]

    @cached_property
    def _places(self) -> tuple[list[_Place | int], list[_Place | int]]:
        """Where operands and results are, those that are opaque by their place in the table."""
        first, second = (
            [b.index if b.base == OPAQUE else _Place(b, self.input_count, writeable) for b in side]
            for side, writeable in ((self.op.operands, False), (self.op.results, True))
        )
        return first, second


class _Place:
    """Where a buffer is, worked out once: the frame has an address, the rest is fixed."""

    def __init__(self, buffer: ReferenceBuffer, input_count: int, writeable: bool):
        self.slot = {
            "weights": int(FrameSlot.WEIGHTS),
            "arena": int(FrameSlot.ARENA),
            "input": FrameSlot.ARGUMENTS + buffer.index,
            "output": FrameSlot.ARGUMENTS + input_count + buffer.index,
            SEGMENT: int(FrameSlot.TABLE),
        }[buffer.base]
        self._buffer, self._writeable = buffer, writeable
        self._dtype = numpy_dtype(buffer.dtype)
        is_open = bool(buffer.start) or min(buffer.shape, default=0) < 0
        self._open = is_open or buffer.base == SEGMENT
        self._last: tuple[int, AnyArray] | None = None

    def view(self, slots: Sequence[int]) -> AnyArray:
        """The buffer in the call with this frame.

        Calls mostly have the same memory, and a view of it takes longer than a few numbers need.
        """
        base, last, buffer = slots[self.slot], self._last, self._buffer
        if self._open:
            return self._of_call(base, slots[_TABLE])
        if last is not None and last[0] == base:
            return last[1]
        view = self._array(base + buffer.offset, buffer.shape)
        self._last = base, view
        return view

    def _of_call(self, base: int, table: int) -> AnyArray:
        """The buffer where and as large as a table of sizes says."""

        def entry(number: int) -> int:
            return ctypes.c_int64.from_address(table + SLOT_BYTES * number).value

        buffer = self._buffer
        base = entry(buffer.index) if buffer.base == SEGMENT else base
        start = entry(buffer.start) if buffer.start else 0
        shape = tuple([entry(-size) if size < 0 else size for size in buffer.shape])
        return self._array(base + start + buffer.offset, shape)

    def _array(self, address: int, shape: tuple[int, ...]) -> AnyArray:
        kind: Any = ctypes.c_uint8 * (prod(shape) * self._dtype.itemsize)
        memory = kind.from_address(address)
        view: AnyArray = np.ndarray(shape, self._dtype, memory)
        view.flags.writeable = self._writeable
        return view

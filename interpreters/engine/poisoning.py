"""
Poison mode of level 4: memory that no later operation reads is filled with NaN as soon as that is
so.

A byte is live after an operation when the next operation to touch it reads it. That is derived
here from what operations read and write alone, byte for byte, and not from the lifetimes the
planner believed in; so whatever still reads a value that the plan let go reads NaN.

Where the data decides sizes, what is touched is what would be for the largest ones.

A branch or loop counts as one operation that reads all that is touched in it: what is dead between
two of its trips is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import MemRefType
from xdsl.dialects.func import FuncOp
from xdsl.interpreter import Interpreter, PythonValues
from xdsl.ir import Operation, SSAValue

from ...dialects.engine import IfOp, LoopOp, ReferenceOp, ViewOp
from ...dialects.engine.base import (
    EngineOp,
    element_of,
    physical_shape_of,
    physical_strides_of,
    span_bytes_of,
)
from ...dialects.engine.location import is_idle, location_of, range_of_moves
from ...dialects.engine.loop import in_line, inner_blocks
from ...dialects.engine.size_facts import facts_of
from ...dialects.engine.weights import Array, dtype_of
from ...ir.bind_sizes import bind_sizes
from ...runtime.size import numbers_of
from ...runtime.size_bounds import bounds_without
from .layout import POISON_BYTE

Spans = list[tuple[int, int]]


class PoisonDeadBytes(Interpreter.Listener):
    """Fills dead bytes of the arena, the first argument of `function`, after each operation."""

    def __init__(self, function: FuncOp):
        largest = _as_large_as_can_be(function)
        self._base: SSAValue = largest.body.block.args[0]
        self._found: dict[SSAValue, tuple[int, int] | None] = {}
        dying = self._deaths(list(largest.body.block.ops))
        pairs = zip(function.body.block.ops, largest.body.block.ops, strict=True)
        self._dying = {op: dying[other] for op, other in pairs if other in dying}
        self._base = function.body.block.args[0]
        self._arena: Array | None = None

    def will_interpret_op(self, op: Operation, args: PythonValues) -> None:
        if isinstance(op, ViewOp) and op.base is self._base:
            self._arena = args[0].reshape(-1).view(np.uint8)

    def did_interpret_op(self, op: Operation, results: PythonValues) -> None:
        if self._arena is None:
            return
        for start, stop in self._dying.get(op, ()):
            self._arena[start:stop] = POISON_BYTE

    def _deaths(self, ops: Sequence[Operation]) -> dict[Operation, Spans]:
        """The bytes that each operation is the last to touch before they are overwritten."""
        live = np.zeros(span_bytes_of(self._base), np.bool_)
        dying: dict[Operation, Spans] = {}
        for op in reversed(ops):
            reads, writes = self._touched(op)
            if not reads and not writes:
                continue
            places = [place for v in (*reads, *writes) if (place := self._place(v))]
            low, high = min(start for start, _ in places), max(stop for _, stop in places)
            read, written = self._mask(reads, low, high), self._mask(writes, low, high)
            window = live[low:high]
            dying[op] = [(low + a, low + b) for a, b in _runs((read | written) & ~window)]
            window &= ~written
            window |= read
        return dying

    def _touched(self, op: Operation) -> tuple[list[SSAValue], list[SSAValue]]:
        """The buffers in the arena that an operation reads, and those that it writes."""
        if isinstance(op, IfOp | LoopOp):
            inner = [i for block in inner_blocks(op) for i in in_line(block)]
            values = [v for i in (op, *inner) if not isinstance(i, ViewOp) for v in i.operands]
            return [v for v in dict.fromkeys((*values, *op.results)) if self._place(v)], []
        if not isinstance(op, EngineOp | ReferenceOp):
            return [], []
        count = len(op.operands) - len(op.destinations)
        operands = list(op.operands)
        return (
            [v for v in operands[:count] if self._place(v)],
            [v for v in operands[count:] if self._place(v)],
        )

    def _place(self, value: SSAValue) -> tuple[int, int] | None:
        """The bytes of the arena that a value has, in any trip; None for one that has none."""
        if value not in self._found:
            self._found[value] = self._bytes(value)
        return self._found[value]

    def _bytes(self, value: SSAValue) -> tuple[int, int] | None:
        if not isinstance(value.type, MemRefType):
            return None
        location = location_of(value)
        if location.base is not self._base or value is self._base or is_idle(location.moves):
            return None
        [start] = numbers_of([location.offset])
        low, high = numbers_of(range_of_moves(location.moves))
        return start + low, start + high + span_bytes_of(value)

    def _mask(self, values: Sequence[SSAValue], low: int, high: int) -> Array:
        """Which bytes from `low` to `high` the elements of the buffers take."""
        mask = np.zeros(high - low, np.bool_)
        for value in values:
            start, stop = self._place(value) or (low, low)
            if stop - start != span_bytes_of(value):  # it moves
                mask[start - low : stop - low] = True
                continue
            size = dtype_of(element_of(value)).itemsize
            shape = (*physical_shape_of(value), size)
            strides = (*(s * size for s in physical_strides_of(value)), 1)
            if 0 not in shape:
                offset = start - low
                part: np.ndarray[Any, Any] = np.ndarray(
                    shape, np.bool_, buffer=mask.data, offset=offset, strides=strides
                )
                part[...] = True
        return mask


def _as_large_as_can_be(function: FuncOp) -> FuncOp:
    """A function with the bounds of sizes that the data decides in place of these."""
    bounds = bounds_without(facts_of(function).decided)
    if not bounds:
        return function
    largest = function.clone()
    bind_sizes(largest, bounds)
    return largest


def _runs(mask: Array) -> Spans:
    """The (start, stop) of each run of true elements."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))

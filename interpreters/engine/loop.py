"""What `engine.loop` means: on tensors, and in memory once it is planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from xdsl.interpreter import PythonValues
from xdsl.ir import Attribute

from ...dialects.engine import LoopOp
from ...dialects.engine.base import element_of, physical_shape_of, shape_of
from ...dialects.engine.weights import Array, dtype_of
from ...runtime.size import numbers_of
from .layout import moved

Trip = Callable[[PythonValues], PythonValues]
"""Runs the region on its arguments; what it yields."""


def is_true(condition: Any) -> bool:
    """Whether a tensor of one boolean holds."""
    return bool(np.asarray(condition).reshape(-1)[0])


class _Operands:
    """The operands of a loop by name."""

    def __init__(self, op: LoopOp, args: PythonValues, rows: Sequence[int] = ()):
        """`rows` are the lengths of stacked results that have no memory yet."""
        rest = iter(args)
        self.limit = None if op.limit is None else int(np.asarray(next(rest)).reshape(-1)[0])
        self.going = op.condition is None or is_true(next(rest))
        self.inits: list[Array] = [next(rest) for _ in op.inits]
        self.scanned: list[Array] = [next(rest) for _ in op.scanned]
        self.counter: Array | None = None if op.counter is None else next(rest)
        self.outs: list[Array] = list(rest)
        arrays = [*self.scanned, *self.outs[: len(op.stacked)]]
        lengths = [*rows, *(len(array) for array in arrays)]
        lengths += [] if self.limit is None else [self.limit]
        self.most: int | None = min(lengths) if lengths else None

    def may_begin(self, trips: int) -> bool:
        """Whether one more trip begins."""
        return self.going and (self.most is None or trips < self.most)


def _slices(op: LoopOp, operands: _Operands, trip: int) -> Iterator[Array]:
    for number, whole in enumerate(operands.scanned):
        yield whole[len(whole) - 1 - trip if op.is_backwards(number) else trip]


def loop_on_tensors(
    op: LoopOp, args: PythonValues, rows_of: Sequence[Attribute], run: Trip
) -> PythonValues:
    """
    The results of a loop; rows of trips that were not made are 0.

    `rows_of` are the types of the stacked results, with numbers in place of names.
    """
    operands = _Operands(op, args, [shape_of(v)[0] for v in rows_of])
    carried: list[Any] = list(operands.inits)
    stacked = [np.zeros(shape_of(v), dtype_of(element_of(v))) for v in rows_of]
    trips = 0
    while operands.may_begin(trips):
        number = np.array(trips, np.int64)
        yielded = list(run((number, *carried, *_slices(op, operands, trips))))
        if op.condition is not None:
            operands.going = is_true(yielded.pop(0))
        carried, rows = yielded[: len(carried)], yielded[len(carried) :]
        for at, (whole, row) in enumerate(zip(stacked, rows, strict=True)):
            whole[len(whole) - 1 - trips if op.is_upwards(at) else trips] = row
        trips += 1
    counts = [] if op.counts is None else [np.array(trips, np.int64)]
    return (*carried, *stacked, *counts)


def loop_in_memory(op: LoopOp, args: PythonValues, run: Trip) -> PythonValues:
    """The same of a planned loop, whose region leaves everything where it belongs."""
    operands = _Operands(op, args)
    trips = 0
    while operands.may_begin(trips):
        if operands.counter is not None:
            operands.counter[...] = trips
        here = _carried(op, operands, trips)
        yielded = run((trips, *here, *_slices(op, operands, trips)))
        if op.condition is not None:
            operands.going = is_true(yielded[0])
        trips += 1
    if op.counts is not None:
        operands.outs[-1][...] = trips
    return tuple(_carried(op, operands, trips))


def _carried(op: LoopOp, operands: _Operands, trip: int) -> list[Array]:
    """Where the carried values lie when a trip begins."""
    turns = numbers_of(op.turn_of(at) for at in range(len(op.inits)))
    return [_turned(init, turn, trip) for init, turn in zip(operands.inits, turns, strict=True)]


def _turned(first: Array, turn: int, trip: int) -> Array:
    return first if not turn or trip % 2 == 0 else moved(first, turn)


def grown(op: LoopOp, values: PythonValues, types: Sequence[Attribute]) -> Iterator[Any]:
    """Values in memory, of which the carried ones that grow have the shapes of these types."""
    for number, value in enumerate(values):
        if number >= len(op.inits) or op.growth_axis(number) is None:
            yield value
        else:
            yield as_strided(value, physical_shape_of(types[number]), value.strides)


def filled(op: LoopOp, results: PythonValues, types: Sequence[Attribute]) -> PythonValues:
    """The results of a loop on tensors, with those that grow as large as they can be."""
    found = list(results)
    for number, type_ in enumerate(types):
        if op.growth_axis(number) is None:
            continue
        whole = np.zeros(shape_of(type_), dtype_of(element_of(type_)))
        whole[tuple(map(slice, found[number].shape))] = found[number]
        found[number] = whole
    return tuple(found)

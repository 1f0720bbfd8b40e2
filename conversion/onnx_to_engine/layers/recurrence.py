"""
LSTM, GRU and RNN as `engine.recurrence`, one per direction.

A row ends with its sequence length: the reverse direction starts at its last valid step, what
comes after it is zero, and the last state is that of the last step taken. A row of length zero
keeps its initial state.

Operators: GRU, LSTM, RNN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp
from ....dialects.engine.base import element_of, extents_of, shape_of
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE
from ...to_engine.lowering import Lowering
from ...to_engine.open_extents import Number, map_with_extents
from ...to_engine.run_time_operands import checked
from ...to_engine.scalars import Numbers, cast_scalar, select
from ...to_engine.vocabulary.recurrence import (
    Cell,
    gru_cell,
    lstm_cell,
    project,
    recurrence,
    rnn_cell,
)
from .recurrence_activations import activations_of

CellOf = Callable[[Lowering, int], Cell]
"""The cell of a direction, by the attributes of the operation."""

STATES = ("initial_h", "initial_c")


def _clip(lo: Lowering) -> float | None:
    limit = lo.op.attribute("clip")
    return limit if isinstance(limit, float) and limit > 0 else None


def _lstm(lo: Lowering, direction: int) -> Cell:
    activations = activations_of(lo, ("Sigmoid", "Tanh", "Tanh"), direction)
    coupled = "forget" if lo.integer("input_forget") else ""
    return lstm_cell(activations, clip=_clip(lo), coupled=coupled)


def _gru(lo: Lowering, direction: int) -> Cell:
    activations = activations_of(lo, ("Sigmoid", "Tanh"), direction)
    reset_after = bool(lo.integer("linear_before_reset"))
    return gru_cell(activations, clip=_clip(lo), reset_after=reset_after)


def _rnn(lo: Lowering, direction: int) -> Cell:
    return rnn_cell(activations_of(lo, ("Tanh",), direction), clip=_clip(lo))


def _direction_slice(lo: Lowering, value: SSAValue, direction: int) -> SSAValue:
    """`value[direction]`"""
    part = lo.slice_axis(value, 0, direction, 1)
    return lo.reshape(part, extents_of(value)[1:])


def _initial(lo: Lowering, name: str, direction: int, shape: tuple[Extent, ...]) -> SSAValue:
    value = lo.optional(name)
    if value is None:
        zeros = np.zeros((), dtype_of(element_of(lo.operand("X"))))
        return lo.broadcast(lo.constant(zeros, "zero"), shape)
    if lo.integer("layout"):
        value = lo.transpose(value, (1, 0, 2))
    return _direction_slice(lo, value, direction)


def _lengths(lo: Lowering, steps: Extent) -> SSAValue | None:
    """The steps of each row, checked; None where all take all."""
    lengths = lo.optional("sequence_lens")
    if lengths is None:
        return None
    known = lo.array_of(lengths)
    if known is not None and isinstance(steps, int) and (known == steps).all():
        return None
    n, element = Numbers(element_of(lengths)), element_of(lengths)

    def fits(x: SSAValue, steps: Number) -> SSAValue:
        low = n.compare("ge", x, n.number(0))
        if isinstance(steps, int):
            high = n.compare("le", x, n.number(steps))
        else:
            high = WHOLE.compare("le", cast_scalar(x, element, i64), steps)
        return select(low, high, low)

    message = f"sequence_lens has a length that is not from 0 to {steps}"
    return checked(lo, lengths, map_with_extents(lo, [lengths], [steps], fits, i1), message)


def _one_direction(
    lo: Lowering, cell: Cell, x: SSAValue, lengths: SSAValue | None, direction: int, reverse: bool
) -> Sequence[SSAValue]:
    """The outputs `[T, B, H]` and the final states `[B, H]` of one direction."""
    _, batch, _ = extents_of(x)
    hidden = shape_of(lo.operand("R"))[-1]
    w = lo.transpose(_direction_slice(lo, lo.operand("W"), direction), (1, 0))
    r = lo.transpose(_direction_slice(lo, lo.operand("R"), direction), (1, 0))
    bias, biases = lo.optional("B"), None
    if bias is not None:
        both, width = _direction_slice(lo, bias, direction), cell.gates * hidden
        biases = lo.slice(both, [0], [width]), lo.slice(both, [width], [width])
    projection = project(lo, cell, x, w, r, biases)
    states = [_initial(lo, name, direction, (batch, hidden)) for name in STATES[: cell.states]]
    extras: list[SSAValue] = []
    if cell.states == 2 and lo.optional("P") is not None:
        peepholes = _direction_slice(lo, lo.operand("P"), direction)
        extras = [lo.slice(peepholes, [g * hidden], [hidden]) for g in range(3)]
    return recurrence(lo, cell, projection, states, extras=extras, lengths=lengths, reverse=reverse)


def _recurrent(lo: Lowering, cell_of: CellOf) -> list[SSAValue | None]:
    x = lo.operand("X")
    batch_first = bool(lo.integer("layout"))
    if batch_first:
        x = lo.transpose(x, (1, 0, 2))
    steps, batch, _ = extents_of(x)
    lengths = _lengths(lo, steps)
    hidden = shape_of(lo.operand("R"))[-1]
    direction = lo.text("direction", "forward")
    reverses = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[direction]
    cells = [cell_of(lo, direction) for direction in range(len(reverses))]
    runs = [
        _one_direction(lo, cell, x, lengths, at, back)
        for at, (cell, back) in enumerate(zip(cells, reverses, strict=True))
    ]
    results: list[SSAValue | None] = []
    for at, name in enumerate(("Y", "Y_h", "Y_c")[: 1 + cells[0].states]):
        if not lo.is_used(name):
            results.append(None)
            continue
        shape = (steps, 1, batch, hidden) if at == 0 else (1, batch, hidden)
        parts = [lo.reshape(run[at], shape) for run in runs]
        axis = 1 if at == 0 else 0
        whole = parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))
        if batch_first:
            whole = lo.transpose(whole, (2, 0, 1, 3) if at == 0 else (1, 0, 2))
        results.append(whole)
    return results


def LSTM(lo: Lowering) -> list[SSAValue | None]:
    """Long short-term memory, with peepholes."""
    return _recurrent(lo, _lstm)


def GRU(lo: Lowering) -> list[SSAValue | None]:
    """Gated recurrent unit."""
    return _recurrent(lo, _gru)


def RNN(lo: Lowering) -> list[SSAValue | None]:
    """`h = f(x . W + h . R + b)`"""
    return _recurrent(lo, _rnn)


OPERATORS: dict[str, Conversion] = {"GRU": GRU, "LSTM": LSTM, "RNN": RNN}

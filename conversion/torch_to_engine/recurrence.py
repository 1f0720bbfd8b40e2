"""
Recurrent layers and cells.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers
from ..to_engine.vocabulary.recurrence import (
    Cell,
    StateProjection,
    project,
    projected_recurrence,
    recurrence,
)
from ..to_engine.vocabulary.recurrent_cells import CELLS
from .arguments import flag, tensors
from .movement import joined


def _direction(
    lo: Lowering,
    cell: Cell,
    x: SSAValue,
    states: Sequence[SSAValue],
    weights: Sequence[SSAValue],
    *,
    reverse: bool,
) -> Sequence[SSAValue]:
    """The outputs `[T, B, H]` and the final states `[B, H]`."""
    w, r, *rest = (lo.transpose(v, (1, 0)) if rank_of(v) == 2 else v for v in weights)
    biases = (rest[0], rest[1]) if len(rest) > 1 else None
    if len(rest) % 2:  # a projection of the state
        state = StateProjection(rest[-1])
        return projected_recurrence(lo, cell, x, w, r, biases, states, state, reverse=reverse)
    projection = project(lo, cell, x, w, r, biases)
    return recurrence(lo, cell, projection, states, reverse=reverse)


def _layers(cell: Cell, hidden: str = "hx") -> Conversion:
    """Layers one after another, each in one direction or both."""

    def convert(lo: Lowering) -> list[SSAValue | None]:
        x, batch_first = lo.operand("input"), flag(lo, "batch_first")
        if not Numbers(element_of(x)).floating or (lo.number("dropout") and flag(lo, "train")):
            raise NoNativeForm("in training, or on integers")
        if batch_first:
            x = lo.transpose(x, (1, 0, 2))
        layers = lo.integer("num_layers")
        directions = 2 if flag(lo, "bidirectional") else 1
        params = tensors(lo, "params")
        each = len(params) // (layers * directions)
        given = [lo.operand(hidden)] if cell.states == 1 else tensors(lo, hidden)
        finals: list[list[SSAValue]] = [[] for _ in given]
        for layer in range(layers):
            outputs: list[SSAValue] = []
            for direction in range(directions):
                at = layer * directions + direction
                states = [lo.reshape(lo.slice_axis(v, 0, at, 1), extents_of(v)[1:]) for v in given]
                weights = params[at * each : (at + 1) * each]
                reverse = bool(direction)
                output, *last = _direction(lo, cell, x, states, weights, reverse=reverse)
                outputs.append(output)
                for kept, value in zip(finals, last, strict=True):
                    kept.append(lo.reshape(value, (1, *extents_of(value))))
            x = outputs[0] if directions == 1 else lo.emit(ConcatOp(outputs, 2))
        result = lo.transpose(x, (1, 0, 2)) if batch_first else x
        return [result, *(joined(lo, kept, 0) for kept in finals)]

    return convert


def _cell(cell: Cell) -> Conversion:
    """One step."""

    def convert(lo: Lowering) -> list[SSAValue | None]:
        x = lo.operand("input")
        states = [lo.operand("hx")] if cell.states == 1 else tensors(lo, "hx")
        names = ("w_ih", "w_hh", "b_ih", "b_hh")
        weights = [v for v in map(lo.optional, names) if v is not None]
        row = lo.reshape(x, (1, *extents_of(x)))
        _, *last = _direction(lo, cell, row, states, weights, reverse=False)
        return list(last)

    return convert


OPERATORS: dict[str, Conversion] = {
    "lstm.input": _layers(CELLS["LSTM"]),
    "gru.input": _layers(CELLS["GRU"]),
    "rnn_tanh.input": _layers(CELLS["RNN_TANH"]),
    "rnn_relu.input": _layers(CELLS["RNN_RELU"]),
    "lstm_cell": _cell(CELLS["LSTM"]),
    "gru_cell": _cell(CELLS["GRU"]),
    "rnn_tanh_cell": _cell(CELLS["RNN_TANH"]),
    "rnn_relu_cell": _cell(CELLS["RNN_RELU"]),
}
"""Conversions by the operator and its overload."""

"""
Recurrent layers: one operator with a list of weights.

Operators: rnn.
"""

from __future__ import annotations

from xdsl.dialects.builtin import i32
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp
from ...dialects.engine.base import extents_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.recurrence import project, recurrence
from ..to_engine.vocabulary.recurrent_cells import CELLS


def _rnn(lo: Lowering) -> Results:
    """`[T, N, directions * H]`, and the last states of each layer and direction."""
    x, cell = lo.operand("x"), CELLS[lo.text("mode", "RNN_TANH")]
    states, weights = lo.group("pre_state"), lo.group("weight_list")
    directions = 2 if lo.flag("is_bidirec") else 1
    if lo.is_used("dropout_state_out") or lo.is_used("reserve"):
        raise NoNativeForm("with what training needs")
    given, half = lo.optional("sequence_length"), len(weights) // 2
    lengths = None if given is None else cast(lo, given, i32)
    last: list[list[SSAValue]] = [[] for _ in states]
    for layer in range(lo.integer("num_layers", 1)):
        outputs: list[SSAValue] = []
        for direction in range(directions):
            at = layer * directions + direction
            w, r = (lo.transpose(weights[2 * at + part], (1, 0)) for part in range(2))
            biases = (weights[half + 2 * at], weights[half + 2 * at + 1])
            initial = [_state(lo, state, at) for state in states]
            projection = project(lo, cell, x, w, r, biases)
            sequence, *final = recurrence(
                lo, cell, projection, initial, lengths=lengths, reverse=bool(direction)
            )
            outputs.append(sequence)
            for kept, state in zip(last, final, strict=True):
                kept.append(state)
        x = outputs[0] if len(outputs) == 1 else lo.emit(ConcatOp(outputs, 2))
    found = [_stacked(lo, kept) for kept in last]
    named = lo.op.result_named("dropout_state_out") is not None
    return [x, *([None] if named else []), *found]


def _state(lo: Lowering, state: SSAValue, at: int) -> SSAValue:
    """`[B, H]` of one layer and direction."""
    _, rows, hidden = extents_of(state)
    return lo.reshape(lo.slice_axis(state, 0, at, 1), (rows, hidden))


def _stacked(lo: Lowering, states: list[SSAValue]) -> SSAValue:
    rows, hidden = extents_of(states[0])
    parts = [lo.reshape(state, (1, rows, hidden)) for state in states]
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, 0))


OPERATORS: dict[str, Conversion] = {"rnn": _rnn}

"""
Recurrent layers.

Operators: LSTM, RNN.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of, shape_of
from ...runtime.size import numbers_of, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import sigmoid
from ..to_engine.vocabulary.activations import activation, tanh
from ..to_engine.vocabulary.dense import dense
from ..to_engine.vocabulary.recurrence import Cell, lstm_cell, project, recurrence, rnn_cell


def _states(lo: Lowering, cell: Cell) -> SSAValue:
    """`[T, N, H]`: the outputs of a cell that begins at zero and is never cleared on the way."""
    markers = lo.array_of(lo.operand("cont"))
    if markers is None or not (markers[1:] == 1).all():
        raise NoNativeForm("with markers that may clear its state on the way")
    x, recurrent = lo.operand("x"), lo.operand("recurrent")
    steps, rows, *rest = numbers_of(extents_of(x))
    sequence = lo.reshape(x, (steps, rows, product_of(rest)))
    weight, kept = (lo.transpose(lo.operand(n), (1, 0)) for n in ("weight", "recurrent"))
    bias = lo.operand("bias")
    none = lo.constant(np.zeros(shape_of(bias), np.float32), "no_bias")
    projection = project(lo, cell, sequence, weight, kept, (bias, none))
    zero = lo.constant(np.zeros((rows, shape_of(recurrent)[1]), np.float32), "initial")
    return recurrence(lo, cell, projection, [zero] * cell.states)[0]


def _lstm(lo: Lowering) -> SSAValue:
    return _states(lo, lstm_cell((sigmoid, tanh, tanh), gates="ifoc"))


def _rnn(lo: Lowering) -> SSAValue:
    """`h = tanh(W x + b + R h)`, `o = tanh(V h + c)`"""
    states = _states(lo, rnn_cell((tanh,)))
    steps, rows, hidden = extents_of(states)
    flat = lo.reshape(states, (product_of((steps, rows)), hidden))
    weight, bias = lo.operand("output_weight"), lo.operand("output_bias")
    found = activation(lo, tanh, dense(lo, flat, weight, bias, trans_rhs=True))
    return lo.reshape(found, (steps, rows, shape_of(weight)[0]))


OPERATORS: dict[str, Conversion] = {"LSTM": _lstm, "RNN": _rnn}

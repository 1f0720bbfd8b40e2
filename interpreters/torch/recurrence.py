"""Recurrent layers and cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..recurrent_steps import STEPS, Step
from .arguments import ArgumentsFunction, Array


def _run(
    step: Step,
    x: Array,
    states: Sequence[Array],
    params: Sequence[Array],
    has_biases: bool,
    layers: int,
    bidirectional: bool,
    batch_first: bool,
) -> list[Array]:
    """The outputs of the last layer, and the final states of all layers."""
    if batch_first:
        x = x.swapaxes(0, 1)
    directions = 2 if bidirectional else 1
    each = len(params) // (layers * directions)
    finals: list[list[Array]] = [[] for _ in states]
    for layer in range(layers):
        outputs: list[Array] = []
        for direction in range(directions):
            at = layer * directions + direction
            weights = params[at * each : (at + 1) * each]
            now = [s[at].astype(np.float64) for s in states]
            rows: list[Array] = []
            for value in x[::-1] if direction else x:
                now = step(value, now, weights)
                rows.append(now[0])
            outputs.append(np.stack(rows[::-1] if direction else rows))
            for kept, value in zip(finals, now, strict=True):
                kept.append(value)
        x = np.concatenate(outputs, -1)
    del has_biases
    return [x.swapaxes(0, 1) if batch_first else x, *(np.stack(kept) for kept in finals)]


def lstm(
    x: Array,
    states: Sequence[Array],
    params: Sequence[Array],
    has_biases: bool,
    layers: int,
    _dropout: float,
    _train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> list[Array]:
    return _run(STEPS["LSTM"], x, states, params, has_biases, layers, bidirectional, batch_first)


def _of_one_state(step: Step) -> ArgumentsFunction:
    def layer(
        x: Array,
        state: Array,
        params: Sequence[Array],
        has_biases: bool,
        layers: int,
        _dropout: float,
        _train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> list[Array]:
        return _run(step, x, [state], params, has_biases, layers, bidirectional, batch_first)

    return layer


def _weights(*weights: Array | None) -> list[Array]:
    return [w for w in weights if w is not None]


def lstm_cell(x: Array, states: Sequence[Array], *weights: Array | None) -> list[Array]:
    return STEPS["LSTM"](x, states, _weights(*weights))


def _cell(step: Step) -> ArgumentsFunction:
    def cell(x: Array, state: Array, *weights: Any) -> Array:
        return step(x, [state], _weights(*weights))[0]

    return cell


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "gru.input": _of_one_state(STEPS["GRU"]),
    "gru_cell": _cell(STEPS["GRU"]),
    "lstm.input": lstm,
    "lstm_cell": lstm_cell,
    "rnn_relu.input": _of_one_state(STEPS["RNN_RELU"]),
    "rnn_relu_cell": _cell(STEPS["RNN_RELU"]),
    "rnn_tanh.input": _of_one_state(STEPS["RNN_TANH"]),
    "rnn_tanh_cell": _cell(STEPS["RNN_TANH"]),
}
"""Functions of arguments by the operator and its overload."""

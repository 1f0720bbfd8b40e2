"""Recurrent layers and cells; torch orders the gates of an LSTM ifgo and those of a GRU rzn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arguments import ArgumentsFunction, Array
from .elementary_functions import sigmoid

Weights = Sequence[Array]
"""Of the input, of the state, and their biases where there are any."""
Step = Callable[[Array, Sequence[Array], Weights], list[Array]]
"""(input, states, weights) -> new states"""


def _gates(x: Array, h: Array, weights: Weights) -> tuple[Array, Array]:
    w, r, *biases = (v.astype(np.float64) for v in weights)
    a, b = x @ w.T, h @ r.T
    return (a + biases[0], b + biases[1]) if biases else (a, b)


def _lstm(x: Array, states: Sequence[Array], weights: Weights) -> list[Array]:
    h, c = states
    i, f, g, o = np.split(np.add(*_gates(x, h, weights[:4])), 4, -1)
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(new)
    projection = weights[4:]  # of an LSTM with a projection of its state
    return [h @ projection[0].T if projection else h, new]


def _gru(x: Array, states: Sequence[Array], weights: Weights) -> list[Array]:
    [h] = states
    a, b = _gates(x, h, weights)
    (ri, zi, ni), (rh, zh, nh) = np.split(a, 3, -1), np.split(b, 3, -1)
    z = sigmoid(zi + zh)
    n = np.tanh(ni + sigmoid(ri + rh) * nh)
    return [(1 - z) * n + z * h]


def _rnn(activation: Callable[[Array], Array]) -> Step:
    def step(x: Array, states: Sequence[Array], weights: Weights) -> list[Array]:
        return [activation(np.add(*_gates(x, states[0], weights)))]

    return step


def _positive(x: Array) -> Array:
    return np.maximum(x, 0)


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
    return _run(_lstm, x, states, params, has_biases, layers, bidirectional, batch_first)


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
    return _lstm(x, states, _weights(*weights))


def _cell(step: Step) -> ArgumentsFunction:
    def cell(x: Array, state: Array, *weights: Any) -> Array:
        return step(x, [state], _weights(*weights))[0]

    return cell


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "gru.input": _of_one_state(_gru),
    "gru_cell": _cell(_gru),
    "lstm.input": lstm,
    "lstm_cell": lstm_cell,
    "rnn_relu.input": _of_one_state(_rnn(_positive)),
    "rnn_relu_cell": _cell(_rnn(_positive)),
    "rnn_tanh.input": _of_one_state(_rnn(np.tanh)),
    "rnn_tanh_cell": _cell(_rnn(np.tanh)),
}
"""Functions of arguments by the operator and its overload."""

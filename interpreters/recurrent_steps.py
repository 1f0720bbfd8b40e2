"""
One step of recurrent layers, as cuDNN lays them out and the frameworks that follow it.

The gates of an LSTM are input, forget, candidate, output; those of a GRU are reset, update,
candidate, where the reset gate scales the recurrent product with its bias. Computed in f64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .smooth_functions import sigmoid

Array = npt.NDArray[Any]
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
    count = len(weights) - len(weights) % 2
    i, f, g, o = np.split(np.add(*_gates(x, h, weights[:count])), 4, -1)
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(new)
    projection = weights[count:]  # of an LSTM with a projection of its state
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


STEPS: Mapping[str, Step] = {
    "GRU": _gru,
    "LSTM": _lstm,
    "RNN_RELU": _rnn(_positive),
    "RNN_TANH": _rnn(np.tanh),
}
"""The step of each kind of layer."""

"""Recurrent layers: one operator with a list of weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .elementwise import sigmoid

STATES = {"LSTM": 2, "GRU": 1, "RNN_TANH": 1, "RNN_RELU": 1}
"""How many states each kind carries."""


def _step(mode: str, x: Array, h: Array, c: Array, w: list[Array]) -> tuple[Array, Array]:
    """The next states; gates are i, f, c, o of an LSTM and r, z, c of a GRU."""
    given, kept = x @ w[0].T + w[2], h @ w[1].T + w[3]
    if mode == "LSTM":
        i, f, g, o = np.split(given + kept, 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    if mode == "GRU":
        (xr, xz, xc), (hr, hz, hc) = (np.split(part, 3, 1) for part in (given, kept))
        r, z = sigmoid(xr + hr), sigmoid(xz + hz)
        return z * h + (1 - z) * np.tanh(xc + r * hc), c
    total = given + kept
    return np.tanh(total) if mode == "RNN_TANH" else np.maximum(total, 0), c


def _rnn(call: Call) -> list[Array | None]:
    """`[T, N, directions * H]`, and the last states of each layer and direction."""
    x, mode = call.operand("x"), call.text("mode")
    states, weights = call.group("pre_state"), call.group("weight_list")
    lengths, directions = call.optional("sequence_length"), 1 + call.flag("is_bidirec")
    half = len(weights) // 2
    last: list[list[Array]] = [[] for _ in states]
    for layer in range(call.integer("num_layers", 1)):
        outputs: list[Array] = []
        for direction in range(directions):
            at = layer * directions + direction
            own = [*weights[2 * at : 2 * at + 2], *weights[half + 2 * at : half + 2 * at + 2]]
            h, c = states[0][at], states[-1][at]
            steps = range(len(x))
            found: list[Array] = [np.zeros_like(h)] * len(x)
            for t in reversed(steps) if direction else steps:
                new_h, new_c = _step(mode, x[t], h, c, own)
                keep = np.ones((x.shape[1], 1), bool)
                if lengths is not None:
                    keep = (t < lengths.reshape(-1))[:, None]
                h, c = np.where(keep, new_h, h), np.where(keep, new_c, c)
                found[t] = np.where(keep, new_h, 0)
            outputs.append(np.stack(found))
            for kept, state in zip(last, (h, c), strict=False):
                kept.append(state)
        x = np.concatenate(outputs, -1)
    found_states = [np.stack(kept) for kept in last]
    dropout = [None] if call.op.result_named("dropout_state_out") is None else [np.zeros(0)]
    return [x, *dropout, *found_states, None]


SEMANTICS: Mapping[str, Function] = {"rnn": _rnn}

"""Recurrent layers: a sequence `[T, N, ...]`, and markers `[T, N]`, 0 where one begins anew."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..sliding_windows import Array
from ..smooth_functions import sigmoid
from ..table_functions import Call, Function


def _lstm(call: Call) -> Array:
    """Gates in the order input, forget, output, candidate; the state is cleared by a marker."""
    x, cont = call.operand("x"), call.operand("cont")
    weight, bias, recurrent = (call.operand(n) for n in ("weight", "bias", "recurrent"))
    gates = x.reshape(*x.shape[:2], -1) @ weight.T + bias
    hidden = recurrent.shape[1]
    h = c = np.zeros((x.shape[1], hidden), x.dtype)
    found: list[Array] = []
    for t in range(x.shape[0]):
        keep = cont[t][:, None]
        total = gates[t] + (keep * h) @ recurrent.T
        i, f, o, g = np.split(total, 4, 1)
        c = keep * (sigmoid(f) * c) + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        found.append(h)
    return np.stack(found)


def _rnn(call: Call) -> Array:
    """`h = tanh(W x + b + R h)`, `o = tanh(V h + c)`"""
    x, cont = call.operand("x"), call.operand("cont")
    weight, bias, recurrent = (call.operand(n) for n in ("weight", "bias", "recurrent"))
    out_weight, out_bias = call.operand("output_weight"), call.operand("output_bias")
    inputs = x.reshape(*x.shape[:2], -1) @ weight.T + bias
    h = np.zeros((x.shape[1], recurrent.shape[1]), x.dtype)
    found: list[Array] = []
    for t in range(x.shape[0]):
        h = np.tanh(inputs[t] + (cont[t][:, None] * h) @ recurrent.T)
        found.append(np.tanh(h @ out_weight.T + out_bias))
    return np.stack(found)


SEMANTICS: Mapping[str, Function] = {"LSTM": _lstm, "RNN": _rnn}

"""
`onnx.RNN`, `onnx.GRU` and `onnx.LSTM` in plain numpy, row by row and step by step.

`onnx.reference` 1.23 passes over `sequence_lens`, `clip`, `input_forget` and most activations.
This is the standard's text (<https://onnx.ai/onnx/operators/onnx__LSTM.html>), computed in double
precision. A row without any step keeps its initial state, of which the text says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ...dialects.onnx import OnnxOp
from .reference import OnnxValue

Array = npt.NDArray[Any]
Activation = Callable[[Array], Array]

FUNCTIONS: dict[str, tuple[Callable[[Array, float, float], Array], tuple[float, ...]]] = {
    "Relu": (lambda x, a, b: np.maximum(x, 0), ()),
    "Tanh": (lambda x, a, b: np.tanh(x), ()),
    "Sigmoid": (lambda x, a, b: 1 / (1 + np.exp(-x)), ()),
    "Affine": (lambda x, a, b: a * x + b, (1.0, 0.0)),
    "LeakyRelu": (lambda x, a, b: np.where(x >= 0, x, a * x), (0.01,)),
    "ThresholdedRelu": (lambda x, a, b: np.where(x >= a, x, 0), (1.0,)),
    "ScaledTanh": (lambda x, a, b: a * np.tanh(b * x), (1.0, 1.0)),
    "HardSigmoid": (lambda x, a, b: np.minimum(np.maximum(a * x + b, 0), 1), (0.2, 0.5)),
    "Elu": (lambda x, a, b: np.where(x >= 0, x, a * (np.exp(x) - 1)), (1.0,)),
    "Softsign": (lambda x, a, b: x / (1 + np.abs(x)), ()),
    "Softplus": (lambda x, a, b: np.logaddexp(0, x), ()),
}
"""Each function with the defaults of its alpha and beta, as many as it has."""

_CAPITALS = {name.lower(): name for name in FUNCTIONS}

DEFAULTS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


@dataclass(frozen=True)
class _Direction:
    """The parameters of one direction; `b` has both biases, `p` the peepholes."""

    functions: Sequence[Activation]
    w: Array
    r: Array
    b: Array
    p: Array


States = list[Array]
Step = Callable[[OnnxOp, _Direction, Array, States], States]


def _rnn(op: OnnxOp, d: _Direction, x: Array, states: States) -> States:
    [f], [h] = d.functions, states
    wb, rb = np.split(d.b, 2)
    return [f(d.w @ x + d.r @ h + wb + rb)]


def _gru(op: OnnxOp, d: _Direction, x: Array, states: States) -> States:
    (f, g), [h] = d.functions, states
    (wz, wr, wh), (rz, rr, rh) = np.split(d.w, 3), np.split(d.r, 3)
    wbz, wbr, wbh, rbz, rbr, rbh = np.split(d.b, 6)
    z = f(wz @ x + rz @ h + wbz + rbz)
    reset = f(wr @ x + rr @ h + wbr + rbr)
    if op.attribute("linear_before_reset"):
        new = g(wh @ x + reset * (rh @ h + rbh) + wbh)
    else:
        new = g(wh @ x + rh @ (reset * h) + rbh + wbh)
    return [(1 - z) * new + z * h]


def _lstm(op: OnnxOp, d: _Direction, x: Array, states: States) -> States:
    (f, g, last), (h, c) = d.functions, states
    wb, rb = np.split(d.b, 2)
    i, o, forget, new = np.split(d.w @ x + d.r @ h + wb + rb, 4)
    pi, po, pf = np.split(d.p, 3)
    i = f(i + pi * c)
    forget = 1 - i if op.attribute("input_forget") else f(forget + pf * c)
    c = forget * c + i * g(new)
    return [f(o + po * c) * last(c), c]


_STEPS: dict[str, Step] = {"RNN": _rnn, "GRU": _gru, "LSTM": _lstm}


def recurrence(op: OnnxOp, inputs: Sequence[OnnxValue | None]) -> list[OnnxValue]:
    """
    Y, the last hidden states and, of an LSTM, the last cell states.

    Raises:
        ValueError: when a sequence length is negative or more than there are steps.
    """
    name = op.schema.name
    given = [*cast("Sequence[Array | None]", inputs), *[None] * 8]
    x, w, r = (_wide(given[at]) for at in range(3))
    bias, lengths, h, c, peepholes = given[3:8]
    batch_first = bool(op.attribute("layout"))
    if batch_first:
        x = x.swapaxes(0, 1)
    steps, batch, _ = x.shape
    direction = str(op.attribute("direction") or "forward")
    reverses = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[direction]
    count, hidden = len(reverses), r.shape[-1]
    b = np.zeros((count, 2 * GATES[name] * hidden)) if bias is None else _wide(bias)
    p = np.zeros((count, 3 * hidden)) if peepholes is None else _wide(peepholes)
    rows = [steps] * batch if lengths is None else [int(n) for n in lengths]
    if any(not 0 <= n <= steps for n in rows):
        raise ValueError(f"sequence_lens has a length that is not from 0 to {steps}: {rows}")
    y = np.zeros((steps, count, batch, hidden))
    last = [np.zeros((count, batch, hidden)) for _ in range(2 if name == "LSTM" else 1)]
    for state, initial in zip(last, (h, c), strict=False):
        if initial is not None:
            state[...] = _wide(initial).swapaxes(0, 1) if batch_first else initial
    functions = activations_of(op)
    with np.errstate(all="ignore"):
        for at, reverse in enumerate(reverses):
            part = _Direction(functions[at], w[at], r[at], b[at], p[at])
            for row, length in enumerate(rows):
                states = [state[at, row] for state in last]
                for t in reversed(range(length)) if reverse else range(length):
                    states = _STEPS[name](op, part, x[t, row], states)
                    y[t, at, row] = states[0]
                for state, value in zip(last, states, strict=True):
                    state[at, row] = value
    if batch_first:
        y, last = y.transpose(2, 0, 1, 3), [state.swapaxes(0, 1) for state in last]
    return [array.astype(cast(Array, inputs[0]).dtype) for array in (y, *last)]


def _wide(array: Array | None) -> Array:
    assert array is not None
    return array.astype(np.float64)


def activations_of(op: OnnxOp) -> list[list[Activation]]:
    """The functions of each direction, with their parameters and the clipping of their inputs."""
    per = len(DEFAULTS[op.schema.name])
    names = cast("list[str] | None", op.attribute("activations")) or DEFAULTS[op.schema.name] * 2
    given = [
        iter(cast("list[float] | None", op.attribute(f"activation_{kind}")) or [])
        for kind in ("alpha", "beta")
    ]
    clip = cast("float | None", op.attribute("clip")) or np.inf
    made = [_activation(name, given, clip) for name in names]
    return [made[at : at + per] for at in range(0, len(made), per)]


def _activation(name: str, given: Sequence[Iterator[float]], clip: float) -> Activation:
    function, defaults = FUNCTIONS[_CAPITALS[name.lower()]]
    own = [next(values, default) for values, default in zip(given, defaults, strict=False)]
    alpha, beta = [*own, 0.0, 0.0][:2]
    return lambda x: function(np.clip(x, -clip, clip), alpha, beta)

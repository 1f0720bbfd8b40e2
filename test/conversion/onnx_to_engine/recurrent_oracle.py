"""RNN, GRU and LSTM as the ONNX standard's text defines them, in numpy, for any attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

Array = npt.NDArray[Any]

FUNCTIONS: dict[str, tuple[Callable[..., Array], tuple[float, ...]]] = {
    "Relu": (lambda x: np.maximum(x, 0), ()),
    "Tanh": (np.tanh, ()),
    "Sigmoid": (lambda x: 1 / (1 + np.exp(-x)), ()),
    "Affine": (lambda x, a, b: a * x + b, (1.0, 0.0)),
    "LeakyRelu": (lambda x, a: np.where(x >= 0, x, a * x), (0.01,)),
    "ThresholdedRelu": (lambda x, a: np.where(x >= a, x, 0), (1.0,)),
    "ScaledTanh": (lambda x, a, b: a * np.tanh(b * x), (1.0, 1.0)),
    "HardSigmoid": (lambda x, a, b: np.minimum(np.maximum(a * x + b, 0), 1), (0.2, 0.5)),
    "Elu": (lambda x, a: np.where(x >= 0, x, a * (np.exp(x) - 1)), (1.0,)),
    "Softsign": (lambda x: x / (1 + np.abs(x)), ()),
    "Softplus": (lambda x: np.log(1 + np.exp(x)), ()),
}
"""Each function with the defaults of its alpha and beta, as many as it has."""

DEFAULTS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def by_the_text(model: onnx.ModelProto, feeds: dict[str, Array]) -> list[Array]:
    """The outputs of a model of one recurrent node, in double precision up to the end."""
    [node] = model.graph.node
    known = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer} | feeds
    values = [known.get(name) for name in node.input]
    values += [None] * (8 - len(values))
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    element = values[0].dtype  # pyright: ignore[reportOptionalMemberAccess]
    results = _Layer(node.op_type, attributes).run(*values)
    wanted = zip(node.output, results, strict=False)
    return [array.astype(element) for name, array in wanted if name]


class _Layer:
    def __init__(self, op: str, attributes: dict[str, Any]):
        self.op = op
        self.clip = attributes.get("clip", np.inf)
        self.coupled = attributes.get("input_forget", 0)
        self.linear_first = attributes.get("linear_before_reset", 0)
        self.batch_first = attributes.get("layout", 0)
        direction = attributes.get("direction", b"forward").decode()
        self.reverses = {"forward": [0], "reverse": [1], "bidirectional": [0, 1]}[direction]
        names = attributes.get("activations") or [f.encode() for f in DEFAULTS[op]] * 2
        given = [iter(attributes.get(f"activation_{k}", ())) for k in ("alpha", "beta")]
        self.functions = [self._function(name.decode(), given) for name in names]

    def _function(self, name: str, given: list[Iterator[float]]) -> Callable[[Array], Array]:
        function, defaults = FUNCTIONS[name]
        own = [next(values, d) for values, d in zip(given, defaults, strict=False)]
        return lambda x: function(np.clip(x, -self.clip, self.clip), *own)

    def run(self, x: Any, w: Any, r: Any, b: Any, lengths: Any, *rest: Any) -> list[Array]:
        """Y, the last hidden state and the last cell state."""
        h, c, p = rest
        x, w, r = (a.astype(np.float64) for a in (x, w, r))
        if self.batch_first:
            x = x.swapaxes(0, 1)
            h, c = (None if a is None else a.swapaxes(0, 1) for a in (h, c))
        steps, batch, _ = x.shape
        count, hidden = len(self.reverses), r.shape[-1]
        b = np.zeros((count, 2 * GATES[self.op] * hidden)) if b is None else b
        p = np.zeros((count, 3 * hidden)) if p is None else p
        lengths = np.full(batch, steps) if lengths is None else lengths
        y = np.zeros((steps, count, batch, hidden))
        last = [np.zeros((count, batch, hidden)) if a is None else a.astype(float) for a in (h, c)]
        per = len(DEFAULTS[self.op])
        for d, reverse in enumerate(self.reverses):
            functions = self.functions[d * per : (d + 1) * per]
            for row, length in enumerate(lengths):
                state = [a[d, row] for a in last]
                times = range(length - 1, -1, -1) if reverse else range(length)
                for t in times:
                    step = getattr(self, f"_{self.op.lower()}")
                    state = step(functions, x[t, row], w[d], r[d], b[d], p[d], *state)
                    y[t, d, row] = state[0]
                for a, value in zip(last, state, strict=True):
                    a[d, row] = value
        if self.batch_first:
            return [y.transpose(2, 0, 1, 3), *(a.swapaxes(0, 1) for a in last)]
        return [y, *last]

    def _rnn(self, fs: Any, x: Any, w: Any, r: Any, b: Any, p: Any, h: Any, c: Any) -> Any:
        wb, rb = np.split(b, 2)
        return [fs[0](w @ x + r @ h + wb + rb), c]

    def _gru(self, fs: Any, x: Any, w: Any, r: Any, b: Any, p: Any, h: Any, c: Any) -> Any:
        f, g = fs
        (wz, wr, wh), (rz, rr, rh) = np.split(w, 3), np.split(r, 3)
        wbz, wbr, wbh, rbz, rbr, rbh = np.split(b, 6)
        z = f(wz @ x + rz @ h + wbz + rbz)
        reset = f(wr @ x + rr @ h + wbr + rbr)
        if self.linear_first:
            new = g(wh @ x + reset * (rh @ h + rbh) + wbh)
        else:
            new = g(wh @ x + rh @ (reset * h) + rbh + wbh)
        return [(1 - z) * new + z * h, c]

    def _lstm(self, fs: Any, x: Any, w: Any, r: Any, b: Any, p: Any, h: Any, c: Any) -> Any:
        f, g, last = fs
        wb, rb = np.split(b, 2)
        i, o, forget, new = np.split(w @ x + r @ h + wb + rb, 4)
        pi, po, pf = np.split(p, 3)
        i = f(i + pi * c)
        forget = 1 - i if self.coupled else f(forget + pf * c)
        c = forget * c + i * g(new)
        return [f(o + po * c) * last(c), c]

"""Recurrent networks: any number of rows and steps, states that go in and out."""

from __future__ import annotations

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Array, Graph, Sizes, below
from .layers import linear

WORDS = 40
WIDTH = 12
HIDDEN = 16


def _lstm(
    g: Graph, x: str, inputs: int, directions: int, *states: str | None, **more: object
) -> list[str]:
    weights = (
        g.weight(directions, 4 * HIDDEN, inputs, scale=0.2),
        g.weight(directions, 4 * HIDDEN, HIDDEN, scale=0.2),
        g.weight(directions, 8 * HIDDEN, scale=0.1),
    )
    direction = "bidirectional" if directions == 2 else "forward"
    return g.several(
        3, "LSTM", x, *weights, *states, hidden_size=HIDDEN, direction=direction, **more
    )


def lstm_with_states() -> Graph:
    """Two layers, rows first, states of both layers in one input that is cut and joined."""
    g = Graph("lstm_with_states")
    x = g.input("x", ("N", "T", WIDTH))
    h, c = (g.input(name, (2, "N", HIDDEN)) for name in ("h0", "c0"))
    y = g.Transpose(x, perm=[1, 0, 2])
    hidden: list[str] = []
    cells: list[str] = []
    for at in range(2):
        first, second = (g.Slice(s, [at], [at + 1], [0]) for s in (h, c))
        y, last, cell = _lstm(g, y, HIDDEN if at else WIDTH, 1, None, first, second)
        y = g.Squeeze(y, [1])
        hidden.append(last)
        cells.append(cell)
    g.output(linear(g, g.Transpose(y, perm=[1, 0, 2]), HIDDEN, 5), "out")
    g.output(g.Concat(*hidden, axis=0), "hn")
    g.output(g.Concat(*cells, axis=0), "cn")
    return g


def bidirectional_from_zero() -> Graph:
    """States that are zeros of the batch, by `ConstantOfShape` and `Expand`; both ends are read."""
    g = Graph("bidirectional_from_zero")
    ids = g.input("ids", ("N", "T"), below(WORDS), np.int64)
    x = g.Gather(g.weight(WORDS, WIDTH, scale=1), ids)
    rows = g.dim(x, 0)
    zero = g.ConstantOfShape(g.shape(2, rows, HIDDEN))
    unit = g.Expand(g.constant(np.zeros((2, 1, HIDDEN), np.float32)), g.shape(2, rows, HIDDEN))
    y, last, _ = _lstm(g, g.Transpose(x, perm=[1, 0, 2]), WIDTH, 2, None, zero, unit)
    steps = g.Reshape(g.Transpose(y, perm=[2, 0, 1, 3]), g.shape(rows, -1, 2 * HIDDEN))
    g.output(g.LogSoftmax(linear(g, steps, 2 * HIDDEN, 7), axis=-1), "tags")
    forward = g.Gather(last, np.int64(0), axis=0)
    backward = g.Gather(last, np.int64(1), axis=0)
    g.output(linear(g, g.Concat(forward, backward, axis=1), 2 * HIDDEN, 3), "label")
    return g


def _lengths(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
    return rng.integers(min(1, sizes["T"]), sizes["T"] + 1, shape)


def lstm_with_lengths() -> Graph:
    """Rows of given lengths, and the output at the end of each."""
    g = Graph("lstm_with_lengths")
    x = g.input("x", ("T", "N", WIDTH))
    lengths = g.input("lengths", ("N",), _lengths, np.int32)
    y, _, _ = _lstm(g, x, WIDTH, 1, lengths)
    y = g.Transpose(g.Squeeze(y, [1]), perm=[1, 0, 2])
    last = g.Sub(g.Cast(lengths, to=7), np.int64(1))
    rows = g.Range(np.int64(0), g.dim(y, 0), np.int64(1))
    at = g.Concat(g.Unsqueeze(rows, [1]), g.Unsqueeze(last, [1]), axis=1)
    g.output(g.GatherND(y, at), "at_the_end")
    return g


def gru_with_states() -> Graph:
    """A GRU as PyTorch has it, whose state goes in and out."""
    g = Graph("gru_with_states")
    x = g.input("x", ("T", "N", WIDTH))
    h = g.input("h0", (1, "N", HIDDEN))
    y, last = g.several(
        2,
        "GRU",
        x,
        g.weight(1, 3 * HIDDEN, WIDTH, scale=0.2),
        g.weight(1, 3 * HIDDEN, HIDDEN, scale=0.2),
        g.weight(1, 6 * HIDDEN, scale=0.1),
        None,
        h,
        hidden_size=HIDDEN,
        linear_before_reset=1,
    )
    g.output(g.Softmax(linear(g, g.Squeeze(y, [1]), HIDDEN, 9), axis=-1), "out")
    g.output(last, "hn")
    return g


def attention_over_states() -> Graph:
    """Pooling of the steps of a GRU by learned weights."""
    g = Graph("attention_over_states")
    x = g.input("x", ("N", "T", WIDTH))
    y, _ = g.several(
        2,
        "GRU",
        g.Transpose(x, perm=[1, 0, 2]),
        g.weight(2, 3 * HIDDEN, WIDTH, scale=0.2),
        g.weight(2, 3 * HIDDEN, HIDDEN, scale=0.2),
        g.weight(2, 6 * HIDDEN, scale=0.1),
        hidden_size=HIDDEN,
        direction="bidirectional",
    )
    by_row = g.Transpose(y, perm=[2, 0, 1, 3])
    steps = g.Reshape(by_row, g.constant([0, 0, -1]))
    scores = g.MatMul(g.Tanh(linear(g, steps, 2 * HIDDEN, 8)), g.weight(8, 1))
    weights = g.Softmax(scores, axis=1)
    pooled = g.Squeeze(g.MatMul(g.Transpose(weights, perm=[0, 2, 1]), steps), [1])
    g.output(linear(g, pooled, 2 * HIDDEN, 4), "label")
    g.output(weights, "weights")
    return g


BOUNDS = {"N": (1, 9), "T": (1, 40)}
SHORT = ({"N": 1, "T": 1}, {"N": 5, "T": 1}, {"N": 1, "T": 17})

RECURRENT = [
    DynamicModel("lstm_with_states", lstm_with_states, BOUNDS, SHORT),
    DynamicModel("bidirectional_from_zero", bidirectional_from_zero, BOUNDS, SHORT),
    DynamicModel("lstm_with_lengths", lstm_with_lengths, BOUNDS, SHORT),
    DynamicModel("gru_with_states", gru_with_states, BOUNDS, SHORT),
    DynamicModel("attention_over_states", attention_over_states, BOUNDS, SHORT),
]

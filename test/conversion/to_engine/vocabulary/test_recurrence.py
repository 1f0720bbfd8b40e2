"""Gates in the orders that frameworks lay them out in."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from stepwell.conversion.onnx_to_engine.layers import recurrence
from stepwell.test.conversion.onnx_to_engine.node_check import (
    Array,
    by_onnxruntime,
    check_node,
    node_model,
    numbers,
)

HIDDEN = 3


def blocks_in(order: str, array: Array, given: str) -> Array:
    """Rows in blocks of gates in the order `given`, in another order; so each of both biases."""
    count = array.shape[1] // (len(given) * HIDDEN)
    parts = array.reshape(1, count, len(given), HIDDEN, -1)
    return parts[:, :, [given.index(gate) for gate in order]].reshape(array.shape)


@pytest.mark.parametrize(
    ("op", "cell", "given", "order", "attributes"),
    [
        ("LSTM", "lstm_cell", "iofc", "ifoc", {}),
        ("LSTM", "lstm_cell", "iofc", "ifco", {}),
        ("GRU", "gru_cell", "zrh", "rzh", {"linear_before_reset": 0}),
        ("GRU", "gru_cell", "zrh", "rzh", {"linear_before_reset": 1}),
    ],
)
def test_gates_in_another_order(
    op: str,
    cell: str,
    given: str,
    order: str,
    attributes: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
):
    rows = len(given) * HIDDEN
    x = numbers([4, 2, 5], spread=1)
    weights = [
        numbers([1, rows, 5], seed=1, spread=0.5),
        numbers([1, rows, HIDDEN], seed=2, spread=0.5),
        numbers([1, 2 * rows], seed=3, spread=0.5),
    ]
    attributes = attributes | {"hidden_size": HIDDEN}
    model, feeds = node_model(op, [x, *weights], opset=21, **attributes)
    expected = by_onnxruntime(model, feeds)
    moved = [blocks_in(order, w, given) for w in weights]
    assert not np.array_equal(moved[0], weights[0])
    monkeypatch.setattr(recurrence, cell, partial(getattr(recurrence, cell), gates=order))
    module = check_node(
        op, [x, *moved], constants=[1, 2, 3], oracle=lambda *_: expected, rtol=1e-4, **attributes
    )
    assert "engine.gather" not in str(module), "no weight is moved"

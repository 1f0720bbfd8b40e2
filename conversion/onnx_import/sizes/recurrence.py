"""Shapes of recurrent layers."""

from __future__ import annotations

from collections.abc import Mapping

from ....dialects.framework import Dim
from .node import Rule, Shapes, SizeNode


def _recurrent(gates: int, states: int) -> Rule:
    """`[T, D, B, H]` and `[D, B, H]` for each state; with `layout` the batch comes first."""

    def rule(node: SizeNode) -> Shapes:
        dims, weights, recurrent = (node.dims(at) for at in range(3))
        if dims is None or weights is None or recurrent is None:
            return []
        if (len(dims), len(weights), len(recurrent)) != (3, 3, 3):
            return []
        hidden = recurrent[2]
        if node.has("hidden_size"):
            hidden = node.relations.equal(hidden, node.integer("hidden_size"))
            hidden = node.integer("hidden_size")
        width: Dim = None if hidden is None else hidden * gates
        directions = 2 if node.text("direction", "forward") == "bidirectional" else 1
        for given in (weights[0], recurrent[0]):
            node.relations.equal(given, directions)
        for given, size in ((weights[1], width), (recurrent[1], width), (weights[2], dims[2])):
            node.relations.equal(given, size)
        if node.integer("layout"):
            batch, steps = dims[:2]
            return [
                (batch, steps, directions, hidden),
                *[(batch, directions, hidden)] * states,
            ]
        steps, batch = dims[:2]
        return [(steps, directions, batch, hidden), *[(directions, batch, hidden)] * states]

    return rule


RECURRENCE: Mapping[str, Rule] = {
    "GRU": _recurrent(3, 1),
    "LSTM": _recurrent(4, 2),
    "RNN": _recurrent(1, 1),
}

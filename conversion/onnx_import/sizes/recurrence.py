"""Shapes of recurrent layers."""

from __future__ import annotations

from collections.abc import Mapping

from ....dialects.framework import Dim
from ...shape_arithmetic import Symbols
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
        first = bool(node.integer("layout"))
        steps, batch = dims[1::-1] if first else dims[:2]
        state = (batch, directions, hidden) if first else (directions, batch, hidden)
        _initial(node, state, batch, states)
        if first:
            return [(batch, steps, directions, hidden), *[state] * states]
        return [(steps, directions, batch, hidden), *[state] * states]

    return rule


def _initial(node: SizeNode, state: Symbols, batch: Dim, states: int) -> None:
    """What is given of each row of the batch has as many rows: lengths, and states at first."""
    wanted: list[Symbols] = [(batch,), *[state] * states]
    for at, sizes in enumerate(wanted, _LENGTHS):
        given = node.dims(at)
        if given is not None and len(given) == len(sizes):
            for one, other in zip(given, sizes, strict=True):
                node.relations.equal(one, other)


_LENGTHS = 4
"""The operand with the length of each row; behind it are states."""


RECURRENCE: Mapping[str, Rule] = {
    "GRU": _recurrent(3, 1),
    "LSTM": _recurrent(4, 2),
    "RNN": _recurrent(1, 1),
}

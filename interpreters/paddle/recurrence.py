"""Recurrent layers: one operator with a list of weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...dialects.engine.weights import Array
from ..recurrent_steps import STEPS
from ..table_functions import Call, Function


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
            now = [state[at] for state in states]
            steps = range(len(x))
            found: list[Array] = [np.zeros_like(now[0])] * len(x)
            for t in reversed(steps) if direction else steps:
                new = STEPS[mode](x[t], now, own)
                keep = np.ones((x.shape[1], 1), bool)
                if lengths is not None:
                    keep = (t < lengths.reshape(-1))[:, None]
                now = [np.where(keep, a, b) for a, b in zip(new, now, strict=True)]
                found[t] = np.where(keep, new[0], 0)
            outputs.append(np.stack(found))
            for kept, state in zip(last, now, strict=True):
                kept.append(state)
        x = np.concatenate(outputs, -1)
    found_states = [np.stack(kept) for kept in last]
    dropout = [None] if call.op.result_named("dropout_state_out") is None else [np.zeros(0)]
    return [x, *dropout, *found_states, None]


SEMANTICS: Mapping[str, Function] = {"rnn": _rnn}

"""What `engine.recurrence` computes."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.base import element_of
from ...dialects.engine.recurrence import RecurrenceOp
from ...dialects.engine.weights import Array
from .contraction import accumulator_dtype
from .scalar import run_scalar_region


def recurrence(op: RecurrenceOp, gates: Array, weight: Array, *others: Array) -> tuple[Array, ...]:
    """One cell step per time step; see the operation for the order of the regions' arguments."""
    rest = list(others)
    states = [rest.pop(0) for _ in op.states]
    extras = [rest.pop(0) for _ in op.extras]
    lengths = rest.pop(0) if op.lengths is not None else None
    second = rest.pop(0) if op.second_weight is not None else None
    elements = op.inferred_elements()[1:]
    steps, batch, _ = gates.shape
    hidden = op.hidden_size
    outputs = np.zeros((steps, batch, hidden), gates.dtype)
    order = range(steps - 1, -1, -1) if op.reverse is not None else range(steps)
    with np.errstate(all="ignore"):
        for t in order:
            inputs = _split(gates[t], hidden)
            recurrent = _split(_product(states[0], weight), hidden)
            if second is not None:
                assert op.second is not None
                arguments = [*inputs, *recurrent, *states, *extras]
                [scaled] = run_scalar_region(op.second, arguments, [element_of(op.gates)])
                scaled = np.broadcast_to(scaled, (batch, hidden))
                recurrent += _split(_product(scaled, second), hidden)
            yielded = run_scalar_region(op.cell, [*inputs, *recurrent, *states, *extras], elements)
            new = [np.broadcast_to(s, (batch, hidden)) for s in yielded]
            runs = np.full((batch, 1), True) if lengths is None else (t < lengths)[:, None]
            outputs[t] = np.where(runs, new[0], np.zeros((), gates.dtype))
            states = [np.where(runs, n, old) for n, old in zip(new, states, strict=True)]
    return (outputs, *states)


def _product(rows: Array, weight: Array) -> Array:
    """The matrix product, summed in the type that products of these elements are summed in."""
    wide = accumulator_dtype(rows.dtype)
    product = np.matmul(rows.astype(wide, copy=False), weight.astype(wide, copy=False))
    return product.astype(rows.dtype)


def _split(rows: Array, hidden: int) -> list[Array]:
    """`[B, G*H]` as G arrays `[B, H]`."""
    return [rows[:, at : at + hidden] for at in range(0, rows.shape[1], hidden)] if hidden else []

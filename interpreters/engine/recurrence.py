"""What `engine.recurrence` computes."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.recurrence import RecurrenceOp
from ...dialects.engine.weights import Array
from .contraction import accumulator_dtype
from .scalar import run_scalar_region


def recurrence(op: RecurrenceOp, gates: Array, weight: Array, *others: Array) -> tuple[Array, ...]:
    """One cell step per time step; see the operation for the order of the region's arguments."""
    count = len(op.states)
    states, extras = list(others[:count]), list(others[count:])
    elements = op.inferred_elements()[1:]
    dtype = accumulator_dtype(gates.dtype)
    wide = weight.astype(dtype, copy=False)
    steps, batch, _ = gates.shape
    hidden = op.hidden_size
    outputs = np.zeros((steps, batch, hidden), gates.dtype)
    order = range(steps - 1, -1, -1) if op.reverse is not None else range(steps)
    with np.errstate(all="ignore"):
        for t in order:
            recurrent = np.matmul(states[0].astype(dtype, copy=False), wide).astype(gates.dtype)
            arguments = [
                part[:, g * hidden : (g + 1) * hidden]
                for part in (gates[t], recurrent)
                for g in range(op.gate_count)
            ]
            yielded = run_scalar_region(op.cell, [*arguments, *states, *extras], elements)
            states = [np.broadcast_to(s, (batch, hidden)) for s in yielded]
            outputs[t] = states[0]
    return (outputs, *states)

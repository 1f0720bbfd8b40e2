"""What `engine.assert` computes."""

from __future__ import annotations

from ...dialects.engine.assertion import AssertOp
from ...dialects.engine.weights import Array
from ...errors import InputError


def check(op: AssertOp, x: Array, condition: Array) -> tuple[Array, ...]:
    """
    The input as it is.

    Raises:
        InputError: with the operation's message, when an element of the condition is false.
    """
    if not condition.all():
        raise InputError(op.message.data)
    return (x,)

"""What `engine.check` computes."""

from __future__ import annotations

from ...dialects.engine.check import CheckOp
from ...dialects.engine.weights import Array
from ...errors import InputError


def check(op: CheckOp, x: Array, condition: Array) -> tuple[Array, ...]:
    """
    The input as it is.

    Raises:
        InputError: with the operation's message, when an element of the condition is false.
    """
    if not condition.all():
        raise InputError(op.message.data)
    return (x,)

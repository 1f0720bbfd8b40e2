"""What the operation of the `framework` dialect means."""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.interpreter import (
    Interpreter,
    InterpreterFunctions,
    PythonValues,
    impl,
    register_impls,
)

from ..dialects.framework import AssertOp
from ..errors import InputError


@register_impls
class FrameworkFunctions(InterpreterFunctions):
    """A value of any type passes through, or is refused."""

    def __init__(self, ctx: Context):
        del ctx  # nothing of it is needed

    @impl(AssertOp)
    def run_assert(
        self, interpreter: Interpreter, op: AssertOp, args: tuple[Any, ...]
    ) -> PythonValues:
        """
        The input as it is.

        Raises:
            InputError: with the operation's message, when an element of the condition is false.
        """
        value, condition = args
        if not np.asarray(condition).all():
            raise InputError(op.message.data)
        return (value,)

"""What the operations of the `framework` dialect mean."""

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

from ..dialects.framework import AssertOp, SizeOp
from ..errors import InputError
from ..runtime.size import numbers_of


@register_impls
class FrameworkFunctions(InterpreterFunctions):
    """A value of any type passes through, or is refused; a size is a number by then."""

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

    @impl(SizeOp)
    def run_size(self, interpreter: Interpreter, op: SizeOp, args: tuple[Any, ...]) -> PythonValues:
        """
        The size, whose names were bound to numbers before.

        Raises:
            NeedsNumber: for a size with names.
        """
        return (np.array(numbers_of([op.size])[0], np.int64),)

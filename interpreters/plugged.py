"""
What operations of plug-ins mean: functions of the operation and of the values of its operands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, cast

from xdsl.interpreter import (
    Interpreter,
    InterpreterFunctions,
    OpImplResult,
    PythonValues,
    register_impls,
)
from xdsl.ir import Operation

from ..plugins import added

Semantics = Callable[..., Any]
"""`(op, *values of operands) -> values of results`: one value, or a sequence of them."""


@cache
def plugged_semantics() -> dict[str, Semantics]:
    """The functions by the name of their operation."""
    return added("semantics")


def values_of(results: Any) -> tuple[Any, ...]:
    """What such a function gave, as a tuple."""
    if isinstance(results, tuple | list):
        return tuple(cast("Sequence[Any]", results))
    return (results,)


def plugged_functions(types: Iterable[type[Operation]]) -> InterpreterFunctions:
    """The functions of operations of the given classes, for xDSL's interpreter."""
    known = tuple(types)

    class PluggedFunctions(InterpreterFunctions):
        """Operations that are neither of the engine dialect's shape nor of a framework."""

        @classmethod
        def _impls(cls) -> Iterable[Any]:
            yield from super()._impls()
            for op_type in known:
                yield op_type, _run

    return register_impls(PluggedFunctions)()


def _run(
    functions: InterpreterFunctions, interpreter: Interpreter, op: Operation, args: PythonValues
) -> OpImplResult:
    return OpImplResult(values_of(plugged_semantics()[op.name](op, *args)), None)

"""What an operation is on scalars, by functions of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import Operation, SSAValue

from ...dialects.stablehlo import HloOp
from ..to_engine.lowering import NoNativeForm
from ..to_engine.scalars import Numbers, value

Form = Callable[[HloOp, Numbers, Sequence[SSAValue]], SSAValue]
"""The scalar result of an operation of operands of such numbers."""


def of_operation(kind: Callable[[SSAValue], Operation]) -> Form:
    """One operation on a float."""

    def form(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
        need_floats(n)
        return value(kind(args[0]))

    return form


def need_floats(n: Numbers) -> None:
    """
    Refuse integers.

    Raises:
        NoNativeForm: for elements that are no floats.
    """
    if not n.floating:
        raise NoNativeForm(f"on {n.element} elements")


def of_one(build: Callable[[Numbers, SSAValue], SSAValue]) -> Form:
    """A function of a number."""
    return lambda op, n, args: build(n, args[0])


def of_float(build: Callable[[Numbers, SSAValue], SSAValue]) -> Form:
    """A function of floats alone."""

    def form(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
        need_floats(n)
        return build(n, args[0])

    return form


def of_two(build: Callable[[Numbers, SSAValue, SSAValue], SSAValue]) -> Form:
    """A function of two numbers."""
    return lambda op, n, args: build(n, args[0], args[1])

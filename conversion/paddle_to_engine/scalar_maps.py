"""Conversions of operators on each element, by functions of scalars."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, value
from ..to_engine.vocabulary.activations import ScalarFunction, activation
from .given import aligned

Scalar = Callable[[Numbers, SSAValue], SSAValue]
Pair = Callable[[Numbers, SSAValue, SSAValue], SSAValue]


def first(lo: Lowering) -> SSAValue:
    """The first operand, whatever its name."""
    return lo.operands[0]


def of_number(function: Scalar) -> Conversion:
    """A function of each element."""
    return lambda lo: activation(lo, function, first(lo))


def of_float(function: Scalar) -> Conversion:
    """A function of floats alone."""

    def convert(lo: Lowering) -> SSAValue:
        if not Numbers(element_of(first(lo))).floating:
            raise NoNativeForm("of integers")
        return activation(lo, function, first(lo))

    return convert


def of_operation(op: Callable[[SSAValue], Operation]) -> Conversion:
    """One operation on each float."""
    return of_float(lambda n, a: value(op(a)))


def of_attributes(function: ScalarFunction, *names: str) -> Conversion:
    """`function(n, x, *numbers of attributes)`"""
    return lambda lo: activation(lo, function, lo.operand("x"), *(lo.number(n) for n in names))


def of_two(method: Pair) -> Conversion:
    """A function of each element of `x` and `y`, which have one type."""

    def convert(lo: Lowering) -> SSAValue:
        x, y = aligned(lo, [lo.operand("x"), lo.operand("y")])
        n = Numbers(element_of(x))
        return lo.map([x, y], lambda a, b: method(n, a, b))

    return convert

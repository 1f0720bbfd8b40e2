"""Arithmetic on scalars of any element type, where signs and rounding have to be told apart."""

from __future__ import annotations

from xdsl.dialects import arith, math
from xdsl.ir import SSAValue

from ..scalars import Numbers, absolute, absolute_integer, select, value


def magnitude(n: Numbers, a: SSAValue) -> SSAValue:
    """`|a|`"""
    if n.floating:
        return absolute(a)
    return a if n.unsigned else absolute_integer(a)


def sign(n: Numbers, a: SSAValue) -> SSAValue:
    """-1, 0 or 1; zeros and NaN stay what they are."""
    zero, one = n.number(0), n.number(1)
    if n.unsigned:
        return select(n.compare("ne", a, zero), one, a)
    below = select(n.compare("lt", a, zero), n.number(-1), a)
    return select(n.compare("gt", a, zero), one, below)


def limited(n: Numbers, a: SSAValue, low: float, high: float) -> SSAValue:
    """`min(max(a, low), high)`"""
    return n.minimum(n.maximum(a, n.number(low)), n.number(high))


def floor_divided(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    """The quotient rounded down."""
    if n.floating:
        return value(math.FloorOp(n.div(a, b)))
    if n.unsigned:
        return n.div(a, b)
    return value(arith.FloorDivSIOp(a, b))

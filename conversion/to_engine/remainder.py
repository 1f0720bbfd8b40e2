"""
Remainders of 16- and 32-bit floats, exactly, without a library function.

They are computed in f64, where `a - trunc(a / b) * b` is exact while the quotient has no more than
29 bits: an f32 has 24. Larger quotients are taken in stages: first the remainder by `b * 2^k`,
whose quotient is small, then by smaller multiples.
"""

from __future__ import annotations

from xdsl.dialects import math
from xdsl.dialects.builtin import Float64Type, f64
from xdsl.ir import SSAValue

from .lowering import NoNativeForm
from .scalars import Numbers, absolute, cast_scalar, select, value

_N = Numbers(f64)

STAGE = 28
"""Bits of the quotient that one stage takes."""

TOP = 9 * STAGE
"""The quotient of two f32 is below 2^277."""


def remainder(n: Numbers, a: SSAValue, b: SSAValue, *, of_divisor: bool) -> SSAValue:
    """The remainder with the sign of the dividend, or of the divisor."""
    if isinstance(n.element, Float64Type):
        raise NoNativeForm("of f64, which would need more than f64")
    x, y = cast_scalar(a, n.element, f64), cast_scalar(b, n.element, f64)
    found = x
    for exponent in range(TOP, -1, -STAGE):
        found = _stage(found, x, _N.mul(y, _N.number(2.0**exponent)) if exponent else y)
    unbounded = _N.compare("eq", absolute(y), _N.number(float("inf")))
    finite = _N.compare("lt", absolute(x), _N.number(float("inf")))
    found = select(unbounded, select(finite, x, _N.number(float("nan"))), found)
    if of_divisor:
        found = _with_sign_of_divisor(found, y)
    else:
        found = value(math.CopySignOp(found, x))
    return cast_scalar(found, f64, n.element)


def _stage(x: SSAValue, sign: SSAValue, y: SSAValue) -> SSAValue:
    """`x` less a multiple of `y` towards zero."""
    quotient = value(math.TruncOp(_N.div(x, y)))
    left = _N.sub(x, _N.mul(quotient, y))
    # The division may have rounded up to the next integer: one multiple too many.
    size = value(math.CopySignOp(y, sign))
    over = _N.compare("lt", _N.mul(left, value(math.CopySignOp(_N.number(1), sign))), _N.number(0))
    return select(over, _N.add(left, size), left)


def _with_sign_of_divisor(left: SSAValue, y: SSAValue) -> SSAValue:
    one = _N.number(1)
    signs = _N.mul(value(math.CopySignOp(one, left)), value(math.CopySignOp(one, y)))
    nothing = _N.compare("eq", left, _N.number(0))
    moved = select(_N.compare("lt", signs, _N.number(0)), _N.add(left, y), left)
    return select(nothing, value(math.CopySignOp(_N.number(0), y)), moved)

"""Integer arithmetic of `interpreters/tfl/fixed_point.py` on i64 scalars of regions."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import Attribute, SSAValue

from ...interpreters.tfl.fixed_point import Multiplier
from ..to_engine.scalars import Numbers, cast_scalar, select, value

WIDE = Numbers(i64)


def shifted(x: SSAValue, by: int) -> SSAValue:
    """`x >> by`, rounded down."""
    return value(arith.ShRSIOp(x, WIDE.number(by))) if by else x


def doubled_high(a: SSAValue, b: int) -> SSAValue:
    """The high half of `2 a b` of 32-bit numbers, halves away from zero."""
    product = WIDE.mul(a, WIDE.number(b))
    below = WIDE.compare("lt", product, WIDE.number(0))
    half = 1 << 30
    moved = WIDE.add(product, select(below, WIDE.number(1 - half), WIDE.number(half)))
    # A shift rounds down, and what is negative is to be cut.
    left = WIDE.compare("lt", moved, WIDE.number(0))
    cut = WIDE.add(moved, select(left, WIDE.number((1 << 31) - 1), WIDE.number(0)))
    return shifted(cut, 31)


def rounded_shift(x: SSAValue, by: int) -> SSAValue:
    """`x / 2 ^ by`, halves away from zero."""
    if by <= 0:
        return x
    half = 1 << (by - 1)
    below = WIDE.compare("lt", x, WIDE.number(0))
    moved = WIDE.add(x, select(below, WIDE.number(half - 1), WIDE.number(half)))
    return shifted(moved, by)


def multiplied(x: SSAValue, multiplier: Multiplier) -> SSAValue:
    """`x` times a multiplier."""
    left, right = max(multiplier.exponent, 0), max(-multiplier.exponent, 0)
    wide = WIDE.mul(x, WIDE.number(1 << left)) if left else x
    return rounded_shift(doubled_high(wide, multiplier.mantissa), right)


def limited(x: SSAValue, zero: int, limits: tuple[int, int]) -> SSAValue:
    """`x + zero` within limits."""
    low, high = limits
    moved = WIDE.add(x, WIDE.number(zero))
    return WIDE.minimum(WIDE.maximum(moved, WIDE.number(low)), WIDE.number(high))


def less(x: SSAValue, source: Attribute, zero: int) -> SSAValue:
    """A stored integer less its zero point."""
    wide = cast_scalar(x, source, i64)
    return WIDE.sub(wide, WIDE.number(zero)) if zero else wide

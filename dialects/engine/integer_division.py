"""
Division of integers in scalar regions: where it may be by zero.

A division by zero has no result, and `engine.map`, on which alone such a division is left, reports
it as an error of its node. Everywhere a kernel divides by something else than a constant, it
divides by one instead of zero, and instead of by minus one what cannot be negated: no value makes
a processor trap.
"""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Operation, OpResult, Region

SIGNED_DIVISIONS = (arith.DivSIOp, arith.RemSIOp, arith.FloorDivSIOp, arith.CeilDivSIOp)

DIVISIONS = (*SIGNED_DIVISIONS, arith.DivUIOp, arith.RemUIOp, arith.CeilDivUIOp)
"""All divisions of integers."""


def constant_divisor(op: Operation) -> int | None:
    """The number by which a division divides, None where that is not a constant."""
    value = op.operands[1]
    if not isinstance(value, OpResult) or not isinstance(value.op, arith.ConstantOp):
        return None
    number = value.op.value
    return number.value.data if isinstance(number, IntegerAttr) else None


def may_trap(op: Operation) -> bool:
    """Whether an operation is a division that some operands make a processor trap."""
    if not isinstance(op, DIVISIONS):
        return False
    divisor = constant_divisor(op)
    return divisor is None or divisor == 0 or (divisor == -1 and isinstance(op, SIGNED_DIVISIONS))


def may_divide_by_zero(region: Region | None) -> bool:
    """Whether a scalar region divides integers by something that may be zero."""
    if region is None or not region.blocks:
        return False
    return any(isinstance(op, DIVISIONS) and not constant_divisor(op) for op in region.block.ops)

"""Limits that hold anyway: where the numbers that come cannot lie beyond them."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.ir import Operation, SSAValue

from ..rewriting.ranges import at_least, is_never_negative, range_of
from ..rewriting.rewrite import Match, rewrite

IDEMPOTENT: tuple[type[Operation], ...] = (
    arith.MaximumfOp, arith.MinimumfOp, arith.MaxSIOp, arith.MinSIOp,
    arith.MaxUIOp, arith.MinUIOp, arith.AndIOp, arith.OrIOp,
)  # fmt: skip


@rewrite(
    arith.MaximumfOp,
    arith.MinimumfOp,
    after=(arith.ConstantOp,),
    exactness="bitwise",
    source="Halide Simplify_Max; onnxruntime ClipQuantFusion",
    evidence="proved",
)
def drop_needless_limit(op: arith.MaximumfOp | arith.MinimumfOp, m: Match) -> Sequence[SSAValue]:
    """
    max(x, c) => x if x is c or more whatever the inputs are, and the same for min.
    """
    limit = float(m.number(op.rhs))
    low, high = range_of(op.lhs)
    if isinstance(op, arith.MaximumfOp):
        m.require(at_least(low, limit), "the numbers are never below the limit")
    else:
        m.require(at_least(limit, high), "the numbers are never above the limit")
    return [op.lhs]


@rewrite(math.AbsFOp, exactness="bitwise", source="LLVM InstSimplify", evidence="proved")
def drop_needless_abs(op: math.AbsFOp, m: Match) -> Sequence[SSAValue]:
    """
    abs(x) => x if x has no sign whatever the inputs are.
    """
    m.require(is_never_negative(op.operand), "the number has no sign")
    return [op.operand]


@rewrite(*IDEMPOTENT, exactness="bitwise", source="LLVM InstSimplify", evidence="proved")
def drop_repeated_operand(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    op(x, x) => x, op(op(x, y), y) => op(x, y) if op is a maximum, a minimum, and, or.
    """
    left, right = op.operands
    if left is right:
        return [left]
    inner = m.producer(left, type(op))
    m.require(right in inner.operands, "both operands are the same, or the inner one has the other")
    return [left]


RULES = (
    drop_needless_limit,
    drop_needless_abs,
    drop_repeated_operand,
)

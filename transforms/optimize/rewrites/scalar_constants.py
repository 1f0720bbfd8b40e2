"""Constants inside scalar regions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import AnyFloat
from xdsl.ir import Operation, SSAValue

from ....dialects.engine.normal_numbers import is_normal
from ....dialects.engine.weights import Array, dtype_of
from ....interpreters.engine.scalar import run_scalar_op
from ..rewriting.rewrite import Match, rewrite
from ..rewriting.scalar_code import number_of

ARITHMETIC: tuple[type[Operation], ...] = (
    arith.AddfOp, arith.SubfOp, arith.MulfOp, arith.DivfOp, arith.NegfOp,
    arith.MaximumfOp, arith.MinimumfOp,
    arith.AddiOp, arith.SubiOp, arith.MuliOp, arith.AndIOp, arith.OrIOp, arith.XOrIOp,
    arith.MaxSIOp, arith.MinSIOp, arith.CmpiOp, arith.CmpfOp,
    arith.ExtFOp, arith.TruncFOp, arith.SIToFPOp, arith.UIToFPOp, arith.ExtSIOp, arith.ExtUIOp,
    arith.TruncIOp,
    math.AbsFOp, math.FloorOp, math.CeilOp, math.RoundEvenOp,
)  # fmt: skip
"""Operations whose result IEEE 754 or two's complement fixes to the bit."""

FUNCTIONS: tuple[type[Operation], ...] = (
    math.ExpOp, math.LogOp, math.SqrtOp, math.RsqrtOp, math.TanhOp, math.ErfOp, math.PowFOp,
    math.SinOp, math.CosOp,
)  # fmt: skip
"""Operations that a kernel may round differently from the interpreter."""


@rewrite(
    *ARITHMETIC,
    after=(arith.ConstantOp,),
    exactness="bitwise",
    source="LLVM ConstantFolding",
    rows=("A6",),
    evidence="proved",
)
def fold_scalar_arithmetic(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    op(c, ...) => c'  inside a region, if all operands are constants and c' is finite.
    """
    return [_folded(op, m)]


@rewrite(*FUNCTIONS, after=(arith.ConstantOp,), exactness="rounding", source="LLVM ConstantFolding")
def fold_scalar_functions(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    function(c, ...) => c'  inside a region, if all operands are constants and c' is finite.
    """
    return [_folded(op, m)]


def _folded(op: Operation, m: Match) -> SSAValue:
    arrays: list[Array] = []
    for value in op.operands:
        m.number(value)
        arrays.append(run_scalar_op(m.producer(value, arith.ConstantOp)))
    result = run_scalar_op(op, *arrays).item()
    m.require(np.isfinite(result), "the result is finite")
    return m.scalar(result, op.results[0].type)


COMMUTATIVE: tuple[type[Operation], ...] = (
    arith.AddfOp, arith.MulfOp, arith.MaximumfOp, arith.MinimumfOp,
    arith.AddiOp, arith.MuliOp, arith.AndIOp, arith.OrIOp, arith.XOrIOp,
    arith.MaxSIOp, arith.MinSIOp,
)  # fmt: skip


@rewrite(
    *COMMUTATIVE,
    after=(arith.ConstantOp,),
    exactness="bitwise",
    source="MLIR arith",
    evidence="proved",
)
def constant_to_the_right(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    op(c, x) => op(x, c)  if op commutes and x is not a constant.
    """
    left, right = op.operands
    m.require(number_of(left) is not None, "the left operand is a constant")
    m.require(number_of(right) is None, "the right operand is not")
    swapped = type(op).create(
        operands=[right, left],
        result_types=[op.results[0].type],
        properties=dict(op.properties),
    )
    return list(m.insert(swapped).results)


@rewrite(
    arith.AddfOp,
    arith.MulfOp,
    after=(arith.ConstantOp,),
    exactness="rounding",
    source="LLVM InstCombine",
)
def combine_constants(op: arith.AddfOp | arith.MulfOp, m: Match) -> Sequence[SSAValue]:
    """
    (x + c) + d => x + (c + d), (x * c) * d => x * (c * d)  if nobody else reads x + c and the
    new constant is a normal number, and the result is not rounded to integers.
    """
    outer = m.number(op.rhs)
    inner = m.producer(op.lhs, type(op))
    m.require(inner.result.has_one_use(), "the inner result has one use")
    number = m.number(inner.rhs)
    dtype = dtype_of(op.result.type)
    left, right = np.asarray(number, dtype), np.asarray(outer, dtype)
    with np.errstate(all="ignore"):
        both = (left + right if isinstance(op, arith.AddfOp) else left * right).item()
    normal = is_normal(both, op.result.type) or (both == 0 and isinstance(op, arith.AddfOp))
    m.require(normal, "the combined constant is a normal number")
    m.may_move(op.result)
    return [m.insert(type(op)(inner.lhs, m.scalar(both, op.result.type))).result]


@rewrite(
    arith.DivfOp,
    after=(arith.ConstantOp,),
    exactness="bitwise",
    source="LLVM InstCombine",
    evidence="proved",
)
def divide_by_power_of_two(op: arith.DivfOp, m: Match) -> Sequence[SSAValue]:
    """
    x / c => x * (1 / c)  if c is a power of two, so that 1 / c is exact.
    """
    number = float(m.number(op.rhs))
    m.require(number_of(op.lhs) is None, "the dividend is not a constant")
    mantissa = abs(np.frexp(number)[0])
    m.require(mantissa == 0.5, "the divisor is a power of two")
    return [_times_reciprocal(op, number, m)]


@rewrite(arith.DivfOp, after=(arith.ConstantOp,), exactness="rounding", source="XLA", rows=("F8",))
def divide_by_constant(op: arith.DivfOp, m: Match) -> Sequence[SSAValue]:
    """
    x / c => x * (1 / c)  if 1 / c is a normal number and the result is not rounded to integers.
    """
    number = float(m.number(op.rhs))
    m.require(number_of(op.lhs) is None, "the dividend is not a constant")
    m.require(number != 0 and np.isfinite(number), "the divisor is finite and not zero")
    m.may_move(op.result)
    return [_times_reciprocal(op, number, m)]


def _times_reciprocal(op: arith.DivfOp, number: float, m: Match) -> SSAValue:
    type_ = op.result.type
    assert isinstance(type_, AnyFloat)
    m.require(is_normal(1 / number, type_), "the reciprocal is a normal number")
    return m.insert(arith.MulfOp(op.lhs, m.scalar(1 / number, type_))).result


RULES = (
    fold_scalar_arithmetic,
    fold_scalar_functions,
    constant_to_the_right,
    combine_constants,
    divide_by_power_of_two,
    divide_by_constant,
)

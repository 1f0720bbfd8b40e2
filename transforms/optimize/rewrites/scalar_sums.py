"""Constants on both sides of sums, differences and quotients inside scalar regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.dialects import arith
from xdsl.ir import Attribute, Operation, SSAValue

from ....dialects.engine.normal_numbers import is_normal
from ....dialects.engine.weights import Array, dtype_of
from ....interpreters.engine.scalar import run_scalar_op
from ..rewriting.rewrite import Match, producer_of, rewrite

ASSOCIATIVE: tuple[type[Operation], ...] = (
    arith.AddiOp, arith.MuliOp, arith.AndIOp, arith.OrIOp, arith.XOrIOp,
)  # fmt: skip


def _rounded(m: Match, number: Any, type_: Attribute, *, zero: bool) -> SSAValue:
    """A new constant, which is normal, or 0 where it may be."""
    value = float(number)
    normal = is_normal(value, type_) or (zero and value == 0)
    m.require(normal, "the combined constant is a normal number")
    return m.scalar(value, type_)


def _of(m: Match, value: SSAValue) -> Any:
    """A constant in its own type, so that arithmetic rounds as the region does."""
    return np.asarray(m.number(value), dtype_of(value.type))


@rewrite(
    *ASSOCIATIVE,
    after=(arith.ConstantOp,),
    exactness="bitwise",
    source="MLIR arith",
    rows=("07.I3",),
    evidence="proved",
)
def combine_integer_constants(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    op(op(x, c), d) => op(x, op(c, d))  if op is +, *, &, | or ^ of integers and nobody else reads
    op(x, c).
    """
    m.number(op.operands[1])
    inner = m.producer(op.operands[0], type(op))
    m.require(inner.results[0].has_one_use(), "the inner result has one use")
    m.number(inner.operands[1])
    arrays: list[Array] = [
        run_scalar_op(m.producer(v, arith.ConstantOp)) for v in (inner.operands[1], op.operands[1])
    ]
    type_ = op.results[0].type
    both = m.scalar(run_scalar_op(op, *arrays).item(), type_)
    new = type(op).create(
        operands=[inner.operands[0], both], result_types=[type_], properties=dict(op.properties)
    )
    return list(m.insert(new).results)


@rewrite(
    arith.AddfOp,
    arith.SubfOp,
    after=(arith.ConstantOp,),
    exactness="rounding",
    source="LLVM InstCombine",
)
def combine_subtracted_constants(op: arith.AddfOp | arith.SubfOp, m: Match) -> Sequence[SSAValue]:
    """
    (x - c) + d => x + (d - c), (x + c) - d => x + (c - d), (x - c) - d => x - (c + d)  if nobody
    else reads the inner result, the new constant is normal or 0, and the result is not rounded to
    integers.
    """
    outer = _of(m, op.rhs)
    subtracts = isinstance(op, arith.SubfOp)
    inner = producer_of(op.lhs, arith.SubfOp)
    below = inner or (m.producer(op.lhs, arith.AddfOp) if subtracts else None)
    m.require(below is not None, "a constant is subtracted from something")
    assert below is not None
    m.require(below.result.has_one_use(), "the inner result has one use")
    number = _of(m, below.rhs)
    m.consumed(below)
    with np.errstate(all="ignore"):
        if inner is None:
            both = number - outer
        else:
            both = number + outer if subtracts else outer - number
    constant = _rounded(m, both, op.result.type, zero=True)
    m.may_move(op.result)
    kind = arith.SubfOp if subtracts and inner is not None else arith.AddfOp
    return [m.insert(kind(below.lhs, constant)).result]


@rewrite(
    arith.MulfOp,
    after=(arith.NegfOp,),
    exactness="bitwise",
    source="LLVM InstCombine",
    evidence="proved",
)
def sign_into_constant(op: arith.MulfOp, m: Match) -> Sequence[SSAValue]:
    """
    -x * c => x * -c  if nobody else reads -x.
    """
    number = float(m.number(op.rhs))
    inner = m.producer(op.lhs, arith.NegfOp)
    m.require(inner.result.has_one_use(), "the negated number has one use")
    m.require(number == number, "the constant is a number")
    return [m.insert(arith.MulfOp(inner.operand, m.scalar(-number, op.result.type))).result]


@rewrite(
    arith.NegfOp,
    after=(arith.MulfOp,),
    exactness="bitwise",
    source="LLVM InstCombine",
    evidence="proved",
)
def negate_constant_factor(op: arith.NegfOp, m: Match) -> Sequence[SSAValue]:
    """
    -(x * c) => x * -c  if nobody else reads x * c.
    """
    inner = m.producer(op.operand, arith.MulfOp)
    m.require(inner.result.has_one_use(), "the product has one use")
    number = float(m.number(inner.rhs))
    m.require(number == number, "the constant is a number")
    return [m.insert(arith.MulfOp(inner.lhs, m.scalar(-number, op.result.type))).result]


@rewrite(
    arith.AddfOp,
    arith.SubfOp,
    after=(arith.AddfOp, arith.SubfOp),
    exactness="rounding",
    source="LLVM InstCombine",
)
def combine_around_difference(op: arith.AddfOp | arith.SubfOp, m: Match) -> Sequence[SSAValue]:
    """
    (c - x) + d => (c + d) - x, d - (x + c) => (d - c) - x, d - (c - x) => x + (d - c)  if nobody
    else reads the inner result, the new constant is normal or 0, and the result is not rounded to
    integers.
    """
    type_ = op.result.type
    outer_left = isinstance(op, arith.SubfOp)
    outer = _of(m, op.lhs if outer_left else op.rhs)
    inner_value = op.rhs if outer_left else op.lhs
    inner = producer_of(inner_value, arith.SubfOp) or m.producer(inner_value, arith.AddfOp)
    m.consumed(inner)
    m.require(inner.result.has_one_use(), "the inner result has one use")
    reverses = isinstance(inner, arith.SubfOp)
    m.require(outer_left or reverses, "a constant minus something is added to")
    number = _of(m, inner.lhs if reverses else inner.rhs)
    with np.errstate(all="ignore"):
        both = outer - number if outer_left else number + outer
    constant = _rounded(m, both, type_, zero=True)
    m.may_move(op.result)
    if outer_left and reverses:
        return [m.insert(arith.AddfOp(inner.rhs, constant)).result]
    rest = inner.rhs if reverses else inner.lhs
    return [m.insert(arith.SubfOp(constant, rest)).result]


@rewrite(
    arith.DivfOp,
    arith.MulfOp,
    after=(arith.ConstantOp,),
    exactness="rounding",
    source="LLVM InstCombine",
)
def combine_around_quotient(op: arith.DivfOp | arith.MulfOp, m: Match) -> Sequence[SSAValue]:
    """
    (c / x) * d => (c * d) / x, d / (x * c) => (d / c) / x  if nobody else reads the inner result,
    the new constant is a normal number, and the result is not rounded to integers.
    """
    type_ = op.result.type
    if isinstance(op, arith.MulfOp):
        outer, quotient = _of(m, op.rhs), m.producer(op.lhs, arith.DivfOp)
        m.require(quotient.result.has_one_use(), "the inner result has one use")
        with np.errstate(all="ignore"):
            both = _of(m, quotient.lhs) * outer
        rest = quotient.rhs
    else:
        outer, product = _of(m, op.lhs), m.producer(op.rhs, arith.MulfOp)
        m.require(product.result.has_one_use(), "the inner result has one use")
        with np.errstate(all="ignore"):
            both = outer / _of(m, product.rhs)
        rest = product.lhs
    constant = _rounded(m, both, type_, zero=False)
    m.may_move(op.result)
    return [m.insert(arith.DivfOp(constant, rest)).result]


@rewrite(
    arith.AddfOp, after=(arith.MulfOp,), exactness="rounding", source="Niu et al., DNNFusion, 2021"
)
def factor_out_constants(op: arith.AddfOp, m: Match) -> Sequence[SSAValue]:
    """
    x * c + x * d => x * (c + d)  if nobody else reads the products, the new constant is a normal
    number, no less than half of the smaller one, and the result is not rounded to integers.
    """
    left, right = m.producer(op.lhs, arith.MulfOp), m.producer(op.rhs, arith.MulfOp)
    m.require(left.lhs is right.lhs, "both products are of one number")
    single = left.result.has_one_use() and right.result.has_one_use()
    m.require(single, "the products have one use")
    c, d = _of(m, left.rhs), _of(m, right.rhs)
    with np.errstate(all="ignore"):
        both = c + d
        close = bool(abs(both) >= 0.5 * min(abs(c), abs(d)))
    m.require(close, "the constants do not cancel each other")
    constant = _rounded(m, both, op.result.type, zero=False)
    m.may_move(op.result)
    return [m.insert(arith.MulfOp(left.lhs, constant)).result]


@rewrite(
    arith.MulfOp, after=(arith.AddfOp,), exactness="rounding", source="OpenVINO LinOpSequenceFusion"
)
def scale_after_shift(op: arith.MulfOp, m: Match) -> Sequence[SSAValue]:
    """
    (x * a + b) * c => x * (a * c) + b * c  if nobody else reads what is inside, the new constants
    are normal numbers, and the result is not rounded to integers.
    """
    c = _of(m, op.rhs)
    total = m.producer(op.lhs, arith.AddfOp)
    product = m.producer(total.lhs, arith.MulfOp)
    single = total.result.has_one_use() and product.result.has_one_use()
    m.require(single, "the inner results have one use")
    b, a = _of(m, total.rhs), _of(m, product.rhs)
    type_ = op.result.type
    with np.errstate(all="ignore"):
        factor, shift = a * c, b * c
    scale = _rounded(m, factor, type_, zero=False)
    offset = _rounded(m, shift, type_, zero=not b.any())
    m.may_move(op.result)
    scaled = m.insert(arith.MulfOp(product.lhs, scale)).result
    return [m.insert(arith.AddfOp(scaled, offset)).result]


RULES = (
    combine_integer_constants,
    combine_subtracted_constants,
    sign_into_constant,
    negate_constant_factor,
    combine_around_difference,
    combine_around_quotient,
    factor_out_constants,
    scale_after_shift,
)

"""Algebra inside scalar regions."""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, isinf, isnan

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Operation, SSAValue

from ....dialects.engine.weights import dtype_of
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import number_of


def _is_negative_zero(number: float | None) -> bool:
    return number is not None and number == 0 and copysign(1, number) < 0


def _is_positive_zero(number: float | None) -> bool:
    return number is not None and number == 0 and copysign(1, number) > 0


@rewrite(
    arith.AddfOp, arith.SubfOp, arith.MulfOp, arith.DivfOp,
    exactness="bitwise",
    source="LLVM InstSimplify",
)  # fmt: skip
def drop_neutral_float(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    x + -0.0, x - 0.0, x * 1, x / 1 => x.
    """
    number = m.number(op.operands[1])
    neutral: dict[type[Operation], bool] = {
        arith.AddfOp: _is_negative_zero(number),
        arith.SubfOp: _is_positive_zero(number),
        arith.MulfOp: number == 1,
        arith.DivfOp: number == 1,
    }
    m.require(
        neutral[type(op)], "the constant is neutral for every x, zeros of both signs included"
    )
    return [op.operands[0]]


@rewrite(
    arith.AddfOp,
    arith.SubfOp,
    exactness="rounding",
    source="onnxruntime EliminateIdentity; LLVM InstSimplify",
)
def drop_added_zero(op: arith.AddfOp | arith.SubfOp, m: Match) -> Sequence[SSAValue]:
    """
    x + 0.0, x - -0.0 => x.

    Only -0.0 changes: the sum would be +0.0.
    """
    m.require(m.number(op.rhs) == 0, "the constant is zero")
    return [op.lhs]


@rewrite(
    arith.AddiOp, arith.SubiOp, arith.MuliOp, arith.OrIOp, arith.XOrIOp, arith.AndIOp,
    exactness="bitwise",
    source="MLIR arith",
)  # fmt: skip
def drop_neutral_integer(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    x + 0, x - 0, x * 1, x | 0, x ^ 0, x & -1 => x.
    """
    number = m.number(op.operands[1])
    if isinstance(op, arith.MuliOp | arith.AndIOp):
        one = -1 if isinstance(op, arith.AndIOp) else 1
        # The one boolean that is set may be written either way.
        neutral = number in ((1, -1) if op.result.type == IntegerType(1) else (one,))
    else:
        neutral = number == 0
    m.require(neutral, "the constant is neutral")
    return [op.operands[0]]


@rewrite(arith.NegfOp, exactness="bitwise", source="LLVM InstSimplify")
def cancel_negations(op: arith.NegfOp, m: Match) -> Sequence[SSAValue]:
    """
    -(-x) => x.
    """
    return [m.producer(op.operand, arith.NegfOp).operand]


@rewrite(arith.MulfOp, exactness="bitwise", source="LLVM InstCombine")
def multiply_by_minus_one(op: arith.MulfOp, m: Match) -> Sequence[SSAValue]:
    """
    x * -1 => -x.
    """
    m.require(m.number(op.rhs) == -1, "the constant is -1")
    return [m.insert(arith.NegfOp(op.lhs)).result]


@rewrite(arith.AddfOp, arith.SubfOp, exactness="bitwise", source="LLVM InstCombine")
def add_negation(op: arith.AddfOp | arith.SubfOp, m: Match) -> Sequence[SSAValue]:
    """
    x + (-y) => x - y, (-x) + y => y - x, x - (-y) => x + y.
    """
    right = producer_of(op.rhs, arith.NegfOp)
    if right is not None:
        other = arith.SubfOp if isinstance(op, arith.AddfOp) else arith.AddfOp
        return [m.insert(other(op.lhs, right.operand)).result]
    m.require(isinstance(op, arith.AddfOp), "what is subtracted is a negation")
    return [m.insert(arith.SubfOp(op.rhs, m.producer(op.lhs, arith.NegfOp).operand)).result]


IDEMPOTENT: tuple[type[Operation], ...] = (
    math.AbsFOp, math.FloorOp, math.CeilOp, math.RoundEvenOp, math.TruncOp,
)  # fmt: skip


@rewrite(*IDEMPOTENT, exactness="bitwise", source="LLVM InstSimplify")
def drop_repeated_rounding(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    f(f(x)) => f(x)  for |x|, floor, ceil, trunc and round to even.
    """
    return [m.producer(op.operands[0], type(op)).results[0]]


@rewrite(math.AbsFOp, exactness="bitwise", source="LLVM InstCombine")
def drop_sign_below_abs(op: math.AbsFOp, m: Match) -> Sequence[SSAValue]:
    """
    |-x| => |x|.
    """
    inner = m.producer(op.operand, arith.NegfOp)
    return [m.insert(math.AbsFOp(inner.operand)).result]


LIMITS: tuple[type[Operation], ...] = (
    arith.MaximumfOp, arith.MinimumfOp, arith.MaxSIOp, arith.MinSIOp,
)  # fmt: skip


def _larger(a: float, b: float) -> float:
    """The larger of two numbers, where -0.0 is less than 0.0."""
    return max(a, b, key=lambda n: (n, copysign(1, n)))


def _smaller(a: float, b: float) -> float:
    return min(a, b, key=lambda n: (n, copysign(1, n)))


@rewrite(*LIMITS, exactness="bitwise", source="Halide Simplify_Max")
def merge_limits(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    max(max(x, c), d) => max(x, max(c, d)), and the same for min.
    """
    outer = m.number(op.operands[1])
    inner = m.producer(op.operands[0], type(op))
    number = m.number(inner.operands[1])
    m.require(not isnan(outer) and not isnan(number), "the limits are numbers")
    pick = _larger if isinstance(op, arith.MaximumfOp | arith.MaxSIOp) else _smaller
    constant = m.scalar(pick(number, outer), op.results[0].type)
    return _limit(m, type(op), inner.operands[0], constant)


def _limit(m: Match, kind: type[Operation], x: SSAValue, c: SSAValue) -> Sequence[SSAValue]:
    return list(m.insert(kind.create(operands=[x, c], result_types=[x.type])).results)


@rewrite(arith.MaximumfOp, arith.MaxSIOp, exactness="bitwise", source="Halide Simplify_Max")
def clamp_from_below_first(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    max(min(x, b), a) => min(max(x, a), b)  if a < b and nobody else reads min(x, b).
    """
    low = m.number(op.operands[1])
    kind = arith.MinimumfOp if isinstance(op, arith.MaximumfOp) else arith.MinSIOp
    inner = m.producer(op.operands[0], kind)
    m.require(inner.result.has_one_use(), "the inner result has one use")
    high = m.number(inner.rhs)
    m.require(low < high, "the lower limit is below the upper one")
    [raised] = _limit(m, type(op), inner.lhs, op.operands[1])
    return _limit(m, kind, raised, inner.rhs)


@rewrite(arith.MaximumfOp, arith.MinimumfOp, exactness="bitwise", source="LLVM InstSimplify")
def drop_infinite_limit(op: arith.MaximumfOp | arith.MinimumfOp, m: Match) -> Sequence[SSAValue]:
    """
    max(x, -inf), min(x, inf) => x.
    """
    number = float(m.number(op.rhs))
    wanted = number < 0 if isinstance(op, arith.MaximumfOp) else number > 0
    m.require(isinf(number) and wanted, "the limit is infinite, on the side that never binds")
    return [op.lhs]


@rewrite(math.PowFOp, exactness="rounding", source="LLVM InstCombine")
def power_to_products(op: math.PowFOp, m: Match) -> Sequence[SSAValue]:
    """
    x ** 2 => x * x, x ** 3 => x * x * x, x ** 4 => (x * x) * (x * x), x ** 1 => x,
    x ** -1 => 1 / x.
    """
    exponent = m.number(op.rhs)
    m.require(exponent in (-1, 1, 2, 3, 4), "the exponent is -1, 1, 2, 3 or 4")
    x = op.lhs
    if exponent == 1:
        return [x]
    if exponent == -1:
        return [m.insert(arith.DivfOp(m.scalar(1.0, x.type), x)).result]
    square = m.insert(arith.MulfOp(x, x)).result
    if exponent == 2:
        return [square]
    return [m.insert(arith.MulfOp(square, x if exponent == 3 else square)).result]


@rewrite(arith.MulfOp, exactness="rounding", source="XLA")
def multiply_by_reciprocal(op: arith.MulfOp, m: Match) -> Sequence[SSAValue]:
    """
    x * (1 / y) => x / y  if nobody else reads 1 / y; so x * sigmoid(x) costs one division.
    """
    for x, value in ((op.lhs, op.rhs), (op.rhs, op.lhs)):
        inner = producer_of(value, arith.DivfOp)
        if inner is not None and number_of(inner.lhs) == 1 and value.has_one_use():
            return [m.insert(arith.DivfOp(x, inner.rhs)).result]
    m.require(False, "a factor is a reciprocal that is used once")
    return []


@rewrite(arith.SelectOp, exactness="bitwise", source="MLIR arith")
def simplify_select(op: arith.SelectOp, m: Match) -> Sequence[SSAValue]:
    """
    select(c, x, x) => x, select(true, x, y) => x, select(!c, x, y) => select(c, y, x).
    """
    if op.lhs is op.rhs:
        return [op.lhs]
    known = number_of(op.cond)
    if known is not None:
        return [op.lhs if known else op.rhs]
    negation = producer_of(op.cond, arith.XOrIOp)
    negated = negation is not None and number_of(negation.rhs) in (1, -1)
    m.require(negated, "the condition is constant or negated, or both values are one")
    assert negation is not None
    return [m.insert(arith.SelectOp(negation.lhs, op.rhs, op.lhs)).result]


@rewrite(arith.CmpiOp, exactness="bitwise", source="onnxruntime CastElimination; LLVM InstCombine")
def drop_boolean_round_trip(op: arith.CmpiOp, m: Match) -> Sequence[SSAValue]:
    """
    extend(b) != 0 => b, extend(b) == 0 => !b  if b is a boolean.
    """
    m.require(op.predicate.value.data in (0, 1), "the comparison is == or !=")
    m.require(m.number(op.rhs) == 0, "the other side is 0")
    wide = producer_of(op.lhs, arith.ExtUIOp) or m.producer(op.lhs, arith.ExtSIOp)
    m.require(dtype_of(wide.input.type).kind == "b", "a boolean is extended")
    if op.predicate.value.data == 1:
        return [wide.input]
    truth = m.scalar(1, IntegerType(1))
    return [m.insert(arith.XOrIOp(wide.input, truth)).result]


@rewrite(arith.TruncFOp, arith.TruncIOp, exactness="bitwise", source="onnxruntime CastElimination")
def drop_widening_round_trip(op: arith.TruncFOp | arith.TruncIOp, m: Match) -> Sequence[SSAValue]:
    """
    truncate(extend(x)) => x  if the type is that of x.
    """
    if isinstance(op, arith.TruncFOp):
        inner = m.producer(op.input, arith.ExtFOp)
    else:
        inner = producer_of(op.input, arith.ExtSIOp) or m.producer(op.input, arith.ExtUIOp)
    m.require(inner.input.type == op.result.type, "both ends have the same type")
    return [inner.input]


EXACT_BITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


@rewrite(arith.FPToSIOp, exactness="bitwise", source="onnxruntime CastElimination")
def drop_integer_round_trip(op: arith.FPToSIOp, m: Match) -> Sequence[SSAValue]:
    """
    to_integer(to_float(x)) => x  if the float holds every integer of the type.
    """
    inner = m.producer(op.input, arith.SIToFPOp)
    m.require(inner.input.type == op.result.type, "both ends have the same type")
    bits = dtype_of(op.result.type).itemsize * 8
    room = EXACT_BITS[dtype_of(inner.result.type).name]
    m.require(bits <= room, "the float holds every integer of the type")
    return [inner.input]


RULES = (
    drop_neutral_float,
    drop_added_zero,
    drop_neutral_integer,
    cancel_negations,
    multiply_by_minus_one,
    add_negation,
    drop_repeated_rounding,
    drop_sign_below_abs,
    merge_limits,
    clamp_from_below_first,
    drop_infinite_limit,
    power_to_products,
    multiply_by_reciprocal,
    simplify_select,
    drop_boolean_round_trip,
    drop_widening_round_trip,
    drop_integer_round_trip,
)

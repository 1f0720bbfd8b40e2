"""Algebra inside scalar regions that is more than an identity: limits and round trips."""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, isnan

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Operation, SSAValue

from ....dialects.engine.weights import dtype_of
from ..rewriting.rewrite import Match, producer_of, rewrite

LIMITS: tuple[type[Operation], ...] = (
    arith.MaximumfOp, arith.MinimumfOp, arith.MaxSIOp, arith.MinSIOp,
)  # fmt: skip


def _larger(a: float, b: float) -> float:
    """The larger of two numbers, where -0.0 is less than 0.0."""
    return max(a, b, key=lambda n: (n, copysign(1, n)))


def _smaller(a: float, b: float) -> float:
    return min(a, b, key=lambda n: (n, copysign(1, n)))


@rewrite(
    *LIMITS,
    after=(arith.ConstantOp,),
    exactness="bitwise",
    source="Halide Simplify_Max",
    rows=("07.I5",),
    evidence="proved",
)
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


@rewrite(
    arith.MaximumfOp,
    arith.MaxSIOp,
    after=(arith.MinimumfOp, arith.MinSIOp),
    exactness="bitwise",
    source="Halide Simplify_Max",
    evidence="proved",
)
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


@rewrite(
    arith.CmpiOp,
    after=(arith.ExtSIOp, arith.ExtUIOp),
    exactness="bitwise",
    source="onnxruntime CastElimination; LLVM InstCombine",
    rows=("D7",),
    evidence="proved",
)
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


@rewrite(
    arith.TruncFOp,
    arith.TruncIOp,
    exactness="bitwise",
    source="onnxruntime CastElimination",
    rows=("D7",),
    evidence="proved",
)
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


@rewrite(
    arith.FPToSIOp,
    exactness="bitwise",
    source="onnxruntime CastElimination",
    rows=("D7",),
    evidence="proved",
)
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
    merge_limits,
    clamp_from_below_first,
    drop_boolean_round_trip,
    drop_widening_round_trip,
    drop_integer_round_trip,
)

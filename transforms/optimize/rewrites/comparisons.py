"""Comparisons inside scalar regions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Attribute, SSAValue

from ....dialects.vector_arith import CMPF_PREDICATES, CMPI_PREDICATES
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import number_of


def _both_ways(pairs: dict[str, str]) -> dict[str, str]:
    return {**pairs, **{b: a for a, b in pairs.items()}}


OPPOSITE_OF_INTEGERS = _both_ways(
    {"eq": "ne", "slt": "sge", "sle": "sgt", "ult": "uge", "ule": "ugt"}
)
"""Predicate -> the one that holds exactly where it does not."""

OPPOSITE_OF_FLOATS = _both_ways(
    {
        **{"oeq": "une", "one": "ueq", "ord": "uno"},
        **{"ogt": "ule", "oge": "ult", "olt": "uge", "ole": "ugt"},
    }
)
"""The same of floats, where NaN changes sides."""

MIRRORED_OF_INTEGERS = _both_ways({"slt": "sgt", "sle": "sge", "ult": "ugt", "ule": "uge"})
"""Predicate -> the one that holds with the operands exchanged; others are their own."""

MIRRORED_OF_FLOATS = _both_ways({"ogt": "olt", "oge": "ole", "ugt": "ult", "uge": "ule"})
"""The same of floats."""


@rewrite(arith.XOrIOp, exactness="bitwise", source="LLVM InstCombine", evidence="proved")
def invert_comparison(op: arith.XOrIOp, m: Match) -> Sequence[SSAValue]:
    """
    !(a < b) => a >= b, and the same for all comparisons  if nobody else reads a < b; of floats the
    new one holds for NaN where the old one did not.
    """
    m.require(op.result.type == IntegerType(1), "it is a truth")
    m.require(number_of(op.rhs) in (1, -1), "it is inverted")
    inner = producer_of(op.lhs, arith.CmpfOp) or m.producer(op.lhs, arith.CmpiOp)
    m.consumed(inner)
    m.require(inner.result.has_one_use(), "the comparison has one use")
    number = inner.predicate.value.data
    if isinstance(inner, arith.CmpiOp):
        name = OPPOSITE_OF_INTEGERS[CMPI_PREDICATES[number]]
        return [m.insert(arith.CmpiOp(inner.lhs, inner.rhs, name)).result]
    name = CMPF_PREDICATES[number]
    m.require(name not in ("false", "true"), "the comparison compares")
    return [m.insert(arith.CmpfOp(inner.lhs, inner.rhs, OPPOSITE_OF_FLOATS[name])).result]


@rewrite(arith.CmpiOp, arith.CmpfOp, exactness="bitwise", source="MLIR arith", evidence="proved")
def constant_to_the_right_of_comparison(
    op: arith.CmpiOp | arith.CmpfOp, m: Match
) -> Sequence[SSAValue]:
    """
    c < x => x > c, and the same for all comparisons  if c is a constant and x is not.
    """
    m.require(number_of(op.lhs) is not None, "the left operand is a constant")
    m.require(number_of(op.rhs) is None, "the right operand is not")
    number = op.predicate.value.data
    if isinstance(op, arith.CmpiOp):
        name = CMPI_PREDICATES[number]
        name = MIRRORED_OF_INTEGERS.get(name, name)
        return [m.insert(arith.CmpiOp(op.rhs, op.lhs, name)).result]
    name = CMPF_PREDICATES[number]
    name = MIRRORED_OF_FLOATS.get(name, name)
    return [m.insert(arith.CmpfOp(op.rhs, op.lhs, name)).result]


@rewrite(arith.CmpiOp, exactness="bitwise", source="MLIR arith", evidence="proved")
def compare_integer_with_itself(op: arith.CmpiOp, m: Match) -> Sequence[SSAValue]:
    """
    x == x => true, x < x => false, and the same for all comparisons of integers.
    """
    m.require(op.lhs is op.rhs, "both sides are the same")
    holds = CMPI_PREDICATES[op.predicate.value.data] in ("eq", "sle", "sge", "ule", "uge")
    truth: Attribute = op.result.type
    return [m.scalar(1 if holds else 0, truth)]


RULES = (
    invert_comparison,
    constant_to_the_right_of_comparison,
    compare_integer_with_itself,
)

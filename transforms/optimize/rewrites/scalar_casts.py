"""Chains of conversions between types inside scalar regions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, FixedBitwidthType, IntegerType
from xdsl.ir import Attribute, Operation, SSAValue

from ....dialects.engine.weights import dtype_of
from ..rewriting.rewrite import Match, NoMatch, producer_of, rewrite
from .scalar_algebra import EXACT_BITS

EXTENSIONS = (arith.ExtSIOp, arith.ExtUIOp)


def _bits(type_: Attribute) -> int:
    assert isinstance(type_, FixedBitwidthType)
    return type_.bitwidth


def _cast(m: Match, kind: type[Operation], value: SSAValue, type_: Attribute) -> SSAValue:
    return m.insert(kind.create(operands=[value], result_types=[type_])).results[0]


@rewrite(
    arith.ExtFOp,
    arith.TruncFOp,
    after=(arith.ExtFOp,),
    exactness="bitwise",
    source="onnxruntime CastElimination; LLVM InstCombine",
    rows=("D9", "ORT/CastChainElimination"),
    evidence="proved",
)
def merge_float_casts(op: arith.ExtFOp | arith.TruncFOp, m: Match) -> Sequence[SSAValue]:
    """
    cast(extend(x)) => cast(x)  if the casts are between floats: widening keeps every number.
    """
    inner = m.producer(op.input, arith.ExtFOp)
    source, target = inner.input.type, op.result.type
    m.require(source != target, "the ends have different types")
    # Of two types of 16 bits neither holds the other.
    m.require(_bits(source) != _bits(target), "one end is wider")
    kind = arith.ExtFOp if _bits(target) > _bits(source) else arith.TruncFOp
    return [_cast(m, kind, inner.input, target)]


@rewrite(
    arith.ExtSIOp,
    arith.ExtUIOp,
    arith.TruncIOp,
    exactness="bitwise",
    source="onnxruntime CastElimination; LLVM InstCombine",
    evidence="proved",
)
def merge_integer_casts(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    extend(extend(x)) => extend(x), truncate(truncate(x)) => truncate(x), truncate(extend(x)) =>
    extend(x) or truncate(x)  if no bit is lost in between, and signs are filled in as before.
    """
    [value], [result] = op.operands, op.results
    if isinstance(op, arith.TruncIOp):
        cut = producer_of(value, arith.TruncIOp)
        if cut is not None:
            m.consumed(cut)
            return [_cast(m, arith.TruncIOp, cut.input, result.type)]
        wide = _extension(value, m)
        m.require(wide.operands[0].type != result.type, "the ends have different types")
        narrower = _bits(result.type) < _bits(wide.operands[0].type)
        return [_cast(m, arith.TruncIOp if narrower else type(wide), wide.operands[0], result.type)]
    inner = _extension(value, m)
    # A sign that is filled in is gone where zeros come next; zeros are no sign.
    same = type(inner) is type(op) or isinstance(inner, arith.ExtUIOp)
    m.require(same, "the sign is filled in twice, or not at first")
    return [_cast(m, type(inner), inner.operands[0], result.type)]


def _extension(value: SSAValue, m: Match) -> arith.ExtSIOp | arith.ExtUIOp:
    for kind in EXTENSIONS:
        found = producer_of(value, kind)
        if found is not None:
            m.consumed(found)
            return found
    raise NoMatch("an integer is widened")


@rewrite(
    arith.SIToFPOp,
    arith.UIToFPOp,
    exactness="bitwise",
    source="LLVM InstCombine",
    evidence="proved",
)
def drop_extension_before_float(
    op: arith.SIToFPOp | arith.UIToFPOp, m: Match
) -> Sequence[SSAValue]:
    """
    to_float(extend(x)) => to_float(x)  if x is signed, or extended by zeros.
    """
    inner = _extension(op.input, m)
    signed = isinstance(inner, arith.ExtSIOp)
    m.require(isinstance(op, arith.SIToFPOp) or not signed, "the number keeps its sign")
    m.require(_bits(inner.input.type) >= 8, "it is a number, not a truth")
    kind = arith.SIToFPOp if signed else arith.UIToFPOp
    return [_cast(m, kind, inner.input, op.result.type)]


@rewrite(arith.ExtFOp, exactness="bitwise", source="LLVM InstCombine", evidence="proved")
def extend_exact_integer(op: arith.ExtFOp, m: Match) -> Sequence[SSAValue]:
    """
    extend(to_float(i)) => to_float(i)  if the narrower float holds every integer of the type.
    """
    inner = producer_of(op.input, arith.SIToFPOp) or m.producer(op.input, arith.UIToFPOp)
    m.consumed(inner)
    room = EXACT_BITS.get(dtype_of(op.input.type).name, 0)
    m.require(_bits(inner.input.type) <= room, "the narrower float holds every integer")
    return [_cast(m, type(inner), inner.input, op.result.type)]


@rewrite(arith.CmpiOp, exactness="bitwise", source="LLVM InstCombine", evidence="proved")
def compare_before_extension(op: arith.CmpiOp, m: Match) -> Sequence[SSAValue]:
    """
    extend(a) < extend(b) => a < b, and the same for all comparisons  if both are extended in one
    way from one type, which keeps their order.
    """
    left = _extension(op.lhs, m)
    right = m.producer(op.rhs, type(left))
    m.require(left.input.type == right.input.type, "both have one type")
    m.require(isinstance(left.input.type, IntegerType), "it is a type of integers")
    predicate = op.predicate.value.data
    if isinstance(left, arith.ExtUIOp) and 2 <= predicate <= 5:
        predicate += 4  # numbers without sign, all of them
    m.require(predicate < 6 or isinstance(left, arith.ExtUIOp), "the order is that of the numbers")
    return [m.insert(arith.CmpiOp(left.input, right.input, predicate)).result]


@rewrite(arith.TruncFOp, exactness="bitwise", source="LLVM InstCombine", evidence="proved")
def convert_once(op: arith.TruncFOp, m: Match) -> Sequence[SSAValue]:
    """
    truncate(to_float(i)) => to_float(i)  if the wider float holds every integer of the type, so
    that it is rounded once either way.
    """
    inner = producer_of(op.input, arith.SIToFPOp) or m.producer(op.input, arith.UIToFPOp)
    m.consumed(inner)
    room = EXACT_BITS.get(dtype_of(op.input.type).name, 0)
    m.require(_bits(inner.input.type) <= room, "the wider float holds every integer")
    target = op.result.type
    assert isinstance(target, AnyFloat)
    m.require(_bits(target) >= 32, "kernels round integers to this type at once")
    return [_cast(m, type(inner), inner.input, target)]


RULES = (
    merge_float_casts,
    merge_integer_casts,
    drop_extension_before_float,
    extend_exact_integer,
    compare_before_extension,
    convert_once,
)

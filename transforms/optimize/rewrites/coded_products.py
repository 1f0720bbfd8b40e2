"""
Contractions of numbers that are codes of eight bits: the codes are multiplied instead.

The sum of `(a - za) * (b - zb)` is that of `a * b` less terms that hardly cost anything
(`coded_contraction.py`). So zero points are no part of a contraction of codes, and padding is an
operation of its own with the zero point as its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import f32, i32
from xdsl.ir import SSAValue

from ....dialects.engine import ConvOp, MapOp, MatmulOp
from ....dialects.engine.base import extents_of, shape_of, tensor
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from ....runtime.size import product_of
from ..rewriting.coded_operand import CodedOperand, coded_operand
from ..rewriting.rewrite import Match, rewrite
from ..rewriting.scalar_code import RegionBuilder, scalar_constant
from .coded_contraction import CodedContraction, along_channels, summed
from .contractions import with_epilogue

MOST_TERMS = 65793
"""A sum of so many products of codes, 255 times 128 each, stays below 2 to the 31."""

MOST_COMPUTED_TERMS = 33025
"""The same of codes less their zero points, which are up to 255 on both sides."""

MOST_FLOAT_TERMS = 258
"""A sum of so many products, 255 times 255 each, stays below 2 to the 24."""


@rewrite(
    ConvOp,
    MatmulOp,
    after=(MapOp,),
    exactness="bitwise",
    group="fuse",
    source="MNN DynamicQuantMatMulInteger",
    rows=("MNN/DynamicQuantMatMulInteger",),
)
def absorb_zero_point(op: ConvOp | MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    contraction(a - za, b - zb) => contraction(a, b) - za * sum(b) - zb * sum(a) + n * za * zb
    if a and b are codes of eight bits, b is a constant or a matrix with one zero point, and sums
    are of 32 bits.
    """
    m.require(op.accumulator_element() == i32 and not op.sums_codes, "sums are of 32 bits")
    sides = _sides(op, m)
    return [CodedContraction(op, m, *sides, _terms(op, m)).contraction()]


@rewrite(
    ConvOp,
    MatmulOp,
    after=(MapOp,),
    exactness="rounding",
    group="fuse",
    source="onnxruntime QDQSelectorActionTransformer",
    rows=("ORT/QDQSelectorActionTransformer", "MNN/ConvInt8"),
)
def contract_codes(op: ConvOp | MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    contraction((a - za) * sa, (b - zb) * sb) => contraction(a - za, b - zb) * (sa * sb)
    if a and b are codes of eight bits, b is a constant with a scale for each channel at most or a
    matrix with one scale, and sums stay below 2 to the 31.
    """
    m.require(op.accumulator_element() == f32, "sums are of f32")
    left, right = _sides(op, m)
    m.require(left.scale is not None and left.scale.is_scalar, "the left side has one scale")
    terms = _terms(op, m)
    most = MOST_TERMS if constant_of(right.codes) is not None else MOST_COMPUTED_TERMS
    m.require(terms <= most, f"there are at most {most} terms")
    return [CodedContraction(op, m, left, right, terms).contraction()]


def _terms(op: ContractionOp, m: Match) -> int:
    """How many terms a sum has."""
    terms = product_of(summed(op))
    m.require(isinstance(terms, int), "the number of terms is known")
    assert isinstance(terms, int)
    return terms


def _sides(op: ContractionOp, m: Match) -> tuple[CodedOperand, CodedOperand]:
    """The codes behind both operands."""
    grouped = isinstance(op, ConvOp) and op.group_count > 1
    m.require(not grouped, "there is one group")
    found = [coded_operand(value) for value in op.operands[: op.DATA_OPERANDS]]
    m.require(all(found), "both operands are codes less a zero point, times a scale")
    left, right = found
    assert left is not None
    assert right is not None
    m.require(left.zero.is_scalar, "the left side has one zero point")
    parameters = [p for p in (right.zero, right.scale) if p is not None]
    if constant_of(right.codes) is not None:
        m.require(right.zero.array(m.store) is not None, "the right zero points are constants")
        by_channel = all(p.is_scalar or along_channels(op, p) for p in parameters)
        m.require(by_channel, "the right side has a scale and a zero point for each channel")
    else:
        m.require(isinstance(op, MatmulOp), "a filter is a constant")
        scalars = all(p.is_scalar for p in parameters)
        m.require(scalars, "a computed right side has one scale and one zero point")
    m.consumed(left.op)
    m.consumed(right.op)
    return left, right


@rewrite(
    ConvOp,
    exactness="bitwise",
    group="fuse",
    source="MLIR linalg",
)
def sum_groups_in_floats(op: ConvOp, m: Match) -> Sequence[SSAValue]:
    """
    conv{groups}(a - za, b - zb) => integer(conv{groups}(float(a) - za, float(b) - zb))  if a and b
    are codes of eight bits and no sum reaches 2 to the 24: f32 holds every one of them.

    Convolutions with groups have kernels for floats, which compute a depthwise one near the peak.
    """
    m.require(op.accumulator_element() == i32 and not op.sums_codes, "sums are of 32 bits")
    m.require(op.group_count > 1, "there are groups")
    m.require(op.spatial_rank <= 2, "there are one or two spatial dimensions")
    terms = prod(shape_of(op.weight)[1:])
    m.require(terms <= MOST_FLOAT_TERMS, f"there are at most {MOST_FLOAT_TERMS} terms")
    sides = [coded_operand(value) for value in (op.input, op.weight)]
    data: list[SSAValue] = []
    for side in sides:
        m.require(side is not None, "both operands are codes less a zero point")
        assert side is not None
        m.consumed(side.op)
        data.append(_in_floats(side, m))
    builder = RegionBuilder()
    total = builder.add(arith.FPToSIOp(builder.leading(f32), i32))
    region = op.epilogue_region
    if region is not None:
        arguments = [builder.argument(v) for v in op.epilogue_operands]
        [total] = builder.inline(region, [total, *arguments])
    fused = builder.finish(total)
    return [
        m.insert(with_epilogue(op, builder.operands, fused, op.results[0].type, data)).results[0]
    ]


def _in_floats(side: CodedOperand, m: Match) -> SSAValue:
    """Codes less their zero point as f32."""
    builder = RegionBuilder()
    cast = arith.UIToFPOp if side.unsigned else arith.SIToFPOp
    number = builder.add(cast(builder.argument(side.codes), f32))
    if side.zero.tensor is not None:
        zero = builder.add(cast(builder.argument(side.zero.tensor), f32))
        number = builder.add(arith.SubfOp(number, zero))
    elif side.zero.number:
        zero = builder.add(scalar_constant(side.zero.number, f32))
        number = builder.add(arith.SubfOp(number, zero))
    result = tensor(extents_of(side.codes), f32)
    return m.insert(MapOp(builder.operands, builder.finish(number), result)).results[0]


RULES = (
    absorb_zero_point,
    contract_codes,
    sum_groups_in_floats,
)

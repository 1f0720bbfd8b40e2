"""Codes of eight bits where numbers they stand for are only moved, or become codes again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from ....dialects.engine import (
    BroadcastOp,
    GatherOp,
    MapOp,
    PoolOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from ....dialects.engine.base import element_of, extents_of, tensor
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.normal_numbers import largest, smallest_normal
from ..rewriting.coded_operand import (
    LIMITS,
    CodedOperand,
    Parameter,
    as_scalar,
    coded_operand,
    quantisation,
)
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder

MOVES: tuple[type[Operation], ...] = (
    BroadcastOp, GatherOp, PoolOp, ReshapeOp, SliceOp, TransposeOp,
)  # fmt: skip
"""What gives elements of its first operand, or the largest of some."""


@rewrite(
    MapOp,
    exactness="bitwise",
    source="onnxruntime DoubleQDQPairsRemover",
    rows=("E3", "ORT/DoubleQDQPairsRemover", "MNN/EliminateQuantAndDequant"),
)
def drop_code_round_trip(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    quantise((q - z) * s) => q  if scale, zero point and type are those of q, and s, 1 / s and the
    largest product are normal numbers: two roundings do not reach the next code.
    """
    made = quantisation(op)
    m.require(made is not None, "the map quantises")
    assert made is not None
    read = coded_operand(made.source)
    m.require(read is not None and read.scale is not None, "it quantises what codes stand for")
    assert read is not None
    assert read.scale is not None
    m.require(element_of(read.codes) == element_of(op.results[0]), "the types are equal")
    same = made.scale.same(read.scale) and made.zero.same(read.zero)
    m.require(same, "scale and zero point are equal")
    m.require(_is_normal(read.scale, m), "the scale and its reciprocal are normal numbers")
    m.consumed(read.op)
    return [read.codes]


def _is_normal(scale: Parameter, m: Match) -> bool:
    array = scale.array(m.store)
    if array is None:
        return False
    low, high = smallest_normal(f32), largest(f32)
    most = 2 * LIMITS[True][1]
    sizes = np.abs(array.astype(np.float64))
    if not bool(np.all(sizes > 0)):
        return False
    normal = (sizes >= low) & (sizes * most <= high) & (1 / sizes >= low) & (1 / sizes <= high)
    return bool(np.all(normal))


@rewrite(
    *MOVES,
    exactness="bitwise",
    group="move",
    source="onnxruntime QDQPropagation",
    rows=("ORT/QDQPropagation",),
)
def move_codes(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    move((q - z) * s) => (move(q) - z) * s  if z and s are one number each, and s > 0 where the
    largest of some elements is taken.
    """
    read = coded_operand(op.operands[0])
    m.require(read is not None and read.scale is not None, "it moves what codes stand for")
    assert read is not None
    assert read.scale is not None
    # What a contraction makes is finished where it is made, and moved afterwards.
    alone = producer_of(read.codes, ContractionOp) is None
    m.require(alone, "the codes are not the result of a contraction")
    scalars = read.scale.is_scalar and read.zero.is_scalar
    m.require(scalars, "there is one scale and one zero point")
    if isinstance(op, PoolOp):
        m.require(op.kind.data == "max", "the pool takes the largest")
        array = read.scale.array(m.store)
        m.require(array is not None and (array > 0).all(), "the scale is positive")
    m.consumed(read.op)
    [result] = op.results
    moved = type(op).create(
        operands=[read.codes, *op.operands[1:]],
        result_types=[tensor(extents_of(result), element_of(read.codes))],
        properties=dict(op.properties),
    )
    return [_numbers(m.insert(moved).results[0], read, result, m)]


def _numbers(codes: SSAValue, read: CodedOperand, like: SSAValue, m: Match) -> SSAValue:
    """What `codes` stand for, by the map that stood in front of the move."""
    builder = RegionBuilder()
    arguments = [
        builder.argument(codes if v is read.codes else as_scalar(v, m)) for v in read.op.inputs
    ]
    region = builder.finish(*builder.inline(read.op.body, arguments))
    result = tensor(extents_of(like), element_of(like))
    return m.insert(MapOp(builder.operands, region, result)).results[0]


RULES = (
    drop_code_round_trip,
    move_codes,
)

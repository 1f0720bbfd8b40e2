"""Codes of eight bits where numbers they stand for are only moved, or become codes again."""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign

import numpy as np
from xdsl.dialects.builtin import IntegerAttr, f32, i8
from xdsl.ir import Operation, SSAValue

from ....dialects.engine import (
    BroadcastOp,
    ConvOp,
    GatherOp,
    MapOp,
    MatmulOp,
    PadOp,
    PoolOp,
    ReshapeOp,
    ResizeOp,
    SliceOp,
    TransposeOp,
)
from ....dialects.engine.base import EngineOp, element_of, extents_of, tensor
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.normal_numbers import largest, smallest_normal
from ..rewriting.coded_operand import (
    LIMITS,
    CodedOperand,
    Parameter,
    as_scalar,
    coded_operand,
    decodable,
    quantisation,
)
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder
from .constants import folded
from .contractions import MAX_EPILOGUE_OPERANDS, with_epilogue
from .maps import MAX_OPERANDS, MAX_SCALAR_OPS

MOVES: tuple[type[Operation], ...] = (
    BroadcastOp, GatherOp, PadOp, PoolOp, ReshapeOp, ResizeOp, SliceOp, TransposeOp,
)  # fmt: skip
"""What gives elements of its first operand, or the largest of some, or zeros around them."""


@rewrite(
    MapOp,
    after=(MapOp,),
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
    after=(MapOp,),
    exactness="bitwise",
    group="move",
    source="onnxruntime QDQPropagation",
    rows=("ORT/QDQPropagation",),
)
def move_codes(op: Operation, m: Match) -> Sequence[SSAValue]:
    """
    move((q - z) * s) => (move(q) - z) * s  if z and s are one number each, and s > 0 where the
    largest of some elements is taken or zeros are put around, which are codes z; the same of q - z
    in integers.
    """
    read = coded_operand(op.operands[0])
    m.require(read is not None, "it moves what codes stand for")
    assert read is not None
    # What a contraction makes is finished where it is made, and moved afterwards.
    alone = producer_of(read.codes, ContractionOp) is None
    m.require(alone, "the codes are not the result of a contraction")
    scalars = (read.scale is None or read.scale.is_scalar) and read.zero.is_scalar
    m.require(scalars, "there is one scale and one zero point")
    properties = dict(op.properties)
    if isinstance(op, ResizeOp):
        m.require(op.mode.data == "nearest", "the resize repeats or leaves out elements")
    if isinstance(op, PoolOp):
        m.require(op.kind.data == "max", "the pool takes the largest")
    if isinstance(op, PadOp) and op.mode.data == "constant":
        properties["value"] = _filled(op, read, m)
    if isinstance(op, PadOp | PoolOp):
        array = None if read.scale is None else read.scale.array(m.store)
        positive = read.scale is None or (array is not None and bool((array > 0).all()))
        m.require(positive, "the scale is positive")
    m.consumed(read.op)
    [result] = op.results
    moved = type(op).create(
        operands=[read.codes, *op.operands[1:]],
        result_types=[tensor(extents_of(result), element_of(read.codes))],
        properties=properties,
    )
    assert isinstance(moved, EngineOp)
    if all(constant_of(v) is not None for v in moved.operands):
        codes = folded(moved, m)
        moved.erase()
    else:
        codes = m.insert(moved).results[0]
    return [_numbers(codes, read, result, m)]


def _filled(op: PadOp, read: CodedOperand, m: Match) -> IntegerAttr:
    """The code of the zeros that are put around: the zero point."""
    number = op.value.value.data
    m.require(number == 0 and copysign(1, number) > 0, "zeros are put around")
    zero = read.zero.array(m.store)
    m.require(zero is not None, "the zero point is a constant")
    assert zero is not None
    code = int(zero.reshape(())) & 0xFF
    return IntegerAttr(code - 256 if code > 127 else code, i8)


def _numbers(codes: SSAValue, read: CodedOperand, like: SSAValue, m: Match) -> SSAValue:
    """What `codes` stand for, by the map that stood in front of the move."""
    builder = RegionBuilder()
    arguments = [
        builder.argument(codes if v is read.codes else as_scalar(v, m)) for v in read.op.inputs
    ]
    region = builder.finish(*builder.inline(read.op.body, arguments))
    result = tensor(extents_of(like), element_of(like))
    return m.insert(MapOp(builder.operands, region, result)).results[0]


@rewrite(
    ConvOp,
    MatmulOp,
    MapOp,
    after=(MapOp,),
    exactness="bitwise",
    group="fuse",
    source="onnxruntime QDQSelectorActionTransformer",
)
def decode_where_read(op: ConvOp | MatmulOp | MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}((q - z) * s, y) => map{f'}(q, y), and the same for what an epilogue reads  if q are codes
    of eight bits: to decode them again costs less than to read four times the bytes.
    """
    contraction = isinstance(op, ContractionOp)
    operands = list(op.epilogue_operands if contraction else op.inputs)
    region = op.epilogue_region if contraction else op.body
    m.require(region is not None and operands, "there is a region that reads operands")
    assert region is not None
    found = {v: read for v in operands if (read := decodable(v)) is not None}
    m.require(found, "an operand is codes less a zero point, times a scale")
    rest = {*operands, *(v for read in found.values() for v in read.op.inputs)} - set(found)
    most = MAX_EPILOGUE_OPERANDS if contraction else MAX_OPERANDS
    m.require(len(rest) <= most, f"at most {most} operands")
    size = sum(1 for part in (region, *(r.op.body for r in found.values())) for _ in part.block.ops)
    m.require(size <= MAX_SCALAR_OPS, f"at most {MAX_SCALAR_OPS} scalar operations")
    for read in found.values():
        m.consumed(read.op)
    builder = RegionBuilder()
    values = [builder.leading(op.accumulator_element())] if contraction else []
    for operand in operands:
        read = found.get(operand)
        if read is None:
            values.append(builder.argument(operand))
            continue
        inputs = [builder.argument(v) for v in read.op.inputs]
        values += builder.inline(read.op.body, inputs)
    fused = builder.finish(*builder.inline(region, values))
    result = op.results[0].type
    if isinstance(op, MapOp):
        return [m.insert(MapOp(builder.operands, fused, result)).results[0]]
    return [m.insert(with_epilogue(op, builder.operands, fused, result)).results[0]]


RULES = (
    drop_code_round_trip,
    move_codes,
    decode_where_read,
)

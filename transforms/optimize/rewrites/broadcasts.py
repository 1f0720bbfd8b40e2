"""Broadcasts into the operations that broadcast by themselves, and operands nobody needs."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ....dialects.engine import BroadcastOp, ConvOp, ConvTransposeOp, MapOp, MatmulOp, ReduceOp
from ....dialects.engine.base import broadcast_extents, extents_of, sized
from ....dialects.engine.contraction import ContractionOp
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder
from .contractions import with_epilogue


@rewrite(
    BroadcastOp,
    after=(BroadcastOp,),
    exactness="bitwise",
    source="onnxruntime ExpandElimination",
    evidence="proved",
)
def merge_broadcasts(op: BroadcastOp, m: Match) -> Sequence[SSAValue]:
    """
    broadcast(broadcast(x)) => broadcast(x).
    """
    inner = m.producer(op.input, BroadcastOp)
    return [m.insert(BroadcastOp(inner.input, extents_of(op.results[0]))).results[0]]


@rewrite(
    MapOp,
    after=(BroadcastOp,),
    exactness="bitwise",
    source="onnxruntime ExpandElimination; XLA",
    evidence="proved",
)
def broadcast_into_map(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(broadcast(x), y) => map{f}(x, y)  if the operands still give the result's shape.
    """
    result = extents_of(op.results[0])
    m.require(sized(result), "the shape is known")
    values, found = list(op.inputs), False
    for number, value in enumerate(values):
        inner = producer_of(value, BroadcastOp)
        if inner is None:
            continue
        narrow = [*values[:number], inner.input, *values[number + 1 :]]
        if broadcast_extents(*(extents_of(v) for v in narrow)) == result:
            values, found = narrow, True
            m.consumed(inner)
    m.require(found, "an operand is a broadcast to a shape that the others give anyway")
    builder = RegionBuilder()
    yielded = builder.inline(op.body, [builder.argument(v) for v in values])
    return [
        m.insert(MapOp(builder.operands, builder.finish(*yielded), op.results[0].type)).results[0]
    ]


@rewrite(MatmulOp, after=(BroadcastOp,), exactness="bitwise", source="XLA")
def broadcast_into_matmul(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    matmul(broadcast(x), y) => matmul(x, y), and the same for y  if only batch dimensions are
    broadcast and the operands still give the result's shape.
    """
    m.require(sized(extents_of(op.results[0])), "the shape is known")
    data = [op.lhs, op.rhs]
    found = False
    for number, value in enumerate(data):
        inner = producer_of(value, BroadcastOp)
        if inner is None or extents_of(inner.input)[-2:] != extents_of(value)[-2:]:
            continue
        narrow = list(data)
        narrow[number] = inner.input
        batch = broadcast_extents(*(extents_of(v)[:-2] for v in narrow))
        if batch == extents_of(op.results[0])[:-2]:
            data, found = narrow, True
            m.consumed(inner)
    m.require(found, "an operand is a broadcast of batch dimensions that the other one has")
    region = op.epilogue_region
    new = with_epilogue(
        op,
        list(op.epilogue_operands),
        None if region is None else region.clone(),
        op.results[0].type,
        data,
    )
    return [m.insert(new).results[0]]


@rewrite(
    MapOp, ReduceOp, ConvOp, MatmulOp, ConvTransposeOp,
    exactness="bitwise",
    source="MLIR linalg",
)  # fmt: skip
def drop_unread_operand(op: MapOp | ReduceOp | ContractionOp, m: Match) -> Sequence[SSAValue]:
    """
    map{(a, b) -> f(a)}(x, y) => map{f}(x), and the same for epilogues  if x alone gives the shape.
    """
    region = op.body if isinstance(op, MapOp | ReduceOp) else op.epilogue_region
    m.require(region is not None, "there is a region")
    assert region is not None
    contraction = isinstance(op, ContractionOp)
    operands = list(op.epilogue_operands if contraction else op.inputs)
    arguments = list(region.block.args)[1 if contraction else 0 :]
    unread = [i for i, a in enumerate(arguments) if not a.uses]
    m.require(unread, "the region does not read every operand")
    if not contraction:
        m.require(all(sized(extents_of(v)) for v in operands), "the shapes are known")
        unread = _dispensable(operands, unread)
        m.require(unread, "the operands that are read give the shape")
    builder = RegionBuilder()
    leading = [builder.leading(op.accumulator_element())] if contraction else []
    # An operand that comes twice has one argument in the new region.
    kept = [
        region.block.args[0] if i in unread else builder.argument(v) for i, v in enumerate(operands)
    ]
    values = builder.inline(region, [*leading, *kept])
    fused = builder.finish(*values)
    result = op.results[0].type
    if isinstance(op, MapOp):
        return [m.insert(MapOp(builder.operands, fused, result)).results[0]]
    if isinstance(op, ReduceOp):
        kind, axes, keep = op.kind.data, op.axis_list, op.keepdims is not None
        new = ReduceOp(builder.operands, kind, axes, result, keepdims=keep, body=fused)
        return [m.insert(new).results[0]]
    return [m.insert(with_epilogue(op, builder.operands, fused, result)).results[0]]


def _dispensable(operands: Sequence[SSAValue], unread: Sequence[int]) -> list[int]:
    """Those of `unread` without which the rest still has the same broadcast shape."""
    shapes = {i: extents_of(v) for i, v in enumerate(operands)}
    whole = broadcast_extents(*shapes.values())
    gone: list[int] = []
    for number in unread:
        rest = [s for i, s in shapes.items() if i != number and i not in gone]
        if rest and broadcast_extents(*rest) == whole:
            gone.append(number)
    return gone


RULES = (
    merge_broadcasts,
    broadcast_into_map,
    broadcast_into_matmul,
    drop_unread_operand,
)

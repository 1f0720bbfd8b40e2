"""Elementwise operations into one another and into reductions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ....dialects.engine import MapOp, ReduceOp
from ....dialects.engine.base import shape_of
from ....dialects.engine.integer_division import may_divide_by_zero
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder

MAX_OPERANDS = 12
"""A fused map reads at most this many tensors, so that its addresses stay in registers."""

MAX_SCALAR_OPS = 96


@rewrite(MapOp, exactness="bitwise", group="fuse", source="TVM FuseOps; MLIR linalg")
def fuse_map_into_map(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(map{g}(x), y) => map{f . g}(x, y)  if only this map reads map{g}(x) and no element of
    it is needed twice.
    """
    result = shape_of(op.results[0])
    inner = next((p for v in op.inputs if (p := _fusable(v, op, result)) is not None), None)
    m.require(inner is not None, "an operand is a map of the result's shape, read only here")
    assert inner is not None
    operands = {*op.inputs, *inner.inputs} - {inner.results[0]}
    m.require(len(operands) <= MAX_OPERANDS, f"at most {MAX_OPERANDS} operands")
    size = len(list(op.body.block.ops)) + len(list(inner.body.block.ops))
    m.require(size <= MAX_SCALAR_OPS, f"at most {MAX_SCALAR_OPS} scalar operations")
    m.consumed(inner)
    builder = RegionBuilder()
    [value] = builder.inline(inner.body, [builder.argument(v) for v in inner.inputs])
    arguments = [value if v is inner.results[0] else builder.argument(v) for v in op.inputs]
    region = builder.finish(*builder.inline(op.body, arguments))
    return [m.insert(MapOp(builder.operands, region, op.results[0].type)).results[0]]


def _fusable(value: SSAValue, op: MapOp, result: tuple[int, ...]) -> MapOp | None:
    inner = producer_of(value, MapOp)
    if inner is None or shape_of(value) != result:
        return None
    if any(use.operation is not op for use in value.uses):
        return None
    return inner


@rewrite(ReduceOp, exactness="bitwise", group="fuse", source="TVM FuseOps")
def fuse_map_into_reduce(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{k}(map{g}(x)) => reduce{k, g}(x)  if only this reduction reads map{g}(x).
    """
    m.require(op.body is None, "the reduction has no region yet")
    inner = m.producer(op.inputs[0], MapOp)
    m.require(has_one_use(inner.results[0]), "the map has one use")
    m.require(not may_divide_by_zero(inner.body), "the map divides no integers by what may be 0")
    m.require(1 <= len(inner.inputs) <= MAX_OPERANDS, f"the map has 1 to {MAX_OPERANDS} operands")
    builder = RegionBuilder()
    values = builder.inline(inner.body, [builder.argument(v) for v in inner.inputs])
    fused = ReduceOp(
        builder.operands,
        op.kind.data,
        op.axis_list,
        op.results[0].type,
        keepdims=op.keepdims is not None,
        body=builder.finish(*values),
    )
    return [m.insert(fused).results[0]]


RULES = (
    fuse_map_into_map,
    fuse_map_into_reduce,
)

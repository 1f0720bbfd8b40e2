"""Scalar regions of engine operations (epilogues, maps, cells) as level-5 code on vectors."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, FloatAttr, IntegerAttr, VectorType
from xdsl.ir import Attribute, Operation, Region, SSAValue

from ...dialects.vector_arith import VECTOR_FORM
from .builder import KernelBuilder
from .types import with_lanes


def inline_scalar_region(
    builder: KernelBuilder, region: Region, arguments: Sequence[SSAValue]
) -> list[SSAValue]:
    """
    Build the operations of a scalar region on `arguments`, scalars or vectors of one width.

    Returns what the region yields. Constants stay scalars until they meet a vector; each
    argument may be a scalar (broadcast where needed). Types follow the arguments' lanes.
    """
    values: dict[SSAValue, SSAValue] = dict(zip(region.block.args, arguments, strict=True))
    lanes = next((v.type.get_shape()[0] for v in arguments if isinstance(v.type, VectorType)), None)
    for op in region.block.ops:
        if op.next_op is None:
            return [_widened(builder, values[v], lanes) for v in op.operands]
        values.update(zip(op.results, _clone(builder, op, values, lanes), strict=True))
    return []


def _widened(builder: KernelBuilder, value: SSAValue, lanes: int | None) -> SSAValue:
    return value if lanes is None else builder.broadcast(value, lanes)


def _clone(
    builder: KernelBuilder, op: Operation, values: dict[SSAValue, SSAValue], lanes: int | None
) -> Sequence[SSAValue]:
    if isinstance(op, arith.ConstantOp):
        attr = op.value
        assert not isinstance(attr, DenseIntOrFPElementsAttr)
        number = attr.value.data if isinstance(attr, IntegerAttr | FloatAttr) else 0
        return [builder.constant(number, with_lanes(op.result.type, lanes))]
    operands = [_widened(builder, values[v], lanes) for v in op.operands]
    results: list[Attribute] = [with_lanes(r.type, lanes) for r in op.results]
    kind = type(op) if lanes is None else VECTOR_FORM.get(type(op), type(op))
    return builder.add_op(
        kind.create(operands=operands, result_types=results, properties=op.properties)
    )

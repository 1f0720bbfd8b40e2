"""The layouts in which an operand can be read in order, for kernels that store as they read."""

from __future__ import annotations

from xdsl.ir import OpResult, SSAValue

from ...dialects.engine import TransposeOp
from ...dialects.engine.base import shape_of
from ...runtime.format_tag import parse_format_tag, row_major_tag


def natural_layouts(value: SSAValue) -> list[str]:
    """Row-major, and, of a transpose, the layout in which it is a view of a row-major array."""
    tag = parse_format_tag(row_major_tag(len(shape_of(value))))
    row_major = str(tag)
    orders: list[tuple[int, ...]] = []
    while isinstance(value, OpResult) and isinstance(value.op, TransposeOp):
        orders.append(value.op.permutation)
        value = value.op.input
    for order in reversed(orders):
        tag = tag.permuted(order)
    return list(dict.fromkeys((row_major, str(tag))))

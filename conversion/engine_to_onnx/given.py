"""Values without operands, and operations that stay ONNX: `iota`, `size_values`, `reference`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine import AssertOp, IotaOp, ReferenceOp, SizeValuesOp
from ...dialects.engine.base import element_of, extents_of
from ...dialects.onnx import OnnxOp
from .nodes import Nodes, NoOnnxForm
from .scalar_forms import as_element
from .size_values import shape_operand, size_value


def convert_iota(nodes: Nodes, op: IotaOp) -> Sequence[SSAValue]:
    """Range."""
    [count] = extents_of(op.results[0])
    zero, one = nodes.number(0, i64), nodes.number(1, i64)
    limit = size_value(nodes, count)
    limit = nodes.one("Squeeze", [limit], i64, ())
    made = nodes.one("Range", [zero, limit, one], i64, (count,))
    return [as_element(nodes, made, element_of(op.results[0]))]


def convert_size_values(nodes: Nodes, op: SizeValuesOp) -> Sequence[SSAValue]:
    """Shape of inputs, and arithmetic."""
    made = shape_operand(nodes, op.extents)
    if not extents_of(op.results[0]):
        made = nodes.one("Squeeze", [made], i64, ())
    return [as_element(nodes, made, element_of(op.results[0]))]


def convert_assert(nodes: Nodes, op: AssertOp) -> Sequence[SSAValue]:
    """Nothing: who runs the model checks what its operators say."""
    return []


def convert_reference(nodes: Nodes, op: ReferenceOp) -> Sequence[SSAValue]:
    """The nodes in it, where they are of ONNX."""
    block = op.body.block
    copies: dict[SSAValue, SSAValue] = {
        scalar: nodes.value(v) for scalar, v in zip(block.args, op.inputs, strict=True)
    }
    yielded: Sequence[SSAValue] = ()
    for inner in block.ops:
        if inner is block.last_op:
            yielded = inner.operands
        elif isinstance(inner, OnnxOp):
            nodes.block.add_op(inner.clone(copies))
        else:
            raise NoOnnxForm(f"'{inner.name}' is not an operator of ONNX")
    return [copies[v] for v in yielded]

"""`gather` and `scatter`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i32, i64
from xdsl.ir import SSAValue

from ...dialects.engine import GatherOp, ScatterOp
from ...dialects.engine.base import element_of
from .nodes import Nodes
from .scalar_forms import as_element


def convert_gather(nodes: Nodes, op: GatherOp) -> Sequence[SSAValue]:
    """Gather."""
    operands = [nodes.value(op.input), _positions(nodes, op.indices)]
    return [nodes.like("Gather", operands, op.results[0], {"axis": op.axis.value.data})]


def convert_scatter(nodes: Nodes, op: ScatterOp) -> Sequence[SSAValue]:
    """ScatterND."""
    indices = as_element(nodes, nodes.value(op.indices), i64)
    operands = [nodes.value(op.input), indices, nodes.value(op.updates)]
    attributes = {"reduction": op.reduction.data}
    return [nodes.like("ScatterND", operands, op.results[0], attributes)]


def _positions(nodes: Nodes, value: SSAValue) -> SSAValue:
    made = nodes.value(value)
    return made if element_of(value) in (i32, i64) else as_element(nodes, made, i64)

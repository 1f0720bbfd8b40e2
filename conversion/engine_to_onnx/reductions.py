"""`reduce`, `softmax`, `scan` and `top_k`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerType, i1, i64
from xdsl.ir import SSAValue

from ...dialects.engine import ReduceOp, ScanOp, SoftmaxOp, TopKOp
from ...dialects.engine.base import element_of, extents_of, yielded_values
from ...dialects.framework import tensor_type
from ...runtime.size import is_one
from .activations import operator_of
from .elementwise import arguments, normalised
from .nodes import Nodes, NoOnnxForm, sizes
from .positions import position_of
from .scalar_forms import as_element, values_of
from .size_values import shape_operand, size_value

_OPERATORS = {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "prod": "ReduceProd",
    "max": "ReduceMax",
    "min": "ReduceMin",
}


def convert_reduce(nodes: Nodes, op: ReduceOp) -> Sequence[SSAValue]:
    """Its region, if it has one, and the operator of its kind."""
    result = op.results[0]
    if (found := position_of(nodes, op)) is not None:
        x, operator, last = found
        [axis] = op.axis_list
        kept = op.keepdims is not None
        attributes = {"axis": axis, "keepdims": int(kept), "select_last_index": int(last)}
        made = nodes.one(operator, [nodes.value(x)], i64, extents_of(result), attributes)
        return [as_element(nodes, made, element_of(result))]
    if op.body is None:
        made = nodes.value(op.inputs[0])
    else:
        given = arguments(nodes, op.body, op.inputs)
        given.update(normalised(nodes, op.body, op.inputs, op.domain_extents))
        [made] = values_of(nodes, yielded_values(op.body), given, operator_of)
        made = as_element(nodes, made, element_of(result))
    if sizes(made) != op.domain_extents:
        shape = shape_operand(nodes, op.domain_extents)
        made = nodes.one("Expand", [made, shape], element_of(result), op.domain_extents)
    if not op.axis_list:
        return [made]
    operator = _OPERATORS[op.kind.data]
    attributes = {"keepdims": int(op.keepdims is not None)}
    return [nodes.like(operator, [made, nodes.integers(op.axis_list)], result, attributes)]


def convert_softmax(nodes: Nodes, op: SoftmaxOp) -> Sequence[SSAValue]:
    """Softmax, or LogSoftmax."""
    operator = "Softmax" if op.log is None else "LogSoftmax"
    attributes = {"axis": op.axis.value.data}
    return [nodes.like(operator, [nodes.value(op.input)], op.results[0], attributes)]


def convert_scan(nodes: Nodes, op: ScanOp) -> Sequence[SSAValue]:
    """CumSum."""
    element = element_of(op.input)
    if op.kind.data != "sum" or (isinstance(element, IntegerType) and element == i1):
        raise NoOnnxForm(f"ONNX has no running {op.kind.data} of {element}")
    attributes = {
        "exclusive": int(op.exclusive is not None),
        "reverse": int(op.reverse is not None),
    }
    operands = [nodes.value(op.input), nodes.number(op.axis.value.data, i64)]
    return [nodes.like("CumSum", operands, op.results[0], attributes)]


def convert_top_k(nodes: Nodes, op: TopKOp) -> Sequence[SSAValue]:
    """TopK, of which the positions are taken; ArgMax or ArgMin for a single one."""
    axis, result = op.axis.value.data, op.results[0]
    x = nodes.value(op.input)
    if is_one(op.count_extent):
        operator = "ArgMax" if op.smallest is None else "ArgMin"
        return [nodes.like(operator, [x], result, {"axis": axis, "keepdims": 1})]
    attributes = {"axis": axis, "largest": int(op.smallest is None), "sorted": 1}
    dims = extents_of(result)
    types = [tensor_type(element_of(op.input), dims), tensor_type(i64, dims)]
    return [nodes.several("TopK", [x, size_value(nodes, op.count_extent)], types, attributes)[1]]

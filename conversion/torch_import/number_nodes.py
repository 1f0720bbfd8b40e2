"""Nodes that compute numbers which only the data decides, as operations on tensors of rank 0."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType, i64
from xdsl.ir import SSAValue

from ...dialects.framework import (
    AttributeValue,
    dims_of,
    element_of,
    element_type_of_ir,
    tensor_type,
)
from ...dialects.torch import Given, op_class, torch_name_of
from ...runtime.size import name_of
from .program import Node
from .scope import GraphScope
from .symbols import base_name, computed, type_of_symbol

_OF_DATA = ("item", "_local_scalar_dense")
"""Operators that give the only element of a tensor."""


def add_number(scope: GraphScope, node: Node) -> None:
    """
    The number that a node gives; nothing for one that the sizes of the inputs decide.

    Raises:
        ValueError: for one that is computed in a way that is not known.
    """
    output = node.outputs[0]
    if output.kind == "sym_int" and scope.symbols.size(output.value) is not None:
        return
    type_ = type_of_symbol(output.kind)
    value = _as_type(scope, _computed(scope, node, type_), type_)
    if output.kind == "sym_int" and base_name(node) in _OF_DATA:
        value = _as_size(scope, output.value, value)
    scope.symbols.values[output.value] = value


def _computed(scope: GraphScope, node: Node, type_: TensorType) -> SSAValue:
    """The number, perhaps of another type."""
    name, call = base_name(node), computed(node)
    if name == "sym_size":
        arguments = {name: scope.given(argument) for name, argument in node.inputs}
        return scope.emit(node.operator, arguments, [type_])[0]
    if name in _OF_DATA and node.inputs[0][1].kind == "tensor":
        return _scalar(scope, scope.tensor(node.inputs[0][1].value).value)
    if call is None:
        raise ValueError("computes a number in a way that is not supported")
    operator, formals = call
    inputs = [scope.number(argument) for _, argument in node.inputs]
    if not operator:
        return inputs[0]
    given: dict[str, Given] = dict(zip(formals, inputs, strict=False))
    return scope.emit(operator, given, [_common(inputs, type_)])[0]


def _common(inputs: Sequence[SSAValue], type_: TensorType) -> TensorType:
    """The type of what is computed: an integer of a number with a point has one, too."""
    if type_.element_type != i64:
        return type_
    return TensorType(element_of(inputs[0].type) or i64, [])


def _as_size(scope: GraphScope, name: str, value: SSAValue) -> SSAValue:
    """The number as a size, where tensors have it and the program says that it is not negative."""
    size = scope.graph.sizes.get(name)
    symbol = None if size is None else name_of(size)
    least, most = scope.around.ranges.get(symbol or "", (-1, None))
    if symbol is None or not 0 <= least <= (least if most is None else most):
        return value
    if symbol not in scope.names_in_sizes:
        return value
    assert scope.node is not None
    attributes: dict[str, AttributeValue] = {"size": symbol}
    if most is not None:
        attributes["at_most"] = most
    if where := scope.symbols.checks_of(symbol):
        attributes["where"] = where
    cls = op_class("as_size")
    assert cls is not None
    made = cls.make([value], [value.type], attributes)
    scope.append(made)
    return made.results[0]


def _scalar(scope: GraphScope, value: SSAValue) -> SSAValue:
    """The only element of a tensor."""
    if dims_of(value.type) == ():
        return value
    element = element_of(value.type)
    assert element is not None
    view: dict[str, Given] = {"self": value, "size": []}
    return scope.emit("aten.view.default", view, [tensor_type(element, ())])[0]


def _as_type(scope: GraphScope, value: SSAValue, type_: TensorType) -> SSAValue:
    if value.type == type_:
        return value
    row = element_type_of_ir(type_.element_type)
    assert row is not None
    converted: dict[str, Given] = {"self": value, "dtype": torch_name_of(row)}
    return scope.emit("aten._to_copy.default", converted, [type_])[0]

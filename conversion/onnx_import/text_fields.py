"""
Names in a model that are not text.

Protobuf says that strings are UTF-8 and does not check it for ONNX; Python then gives bytes where
everything else expects `str`. Such names are spelled with escapes, as in `\\xff\\xfe`, so that the
model can be used and messages can say which node they mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import onnx


def repair_text(model: onnx.ModelProto) -> None:
    """Replace every name, domain and note of `model` that is not UTF-8."""
    _repair(model, ("producer_name", "producer_version", "domain", "doc_string"))
    for entry in model.opset_import:
        _repair(entry, ("domain",))
    _repair_notes(model.metadata_props)
    _repair_graph(model.graph)
    for function in model.functions:
        _repair(function, ("name", "domain", "overload", "doc_string"))
        for names in (function.input, function.output, function.attribute):
            _repair_names(names)
        for entry in function.opset_import:
            _repair(entry, ("domain",))
        for attribute in function.attribute_proto:
            _repair_attribute(attribute)
        _repair_nodes(function.node)


def _repair(message: Any, fields: Iterable[str]) -> None:
    for field in fields:
        value = getattr(message, field)
        if _damaged(value):
            setattr(message, field, _escaped(value))


def _repair_names(names: Any) -> None:
    for at, name in enumerate(names):
        if _damaged(name):
            names[at] = _escaped(name)


def _damaged(value: object) -> bool:
    """Whether a field that should be text is not."""
    return type(value) is bytes


def _escaped(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _repair_notes(entries: Iterable[onnx.StringStringEntryProto]) -> None:
    for entry in entries:
        _repair(entry, ("key", "value"))


def _repair_graph(graph: onnx.GraphProto) -> None:
    _repair(graph, ("name", "doc_string"))
    for info in (*graph.input, *graph.output, *graph.value_info):
        _repair(info, ("name", "doc_string"))
        _repair_type(info.type)
    for tensor in graph.initializer:
        _repair_tensor(tensor)
    for sparse in graph.sparse_initializer:
        _repair_tensor(sparse.values)
        _repair_tensor(sparse.indices)
    _repair_nodes(graph.node)


def _repair_nodes(nodes: Iterable[onnx.NodeProto]) -> None:
    for node in nodes:
        # Written out, because it is done for every node of every model.
        if _damaged(node.name) or _damaged(node.op_type) or _damaged(node.domain):
            _repair(node, ("name", "op_type", "domain"))
        if _damaged(node.overload):
            _repair(node, ("overload",))
        _repair_names(node.input)
        _repair_names(node.output)
        for attribute in node.attribute:
            _repair_attribute(attribute)


def _repair_attribute(attribute: onnx.AttributeProto) -> None:
    if _damaged(attribute.name) or _damaged(attribute.ref_attr_name):
        _repair(attribute, ("name", "ref_attr_name"))
    if attribute.HasField("t"):
        _repair_tensor(attribute.t)
    if attribute.HasField("tp"):
        _repair_type(attribute.tp)
    if attribute.HasField("g"):
        _repair_graph(attribute.g)
    for graph in attribute.graphs:
        _repair_graph(graph)
    for tensor in attribute.tensors:
        _repair_tensor(tensor)


def _repair_tensor(tensor: onnx.TensorProto) -> None:
    _repair(tensor, ("name", "doc_string"))
    _repair_notes(tensor.external_data)


def _repair_type(type_: onnx.TypeProto) -> None:
    kind = type_.WhichOneof("value")
    if kind == "tensor_type":
        for dim in type_.tensor_type.shape.dim:
            if dim.HasField("dim_param"):
                _repair(dim, ("dim_param",))
    elif kind == "sequence_type":
        _repair_type(type_.sequence_type.elem_type)
    elif kind == "optional_type":
        _repair_type(type_.optional_type.elem_type)
    elif kind == "map_type":
        _repair_type(type_.map_type.value_type)

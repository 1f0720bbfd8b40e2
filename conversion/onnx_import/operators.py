"""
Whether every node is one the `onnx` dialect has, with the attributes its schema allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import onnx
from onnx import helper
from onnx.defs import OpSchema

from ...dialects.framework import AttributeValue
from ...dialects.onnx import OnnxOp, op_class, op_classes
from ...dialects.onnx.schemas import kind_of, onnx_schemas
from ..problems import Problems
from .microsoft import FOREIGN_DOMAIN, attributes_of, foreign_operators, is_expanded
from .node_label import node_label
from .structure import subgraphs

KINDS: dict[int, OpSchema.AttrType] = {
    onnx.AttributeProto.INT: OpSchema.AttrType.INT,
    onnx.AttributeProto.FLOAT: OpSchema.AttrType.FLOAT,
    onnx.AttributeProto.STRING: OpSchema.AttrType.STRING,
    onnx.AttributeProto.INTS: OpSchema.AttrType.INTS,
    onnx.AttributeProto.FLOATS: OpSchema.AttrType.FLOATS,
    onnx.AttributeProto.STRINGS: OpSchema.AttrType.STRINGS,
    onnx.AttributeProto.TENSOR: OpSchema.AttrType.TENSOR,
    onnx.AttributeProto.SPARSE_TENSOR: OpSchema.AttrType.SPARSE_TENSOR,
    onnx.AttributeProto.TYPE_PROTO: OpSchema.AttrType.TYPE_PROTO,
    onnx.AttributeProto.GRAPH: OpSchema.AttrType.GRAPH,
}


def check_operators(graph: onnx.GraphProto, problems: Problems) -> None:
    """Report every operator and attribute below `graph` that the dialect does not have."""
    for node in graph.node:
        cls = op_class(node.op_type, node.domain)
        if is_expanded(node):
            _check_expanded_attributes(node, problems)
        elif cls is None:
            problems.node(node_label(node), _unknown_operator(node))
        else:
            for problem in attribute_problems(node, cls):
                problems.node(node_label(node), problem)
        for inner in subgraphs(node):
            check_operators(inner, problems)


def _check_expanded_attributes(node: onnx.NodeProto, problems: Problems) -> None:
    known = attributes_of(node)
    for attribute in node.attribute:
        if attribute.name not in known:
            problems.node(
                node_label(node), f"unsupported attribute '{attribute.name}'; {_listed(known)}"
            )


def _unknown_operator(node: onnx.NodeProto) -> str:
    if node.domain == FOREIGN_DOMAIN:
        near = get_close_matches(node.op_type, foreign_operators(), n=1)
        hint = f"; did the exporter mean {near[0]}?" if near else ""
        return f"unsupported operator of this domain{hint}"
    if node.domain:
        return f"unsupported operator: no schema of domain '{node.domain}' is known"
    names = [name.removeprefix("onnx.") for name in op_classes()]
    near = get_close_matches(node.op_type, names, n=1)
    hint = f"; did the exporter mean {near[0]}?" if near else ""
    return f"unsupported operator: ONNX has none of this name{hint}"


def attribute_problems(node: onnx.NodeProto, cls: type[OnnxOp]) -> Iterator[str]:
    """What is wrong with the attributes of a node."""
    specs = onnx_schemas()[cls.name].attributes
    seen: set[str] = set()
    for attribute in node.attribute:
        name, spec = attribute.name, specs.get(attribute.name)
        if name in seen:
            yield f"attribute '{name}' is given twice"
        seen.add(name)
        if spec is None:
            yield f"unsupported attribute '{name}'; {_listed(specs)}"
        elif attribute.ref_attr_name:
            yield f"attribute '{name}' refers to one outside a function"
        elif KINDS.get(attribute.type) != spec.type:
            kind = _kind_name(attribute.type)
            yield f"attribute '{name}' is {kind}, expected {kind_of(spec.type).value}"
        elif not is_text(attribute):
            yield f"attribute '{name}' is not UTF-8 text"
    for name, spec in specs.items():
        if spec.required and name not in seen:
            yield f"attribute '{name}' ({kind_of(spec.type).value}) is missing"


def _kind_name(kind: int) -> str:
    """A kind of attribute as ONNX calls it; a file may have others."""
    known = onnx.AttributeProto.AttributeType.values()
    return onnx.AttributeProto.AttributeType.Name(kind) if kind in known else f"kind {kind}"


def _listed(specs: Iterable[str]) -> str:
    names = sorted(specs)
    return f"its schema has {', '.join(names)}" if names else "its schema has none"


def is_text(attribute: onnx.AttributeProto) -> bool:
    """Whether the strings of an attribute are UTF-8."""
    try:
        for text in (attribute.s, *attribute.strings):
            text.decode()
    except UnicodeDecodeError:
        return False
    return True


def attribute_value(attribute: onnx.AttributeProto) -> AttributeValue:
    """The Python value of a number, string or list attribute."""
    value = helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode()
    if attribute.type == onnx.AttributeProto.STRINGS:
        return [text.decode() for text in attribute.strings]
    if attribute.type in (onnx.AttributeProto.INTS, onnx.AttributeProto.FLOATS):
        return list(value)
    return value


_PLAIN = frozenset(
    (
        onnx.AttributeProto.INT,
        onnx.AttributeProto.FLOAT,
        onnx.AttributeProto.STRING,
        onnx.AttributeProto.INTS,
        onnx.AttributeProto.FLOATS,
        onnx.AttributeProto.STRINGS,
    )
)


def attribute_values(node: onnx.NodeProto) -> dict[str, AttributeValue]:
    """The Python values of the attributes of a node that are no tensors, types or graphs."""
    return {a.name: attribute_value(a) for a in node.attribute if a.type in _PLAIN}

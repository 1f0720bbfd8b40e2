"""
Operators that the standard defines by others, as what it defines them to be.

A schema may carry a function body: a graph of other operators that means the same. It is imported
like a graph of a model, with the operands' types and small constants known, so that its shape
arithmetic folds, and put where the operator stands. Operators of the body may have bodies again.
"""

from __future__ import annotations

from typing import Any, cast

import onnx
from onnx import helper, numpy_helper
from xdsl.ir import Block, SSAValue

from ...dialects.engine import WeightStore
from ...dialects.engine.constant import constant_of
from ...dialects.framework import node_names
from ...dialects.onnx import OnnxOp, YieldOp
from ...dialects.onnx.graph_writer import GraphWriter
from ...dialects.onnx.protos import attribute_protos, type_proto
from ...errors import StepwellError
from ...runtime.size import named
from ..input_shapes import GraphInputs
from ..onnx_import.graph import GraphBuilder
from ..onnx_import.inlining import inline_functions
from ..onnx_import.opset_upgrade import upgrade_model
from ..onnx_import.source import Model
from ..onnx_import.tensors import TensorReader
from ..problems import Problems
from ..size_names import SizeNames, names_in
from ..size_relations import Relations
from ..to_engine.lowering import NoNativeForm

KNOWN_LIMIT = 64
"""Elements of a constant operand whose numbers the body's shape arithmetic is told."""

_DOMAIN = "stepwell.function"


def has_function_body(op: OnnxOp) -> bool:
    """Whether the standard defines the operator by others."""
    schema = cast(Any, op.schema)  # the stubs of onnx do not know of function bodies
    return schema.has_function or schema.has_context_dependent_function


def function_block(
    op: OnnxOp, store: WeightStore, relations: Relations
) -> tuple[Block, list[SSAValue]]:
    """
    A block that yields the results of `op`, and the operands of `op` that are its arguments.

    What must hold of sizes is noted in `relations`.

    Raises:
        NoNativeForm: when there is no body for these attributes and types, or it does not import.
    """
    try:
        return _imported(op, _function(op, store), store, relations)
    except (StepwellError, RuntimeError, ValueError) as problem:
        raise NoNativeForm(f"has a function body that does not import: {problem}") from None


def _node(op: OnnxOp, store: WeightStore) -> onnx.NodeProto:
    """The operation as a node, defaults of its attributes spelled out."""
    schema = op.schema
    node = helper.make_node(
        schema.name,
        ["" if v is None else f"operand{i}" for i, v in enumerate(op.operand_slots)],
        ["" if v is None else f"result{i}" for i, v in enumerate(op.result_slots)],
        domain=schema.domain,
    )
    node.attribute.extend(attribute_protos(op, store.array))
    for attribute in GraphWriter(store, inline=True).graph_attributes(op):
        _rename(attribute.g, {})
        node.attribute.append(attribute)
    for name, spec in schema.attributes.items():
        if name not in op.properties and spec.default_value.name:
            node.attribute.append(spec.default_value)
    return node


def _rename(graph: onnx.GraphProto, outer: dict[str, str]) -> None:
    """Number the values of a graph: bodies are made as text, whose names are identifiers."""
    names = dict(outer)

    def fresh(name: str) -> str:
        return names.setdefault(name, f"v{len(names)}") if name else ""

    for item in (*graph.input, *graph.initializer):
        item.name = fresh(item.name)
    for node in graph.node:
        inputs, outputs = [fresh(n) for n in node.input], [fresh(n) for n in node.output]
        del node.input[:], node.output[:]
        node.input.extend(inputs)
        node.output.extend(outputs)
        node.name = ""
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                _rename(attribute.g, names)
    for output in graph.output:
        output.name = fresh(output.name)
    # What these bodies copy are nodes.
    for at, tensor in enumerate(graph.initializer):
        graph.node.insert(at, helper.make_node("Constant", [], [tensor.name], value=tensor))
    del graph.initializer[:]


def _function(op: OnnxOp, store: WeightStore) -> onnx.FunctionProto:
    schema = cast(Any, op.schema)
    function = onnx.FunctionProto()
    if schema.has_function:
        version = max(schema.function_opset_versions)
        function.ParseFromString(schema.get_function_with_opset_version(version))
        return function
    node = _node(op, store)
    absent = onnx.TypeProto().SerializeToString()
    types = [
        absent if v is None else type_proto(v.type).SerializeToString() for v in op.operand_slots
    ]
    version = max(schema.context_dependent_function_opset_versions)
    body = schema.get_context_dependent_function_with_opset_version(
        version, node.SerializeToString(), types
    )
    function.ParseFromString(body)
    return function


def _imported(
    op: OnnxOp, function: onnx.FunctionProto, store: WeightStore, relations: Relations
) -> tuple[Block, list[SSAValue]]:
    graph = onnx.GraphProto(name=op.schema.name)
    node = _node(op, store)
    graph.node.append(node)
    given: dict[str, SSAValue] = {}
    for name, value in zip(node.input, op.operand_slots, strict=True):
        if value is None:
            continue
        attr = constant_of(value)
        array = None if attr is None else store.array(attr)
        if array is not None and array.size <= KNOWN_LIMIT:
            graph.initializer.append(numpy_helper.from_array(array, name))
        else:
            given[name] = value
            graph.input.append(helper.make_value_info(name, type_proto(value.type)))
    for name, value in zip(node.output, op.result_slots, strict=True):
        if value is not None:
            graph.output.append(helper.make_value_info(name, type_proto(value.type)))
    model = _as_model(graph, function)
    problems = Problems(op.schema.name)
    inlined = inline_functions(model, problems)
    problems.stop()
    upgrade_model(model, inlined, problems)
    problems.stop()
    operands = list(given.values())
    block = Block(arg_types=[value.type for value in operands])
    reader = TensorReader(Model(op.schema.name, model, memoryview(b""), None))
    types = tuple(v.type for v in operands)
    sizes = SizeNames({name: named(name) for name in names_in(types)})
    inputs = GraphInputs(tuple(given), types, sizes)
    builder = GraphBuilder(reader, store, problems, inputs, relations)
    results = builder.fill(model.graph, block, inputs.names, {})
    problems.stop()
    names = node_names(*op.nodes)
    for inner in block.walk():
        if isinstance(inner, OnnxOp) and inner.name != "onnx.Constant":
            inner.attributes["nodes"] = names
    block.add_op(YieldOp([value for value in results if value is not None]))
    return block, operands


def _as_model(graph: onnx.GraphProto, function: onnx.FunctionProto) -> onnx.ModelProto:
    """A model in which a graph calls the function."""
    [call] = graph.node
    function.name, function.domain, call.domain = call.op_type, _DOMAIN, _DOMAIN
    imports = {entry.domain: entry.version for entry in function.opset_import}
    imports.setdefault("", onnx.defs.onnx_opset_version())
    imports[_DOMAIN] = 1
    versions = [helper.make_opsetid(domain, version) for domain, version in imports.items()]
    del function.opset_import[:]
    function.opset_import.extend(versions)
    return helper.make_model(graph, functions=[function], opset_imports=versions)

"""
ONNX graphs as blocks of `onnx` operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from xdsl.dialects.builtin import ArrayAttr, StringAttr, TensorType
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.framework import (
    AttributeValue,
    StringsAttr,
    StringType,
    constant_type,
    dims_of,
    element_of,
    element_type_of_ir,
    node_names,
)
from ...dialects.framework.signature import segments
from ...dialects.framework.verification import verify_operand_types
from ...dialects.onnx import OnnxOp, YieldOp, op_class
from ...dialects.onnx.rules import Form, check_form
from ...dialects.onnx.schemas import onnx_schemas
from ..name_hint import name_hint
from ..shape_arithmetic import numbers_of_elements
from .branching import FAILURES, MISTAKES, BranchingBuilder, Built, Scope
from .constant_node import constant_array, dense_array
from .continuation import Continuation
from .folding import constant_outputs
from .inference import (
    FOLD_LIMIT,
    Array,
    InferenceFailure,
    Value,
    static_size,
)
from .microsoft import LHS_CODES, Operand, expanded, is_expanded
from .node_label import node_label
from .operators import attribute_value
from .result_types import result_types
from .sizes.elements import symbols_of
from .subgraphs import build_subgraphs, with_all_outputs
from .tensors import TensorError
from .types import IllTypedError, ir_type, merged

_CONSTANT = op_class("Constant")


class GraphBuilder(BranchingBuilder):
    """Builds the graphs of one model."""

    def fill(
        self,
        graph: onnx.GraphProto,
        block: Block,
        inputs: Sequence[str],
        outer: Scope,
        known: Mapping[str, Array] | None = None,
    ) -> list[SSAValue | None]:
        """Append the operations of `graph` to `block`, whose arguments are its `inputs`.

        The other inputs are `known`; a default that the graph has for one does not count.
        Returns the values of the graph's outputs, None for one that could not be built.
        """
        scope: Scope = dict(outer)
        for name, argument in zip(inputs, block.args, strict=True):
            argument.name_hint = name_hint(name)
            scope[name] = Value(argument)
        for name, array in (known or {}).items():
            scope[name] = self._constant(array, name, None, block)
        values = self._filled(graph, block, scope)
        return [None if value is None else value.ssa for value in values]

    def _filled(self, graph: onnx.GraphProto, block: Block, outer: Scope) -> list[Value | None]:
        """Append the operations of a graph whose inputs are in `outer`."""
        scope: Scope = dict(outer)
        for tensor in graph.initializer:
            self._add_initializer(tensor.name, tensor, block, scope)
        for sparse in graph.sparse_initializer:
            self._add_initializer(sparse.values.name, sparse, block, scope)
        declared = self._declared_types(graph)
        for at, node in enumerate(graph.node):
            self._add_node(node, at, block, scope, Continuation(graph, at + 1, declared))
        return [scope.get(output.name) for output in graph.output]

    def _declared_types(self, graph: onnx.GraphProto) -> dict[str, Attribute]:
        types: dict[str, Attribute] = {}
        for info in (*graph.value_info, *graph.output):
            try:
                types[info.name] = self.inputs.sizes.of_type(ir_type(info.type))
            except IllTypedError:
                # Declarations of inner values are optional; a wrong one is as good as none.
                continue
        return types

    def _add_initializer(
        self,
        name: str,
        tensor: onnx.TensorProto | onnx.SparseTensorProto,
        block: Block,
        scope: Scope,
    ) -> None:
        try:
            if isinstance(tensor, onnx.TensorProto):
                array = self.reader.read(tensor)
            else:
                array = dense_array(tensor, self.reader)
        except TensorError as error:
            self.problems.add(f"initializer '{name}' {error}")
            scope[name] = None
            return
        scope[name] = self._constant(array, name, None, block)

    def _constant(self, array: Array, name: str, node: str | None, block: Block) -> Value:
        assert _CONSTANT is not None
        attribute = self._constant_attribute(array, name)
        op = _CONSTANT.make([], [constant_type(attribute)], {"value": attribute})
        if node is not None:
            op.attributes["nodes"] = node_names(node)
        op.results[0].name_hint = name_hint(name)
        block.add_op(op)
        constant = array if array.size <= FOLD_LIMIT else None
        return Value(op.results[0], constant, whole=array)

    def _constant_attribute(self, array: Array, name: str) -> Attribute:
        if array.dtype != np.dtype(np.object_):
            return self.store.add(array, name)
        values = ArrayAttr([StringAttr(str(text)) for text in array.reshape(-1)])
        return StringsAttr(values, TensorType(StringType(), array.shape))

    def _add_node(
        self,
        node: onnx.NodeProto,
        at: int,
        block: Block,
        scope: Scope,
        behind: Continuation,
    ) -> None:
        label, declared = node.name or f"{node.op_type}_{at}", behind.declared
        known: list[Value | None] = []
        for name in node.input:
            value = scope.get(name) if name else None
            if name and value is None:
                scope.update(dict.fromkeys(node.output, None))
                return
            known.append(value)
        try:
            if is_expanded(node):
                self._add_expanded(node, label, known, block, scope, behind)
                return
            if node.op_type == "Constant" and not node.domain:
                array = constant_array(node, self.reader)
                scope[node.output[0]] = self._constant(array, node.output[0], label, block)
                return
            if node.op_type == "If" and not node.domain:
                self._add_if(node, label, known, block, scope, behind)
                return
            self._build_node(node, label, known, block, scope, declared)
        except FAILURES as error:
            if self.misfits is None or isinstance(error, MISTAKES):
                self.problems.node(node_label(node), str(error))
            else:
                self.misfits.append(f"{node_label(node)}: {error}")
            scope.update(dict.fromkeys(node.output, None))

    def _add_expanded(
        self,
        node: onnx.NodeProto,
        label: str,
        inputs: Sequence[Value | None],
        block: Block,
        scope: Scope,
        behind: Continuation,
    ) -> None:
        names = [*node.input]
        operands = [
            None if value is None else _operand(name, value)
            for name, value in zip(names, inputs, strict=True)
        ]
        prefix = f"{next(filter(None, node.output), label)}/"
        for inner in expanded(node, operands, prefix):
            inner.name = label
            self._add_node(inner, 0, block, scope, behind)

    def _build_node(
        self,
        node: onnx.NodeProto,
        label: str,
        inputs: Sequence[Value | None],
        block: Block,
        scope: Scope,
        declared: Mapping[str, Attribute],
        built: Built | None = None,
    ) -> OnnxOp:
        """Append a node; `built` are its regions and the types of its results where they are
        there already."""
        cls = op_class(node.op_type, node.domain)
        assert cls is not None, "operators are checked before graphs are built"

        def build(
            graph: onnx.GraphProto, types: Sequence[Attribute | None]
        ) -> tuple[Region, list[Attribute]]:
            return self._region(graph, types, scope)

        node = with_all_outputs(node, label)
        operands = [None if value is None else value.ssa for value in inputs]
        segments(cls.SIGNATURE.inputs, operands, "operands")
        segments(cls.SIGNATURE.outputs, [name or None for name in node.output], "results")
        verify_operand_types(cls.SIGNATURE, operands)
        attributes = self._attributes(node)
        types = [None if value is None else value.type for value in inputs]
        constants = [None if value is None else value.array for value in inputs]
        try:
            check_form(Form(cls.SIGNATURE, attributes, types, constants, len(node.output)))
        except VerifyException as error:
            raise InferenceFailure(str(error)) from None
        self.relations.node = label
        regions, region_types = built or build_subgraphs(node, inputs, build, self.relations)
        results = self._result_types(cls, node, inputs, region_types, declared)
        op = cls.make(operands, results, attributes, regions)
        op.attributes["nodes"] = node_names(label)
        for entry in node.metadata_props:
            if entry.key == LHS_CODES:
                op.attributes[LHS_CODES.rpartition(".")[2]] = StringAttr(entry.value)
        block.add_op(op)
        op.verify(verify_nested_ops=False)
        self._bind_results(node, op, inputs, scope)
        return op

    def _attributes(self, node: onnx.NodeProto) -> dict[str, AttributeValue]:
        values: dict[str, AttributeValue] = {}
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                continue
            if attribute.type == onnx.AttributeProto.TENSOR:
                array = self.reader.read(attribute.t)
                values[attribute.name] = self._constant_attribute(array, attribute.t.name)
            elif attribute.type == onnx.AttributeProto.TYPE_PROTO:
                values[attribute.name] = ir_type(attribute.tp)
            else:
                values[attribute.name] = attribute_value(attribute)
        return values

    def _result_types(
        self,
        cls: type[OnnxOp],
        node: onnx.NodeProto,
        inputs: Sequence[Value | None],
        region_types: Sequence[Attribute] | None,
        declared: Mapping[str, Attribute],
    ) -> list[Attribute | None]:
        found: dict[str, Attribute] = {}
        if region_types is not None:
            found = dict(zip(node.output, region_types, strict=True))
        else:
            found = result_types(onnx_schemas()[cls.name], node, inputs, self.relations)
        types: list[Attribute | None] = []
        for name in node.output:
            type_ = found.get(name)
            if name and name in declared:
                type_ = declared[name] if type_ is None else merged(type_, declared[name])
            if name and type_ is None:
                raise InferenceFailure(f"the type of its output '{name}' cannot be inferred")
            types.append(type_ if name else None)
        return types

    def _bind_results(
        self,
        node: onnx.NodeProto,
        op: OnnxOp,
        inputs: Sequence[Value | None],
        scope: Scope,
    ) -> None:
        slots = list(op.result_slots) + [None] * len(node.output)
        sizes = [None if slot is None else static_size(slot.type) for slot in slots]
        sizes = [0 if slot is None else size for slot, size in zip(slots, sizes, strict=True)]
        constants = constant_outputs(node, inputs, sizes[: len(node.output)])
        symbols = symbols_of(node, inputs)
        for at, name in enumerate(node.output):
            slot = slots[at]
            if slot is None:
                continue
            slot.name_hint = name_hint(name)
            constant = constants[at]
            if constant is None and at == 0 and symbols is not None:
                constant = numbers_of_elements(symbols, slot.type)
            scope[name] = Value(slot, constant, symbols if at == 0 else None)

    def _region(
        self, graph: onnx.GraphProto, types: Sequence[Attribute | None], scope: Scope
    ) -> tuple[Region, list[Attribute]]:
        """A subgraph with inputs of the given types, as far as its own declarations leave open."""
        names = [value.name for value in graph.input]
        if types and len(types) != len(names):
            raise InferenceFailure(
                f"its subgraph '{graph.name}' has {len(names)} inputs, the node gives {len(types)}"
            )
        given = types or [None] * len(names)
        arguments = [
            self._argument_type(info, type_) for info, type_ in zip(graph.input, given, strict=True)
        ]
        block = Block(arg_types=arguments)
        values = self.fill(graph, block, names, scope)
        outputs = [value for value in values if value is not None]
        if len(outputs) != len(values):
            raise InferenceFailure(f"its subgraph '{graph.name}' cannot be imported")
        block.add_op(YieldOp(outputs))
        return Region(block), [value.type for value in outputs]

    def _argument_type(self, info: onnx.ValueInfoProto, given: Attribute | None) -> Attribute:
        return self.inputs.sizes.of_type(ir_type(info.type)) if given is None else given


def _operand(name: str, value: Value) -> Operand:
    dims, element = dims_of(value.type), element_of(value.type)
    row = None if element is None else element_type_of_ir(element)
    if row is None:
        raise IllTypedError(f"its operand '{name}' is not a tensor")
    shape = None if dims is None else tuple(d if isinstance(d, int) else None for d in dims)
    return Operand(name, shape, row, value.array)

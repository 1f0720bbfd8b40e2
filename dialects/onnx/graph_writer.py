"""
Blocks of `onnx` operations as ONNX graphs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import onnx
from onnx import helper, numpy_helper
from xdsl.ir import Attribute, Block, Operation, SSAValue

from ...errors import StepwellError
from ...runtime.abi import MAIN
from ..engine.weights import WeightStore
from ..framework.constant_array import constant_array
from .op import OnnxOp
from .protos import attribute_protos, type_proto
from .yield_op import YieldOp


@dataclass(frozen=True)
class Weight:
    """An initializer: its name and the constant attribute that has its numbers."""

    name: str
    value: Attribute


@dataclass(frozen=True)
class Foreign:
    """A node of another domain in the place of an operation, whose results are its results."""

    operator: str
    domain: str
    operands: Sequence[SSAValue | None]
    attributes: Mapping[str, object]
    first: OnnxOp
    """Whose name and attributes it has."""


@dataclass
class GraphWriter:
    """Turns the blocks of one module into graphs whose value names are unique."""

    store: WeightStore
    inline: bool = False
    """Whether constants are written into the graph they are in, numbers and all."""
    weights: list[Weight] = field(default_factory=list[Weight])
    """All constants, wherever in the module; every graph sees the initializers of the main one."""
    foreign: Mapping[Operation, Foreign] = field(default_factory=dict[Operation, Foreign])
    """What is written in the place of operations."""
    left_out: Collection[Operation] = ()
    """Operations that are part of what is written in the place of another one."""
    _names: dict[SSAValue, str] = field(default_factory=dict[SSAValue, str])
    _taken: set[str] = field(default_factory=set[str])
    _node_names: set[str] = field(default_factory=set[str])

    def main(
        self,
        block: Block,
        outputs: Sequence[SSAValue],
        input_names: Sequence[str],
        output_names: Sequence[str],
    ) -> onnx.GraphProto:
        """The main graph, without its initializers, which are in `weights`."""
        self._taken.update(input_names, output_names)
        for argument, name in zip(block.args, input_names, strict=True):
            self._names[argument] = name
        aliases = self._claim_outputs(outputs, output_names)
        graph = self._graph(MAIN, block, input_names)
        self._finish(graph, outputs, output_names, aliases)
        return graph

    def _claim_outputs(
        self, outputs: Sequence[SSAValue], names: Sequence[str]
    ) -> list[tuple[SSAValue, str]]:
        """Give results the names of the outputs; what has a name already is copied at the end."""
        aliases: list[tuple[SSAValue, str]] = []
        for value, name in zip(outputs, names, strict=True):
            is_result = isinstance(value.owner, OnnxOp) and not _is_constant(value.owner)
            if value in self._names or not is_result:
                aliases.append((value, name))
            else:
                self._names[value] = name
        return aliases

    def _graph(self, name: str, block: Block, input_names: Sequence[str]) -> onnx.GraphProto:
        graph = onnx.GraphProto(name=name)
        for argument, input_name in zip(block.args, input_names, strict=True):
            graph.input.append(_value_info(input_name, argument.type))
        for op in block.ops:
            if not isinstance(op, OnnxOp):
                continue
            if op in self.left_out:
                continue
            if _is_constant(op):
                self._add_constant(graph, op)
            else:
                graph.node.append(self._node(op))
        return graph

    def _add_constant(self, graph: onnx.GraphProto, op: OnnxOp) -> None:
        name, value = self._name(op.results[0]), op.properties["value"]
        if self.inline:
            array = constant_array(value, self.store.array)
            graph.initializer.append(numpy_helper.from_array(array, name))
        else:
            self.weights.append(Weight(name, value))

    def _finish(
        self,
        graph: onnx.GraphProto,
        outputs: Sequence[SSAValue],
        names: Sequence[str],
        aliases: Iterable[tuple[SSAValue, str]],
    ) -> None:
        for value, name in aliases:
            node_name = self._node_name(f"Identity_{name}")
            graph.node.append(
                helper.make_node("Identity", [self._name(value)], [name], name=node_name)
            )
        for value, name in zip(outputs, names, strict=True):
            graph.output.append(_value_info(name, value.type))

    def _subgraph(self, name: str, block: Block) -> onnx.GraphProto:
        last = block.last_op
        assert isinstance(last, YieldOp), "the verifier wants it"
        outputs = list(last.outputs)
        names: list[str] = []
        aliases: list[tuple[SSAValue, str]] = []
        for value in outputs:
            made_here = isinstance(value.owner, OnnxOp) and value.owner.parent is block
            constant = isinstance(value.owner, Operation) and _is_constant(value.owner)
            if made_here and not constant and value not in self._names:
                names.append(self._name(value))
            else:
                # A graph's output has to be made in it, and once.
                names.append(self._fresh("output"))
                aliases.append((value, names[-1]))
        inputs = [self._name(argument) for argument in block.args]
        graph = self._graph(name, block, inputs)
        self._finish(graph, outputs, names, aliases)
        return graph

    def _node(self, op: OnnxOp) -> onnx.NodeProto:
        if (other := self.foreign.get(op)) is not None:
            return self._foreign_node(op, other)
        schema = op.schema
        node = onnx.NodeProto(op_type=schema.name, domain=schema.domain)
        node.name = self._node_name(next(iter(op.nodes), schema.name))
        node.input.extend("" if v is None else self._name(v) for v in op.operand_slots)
        node.output.extend("" if v is None else self._name(v) for v in op.result_slots)
        node.attribute.extend(attribute_protos(op, self.store.array))
        node.attribute.extend(self.graph_attributes(op))
        return node

    def _foreign_node(self, op: OnnxOp, other: Foreign) -> onnx.NodeProto:
        node = onnx.NodeProto(op_type=other.operator, domain=other.domain)
        node.name = self._node_name(next(iter(other.first.nodes), other.operator))
        node.input.extend("" if v is None else self._name(v) for v in other.operands)
        node.output.extend("" if v is None else self._name(v) for v in op.result_slots)
        node.attribute.extend(attribute_protos(other.first, self.store.array))
        node.attribute.extend(helper.make_attribute(k, v) for k, v in other.attributes.items())
        return node

    def graph_attributes(self, op: OnnxOp) -> list[onnx.AttributeProto]:
        """The subgraphs of an operation."""
        graphs = ((name, op.graph(name)) for name in op.SIGNATURE.graphs)
        return [
            helper.make_attribute(name, self._subgraph(name, region.block))
            for name, region in graphs
            if region is not None
        ]

    def _name(self, value: SSAValue) -> str:
        name = self._names.get(value)
        if name is None:
            name = self._names[value] = self._fresh(value.name_hint or "value")
        return name

    def _fresh(self, stem: str) -> str:
        return _unique(stem, self._taken)

    def _node_name(self, stem: str) -> str:
        return _unique(stem, self._node_names)


def _unique(stem: str, taken: set[str]) -> str:
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem}_{count}"
    taken.add(name)
    return name


def _is_constant(op: Operation) -> bool:
    return op.name == "onnx.Constant" and "value" in op.properties


def _value_info(name: str, type_: Attribute) -> onnx.ValueInfoProto:
    try:
        return helper.make_value_info(name, type_proto(type_))
    except StepwellError as error:
        raise StepwellError(f"value '{name}': {error}") from None

"""
What a model says of its values before it is built: element types, ranks, numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from ...dialects.framework import Dim, dims_of, element_of, element_type_of_ir, tensor_type
from ...dialects.onnx import op_class
from ...dialects.onnx.codes import element_type_of_code
from ...dialects.onnx.rules import Form, check_form
from ...dialects.onnx.schemas import onnx_schemas
from .inference import FOLD_LIMIT, InferenceFailure, inferred_types
from .operators import attribute_problems, attribute_values
from .structure import subgraphs
from .types import IllTypedError, common, ir_type, merged

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class _Known:
    """What is known of the operand of a node."""

    type: Attribute
    constant: Array | None


class ModelFacts:
    """Facts about the values of one model by name, and names that are still free.

    Types of values that the model does not declare follow from the nodes that make them, which
    have to be of the newest versions: `enter` says what a graph declares, `extend` which nodes
    there are, in their order. They are looked at when somebody asks for a type.
    """

    def __init__(self, model: onnx.ModelProto):
        self._model = model
        self._counter = 0
        self._types: dict[str, Attribute] = {}
        self._declared: dict[str, Attribute] = {}
        self._tensors: dict[str, onnx.TensorProto] = {}
        self._pending: list[onnx.NodeProto] = []

    @classmethod
    def of_newest(cls, model: onnx.ModelProto) -> ModelFacts:
        """The facts of a model whose nodes are all of the newest versions."""
        facts = cls(model)
        for graph in _graphs(model.graph):
            facts.enter(graph)
        facts.extend(model.graph.node)
        return facts

    def enter(self, graph: onnx.GraphProto) -> None:
        """Note what a graph declares."""
        for info in (*graph.value_info, *graph.output, *graph.input):
            try:
                self._declared.setdefault(info.name, ir_type(info.type))
            except IllTypedError:
                continue
        for value in graph.input:
            if value.name in self._declared:
                self._types.setdefault(value.name, self._declared[value.name])
        for tensor in graph.initializer:
            self._tensors[tensor.name] = tensor
            row = element_type_of_code(tensor.data_type)
            if row is not None:
                self._types[tensor.name] = tensor_type(row.ir, [max(d, 0) for d in tensor.dims])

    def extend(self, nodes: Iterable[onnx.NodeProto]) -> None:
        """Note nodes whose operands have been noted."""
        for node in nodes:
            self._pending.append(node)
            if node.op_type == "Constant" and not node.domain and node.output:
                tensors = [a.t for a in node.attribute if a.name == "value"]
                self._tensors.update(dict.fromkeys(node.output, *tensors) if tensors else {})

    @cached_property
    def _names(self) -> set[str]:
        names: set[str] = set()
        for graph in _graphs(self._model.graph):
            for node in graph.node:
                names.update(node.input)
                names.update(node.output)
        return names

    def fresh(self, stem: str) -> str:
        """A name that no value has."""
        while True:
            self._counter += 1
            name = f"{stem}_upgrade{self._counter}"
            if name not in self._names:
                self._names.add(name)
                return name

    def type(self, name: str) -> Attribute | None:
        """The type of a value, None where it is not known."""
        for node in self._pending:
            self._infer(node)
        self._pending.clear()
        return self._types.get(name, self._declared.get(name))

    def _infer(self, node: onnx.NodeProto) -> None:
        for name, type_ in self._result_types(node).items():
            declared = self._declared.get(name)
            found = type_ if declared is None else merged(type_, declared)
            self._types.setdefault(name, found)

    def _result_types(self, node: onnx.NodeProto) -> dict[str, Attribute]:
        if any(True for _ in subgraphs(node)):
            return self._subgraph_types(node)
        cls = op_class(node.op_type, node.domain)
        operands = [self._known(name) for name in node.input]
        missing = any(n and o is None for n, o in zip(node.input, operands, strict=True))
        if cls is None or missing or any(True for _ in attribute_problems(node, cls)):
            return {}
        types = [None if o is None else o.type for o in operands]
        constants = [None if o is None else o.constant for o in operands]
        values = attribute_values(node)
        form = Form(cls.SIGNATURE, values, types, constants, len(node.output))
        given = zip(node.input, operands, strict=True)
        named = {name: operand for name, operand in given if operand is not None}
        try:
            check_form(form)
            return inferred_types(onnx_schemas()[cls.name], node, named)
        except (IllTypedError, InferenceFailure, VerifyException):
            # Who builds the graph will say so.
            return {}

    def _known(self, name: str) -> _Known | None:
        type_ = self._types.get(name, self._declared.get(name))
        if type_ is None:
            return None
        array = self.constant(name)
        return _Known(type_, array if array is None or array.size <= FOLD_LIMIT else None)

    def _subgraph_types(self, node: onnx.NodeProto) -> dict[str, Attribute]:
        """The types of what subgraphs give, as far as needed here: element types and ranks."""
        [first, *others] = subgraphs(node)
        if node.op_type == "If":
            pairs = zip(first.output, others[0].output if others else first.output, strict=False)
            types = [(self._types.get(a.name), self._types.get(b.name)) for a, b in pairs]
            found = [None if a is None or b is None else common(a, b) for a, b in types]
        elif node.op_type in ("Loop", "Scan"):
            skip = 1 if node.op_type == "Loop" else 0
            scanned = next((a.i for a in node.attribute if a.name == "num_scan_inputs"), 0)
            carried = len(node.input) - (2 if skip else scanned)
            inner = [self._types.get(output.name) for output in first.output[skip:]]
            found = [t if at < carried else _stacked(t) for at, t in enumerate(inner)]
        else:
            found = []
        pairs = zip(node.output, found, strict=False)
        return {name: type_ for name, type_ in pairs if type_ is not None}

    def dtype(self, name: str) -> np.dtype[Any] | None:
        """The numpy dtype of a tensor, None where it is not known."""
        found = self.type(name)
        element = None if found is None else element_of(found)
        row = None if element is None else element_type_of_ir(element)
        return None if row is None else row.numpy

    def rank(self, name: str) -> int | None:
        """The rank of a tensor, None where it is not known."""
        dims = self._dims(name)
        return None if dims is None else len(dims)

    def shape(self, name: str) -> list[int] | None:
        """The sizes of a tensor, None where one is not known."""
        dims = self._dims(name)
        if dims is None:
            return None
        sizes = [d for d in dims if isinstance(d, int)]
        return sizes if len(sizes) == len(dims) else None

    def _dims(self, name: str) -> tuple[Dim, ...] | None:
        found = self.type(name)
        return None if found is None else dims_of(found)

    def constant(self, name: str) -> Array | None:
        """The numbers of a small initializer or `Constant`, None for anything else."""
        tensor = self._tensors.get(name)
        if tensor is None or tensor.data_location == onnx.TensorProto.EXTERNAL:
            return None
        try:
            return np.asarray(numpy_helper.to_array(tensor))
        except (KeyError, TypeError, ValueError):  # an element type that is none is said elsewhere
            return None

    def is_used(self, name: str) -> bool:
        """Whether any node or graph output takes the value."""
        return name in self._uses

    @cached_property
    def _uses(self) -> set[str]:
        uses: set[str] = set()
        for graph in _graphs(self._model.graph):
            uses.update(output.name for output in graph.output)
            for node in graph.node:
                uses.update(node.input)
        return uses


def _stacked(type_: Attribute | None) -> Attribute | None:
    """The type of values of each iteration, stacked along an axis, of sizes not looked for."""
    element = None if type_ is None else element_of(type_)
    dims = None if type_ is None else dims_of(type_)
    if element is None:
        return None
    return tensor_type(element, None if dims is None else [None] * (len(dims) + 1))


def _graphs(graph: onnx.GraphProto) -> list[onnx.GraphProto]:
    """`graph` and every graph within it."""
    found = [graph]
    for node in graph.node:
        for inner in subgraphs(node):
            found.extend(_graphs(inner))
    return found

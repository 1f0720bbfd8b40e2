"""
What a model says of its values before it is built: element types, ranks, numbers.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper, shape_inference

from ...dialects.onnx.codes import element_type_of_code
from .structure import subgraphs


class ModelFacts:
    """Facts about the values of one model by name, and names that are still free."""

    def __init__(self, model: onnx.ModelProto):
        self._model = model
        self._counter = 0

    @cached_property
    def _names(self) -> set[str]:
        names: set[str] = set()
        bodies = [self._model.graph, *self._model.functions]
        while bodies:
            body = bodies.pop()
            for node in body.node:
                names.update(node.input)
                names.update(node.output)
                bodies.extend(subgraphs(node))
        return names

    def fresh(self, stem: str) -> str:
        """A name that no value has."""
        while True:
            self._counter += 1
            name = f"{stem}_upgrade{self._counter}"
            if name not in self._names:
                self._names.add(name)
                return name

    @cached_property
    def _types(self) -> dict[str, onnx.TypeProto]:
        try:
            model = shape_inference.infer_shapes(self._model)
        except (shape_inference.InferenceError, ValueError, RuntimeError):
            model = self._model
        types: dict[str, onnx.TypeProto] = {}
        for graph in _graphs(model.graph):
            for info in (*graph.value_info, *graph.input, *graph.output):
                types.setdefault(info.name, info.type)
            for tensor in graph.initializer:
                types[tensor.name] = onnx.helper.make_tensor_type_proto(
                    tensor.data_type, tensor.dims
                )
        return types

    def type(self, name: str) -> onnx.TypeProto | None:
        """The type of a value, None where it is not known."""
        return self._types.get(name)

    def dtype(self, name: str) -> np.dtype[Any] | None:
        """The numpy dtype of a tensor, None where it is not known."""
        found = self._types.get(name)
        if found is None or not found.HasField("tensor_type"):
            return None
        row = element_type_of_code(found.tensor_type.elem_type)
        return None if row is None else row.numpy

    def rank(self, name: str) -> int | None:
        """The rank of a tensor, None where it is not known."""
        found = self._types.get(name)
        if found is None or not found.tensor_type.HasField("shape"):
            return None
        return len(found.tensor_type.shape.dim)

    def shape(self, name: str) -> list[int] | None:
        """The sizes of a tensor, None where one is not known."""
        if self.rank(name) is None:
            return None
        dims = self._types[name].tensor_type.shape.dim
        return [d.dim_value for d in dims] if all(d.HasField("dim_value") for d in dims) else None

    @cached_property
    def _constants(self) -> dict[str, onnx.TensorProto]:
        found: dict[str, onnx.TensorProto] = {}
        for graph in _graphs(self._model.graph):
            found.update({t.name: t for t in graph.initializer})
            for node in graph.node:
                values = [a.t for a in node.attribute if a.name == "value"]
                if node.op_type == "Constant" and values:
                    found[node.output[0]] = values[0]
        return found

    def constant(self, name: str) -> npt.NDArray[Any] | None:
        """The numbers of a small initializer or `Constant`, None for anything else."""
        tensor = self._constants.get(name)
        if tensor is None or tensor.data_location == onnx.TensorProto.EXTERNAL:
            return None
        try:
            return np.asarray(numpy_helper.to_array(tensor))
        except (ValueError, TypeError):
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
        for function in self._model.functions:
            uses.update(function.output)
            for node in function.node:
                uses.update(node.input)
        return uses


def _graphs(graph: onnx.GraphProto) -> list[onnx.GraphProto]:
    """`graph` and every graph within it."""
    found = [graph]
    for node in graph.node:
        for inner in subgraphs(node):
            found.extend(_graphs(inner))
    return found

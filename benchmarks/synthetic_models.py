"""ONNX models of any number of nodes, with tensors so small that computing them is nothing.

They are for measuring how the cost of compiling grows with the size of a graph. Each function
takes the number of nodes wanted and returns a model of about as many; `MODELS` names them.
Operations repeat in a short pattern, so that a model has few distinct kernels whatever its size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]

OPSET = 17


@dataclass
class _Graph:
    """Nodes and initializers of a model as it is written, with one input and one output."""

    name: str
    shape: list[int]
    """Of the input `x`."""
    nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])
    initializers: list[onnx.TensorProto] = field(default_factory=list[onnx.TensorProto])
    _random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def add(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """Append a node; its only output has the node's name."""
        name = f"{operator.lower()}_n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def constant(self, array: Array) -> str:
        """An initializer with a name of its own."""
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, *shape: int) -> str:
        """A constant of random numbers that keeps the size of what it is multiplied with."""
        scale = 1 / np.sqrt(np.prod(shape[-2:] if len(shape) == 2 else shape[1:]))
        return self.constant((self._random.standard_normal(shape) * scale).astype(np.float32))

    def model(self, output: str, shape: list[int]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            self.name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
            self.initializers,
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8
        )


def elementwise_chain(nodes: int) -> onnx.ModelProto:
    """`Add`, `Relu`, `Mul`, `Sub` and so on, each of the result before it and one constant."""
    graph = _Graph("elementwise_chain", [1, 16])
    operands = [graph.weight(1, 16) for _ in range(5)]
    value = "x"
    for number in range(nodes):
        operator = ("Add", "Relu", "Mul", "Sub")[number % 4]
        inputs = [value] if operator == "Relu" else [value, operands[number % 5]]
        value = graph.add(operator, inputs)
    return graph.model(value, [1, 16])


def residual_network(nodes: int) -> onnx.ModelProto:
    """Blocks of `Conv`, `Relu`, `Conv`, `Add` of the block's input, `Relu`."""
    graph = _Graph("residual_network", [1, 4, 4, 4])
    value = "x"
    window = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    weights = [graph.weight(4, 4, 3, 3) for _ in range(4)]
    biases = [graph.constant(np.full(4, 0.1 * n, np.float32)) for n in range(4)]
    for number in range(max(1, nodes // 5)):
        first, second = 2 * number % 4, (2 * number + 1) % 4
        inner = graph.add("Conv", [value, weights[first], biases[first]], **window)
        inner = graph.add("Relu", [inner])
        inner = graph.add("Conv", [inner, weights[second], biases[second]], **window)
        value = graph.add("Relu", [graph.add("Add", [inner, value])])
    return graph.model(value, [1, 4, 4, 4])


def wide_concat(nodes: int) -> onnx.ModelProto:
    """Branches of `MatMul` and `Mul`, all of one input; one `Concat` of all."""
    graph = _Graph("wide_concat", [1, 8])
    weights = [graph.weight(8, 4) for _ in range(8)]
    branches = max(1, nodes // 2)
    results: list[str] = []
    for number in range(branches):
        # Each branch has a scale of its own, or equal branches would be one.
        scale = graph.constant(np.linspace(1, 2 + number / branches, 4, dtype=np.float32))
        product = graph.add("MatMul", ["x", weights[number % 8]])
        results.append(graph.add("Mul", [product, scale]))
    return graph.model(graph.add("Concat", results, axis=1), [1, 4 * branches])


def transformer(nodes: int) -> onnx.ModelProto:
    """Encoder blocks of one attention head and a perceptron, as PyTorch exports them."""
    length, width = 4, 8
    graph = _Graph("transformer", [1, length, width])
    weights = [[graph.weight(width, width) for _ in range(6)] for _ in range(2)]
    biases = [graph.constant(np.full(width, 0.1 * n, np.float32)) for n in range(6)]
    scale = graph.constant(np.full(width, 1.0, np.float32))
    root = graph.constant(np.array(width**0.5, np.float32))
    half = graph.constant(np.array(0.5, np.float32))
    one = graph.constant(np.array(1.0, np.float32))
    two = graph.constant(np.array(2.0**0.5, np.float32))
    value = "x"

    def linear(value: str, block: int, number: int) -> str:
        product = graph.add("MatMul", [value, weights[block % 2][number]])
        return graph.add("Add", [product, biases[number]])

    block = 0
    while len(graph.nodes) < nodes:
        normal = graph.add("LayerNormalization", [value, scale, biases[0]], axis=-1)
        query, key, values = (linear(normal, block, number) for number in range(3))
        scores = graph.add("MatMul", [query, graph.add("Transpose", [key], perm=[0, 2, 1])])
        weighed = graph.add("Softmax", [graph.add("Div", [scores, root])], axis=-1)
        attended = linear(graph.add("MatMul", [weighed, values]), block, 3)
        value = graph.add("Add", [value, attended])
        normal = graph.add("LayerNormalization", [value, scale, biases[1]], axis=-1)
        hidden = linear(normal, block, 4)
        error = graph.add("Add", [graph.add("Erf", [graph.add("Div", [hidden, two])]), one])
        hidden = graph.add("Mul", [graph.add("Mul", [hidden, error]), half])
        value = graph.add("Add", [value, linear(hidden, block, 5)])
        block += 1
    return graph.model(value, [1, length, width])


def constant_chain(nodes: int) -> onnx.ModelProto:
    """A constant that goes through all nodes but the last, too large to be folded at once."""
    graph = _Graph("constant_chain", [1, 12])
    value = graph.weight(12, 12)
    shift = graph.weight(12, 12)
    for number in range(nodes - 1):
        # Transposes do not cancel, for what is added between them is not symmetric.
        value = graph.add("Add", [value, shift]) if number % 2 else graph.add("Transpose", [value])
    return graph.model(graph.add("MatMul", ["x", value]), [1, 12])


MODELS: dict[str, Callable[[int], onnx.ModelProto]] = {
    "elementwise_chain": elementwise_chain,
    "residual_network": residual_network,
    "wide_concat": wide_concat,
    "transformer": transformer,
    "constant_chain": constant_chain,
}

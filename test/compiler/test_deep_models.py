"""Models deeper than Python's stack compile, and compute what they should."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from stepwell.compiler.compile import compile

DEPTH = 2 * sys.getrecursionlimit()

Floats = npt.NDArray[np.float32]


def model(
    nodes: Sequence[onnx.NodeProto], constants: dict[str, Floats], shape: Sequence[int]
) -> onnx.ModelProto:
    """A model with an input `x` and an output `y` of one shape."""
    graph = helper.make_graph(
        nodes,
        "deep",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_a_chain_of_constants_too_large_to_be_folded_at_once():
    random = np.random.default_rng(0)
    weight, shift = (random.standard_normal((12, 12)).astype(np.float32) for _ in range(2))
    nodes: list[onnx.NodeProto] = []
    expected, name = weight, "w"
    for at in range(DEPTH):
        if at % 2:
            nodes.append(helper.make_node("Add", [name, "shift"], [f"c{at}"]))
            expected = expected + shift
        else:
            nodes.append(helper.make_node("Transpose", [name], [f"c{at}"], perm=[1, 0]))
            expected = expected.T
        name = f"c{at}"
    nodes.append(helper.make_node("MatMul", ["x", name], ["y"]))
    engine = compile(model(nodes, {"w": weight, "shift": shift}, [12, 12]))
    x = np.eye(12, dtype=np.float32)
    np.testing.assert_allclose(engine(x), expected, rtol=1e-5)


def test_a_chain_of_kernels():
    """A softmax between the products: nothing merges, and @main calls all of them."""
    weight = np.random.default_rng(0).standard_normal((4, 4)).astype(np.float32)
    steps = DEPTH // 2 + 1
    nodes: list[onnx.NodeProto] = []
    name = "x"
    for at in range(steps):
        result = "y" if at == steps - 1 else f"s{at}"
        nodes.append(helper.make_node("MatMul", [name, "w"], [f"p{at}"]))
        nodes.append(helper.make_node("Softmax", [f"p{at}"], [result], axis=-1))
        name = result
    engine = compile(model(nodes, {"w": weight}, [4, 4]))
    expected = x = np.random.default_rng(1).standard_normal((4, 4)).astype(np.float32)
    for _ in range(steps):
        powers = np.exp(expected @ weight)
        expected = powers / powers.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(engine(x), expected, rtol=1e-4)

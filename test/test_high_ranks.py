"""Tensors of many dimensions: every kind of operator, natively, against the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import stepwell
from stepwell.errors import ImportModelError

RANKS = (13, 32)


def shape(rank: int) -> list[int]:
    """2, 3 and 2 among many ones: first, in the middle, and last."""
    sizes = [1] * rank
    sizes[0], sizes[rank // 2], sizes[rank - 2], sizes[-1] = 2, 3, 2, 4
    return sizes


def model(op: str, rank: int, operands: Sequence[Any], outputs: int, attributes: dict[str, Any]):
    names = [f"c{at}" for at in range(len(operands))]
    tensors = [
        numpy_helper.from_array(np.asarray(a), n) for n, a in zip(names, operands, strict=True)
    ]
    results = [f"y{at}" for at in range(outputs)]
    node = helper.make_node(op, ["x", *names], results, name="node", **attributes)
    x = helper.make_tensor_value_info("x", 1, shape(rank))
    infos = [helper.make_empty_tensor_value_info(name) for name in results]
    graph = helper.make_graph([node], "g", [x], infos, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def case(op: str, rank: int) -> tuple[Sequence[Any], int, dict[str, Any]]:
    """Constant operands, how many results, and attributes."""
    sizes, middle = shape(rank), rank // 2
    random = np.random.default_rng(rank)
    pads = np.zeros(2 * rank, np.int64)
    pads[middle] = pads[-1] = 1
    cases: dict[str, tuple[Sequence[Any], int, dict[str, Any]]] = {
        "Add": ([random.random(sizes[middle:], np.float32)], 1, {}),
        "Relu": ([], 1, {}),
        "Transpose": ([], 1, {"perm": [*range(middle, rank), *range(middle)]}),
        "ReduceSum": ([np.array([0, middle])], 1, {"keepdims": 0}),
        "Concat": ([random.random(sizes, np.float32)], 1, {"axis": middle}),
        "Slice": ([np.array([1]), np.array([3]), np.array([middle])], 1, {}),
        "Pad": ([pads], 1, {}),
        "Softmax": ([], 1, {"axis": middle}),
        "MatMul": ([random.random((4, 5), np.float32)], 1, {}),
        "Gather": ([np.array([2, 0])], 1, {"axis": middle}),
        "Reshape": ([np.array([6, -1])], 1, {}),
        "Tile": ([np.array([2, *[1] * (rank - 2), 3])], 1, {}),
        "Expand": ([np.array([2, 2, *[1] * (rank - 2)])], 1, {}),
        "LayerNormalization": ([np.ones(4, np.float32)], 1, {}),
        "CumSum": ([np.array(middle)], 1, {}),
        "ArgMax": ([], 1, {"axis": middle}),
        "TopK": ([np.array([2])], 2, {"axis": middle}),
        "Split": ([np.array([1, 2])], 2, {"axis": middle}),
        "Flatten": ([], 1, {"axis": middle}),
        "Squeeze": ([np.array([1, 2])], 1, {}),
        "GatherElements": ([np.ones(sizes, np.int64)], 1, {"axis": middle}),
        "Identity": ([], 1, {}),
    }
    return cases[op]


OPS = (
    "Add", "Relu", "Transpose", "ReduceSum", "Concat", "Slice", "Pad", "Softmax", "MatMul",
    "Gather", "Reshape", "Tile", "Expand", "LayerNormalization", "CumSum", "ArgMax", "TopK",
    "Split", "Flatten", "Squeeze", "GatherElements", "Identity",
)  # fmt: skip


@pytest.mark.parametrize("rank", RANKS)
@pytest.mark.parametrize("op", OPS)
def test_numbers(op: str, rank: int):
    proto = model(op, rank, *case(op, rank))
    x = np.random.default_rng(1).random(shape(rank), np.float32)
    engine = stepwell.compile(proto)
    assert not engine.reference_ops
    found = list(engine.run({"x": x}).values())
    wanted: list[Any] = list(ReferenceEvaluator(proto).run(None, {"x": x}))
    for one, other in zip(found, wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_an_unary_chain_of_operators():
    """Transposes and broadcasts of one another, so that layouts of the whole rank are chosen."""
    rank = 32
    backwards = list(range(rank))[::-1]
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=backwards),
        helper.make_node("Exp", ["t"], ["e"]),
        helper.make_node("Transpose", ["e"], ["b"], perm=backwards),
        helper.make_node("Add", ["b", "x"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", 1, shape(rank))
    graph = helper.make_graph(nodes, "g", [x], [helper.make_empty_tensor_value_info("y")])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    data = np.random.default_rng(1).random(shape(rank), np.float32)
    np.testing.assert_allclose(stepwell.compile(proto)(data), np.exp(data) + data, rtol=1e-6)


def test_more_are_refused():
    wide = model("Identity", 33, [], 1, {})
    with pytest.raises(ImportModelError, match="'x' has 33 dimensions; at most 32"):
        stepwell.compile(wide)
    grown = model("Unsqueeze", 32, [np.array([0])], 1, {})
    with pytest.raises(ImportModelError, match="Unsqueeze 'node': has 33 dimensions; at most 32"):
        stepwell.compile(grown)

"""Operations of many operands get their new ones together, and those they should."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.conversion.to_engine.late_operands import MANY


@pytest.mark.parametrize("count", [MANY - 1, MANY, 3 * MANY])
def test_a_concat_of_many_parts(count: int):
    """Parts that are converted, one that is an input, one that is there twice."""
    nodes = [
        helper.make_node("Mul", ["x", f"k{at}"], [f"p{at}"], name=f"/mul/{at}")
        for at in range(count - 2)
    ]
    parts = ["x", *(f"p{at}" for at in range(count - 2)), "p0"]
    nodes.append(helper.make_node("Concat", parts, ["y"], axis=0, name="/join"))
    tensor = helper.make_tensor_value_info
    weights = [
        helper.make_tensor(f"k{at}", TensorProto.FLOAT, [3], np.full(3, at + 2.0))
        for at in range(count - 2)
    ]
    graph = helper.make_graph(
        nodes,
        "many",
        [tensor("x", TensorProto.FLOAT, [3])],
        [tensor("y", TensorProto.FLOAT, [3 * count])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    x = np.array([1.0, -2.0, 0.5], np.float32)
    wanted = np.concatenate([x, *(x * (at + 2) for at in range(count - 2)), 2 * x])
    engine = stepwell.compile(model)
    assert engine.reference_ops == ()
    np.testing.assert_array_equal(engine(x), wanted)

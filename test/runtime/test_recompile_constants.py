"""Recompiling reads every constant in the IR of an artifact as it was."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import stepwell


def test_infinities_in_a_mask(tmp_path):
    mask = np.array([0, -np.inf, 3e38, np.inf], np.float32)
    graph = helper.make_graph(
        [helper.make_node("Min", ["x", "mask"], ["y"], name="/mask/Min")],
        "masked",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 4])],
        [numpy_helper.from_array(mask, "mask")],
    )
    opset = [helper.make_opsetid("", 21)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=opset, ir_version=10)
    path = tmp_path / "masked.well"
    stepwell.compile(model).save(path)
    x = np.full((2, 4), np.float32(1.5))
    again = stepwell.load(path, recompile=True)(x)
    np.testing.assert_array_equal(again, np.minimum(x, mask))

"""One-hot rows, against `onnx.reference`."""

import ml_dtypes
import numpy as np
import pytest

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, floats
from stepwell.test.conversion.to_engine.test_run_time_operands import refused


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("dtype", ["int64", "uint8", "float32"])
@pytest.mark.parametrize("constants", [[], [1]])
def test_one_hot(axis: int, dtype: str, constants: list[int]):
    indices = np.array([[0, 3, 1], [2, 7, 5]], dtype) - (0 if dtype == "uint8" else 4)
    for values in (floats([2, 5]), np.array([0, 1], ml_dtypes.bfloat16)):
        check_node(
            "OneHot", [indices.astype(dtype), np.array(5), values], constants=constants, axis=axis
        )


def test_one_hot_cuts_indices_to_integers():
    """The standard casts them to int64 first; `onnx.reference` compares them as they are."""
    rows = np.eye(4, dtype=np.float32)[[1, 3, 0]]
    inputs = [floats([1.9, 3.2, -0.5]), np.array(4), floats([0, 1])]
    check_node("OneHot", inputs, oracle=lambda _model, _feeds: [rows])


def test_another_depth_than_declared_is_refused():
    right = [np.array([1, 2]), np.array(4), floats([0, 1])]
    refused("OneHot", right, [right[0], np.array(5), right[2]], "depth")

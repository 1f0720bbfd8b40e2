"""The best elements of rows, against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, floats, numbers
from stepwell.test.conversion.to_engine.test_run_time_operands import refused

quick = settings(max_examples=20, deadline=None)


@quick
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    largest=st.integers(0, 1),
    dtype=st.sampled_from(["float32", "float16", "int64", "uint8"]),
    data=st.data(),
)
def test_top_k(shape, largest, dtype, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    k = np.array([data.draw(st.integers(1, shape[axis]))])
    constants = data.draw(st.sampled_from([[], [1]]))
    x = numbers(shape, dtype)
    check_node("TopK", [x, k], constants=constants, outputs=2, axis=axis, largest=largest)


@pytest.mark.parametrize("largest", [0, 1])
def test_top_k_of_nan_and_ties(largest: int):
    x: Any = floats([1, np.nan, 0.0, -0.0, np.inf, np.nan, -np.inf, 1, 0])
    check_node("TopK", [x, np.array([9])], outputs=2, largest=largest)


def test_another_count_than_declared_is_refused():
    x = numbers([5])
    model_k = np.array([3])
    refused("TopK", [x, model_k], [x, np.array([2])], "declared", outputs=2)

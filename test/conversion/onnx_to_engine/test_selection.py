"""Positions of extremes, triangles and one-hot rows, against `onnx.reference`."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, floats, numbers
from stepwell.test.conversion.onnx_to_engine.test_run_time_operands import refused

quick = settings(max_examples=20, deadline=None)


@quick
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    op=st.sampled_from(["ArgMax", "ArgMin"]),
    last=st.integers(0, 1),
    keep=st.integers(0, 1),
    dtype=st.sampled_from(["float32", "float16", "int64", "uint8", "float64"]),
    data=st.data(),
)
def test_positions_of_extremes(shape, op, last, keep, dtype, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = (numbers(shape) * 2).astype(dtype)  # with many ties among the integers
    check_node(op, [x], axis=axis, keepdims=keep, select_last_index=last)


@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("op", ["ArgMax", "ArgMin"])
def test_the_position_of_an_extreme_is_that_of_a_nan(op: str, last: int):
    nan, inf = np.nan, np.inf
    x = floats([[1, nan, 3, nan, 2], [inf, -inf, 0, inf, -inf], [nan] * 5, [0.0, -0.0, 0, 0, 0]])
    check_node(op, [x], axis=1, select_last_index=last)


@quick
@given(
    shape=st.lists(st.integers(0, 4), min_size=1, max_size=3),
    dtype=st.sampled_from(["float32", "float16", "float64"]),
    data=st.data(),
)
def test_hardmax(shape, dtype, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.round(numbers(shape)).astype(dtype)
    check_node("Hardmax", [x], axis=axis, native=True)


@pytest.mark.parametrize("k", [-2, 0, 1, 9])
@pytest.mark.parametrize("upper", [0, 1])
@pytest.mark.parametrize("dtype", ["int64", "float32", "bool"])
def test_triangles_of_any_diagonal(k: int, upper: int, dtype: str):
    x = numbers([2, 3, 4], dtype)
    check_node("Trilu", [x, np.array(k)], upper=upper)
    check_node("Trilu", [x, np.array(k)], constants=[1], upper=upper)


@pytest.mark.parametrize("attributes", [{}, {"k": -1}, {"k": 2, "dtype": 9}, {"dtype": 10}])
def test_eye_like(attributes: dict[str, Any]):
    check_node("EyeLike", [numbers([3, 5], "int32")], **attributes)


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

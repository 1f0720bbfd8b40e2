"""Positions of extremes, against `onnx.reference`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, floats, numbers

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

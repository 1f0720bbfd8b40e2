"""Boxes that others suppress, against `onnx.reference`."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    by_onnxruntime,
    check_node,
    floats,
    node_model,
)
from stepwell.test.conversion.to_engine.test_run_time_operands import refused


@settings(max_examples=20, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 7)),
    most=st.integers(1, 8),
    center=st.integers(0, 1),
    threshold=st.sampled_from([0.0, 0.3, 0.7]),
    scored=st.booleans(),
    seed=st.integers(0, 99),
)
def test_boxes_that_are_left(sizes, most, center, threshold, scored, seed):
    images, classes, n = sizes
    rng = np.random.default_rng(seed)
    boxes = floats(rng.uniform(0, 3, [images, n, 4]))
    # Few different scores: of equal ones the first box comes first.
    scores = floats(rng.integers(0, 5, [images, classes, n]) / 5)
    inputs = [boxes, scores, np.array([most]), floats([threshold])]
    if scored:
        inputs.append(floats([0.3]))
    model, feeds = node_model("NonMaxSuppression", inputs, center_point_box=center)
    assume(len(by_onnx(model, feeds)[0]))
    check_node("NonMaxSuppression", inputs, center_point_box=center)


def test_onnxruntime_agrees():
    rng = np.random.default_rng(3)
    inputs = [floats(rng.uniform(0, 3, [1, 9, 4])), floats(rng.uniform(0, 1, [1, 2, 9]))]
    rest = [np.array([4]), floats([0.4]), floats([0.2])]
    check_node("NonMaxSuppression", [*inputs, *rest], oracle=by_onnxruntime)


@pytest.mark.parametrize("limit", [1, 3])
def test_another_number_than_declared_is_refused(limit: int):
    boxes = floats([[[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5]]])
    inputs = [boxes, floats([[[0.5, 0.6, 0.7]]]), np.array([2]), floats([0.5])]
    refused("NonMaxSuppression", inputs, [*inputs[:2], np.array([limit]), inputs[3]], "declared")

"""Boxes that others suppress, against `onnx.reference`."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import stepwell
from stepwell.compiler.open_model import PER_SIZES
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    by_onnxruntime,
    check_node,
    floats,
    node_model,
)
from stepwell.test.conversion.to_engine.test_open_extents import model_of
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


MODELS = {
    "constant limits": """(float[B, N, 4] b, float[B, C, N] s) => (int64[K, 3] y) {
        m = Constant<value = int64[1] {4}>() o = Constant<value = float[1] {0.4}>()
        t = Constant<value = float[1] {0.2}>() y = NonMaxSuppression(b, s, m, o, t) }""",
    "centres, and a limit of the data": """(float[B, N, 4] b, float[B, C, N] s, int64 m)
        => (int64[K, 3] y) { o = Constant<value = float {0.5}>()
        y = NonMaxSuppression<center_point_box = 1>(b, s, m, o) }""",
    "what follows": """(float[B, N, 4] b, float[B, C, N] s) => (int64[K] y, float[K, 4] z) {
        m = Constant<value = int64[1] {4}>() o = Constant<value = float[1] {0.4}>()
        r = NonMaxSuppression(b, s, m, o) two = Constant<value = int64 {2}>()
        i = Gather<axis = 1>(r, two) y = Mul(i, two) zero = Constant<value = int64 {0}>()
        f = Gather(b, zero) z = Gather(f, i) }""",
}


@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_any_number_natively(text: str):
    """One program for all sizes, without a reference operation; onnxruntime agrees."""
    model = model_of(text)
    engine = stepwell.compile(model)
    assert not engine.program.reference_ops
    assert PER_SIZES not in engine.program.provenance.options
    rng = np.random.default_rng(5)
    for images, classes, n in ((1, 1, 1), (2, 3, 20), (1, 2, 70)):
        given = {
            "b": floats(rng.uniform(0, 3, [images, n, 4])),
            "s": floats(rng.uniform(0, 1, [images, classes, n])),
        }
        if len(model.graph.input) == 3:
            given["m"] = np.array(3)
        found = engine.run(given)
        for ours, theirs in zip(found.values(), by_onnxruntime(model, given), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_four_numbers_are_a_box():
    """What the model leaves open of them is a number that the operator fixes."""
    text = """(float[B, N, D] b, float[B, C, N] s) => (int64[K, 3] y) {
        m = Constant<value = int64[1] {4}>() y = NonMaxSuppression(b, s, m) }"""
    engine = stepwell.compile(model_of(text))
    assert str(engine.inputs[0]) == "b: float32[B, N, 4]"
    assert not engine.program.reference_ops


def test_without_a_limit_nothing_is_left():
    text = """(float[B, N, 4] b, float[B, C, N] s) => (int64[K, 3] y) {
        y = NonMaxSuppression(b, s) }"""
    engine = stepwell.compile(model_of(text))
    assert engine(np.ones((1, 3, 4), np.float32), np.ones((1, 2, 3), np.float32)).shape == (0, 3)

"""LinearClassifier and LinearRegressor: all transforms, one row for two classes, labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from stepwell.test.conversion.onnx_to_engine.ml.ml_check import check_ml
from stepwell.test.conversion.onnx_to_engine.node_check import numbers

F32, I64, TEXT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
TRANSFORMS = ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"]
INPUTS = [((5, 4), "float32"), ((1, 4), "float64"), ((4,), "int64"), ((7, 4), "int32")]


def weights(rows: int, features: int = 4) -> dict[str, Any]:
    matrix = numbers((rows, features), spread=1)
    bias = numbers((rows,), seed=3, spread=1)
    return {"coefficients": matrix.reshape(-1).tolist(), "intercepts": bias.tolist()}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize(("shape", "dtype"), INPUTS)
def test_many_classes(transform, shape, dtype):
    x = numbers(shape, dtype)
    options: dict[str, Any] = {**weights(3), "post_transform": transform}
    labels: dict[str, Any] = {"classlabels_ints": [3, 0, 11], "multi_class": 1}
    check_ml("LinearClassifier", x, types=[I64, F32], rtol=1e-4, **options, **labels)


def test_probit():
    x = np.array([[0.25, 0.5], [0.9, 0.1]], np.float32)
    options: dict[str, Any] = {"coefficients": [1.0, 0.0, 0.0, 1.0], "intercepts": [0.0, 0.0]}
    labels: dict[str, Any] = {"classlabels_ints": [0, 1], "post_transform": "PROBIT"}
    check_ml("LinearClassifier", x, types=[I64, F32], rtol=1e-3, **options, **labels)


def test_zeros_alone_have_no_share():
    """Scores of zero stay out of a softmax of what is not zero."""
    x = np.array([[0, 2], [1, 0], [0.5, -0.5]], np.float32)
    options: dict[str, Any] = {"coefficients": [1.0, 0.0, 0.0, 1.0], "intercepts": [0.0, 0.0]}
    labels: dict[str, Any] = {"classlabels_ints": [0, 1], "post_transform": "SOFTMAX_ZERO"}
    check_ml("LinearClassifier", x, types=[I64, F32], **options, **labels)


def test_labels_that_are_strings_are_looked_up_at_the_end():
    options: dict[str, Any] = {**weights(3), "classlabels_strings": ["no", "yes", "?"]}
    x = numbers((6, 4))
    found = check_ml("LinearClassifier", x, types=[TEXT, F32], reference=1, **options)
    assert set(found[0]) <= {"no", "yes", "?"}


@pytest.mark.parametrize("transform", ["NONE", "LOGISTIC"])
@pytest.mark.parametrize(("shape", "dtype"), INPUTS[:3])
def test_one_row_for_two_classes(transform, shape, dtype):
    options: dict[str, Any] = {
        **weights(1),
        "post_transform": transform,
        "classlabels_ints": [4, 7],
    }
    check_ml("LinearClassifier", numbers(shape, dtype), types=[I64, F32], **options)


def test_one_row_and_strings():
    x = numbers((6, 4))
    options: dict[str, Any] = {
        **weights(1),
        "classlabels_strings": ["no", "yes"],
        "post_transform": "LOGISTIC",
    }
    check_ml("LinearClassifier", x, types=[TEXT, F32], reference=1, **options)


def test_softmax_of_one_row():
    """onnxruntime leaves such scores as they are, `onnx.reference` does what the standard says."""
    x = numbers((5, 4))
    given = weights(1)
    scores = x @ np.array(given["coefficients"], np.float32)[:, None] + given["intercepts"][0]
    first = 1 / (1 + np.exp(2 * scores))
    label = np.where(scores[:, 0] > 0, 7, 4)
    expected = [label, np.concatenate([first, 1 - first], 1).astype(np.float32)]
    options: dict[str, Any] = {**given, "post_transform": "SOFTMAX", "classlabels_ints": [4, 7]}
    check_ml("LinearClassifier", x, expected=expected, types=[I64, F32], **options)


def test_no_intercepts():
    x = numbers((3, 4))
    given = weights(2)
    matrix = np.array(given.pop("coefficients"), np.float32)
    scores = x @ matrix.reshape(2, 4).T
    options: dict[str, Any] = {"coefficients": matrix.tolist(), "classlabels_ints": [5, 6]}
    expected = [scores.argmax(1) + 5, scores]
    check_ml("LinearClassifier", x, expected=expected, types=[I64, F32], **options)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("targets", [1, 3])
def test_targets(transform, targets):
    x = numbers((5, 4))
    options: dict[str, Any] = {**weights(targets), "targets": targets, "post_transform": transform}
    expected = None
    if targets == 1 and transform != "NONE":
        # The standard applies the transform to the vector of scores; onnxruntime does not where
        # it has one element.
        scores = x @ np.array(options["coefficients"], np.float32)[:, None]
        scores = scores + np.float32(options["intercepts"][0])
        logistic = 1 / (1 + np.exp(-scores))
        expected = [logistic if transform == "LOGISTIC" else np.ones_like(scores)]
    check_ml("LinearRegressor", x, expected=expected, **options)


@pytest.mark.parametrize("dtype", ["float64", "int64", "int32"])
def test_targets_of_other_types(dtype):
    """onnxruntime has only f32."""
    x = numbers((5, 4), dtype)
    given = weights(2)
    matrix = np.array(given["coefficients"]).reshape(2, 4)
    expected = [(x @ matrix.T + given["intercepts"]).astype(np.float32)]
    check_ml("LinearRegressor", x, expected=expected, targets=2, rtol=1e-4, **given)
    wrong: dict[str, Any] = {**given, "intercepts": [1.0]}
    expected = [(x @ matrix.T).astype(np.float32)]
    check_ml("LinearRegressor", x, expected=expected, targets=2, rtol=1e-4, **wrong)

"""SVMClassifier and SVMRegressor: kernels, votes, probabilities, models of one class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from stepwell.test.conversion.onnx_to_engine.ml.ml_check import check_ml
from stepwell.test.conversion.onnx_to_engine.node_check import numbers

F32, I64, TEXT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
KERNELS = ["LINEAR", "POLY", "RBF", "SIGMOID"]


def machine(
    classes: int, kernel: str = "RBF", probabilities: bool = False, features: int = 3, seed: int = 0
) -> dict[str, Any]:
    """The attributes of a classifier with a few vectors of each class."""
    per_class = [1 + (seed + c) % 3 for c in range(classes)]
    count, pairs = sum(per_class), classes * (classes - 1) // 2
    found: dict[str, Any] = {
        "kernel_type": kernel,
        "kernel_params": [0.3, 0.1, 3.0],
        "vectors_per_class": per_class,
        "support_vectors": numbers((count, features), seed=seed, spread=1).reshape(-1).tolist(),
        "coefficients": numbers(((classes - 1) * count,), seed=seed + 1, spread=1).tolist(),
        "rho": numbers((pairs,), seed=seed + 2, spread=0.3).tolist(),
        "classlabels_ints": [10 * c + 3 for c in range(classes)],
    }
    if probabilities:
        found["prob_a"] = (-np.abs(numbers((pairs,), seed=seed + 3)) - 0.2).tolist()
        found["prob_b"] = numbers((pairs,), seed=seed + 4, spread=0.5).tolist()
    return found


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("classes", "probabilities"), [(2, False), (3, True), (4, False)])
def test_kernels(kernel, classes, probabilities):
    x = numbers((6, 3), spread=1)
    options = machine(classes, kernel, probabilities)
    check_ml("SVMClassifier", x, types=[I64, F32], rtol=1e-4, atol=1e-5, **options)


@pytest.mark.parametrize("degree", [1.0, 2.0, 5.0, 2.5])
def test_degrees(degree):
    x = np.abs(numbers((4, 3), spread=1))
    options = machine(3, "POLY")
    options["support_vectors"] = [abs(v) for v in options["support_vectors"]]
    options["kernel_params"] = [0.5, 1.0, degree]
    check_ml("SVMClassifier", x, types=[I64, F32], rtol=1e-4, atol=1e-5, **options)


@pytest.mark.parametrize("classes", [2, 3, 5, 12])
@pytest.mark.parametrize("rows", [1, 7, 16, 35])
def test_probabilities(classes, rows):
    """Pairs are coupled by the steps that LIBSVM takes, and as many of them."""
    x = numbers((rows, 3), seed=classes, spread=2)
    options = machine(classes, probabilities=True, seed=classes)
    _, found = check_ml("SVMClassifier", x, types=[I64, F32], rtol=1e-3, atol=2e-5, **options)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-4)


def test_sure_probabilities():
    """Pairs that are certain, where the steps go far."""
    x = numbers((5, 3), spread=1)
    options = machine(3, "LINEAR", probabilities=True)
    options["prob_a"] = [-40.0, -30.0, 50.0]
    check_ml("SVMClassifier", x, types=[I64, F32], rtol=1e-3, atol=1e-4, **options)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((3,), "float32"), ((2, 3), "float64"), ((4, 3), "int64")]
)
def test_inputs(shape, dtype):
    options = machine(3, probabilities=True)
    check_ml("SVMClassifier", numbers(shape, dtype), types=[I64, F32], atol=2e-5, **options)


@pytest.mark.parametrize("transform", ["NONE", "LOGISTIC", "SOFTMAX"])
@pytest.mark.parametrize("classes", [2, 3])
def test_transforms(transform, classes):
    x = numbers((4, 3), spread=1)
    options: dict[str, Any] = {**machine(classes, probabilities=True), "post_transform": transform}
    check_ml("SVMClassifier", x, types=[I64, F32], rtol=1e-4, atol=2e-5, **options)
    options = {**machine(classes), "post_transform": transform}
    if classes == 3 or transform != "SOFTMAX":
        check_ml("SVMClassifier", x, types=[I64, F32], rtol=1e-4, **options)


def test_strings():
    options = machine(3, probabilities=True)
    del options["classlabels_ints"]
    x = numbers((4, 3), spread=1)
    labels: dict[str, Any] = {"classlabels_strings": ["a", "b", "c"]}
    check_ml("SVMClassifier", x, types=[TEXT, F32], reference=1, atol=2e-5, **options, **labels)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("positive", [False, True])
def test_one_row_of_coefficients_for_each_class(classes, positive):
    coefficients = numbers((classes * 3,), spread=1)
    options: dict[str, Any] = {
        "coefficients": (np.abs(coefficients) if positive else coefficients).tolist(),
        "rho": [0.2],
        "kernel_params": [0.0, 0.0, 0.0],
        "classlabels_ints": list(range(4, 4 + classes)),
    }
    x = numbers((6, 3), spread=1)
    check_ml("SVMClassifier", x, types=[I64, F32], rtol=1e-4, **options)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("one_class", [0, 1])
def test_regression(kernel, one_class):
    options: dict[str, Any] = {
        "kernel_type": kernel,
        "kernel_params": [0.3, 0.1, 2.0],
        "n_supports": 5,
        "support_vectors": numbers((15,), spread=1).tolist(),
        "coefficients": numbers((5,), seed=1, spread=1).tolist(),
        "rho": [0.1],
        "one_class": one_class,
    }
    check_ml("SVMRegressor", numbers((6, 3), spread=1), rtol=1e-4, **options)


def test_regression_without_vectors():
    options: dict[str, Any] = {
        "coefficients": [0.5, -1.0, 2.0],
        "rho": [0.1],
        "kernel_params": [0.0] * 3,
    }
    check_ml("SVMRegressor", numbers((4, 3)), n_supports=0, **options)
    check_ml("SVMRegressor", numbers((3,)), n_supports=0, **options)
    x = numbers((4, 3), "int64")
    scores = x @ np.array([[0.5], [-1.0], [2.0]]) + 0.1
    expected = [(1 / (1 + np.exp(-scores))).astype(np.float32)]
    check_ml("SVMRegressor", x, expected=expected, post_transform="LOGISTIC", **options)

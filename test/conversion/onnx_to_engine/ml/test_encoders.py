"""LabelEncoder and OneHotEncoder of numbers; strings are the reference's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper

import stepwell
from stepwell.errors import StepwellError
from stepwell.test.conversion.onnx_to_engine.ml.ml_check import check_ml, ml_model

F32, I64, TEXT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "keys",
    [
        [0, 1, 2, 3],
        [7, 5, 9, 6, 1],  # a table with holes
        [-(2**62), 3, 2**62, 11],
        [int(k) for k in RNG.permutation(10**6)[:100]],  # found by bisection
        [5, 3, 5, 3],  # the first of equal keys counts
        [42],
    ],
    ids=["row", "holes", "wide", "many", "equal", "one"],
)
def test_integers_to_numbers(keys):
    values = [float(v) for v in RNG.standard_normal(len(keys)).astype(np.float32)]
    x = np.array([*keys, min(keys) - 1, max(keys) + 1, 4]).reshape(-1, 1)
    check_ml("LabelEncoder", x, keys_int64s=keys, values_floats=values, default_float=-5.5)
    whole = list(range(10, 10 + len(keys)))
    check_ml("LabelEncoder", x[:, 0], types=[I64], keys_int64s=keys, values_int64s=whole)


@pytest.mark.parametrize("count", [3, 24, 25, 64, 100])
def test_floats_to_integers(count):
    keys = np.round(RNG.standard_normal(count) * 100, 3).astype(np.float32)
    x = np.concatenate([keys, keys + 1e-3, [np.inf, -np.inf, np.nan, 0, -0.0]]).astype(np.float32)
    options: dict[str, Any] = {"values_int64s": list(range(count)), "default_int64": 77}
    found = check_ml(
        "LabelEncoder", x, types=[I64], keys_floats=[float(k) for k in keys], **options
    )
    assert (found[0][:count] == np.arange(count)).sum() >= count - 2


@pytest.mark.parametrize("count", [2, 40])
def test_nan_is_a_key(count):
    keys = [float("nan"), *(float(k) for k in range(count))]
    x = np.array([np.nan, 1, 1.5, -1], np.float32)
    values = [9.0, *(float(k) * 2 for k in range(count))]
    expected = [np.array([9, 2, -1, -1], np.float32)]
    options: dict[str, Any] = {"keys_floats": keys, "values_floats": values, "default_float": -1.0}
    check_ml("LabelEncoder", x, expected=expected, **options)


@pytest.mark.parametrize(("source", "target"), [("int64", "float64"), ("float64", "int32")])
def test_tensors_of_keys_and_values(source, target):
    keys, values = np.array([1, 5, 9], source), np.array([10, 50, 90], target)
    x = np.array([[5, 2], [9, 1]], source)
    given: dict[str, Any] = {
        "keys_tensor": numpy_helper.from_array(keys),
        "values_tensor": numpy_helper.from_array(values),
        "default_tensor": numpy_helper.from_array(np.array([-3], target)),
    }
    code = {"float64": TensorProto.DOUBLE, "int32": TensorProto.INT32}[target]
    want = np.array([[50, -3], [90, 10]], target)
    check_ml("LabelEncoder", x, expected=[want], types=[code], version=4, **given)
    del given["default_tensor"]
    want = np.array([[50, 0 if target == "float64" else -1], [90, 10]], target)
    check_ml("LabelEncoder", x, expected=[want], types=[code], version=4, **given)


def test_strings_are_looked_up_by_reference():
    x = np.array(["b", "?"], object)
    options: dict[str, Any] = {"keys_strings": ["a", "b"], "values_int64s": [1, 2]}
    check_ml("LabelEncoder", x, types=[I64], reference=1, **options)
    options = {"keys_int64s": [1, 2], "values_strings": ["a", "b"]}
    check_ml("LabelEncoder", np.array([2, 5]), types=[TEXT], reference=1, **options)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((3, 2), "int64"), ((4,), "float32"), ((1, 1), "float64"), ((2,), "int64")]
)
def test_one_hot_rows(shape, dtype):
    x = np.resize([1.0, 7.0, 3.9, -2.5, 100.0], shape).astype(dtype)
    check_ml("OneHotEncoder", x, cats_int64s=[7, 1, 3, -2])


def test_one_hot_of_int32():
    """onnxruntime has no kernel for it."""
    x = np.array([[3, 1]], np.int32)
    expected = [np.array([[[0, 1], [1, 0]]], np.float32)]
    check_ml("OneHotEncoder", x, expected=expected, cats_int64s=[1, 3])


def test_the_last_of_equal_categories_counts():
    check_ml("OneHotEncoder", np.array([4, 5]), cats_int64s=[4, 5, 4])


def test_one_hot_of_strings_has_a_shape():
    x = np.array([["a", "c"]], object)
    check_ml("OneHotEncoder", x, reference=1, cats_strings=["a", "b"])


def test_unknown_categories_are_errors_without_zeros():
    model, feeds = ml_model(
        "OneHotEncoder", [np.array([[1, 2], [2, 1]])], cats_int64s=[1, 2], zeros=0
    )
    engine = stepwell.compile(model, threads=1)
    assert not engine.reference_ops
    assert engine.run(feeds)["o0"].sum() == 4
    with pytest.raises(StepwellError, match="none of the categories"):
        engine.run({"i0": np.array([[1, 2], [3, 1]])})

"""Binarizer, Imputer, Normalizer, Scaler: element types, vectors, and what has no native form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

import stepwell
from stepwell.test.conversion.onnx_to_engine.ml.ml_check import check_ml, ml_model
from stepwell.test.conversion.onnx_to_engine.node_check import numbers

F32, F64 = TensorProto.FLOAT, TensorProto.DOUBLE
I32, I64 = TensorProto.INT32, TensorProto.INT64
DTYPES = ["float32", "float64", "int32", "int64"]
INPUTS = [
    ((5, 3), "float32"),
    ((1, 3), "float64"),
    ((5, 1), "int32"),
    ((3,), "int64"),
    ((1,), "float32"),
    ((3, 1), "int64"),
]
"""Matrices, one row, one column and vectors."""


@pytest.mark.parametrize(("shape", "dtype"), INPUTS)
def test_scaler(dtype, shape):
    n = shape[-1]
    scale, offset = [0.5, -2.0, 3.25][:n], [1.0, 0.1, -7.0][:n]
    check_ml("Scaler", numbers(shape, dtype), scale=scale, offset=offset)
    check_ml("Scaler", numbers(shape, dtype), scale=[0.3], offset=[2.0])


def test_scaler_of_f64_rounds_once():
    """1e8 + 1 is no f32: the offset is taken away before anything is rounded."""
    x = np.array([[1e8 + 1, 1e8 + 3]])
    [found] = check_ml("Scaler", x, scale=[1.0], offset=[1e8])
    np.testing.assert_array_equal(found, [[1, 3]])


def test_scaler_with_half_of_its_attributes():
    x = numbers((2, 3))
    check_ml("Scaler", x, expected=[x * np.float32(0.5)], scale=[0.5])
    check_ml("Scaler", x, expected=[x - np.float32(0.5)], offset=[0.5])
    check_ml("Scaler", numbers((2, 2, 3)), expected=[numbers((2, 2, 3)) * 2], scale=[2.0])


@pytest.mark.parametrize("norm", ["MAX", "L1", "L2"])
@pytest.mark.parametrize(("shape", "dtype"), INPUTS)
def test_normalizer(norm, dtype, shape):
    check_ml("Normalizer", numbers(shape, dtype), norm=norm)


@pytest.mark.parametrize("norm", ["MAX", "L1", "L2"])
def test_rows_of_nothing_stay(norm):
    x = np.array([[0, 0, 0], [-1, -2, 0], [0, 0, -5]], np.float32)
    check_ml("Normalizer", x, norm=norm)


def test_lengths_that_f32_cannot_hold():
    """In f64 the squares fit."""
    x = np.array([[3e30, 4e30]])
    check_ml("Normalizer", x, expected=[np.array([[0.6, 0.8]], np.float32)], norm="L2")


@pytest.mark.parametrize(
    ("shape", "missing"), [((5, 3), -999.0), ((1, 3), np.nan), ((3,), np.nan), ((4, 1), -999.0)]
)
def test_imputer_of_floats(shape, missing):
    x = numbers(shape)
    x.reshape(-1)[::2] = missing
    options: dict[str, Any] = {"replaced_value_float": missing}
    check_ml("Imputer", x, imputed_value_floats=[7.5], **options)
    each = [7.5, -1.0, 0.25][: shape[-1]]
    check_ml("Imputer", x, imputed_value_floats=each, **options)
    wide, want = (
        x.astype(np.float64),
        np.where(np.isnan(x) if missing != missing else x == missing, each, x),
    )
    check_ml("Imputer", wide, expected=[want], types=[F64], imputed_value_floats=each, **options)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_imputer_of_integers(dtype):
    x = np.array([[1, -9, 3], [-9, 5, -9]], dtype)
    code = I64 if dtype == "int64" else I32
    expected = None if dtype == "int64" else [np.where(x == -9, [10, 20, 30], x).astype(dtype)]
    options: dict[str, Any] = {"imputed_value_int64s": [10, 20, 30], "replaced_value_int64": -9}
    check_ml("Imputer", x, expected=expected, types=[code], **options)


def test_a_nan_is_kept_where_another_value_is_missing():
    x = np.array([[np.nan, 0, 2]], np.float32)
    check_ml("Imputer", x, imputed_value_floats=[1.0], replaced_value_float=0.0)


@pytest.mark.parametrize(
    ("dtype", "threshold"),
    [
        ("float32", 1.5),
        ("float64", 0.1),
        ("int32", 1.5),
        ("int64", -3.0),
        ("int32", 1e30),
        ("int64", -1e30),
        ("int32", np.inf),
    ],
)
def test_binarizer(dtype, threshold):
    x = numbers((4, 5), dtype)
    x.reshape(-1)[:2] = [1, -3]
    want = (x > np.float32(threshold)).astype(dtype)
    code = dict(zip(DTYPES, (F32, F64, I32, I64), strict=True))[dtype]
    check_ml("Binarizer", x, expected=[want], types=[code], threshold=threshold)


def test_large_integers_and_fractions():
    """As f32 both numbers were the threshold."""
    x = np.array([2**24 + 1, 2**24, 2**24 - 1])
    want = np.array([1, 0, 0])
    check_ml("Binarizer", x, expected=[want], types=[I64], threshold=float(2**24))


def test_other_ranks_are_left_to_the_reference():
    model, feeds = ml_model("Normalizer", [numbers((2, 3, 4))], norm="L1")
    engine = stepwell.compile(model, threads=1)
    assert len(engine.reference_ops) == 1
    assert engine.run(feeds)["o0"].shape == (2, 3, 4)

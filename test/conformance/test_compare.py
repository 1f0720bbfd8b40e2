"""A result is right only if all of it is."""

import ml_dtypes
import numpy as np
import pytest

from stepwell.conformance.compare import difference, differences

RTOL, ATOL = 1e-3, 1e-7


def f32(values):
    return np.array(values, np.float32)


def wrong(result, expected):
    return difference(result, expected, RTOL, ATOL)


@pytest.mark.parametrize(
    "value",
    [
        np.array([1.0, np.nan, np.inf, -np.inf], np.float32),
        np.array(["a", "ß"], object),
        np.array([1 + 2j, np.nan], np.complex64),
        np.array([1, 0.5], ml_dtypes.float8_e4m3fn),
        np.array([1, -2], ml_dtypes.int4),
        np.array(True),
        np.zeros((0, 3), np.int64),
        [np.zeros(2, np.float32), np.ones((1, 1), np.float32)],
        [],
        {"a": np.float32(1)},
        None,
    ],
    ids=str,
)
def test_a_value_is_itself(value):
    assert wrong(value, value) is None


@pytest.mark.parametrize(
    ("result", "expected", "says"),
    [
        (np.zeros(2, np.float64), np.zeros(2, np.float32), "float64[2], expected float32[2]"),
        (np.zeros((2, 1), np.int8), np.zeros(2, np.int8), "int8[2, 1], expected int8[2]"),
        (f32([1, 2]), f32([1, 2.1]), "first 2.0 at [1], expected 2.1"),
        (f32([np.nan]), f32([1]), "1 of 1 numbers differ"),
        (f32([1]), f32([np.nan]), "1 of 1 numbers differ"),
        (f32([np.inf]), f32([-np.inf]), "1 of 1 numbers differ"),
        (np.array([1000000]), np.array([1000001]), "first 1000000"),
        (np.array(["a"], object), np.array(["b"], object), "first a"),
        (np.array([1], ml_dtypes.float8_e5m2), np.array([1.25], ml_dtypes.float8_e5m2), "first 1"),
        ([np.zeros(2)], [np.zeros(2), np.zeros(2)], "1 elements, expected 2"),
        ([np.zeros(2)], [np.ones(2)], "element 0: 2 of 2"),
        (np.zeros(2), [np.zeros(2)], "not a sequence"),
        ([np.zeros(2)], np.zeros((1, 2)), "is a sequence, expected a tensor"),
        (None, np.zeros(2), "no value"),
        (np.zeros(2), None, "expected none"),
        ({1: 1.0}, {2: 1.0}, "keys"),
        ({1: 1.0}, {1: 2.0}, "key 1"),
    ],
)
def test_what_differs_is_said(result, expected, says):
    assert says in (wrong(result, expected) or "nothing")


def test_bfloat16_may_be_two_units_off():
    one = np.array([1.0], ml_dtypes.bfloat16)
    assert wrong(np.array([1 + 2**-7], ml_dtypes.bfloat16), one) is None
    assert wrong(np.array([1 + 2**-5], ml_dtypes.bfloat16), one) is not None


def test_all_outputs_are_compared():
    good, bad = np.zeros(2), np.ones(2)
    assert differences([good, good], [good, good], RTOL, ATOL) is None
    assert differences([good, bad], [good, good], RTOL, ATOL) == (
        "output 1: 2 of 2 numbers differ, first 1.0 at [0], expected 0.0"
    )
    assert differences([good], [good, good], RTOL, ATOL) == "1 outputs, expected 2"

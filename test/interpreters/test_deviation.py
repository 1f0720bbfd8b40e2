"""Comparison of arrays by exactness class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stepwell.interpreters.deviation import deviation, mismatch

FLOATS = arrays(np.float32, st.integers(1, 20), elements=st.floats(width=32))


@given(FLOATS)
def test_an_array_is_bitwise_itself(array):
    assert mismatch(array, array.copy(), "bitwise") is None


@given(FLOATS, st.data())
def test_one_changed_element_is_found(array, data):
    index = data.draw(st.integers(0, array.size - 1))
    changed = array.copy()
    changed[index] = 0.0 if changed[index] else 1.0
    found = deviation(array, changed)
    assert found is not None
    assert found.index == (index,)
    assert mismatch(array, changed, "bitwise") is not None


def test_signed_zeros_differ_in_bits_only():
    found = deviation(np.array([0.0, 1.0]), np.array([-0.0, 1.0]))
    assert found is not None
    assert found.relative == 0.0


def test_nans_of_any_payload_are_equal():
    other = np.array([0x7FC00001], np.uint32).view(np.float32)
    assert deviation(np.array([np.nan], np.float32), other) is None


@pytest.mark.parametrize("actual", [np.nan, np.inf, -np.inf])
def test_not_finite_is_far_from_finite(actual):
    found = deviation(np.array([1.0, 2.0]), np.array([1.0, actual]))
    assert found is not None
    assert found.relative == np.inf


def test_difference_counts_against_the_largest_magnitude():
    found = deviation(np.array([100.0, 1e-6]), np.array([100.0, 2e-6]))
    assert found is not None
    assert found.relative == pytest.approx(1e-8)


@pytest.mark.parametrize(
    ("exactness", "step", "agrees"),
    [
        ("bitwise", 1e-7, False),
        ("rounding", 1e-6, True),
        ("rounding", 1e-4, False),
        ("approximate", 1e-4, True),
        ("approximate", 1e-2, False),
    ],
)
def test_classes(exactness, step, agrees):
    reference = np.array([1.0, 0.5], np.float32)
    reason = mismatch(reference, reference + np.float32(step), exactness)
    assert (reason is None) == agrees


def test_integers_must_be_equal():
    assert mismatch(np.array([1, 2]), np.array([1, 3]), "approximate") is not None


def test_large_integers_must_be_equal():
    large = np.array([2**62])
    assert mismatch(large, large + 1, "rounding") is not None


def test_shape_and_dtype():
    assert mismatch(np.zeros(2), np.zeros(3), "approximate") == "shape [2] became [3]"
    assert mismatch(np.zeros(2), np.zeros(2, int), "approximate") == "dtype float64 became int64"


def test_empty_arrays_agree():
    assert mismatch(np.zeros((0, 3)), np.zeros((0, 3)), "bitwise") is None

"""Histograms of numbers that come in parts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stepwell.compiler.quantize.histogram import BINS, Histogram
from stepwell.compiler.quantize.ranges import RANGES, Coding, limits_of


@given(
    st.lists(
        st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20), min_size=1, max_size=6
    )
)
def test_all_are_counted_in_the_right_bin(parts):
    h = Histogram()
    for part in parts:
        h.add(np.array(part, np.float32))
    numbers = np.concatenate([np.array(p, np.float32) for p in parts]).astype(np.float64)
    assert h.total == numbers.size
    assert (h.low, h.high) == (numbers.min(), numbers.max())
    places = np.clip(np.floor((numbers + h.reach) / h.width), 0, BINS - 1).astype(int)
    expected = np.bincount(places, minlength=BINS)
    # A number within the rounding of 32 bits of a border may be on either side of it.
    assert np.abs(np.cumsum(expected) - np.cumsum(h.counts)).max() <= numbers.size
    assert abs(float(h.centres @ h.counts) - numbers.sum()) <= h.width * numbers.size


def test_a_wider_number_doubles_the_reach_and_loses_nothing():
    h = Histogram()
    h.add(np.full(1000, 0.3, np.float32))
    before = h.reach
    h.add(np.array([-40.0], np.float32))
    assert before == 0.5
    assert h.reach == 64.0
    assert h.total == 1001
    assert abs(h.centres[h.counts.argmax()] - 0.3) <= h.width


def test_what_is_not_finite_is_remembered_and_not_counted():
    h = Histogram()
    h.add(np.array([1.0, np.nan, np.inf], np.float32))
    assert not h.finite
    assert h.total == 1


def test_an_outlier_is_clipped_by_all_but_minmax():
    rng = np.random.default_rng(0)
    h = Histogram()
    h.add(rng.normal(size=200_000).astype(np.float32))
    h.add(np.array([100.0], np.float32))
    high = {name: limits_of(h, name)[1] for name in RANGES}
    assert high["minmax"] == 100.0
    assert high["percentile"] < 6
    assert high["percentile"] <= high["mse"] < 90  # one number costs less than all the others
    assert high["entropy"] < 100


def test_limits_with_the_least_error_are_found():
    """Of numbers that are all alike but few, the error is least without those few."""
    rng = np.random.default_rng(1)
    h = Histogram()
    numbers = rng.laplace(size=500_000).astype(np.float32)
    h.add(numbers)

    def error(method):
        coding = Coding.of_range(*limits_of(h, method))
        codes = np.clip(np.rint(numbers / coding.scale) + coding.zero, 0, 255)
        return float(np.square((codes - coding.zero) * coding.scale - numbers).mean())

    assert error("mse") <= error("minmax")
    assert error("mse") <= 1.001 * error("percentile")


@given(st.floats(-1e30, 1e30), st.floats(-1e30, 1e30))
def test_codes_have_zero_and_normal_scales(a, b):
    coding = Coding.of_range(min(a, b), max(a, b))
    low, high = coding.range
    assert 0 <= coding.zero <= 255
    assert low <= 0 <= high
    assert coding.scale >= np.finfo(np.float32).tiny
    assert (np.float32(1) / np.float32(coding.scale)) >= np.finfo(np.float32).tiny

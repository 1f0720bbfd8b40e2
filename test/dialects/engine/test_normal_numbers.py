"""Whether new constants are finite and normal, element by element."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects.builtin import bf16, f16, f32, f64

from stepwell.dialects import make_context
from stepwell.dialects.engine.normal_numbers import (
    all_normal_or_zero,
    is_moderate,
    is_normal,
    magnitudes,
    products_are_normal,
)
from stepwell.dialects.engine.weights import weight_store

TYPES: list[tuple[Any, Any]] = [
    (np.float16, f16),
    (ml_dtypes.bfloat16, bf16),
    (np.float32, f32),
    (np.float64, f64),
]


@pytest.mark.parametrize(("dtype", "element"), TYPES)
def test_limits_of_each_type(dtype: Any, element: Any):
    limits = ml_dtypes.finfo(dtype)
    least, most = float(limits.smallest_normal), float(limits.max)
    assert is_normal(least, element)
    assert is_normal(-most, element)
    assert not is_normal(least * 0.99, element)
    assert not is_normal(most * 2, element)
    for wrong in (0.0, np.inf, -np.inf, np.nan):
        assert not is_normal(wrong, element)
    assert all_normal_or_zero(np.array([0.0, least, -most]), element)
    assert not all_normal_or_zero(np.array([1.0, least / 2]), element)
    assert not all_normal_or_zero(np.array([1.0, np.nan]), element)


@pytest.mark.parametrize(("dtype", "element"), TYPES)
@pytest.mark.parametrize("size", [1, 7, (1 << 18) + 3])
def test_magnitudes(dtype: Any, element: Any, size: int):
    array = np.random.default_rng(0).normal(size=size).astype(dtype)
    sizes = np.abs(array.astype(np.float64))
    assert magnitudes(array) == (sizes.min(), sizes.max())
    assert magnitudes(np.zeros(size, dtype)) == (np.inf, 0)
    array[-1] = 0
    if size > 1:
        assert magnitudes(array) == (sizes[:-1].min(), sizes[:-1].max())
    array[0] = np.inf
    assert magnitudes(array)[1] == np.inf
    array[0] = -np.nan
    assert np.isnan(magnitudes(array)[1])
    assert magnitudes(np.zeros(0, dtype)) == (np.inf, 0)


def test_magnitudes_of_a_transposed_array_and_of_subnormal_numbers():
    array = np.arange(1, 13, dtype=np.float32).reshape(3, 4).T
    assert magnitudes(array) == (1, 12)
    assert magnitudes(np.array([1e-45, 1], np.float32)) == (2.0**-149, 1)


@pytest.mark.parametrize("rows", [3, 70000])
def test_products(rows: int):
    store = weight_store(make_context())
    weight = np.full((rows, 5), 1e10, np.float32)
    weight[1] = 1e-20
    weight[0, 0] = 0
    attr = store.add(weight, "w")

    def hold(factor: Any) -> bool:
        return products_are_normal(store, attr, np.asarray(factor, np.float64), f32)

    rows_factor = np.full((rows, 1), 1e20)
    rows_factor[1] = 1e-10
    assert hold(1e20)
    assert hold(-1.0)
    assert hold(0.0)
    assert not hold(1e30)
    assert not hold(1e-20)
    assert not hold(np.inf)
    assert not hold(np.nan)
    assert hold(rows_factor)  # fits row by row, though the largest times the largest would not
    rows_factor[1] = 1e-30
    assert not hold(rows_factor)
    columns = np.array([[1e-30, 1, 1, 1, 0]])
    assert not hold(columns)
    columns[0, 0] = 0
    assert hold(columns)
    broken = weight.copy()
    broken[2, 2] = np.nan
    attr = store.add(broken, "broken")
    assert not hold(1.0)


@pytest.mark.parametrize(("factor", "moderate"), [(0, True), (0.125, True), (-65536, True)])
def test_moderate_factors(factor: float, moderate: bool):
    assert is_moderate(factor) == moderate


@pytest.mark.parametrize("factor", [1e6, -1e-6, np.inf, np.nan, 1e-300])
def test_immoderate_factors(factor: float):
    assert not is_moderate(factor)

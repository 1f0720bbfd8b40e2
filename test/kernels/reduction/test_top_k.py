"""Positions of the best elements against a stable sort: ties, NaN, zeros of both signs."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.dialects.engine import TopKOp
from stepwell.test.kernels.harness import check_kernel, interpret_kernel
from stepwell.test.kernels.memory import Operand, Result, wider_strides


def check(x: Any, axis: int, count: int, smallest: bool, strides: Any = None, **options: Any):
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    check_kernel(
        lambda i, o: TopKOp(i[0], axis, count, smallest=smallest, outs=o),
        [Operand(x, strides=strides)],
        [Result(shape, np.int64)],
        **options,
    )


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_top_k(data):
    shape = data.draw(st.lists(st.sampled_from([1, 2, 5, 16, 70]), min_size=1, max_size=3))
    axis = data.draw(st.integers(0, len(shape) - 1))
    count = data.draw(st.integers(0, shape[axis]))
    dtype = data.draw(st.sampled_from([np.float32, np.float64, np.int64, np.int8, np.uint8]))
    x = (np.random.default_rng(0).standard_normal(shape) * 9).astype(np.int8).astype(dtype)
    strides = wider_strides(shape, None, [3] * len(shape)) if data.draw(st.booleans()) else None
    check(x, axis, count, data.draw(st.booleans()), strides)


@pytest.mark.parametrize("smallest", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_numbers_have_an_order(smallest: bool, dtype: Any):
    nan, inf = np.nan, np.inf
    x = np.array([[0.0, nan, -0.0, inf, -inf, -nan, 0.0, 1e-45, -1, nan]] * 3, dtype)
    for count in (1, 4, 10):
        check(x, 1, count, smallest)


def test_every_index_is_within():
    x = np.array([3, 1, 2, 5, 4, 5, 0], np.float32)
    for count in range(8):
        check(x, 0, count, False, run=interpret_kernel)

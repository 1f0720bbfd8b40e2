"""Pools of three dimensions, of powers and with the places of maxima."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnxruntime,
    check_node,
    numbers,
)

quick = settings(max_examples=15, deadline=None)


@quick
@given(data=st.data())
def test_three_dimensions(data):
    kernel = [data.draw(st.integers(1, 3)) for _ in range(3)]
    check_node(
        data.draw(st.sampled_from(["MaxPool", "AveragePool"])),
        [numbers([1, 2, 5, 4, 6])],
        kernel_shape=kernel,
        strides=[data.draw(st.integers(1, 2)) for _ in range(3)],
        pads=[data.draw(st.integers(0, k - 1)) for k in [*kernel, *kernel]],
        # The reference is wrong about pads that differ between the two sides.
        oracle=by_onnxruntime,
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 1, 1, 0]])
def test_places_of_maxima(order, pads):
    x = np.round(numbers([2, 3, 6, 7]))  # with equal numbers: the first one counts
    check_node(
        "MaxPool",
        [x],
        outputs=2,
        oracle=by_onnxruntime,
        kernel_shape=[3, 2],
        strides=[2, 1],
        pads=pads,
        storage_order=order,
    )


@pytest.mark.parametrize("p", [1, 2, 3])
def test_powers(p):
    options: dict[str, Any] = {
        "kernel_shape": [2, 3],
        "strides": [1, 2],
        "pads": [0, 1, 1, 0],
        "p": p,
    }
    check_node("LpPool", [numbers([1, 2, 5, 6])], rtol=1e-4, atol=1e-5, **options)

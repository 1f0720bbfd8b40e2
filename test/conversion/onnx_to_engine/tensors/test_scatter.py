"""Writes at indices, against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import (
    check_node,
    numbers,
)

quick = settings(max_examples=20, deadline=None)
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3)


def picks(shape: list[int], n: int, dtype: Any = np.int64, seed: int = 0) -> Any:
    """Indices of either sign within `n`."""
    return np.random.default_rng(seed).integers(-n, n, shape).astype(dtype)


@quick
@given(shape=shapes, data=st.data())
def test_scatter_elements(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    kind = data.draw(st.sampled_from(["none", "add", "mul", "max", "min"]))
    count = [data.draw(st.integers(1, n)) for n in shape]
    dtype = data.draw(st.sampled_from(["float32", "int64", "uint8"]))
    x, updates = numbers(shape, dtype), numbers(count, dtype, seed=1)
    indices = picks(count, shape[axis])
    check_node("ScatterElements", [x, indices, updates], axis=axis, reduction=kind)


def test_scatter_of_nothing_changes_nothing():
    x, none = numbers([3, 4]), np.zeros([0, 4], np.int64)
    check_node("ScatterElements", [x, none, numbers([0, 4])])


@pytest.mark.parametrize(("mode", "start"), [("linear", [0, 3]), ("circular", [4, 2])])
@pytest.mark.parametrize("axis", [-2, 1])
def test_tensor_scatter(mode: str, start: list[int], axis: int):
    shape, new = [2, 6, 5, 3], [2, 6, 5, 3]
    new[axis] = 2
    inputs = [numbers(shape), numbers(new, seed=1), np.array(start)]
    check_node("TensorScatter", inputs, mode=mode, axis=axis)
    check_node("TensorScatter", [numbers(shape), numbers(new, seed=1)], mode=mode, axis=axis)


def test_max_unpool():
    x, places = numbers([1, 2, 2, 2]), np.array([5, 7, 13, 15, 16, 18, 24, 26]).reshape(1, 2, 2, 2)
    check_node("MaxUnpool", [x, places], kernel_shape=[2, 2], strides=[2, 2])
    larger = np.array([1, 2, 5, 6])
    check_node("MaxUnpool", [x, places, larger], kernel_shape=[2, 2], strides=[2, 2])


@pytest.mark.parametrize("constants", [[], [1, 2]])
@pytest.mark.parametrize(
    ("block", "attributes"),
    [
        ([1, 5], {}),
        ([2, 3], {"pads": [0, 1, 1, 2]}),
        ([2, 2], {"strides": [2, 2], "dilations": [2, 1]}),
    ],
)
def test_col2im(block: list[int], attributes: dict[str, Any], constants: list[int]):
    image = [5, 6]
    pads = attributes.get("pads", [0, 0, 0, 0])
    counts = [
        (n + pads[d] + pads[2 + d] - attributes.get("dilations", [1, 1])[d] * (block[d] - 1) - 1)
        // attributes.get("strides", [1, 1])[d]
        + 1
        for d, n in enumerate(image)
    ]
    x = numbers([2, 3 * block[0] * block[1], counts[0] * counts[1]])
    inputs = [x, np.array(image), np.array(block)]
    check_node("Col2Im", inputs, constants=constants, **attributes)

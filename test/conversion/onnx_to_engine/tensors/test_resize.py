"""Resize by scales that are data, antialiasing, excluded borders and crops, as the reference."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, floats, numbers

COORDINATES = [
    *("half_pixel", "asymmetric", "pytorch_half_pixel", "align_corners"),
    "half_pixel_symmetric",
]
NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_scales_that_are_data(data):
    shape = [1, 2, data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))]
    scales = [1.0, 1.0, *(data.draw(st.sampled_from([0.6, 1.0, 1.5, 2.0, 2.7])) for _ in range(2))]
    if any(int(n * s) == 0 for n, s in zip(shape, scales, strict=True)):
        return
    mode = data.draw(st.sampled_from(["nearest", "linear", "cubic"]))
    check_node(
        "Resize",
        [numbers(shape), None, floats(scales)],
        mode=mode,
        nearest_mode=data.draw(st.sampled_from(NEAREST)),
        coordinate_transformation_mode=data.draw(st.sampled_from(COORDINATES[:-1])),
        **CLOSE,
    )


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize("sizes", [[2, 3], [5, 7], [1, 9]])
@pytest.mark.parametrize("fixed", [False, True])
def test_antialiasing(mode, sizes, fixed):
    inputs = [numbers([1, 2, 5, 8]), None, None, np.array(sizes, np.int64)]
    constants = [3] if fixed else []
    check_node("Resize", inputs, constants=constants, axes=[2, 3], mode=mode, antialias=1, **CLOSE)


def test_excluded_borders():
    inputs = [numbers([1, 1, 5, 8]), None, floats([1, 1, 0.7, 1.3])]
    check_node("Resize", inputs, mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5, **CLOSE)


@pytest.mark.parametrize("policy", ["not_larger", "not_smaller"])
def test_sizes_that_keep_the_aspect_ratio(policy):
    inputs = [numbers([1, 1, 4, 6]), None, None, np.array([7, 8], np.int64)]
    check_node(
        "Resize", inputs, axes=[2, 3], mode="nearest", keep_aspect_ratio_policy=policy, **CLOSE
    )


@pytest.mark.parametrize(
    "roi", [[0, 0, 0.4, 0.6, 1, 1, 0.6, 0.8], [0, 0, 0.4, 0.6, 1, 1, 1.2, 1.7]]
)
def test_crops(roi):
    inputs = [numbers([1, 1, 4, 4]), floats(roi), None, np.array([1, 1, 3, 3], np.int64)]
    check_node(
        "Resize",
        inputs,
        mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize",
        extrapolation_value=10.0,
        **CLOSE,
    )

"""Images at points that are data, against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepwell
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    check_node,
    converted,
    floats,
    node_model,
    numbers,
    typed,
)
from stepwell.test.conversion.to_engine.test_run_time_operands import refused

CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}


@settings(max_examples=30, deadline=None)
@given(
    rank=st.integers(1, 3),
    mode=st.sampled_from(["nearest", "linear", "cubic"]),
    padding=st.sampled_from(["zeros", "border", "reflection"]),
    corners=st.integers(0, 1),
    seed=st.integers(0, 99),
)
def test_grid_sample(rank, mode, padding, corners, seed):
    rng = np.random.default_rng(seed)
    extents, out = rng.integers(2, 5, rank), rng.integers(1, 4, rank)
    x = numbers([2, 3, *extents], seed=seed)
    grid = floats(rng.uniform(-2.5, 2.5, [2, *out, rank]))
    attributes = {"mode": mode, "padding_mode": padding, "align_corners": corners}
    check_node("GridSample", [x, grid], opset=22, **CLOSE, **attributes)


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_no_coordinate_reads_outside(mode: str, padding: str):
    """What a NaN gives is not defined; that nothing else is touched is."""
    odd = [np.nan, np.inf, -np.inf, 1e30, -1e30, 3.4e38]
    grid = floats(np.stack(np.meshgrid(odd, odd), -1)[None])
    x = numbers([1, 1, 3, 4])
    model, feeds = node_model("GridSample", [x, grid], mode=mode, padding_mode=padding)
    model.graph.output[0].CopyFrom(typed("o0", np.zeros([1, 1, 6, 6], np.float32)))
    engine = stepwell.compile(model)
    assert not engine.reference_ops
    [found] = engine.run(feeds).values()
    finite = found[0, 0][3:, 3:]
    if padding == "zeros":
        np.testing.assert_array_equal(finite, 0)
    if padding == "border":
        assert np.isin(np.round(finite, 4), np.round(x, 4)).all()


@pytest.mark.parametrize("corners", [0, 1])
@pytest.mark.parametrize("size", [[2, 3, 4, 5], [2, 3, 2, 4, 5]])
@pytest.mark.parametrize("constants", [[], [1]])
def test_affine_grid(corners: int, size: list[int], constants: list[int]):
    rank = len(size) - 2
    theta, given_ = numbers([2, rank, rank + 1]), np.array(size)
    check_node("AffineGrid", [theta, given_], constants=constants, align_corners=corners, **CLOSE)


def test_another_size_of_a_grid_is_refused():
    theta = numbers([2, 2, 3])
    refused("AffineGrid", [theta, np.array([2, 1, 3, 4])], [theta, np.array([2, 1, 3, 5])], "size")


@pytest.mark.parametrize("mode", ["avg", "max"])
@pytest.mark.parametrize("coordinates", ["half_pixel", "output_half_pixel"])
def test_roi_align(mode: str, coordinates: str):
    x = numbers([2, 3, 7, 9])
    rois = floats([[0, 0, 8, 6], [2, 1, 5, 5], [-30, -4, 40, 30], [3, 3, 3, 3]])
    attributes: dict[str, Any] = {"mode": mode, "coordinate_transformation_mode": coordinates}
    inputs = [x, rois, np.array([0, 1, 1, 0])]
    shape = {"output_height": 3, "output_width": 2, "sampling_ratio": 2, "spatial_scale": 0.7}
    check_node("RoiAlign", inputs, **attributes, **shape, **CLOSE)


def test_an_image_that_is_not_there_is_reported():
    inputs = [numbers([2, 1, 4, 4]), floats([[0, 0, 3, 3]]), np.array([2])]
    model, feeds = node_model("RoiAlign", inputs, sampling_ratio=2)
    model.graph.output[0].CopyFrom(typed("o0", np.zeros([1, 1, 1, 1], np.float32)))
    ctx, module = converted(model)
    with pytest.raises(InputError, match="outside"):
        run(ctx, module, feeds)
    with pytest.raises(InputError, match="/RoiAlign"):
        stepwell.compile(model).run(feeds)


@pytest.mark.parametrize(
    ("attributes", "masked"),
    [
        ({}, False),
        ({"pads": [1, 0, 1, 2], "strides": [1, 2]}, True),
        ({"group": 2, "offset_group": 2, "dilations": [1, 2]}, True),
    ],
)
def test_deform_conv(attributes: dict[str, Any], masked: bool):
    groups, sets = attributes.get("group", 1), attributes.get("offset_group", 1)
    x, weight = numbers([2, 4, 5, 6]), numbers([6, 4 // groups, 2, 2], seed=1)
    pads = attributes.get("pads", [0] * 4)
    strides, dilations = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    out = [
        (n + pads[d] + pads[2 + d] - dilations[d] - 1) // strides[d] + 1
        for d, n in enumerate((5, 6))
    ]
    offset = numbers([2, sets * 8, *out], spread=1, seed=2)
    mask = numbers([2, sets * 4, *out], seed=3) if masked else None
    inputs = [x, weight, offset, numbers([6], seed=4), mask]
    check_node("DeformConv", inputs, rtol=1e-3, atol=1e-3, **attributes)

"""Convolutions against `onnx.reference`."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import by_onnxruntime, check_node, numbers

CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}


@st.composite
def convolution(draw):
    """Input, weight and attributes of a convolution with at least one output element."""
    rank = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    inner, outer = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    sizes = st.lists(st.integers(1, 3), min_size=rank, max_size=rank)
    kernel, strides, dilations = draw(sizes), draw(sizes), draw(sizes)
    pads = draw(st.lists(st.integers(0, 2), min_size=2 * rank, max_size=2 * rank))
    extents = [
        draw(st.integers((k - 1) * d + 1, 8)) for k, d in zip(kernel, dilations, strict=True)
    ]
    x = numbers([draw(st.integers(1, 2)), inner * groups, *extents])
    w = numbers([outer * groups, inner, *kernel], seed=2)
    bias = numbers([outer * groups], seed=3) if draw(st.booleans()) else None
    attributes: dict[str, Any] = {
        "strides": strides,
        "dilations": dilations,
        "group": groups,
        "pads": pads,
    }
    return x, w, bias, attributes


@settings(max_examples=40, deadline=None)
@given(case=convolution(), constant=st.booleans())
def test_conv(case, constant):
    x, w, bias, attributes = case
    check_node("Conv", [x, w, bias], constants=[1, 2] if constant else [], **CLOSE, **attributes)


@pytest.mark.parametrize("auto", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_conv_automatic_padding(auto, stride, kernel):
    x, w = numbers([1, 2, 7, 6]), numbers([3, 2, kernel, kernel])
    strides = [stride, stride]
    check_node("Conv", [x, w], **CLOSE, auto_pad=auto, strides=strides)


def test_the_bias_of_a_convolution_is_in_its_epilogue():
    inputs = [numbers([1, 2, 5, 5]), numbers([4, 2, 3, 3]), numbers([4])]
    module = check_node("Conv", inputs, constants=[1, 2], **CLOSE)
    assert not [op for op in module.walk() if op.name == "engine.map"]


@settings(max_examples=30, deadline=None)
@given(data=st.data(), rank=st.integers(1, 2), groups=st.sampled_from([1, 2]))
def test_conv_transpose(data, rank, groups):
    def draw(low, high, count=rank):
        return data.draw(st.lists(st.integers(low, high), min_size=count, max_size=count))

    kernel, strides, dilations = draw(1, 3), draw(1, 3), draw(1, 2)
    extents = draw(1, 5)
    pads = draw(0, 1, 2 * rank)
    extra = [data.draw(st.integers(0, s - 1)) for s in strides]
    whole = [
        s * (n - 1) + e + (k - 1) * d + 1 - a - b
        for s, n, e, k, d, a, b in zip(
            strides, extents, extra, kernel, dilations, pads[:rank], pads[rank:], strict=True
        )
    ]
    if min(whole) < 1:
        return
    x, w = numbers([1, 2 * groups, *extents]), numbers([2 * groups, 3, *kernel], seed=2)
    bias = numbers([3 * groups], seed=3)
    check_node(
        "ConvTranspose",
        [x, w, bias],
        oracle=by_onnxruntime,
        **CLOSE,
        strides=strides,
        dilations=dilations,
        pads=pads,
        output_padding=extra,
        group=groups,
    )


def test_conv_transpose_of_output_shape():
    x, w = numbers([1, 2, 4, 4]), numbers([2, 3, 3, 3])
    options: dict[str, Any] = {"oracle": by_onnxruntime, "strides": [2, 2], **CLOSE}
    check_node("ConvTranspose", [x, w], output_shape=[8, 8], **options)
    for auto in ("SAME_UPPER", "SAME_LOWER"):
        check_node("ConvTranspose", [x, w], auto_pad=auto, **options)


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("wanted", [[9, 8], [10, 7], [10, 8], [8, 8], [11, 6]])
def test_conv_transpose_of_a_larger_output_shape(wanted, groups, constant):
    """Zeros behind, and the bias on them; other dimensions may be cut at the same time."""
    x, w, b = numbers([2, 2, 3, 3]), numbers([2, 3, 3, 3]), numbers([3 * groups])
    constants = [1, 2] if constant else []
    options: dict[str, Any] = {"oracle": by_onnxruntime, "constants": constants, **CLOSE}
    # strides of 3 and 2: the full extents are 9 and 7
    for auto in ("NOTSET", "SAME_UPPER", "SAME_LOWER"):
        check_node(
            "ConvTranspose",
            [x, w, b],
            output_shape=wanted,
            strides=[3, 2],
            group=groups,
            auto_pad=auto,
            **options,
        )


@pytest.mark.parametrize("auto", ["SAME_UPPER", "SAME_LOWER"])
@pytest.mark.parametrize("stride", [2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 2, 3])
def test_an_automatic_shape_is_never_larger_than_the_full_one(auto, stride, kernel):
    x, w = numbers([1, 2, 4]), numbers([2, 3, kernel])
    options: dict[str, Any] = {"oracle": by_onnxruntime, "strides": [stride], **CLOSE}
    check_node("ConvTranspose", [x, w], auto_pad=auto, **options)

"""Quantised operators against `onnx.reference` and onnxruntime."""

import numpy as np
import pytest

from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnxruntime,
    check_node,
    floats,
    numbers,
)

X = numbers([3, 4, 5])


def zeros(count, dtype):
    """Zero points, one for each of `count` channels, or a single one."""
    return (np.arange(count) * 3 + 1).astype(dtype) if count else np.asarray(5, dtype)


def scales(count):
    return floats(np.arange(count) * 0.01 + 0.02) if count else floats(0.03)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16"])
@pytest.mark.parametrize(("count", "axis"), [(0, 1), (4, 1), (3, 0), (5, -1)])
def test_quantize_and_back(dtype, count, axis):
    parameters = [scales(count), zeros(count, dtype)]
    check_node("QuantizeLinear", [X, *parameters], axis=axis)
    x = numbers([3, 4, 5], dtype)
    check_node("DequantizeLinear", [x, *parameters], axis=axis)
    check_node("DequantizeLinear", [x, *parameters], constants=[1, 2], axis=axis)


def test_quantize_saturates_and_rounds_to_even():
    x = floats([-1e6, -0.5, 0.5, 1.5, 2.5, 1e6])
    for dtype in ("int8", "uint8"):
        check_node("QuantizeLinear", [x, floats(1), np.asarray(3, dtype)])
    check_node("QuantizeLinear", [x, floats(1)])


def test_dequantize_a_bias():
    check_node("DequantizeLinear", [numbers([6], "int32"), floats(0.01)])


@pytest.mark.parametrize("x", [X, np.abs(X), -np.abs(X)], ids=["both", "positive", "negative"])
def test_dynamic_quantization(x):
    check_node("DynamicQuantizeLinear", [x], outputs=3, oracle=by_onnxruntime)


@pytest.mark.parametrize(("left", "right"), [("uint8", "uint8"), ("uint8", "int8")])
@pytest.mark.parametrize("points", ["none", "one", "columns"])
def test_matmul_integer(left, right, points):
    inputs = [numbers([2, 3, 4], left), numbers([4, 5], right)]
    if points != "none":
        inputs += [zeros(0, left), zeros(5 if points == "columns" else 0, right)]
    check_node("MatMulInteger", inputs, oracle=by_onnxruntime)


@pytest.mark.parametrize("zero", [True, False])
def test_conv_integer(zero):
    inputs = [numbers([1, 2, 6, 6], "uint8"), numbers([4, 2, 3, 3], "uint8")]
    if zero:
        inputs += [zeros(0, "uint8"), zeros(0, "uint8")]
    check_node("ConvInteger", inputs, oracle=by_onnxruntime, pads=[1, 1, 0, 1])

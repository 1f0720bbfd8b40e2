"""Activation functions against `onnx.reference`."""

import numpy as np
import pytest

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, floats, numbers

CASES = [
    ("Relu", {}),
    ("LeakyRelu", {}),
    ("LeakyRelu", {"alpha": 0.3}),
    ("ThresholdedRelu", {"alpha": 0.7}),
    ("Sigmoid", {}),
    ("HardSigmoid", {}),
    ("HardSigmoid", {"alpha": 0.5, "beta": 0.1}),
    ("HardSwish", {}),
    ("Elu", {"alpha": 0.7}),
    ("Celu", {"alpha": 0.7}),
    ("Selu", {}),
    ("Softplus", {}),
    ("Softsign", {}),
    ("Mish", {}),
    ("Gelu", {}),
    ("Gelu", {"approximate": "tanh"}),
    ("Shrink", {"bias": 0.3, "lambd": 0.9}),
    ("Swish", {}),
    ("Swish", {"alpha": 1.5}),
]


@pytest.mark.parametrize(("op", "attributes"), CASES)
def test_activation(op, attributes):
    check_node(op, [numbers([2, 3, 19])], rtol=1e-5, atol=2e-6, **attributes)


@pytest.mark.parametrize("shape", [[4], [3, 1, 1], [1]])
def test_prelu(shape):
    check_node("PRelu", [numbers([2, 3, 5, 4]), numbers(shape, seed=4)])


@pytest.mark.parametrize("op", ["Relu", "Sigmoid", "Gelu", "Softplus"])
def test_half(op):
    check_node(op, [numbers([40], np.float16)], rtol=5e-3, atol=5e-3)


def test_nothing_overflows():
    x = floats([-200, -90, 0, 90, 200])
    check_node("Sigmoid", [x])
    module = check_node("Mish", [floats([-20, 0, 20])], atol=1e-5)
    assert module is not None

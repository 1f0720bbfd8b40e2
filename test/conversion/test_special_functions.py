"""
Elementwise operators on NaN, infinities, zeros of either sign, subnormal and huge numbers.

Every number is tried, with every other one where there are two operands. The oracle is ONNX's
reference. Where it says something else than the standard's text, the test says what the text says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

import stepwell
from stepwell.test.conversion.onnx_to_engine.node_check import (
    Array,
    by_onnx,
    by_onnxruntime,
    node_model,
    typed,
)

FINITE = (
    0.0,
    1e-45,
    1e-40,
    1.17549435e-38,
    1e-20,
    1e-8,
    0.5,
    1.0,
    1.5,
    2.5,
    10.0,
    88.8,
    104.0,
    1e7,
)
HUGE = (8388609.0, 1e20, 1e38, 3.4028235e38)
NUMBERS = np.array(
    [np.nan, np.inf, -np.inf, *FINITE, *(-x for x in FINITE), *HUGE, *(-x for x in HUGE)],
    np.float32,
)
LEFT, RIGHT = np.repeat(NUMBERS, len(NUMBERS)), np.tile(NUMBERS, len(NUMBERS))

FUNCTIONS = [
    *["Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Celu", "Cosh", "Elu"],
    *["Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "IsInf", "IsNaN", "LeakyRelu"],
    *["Log", "Mish", "Neg", "Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign"],
    *["Sinh", "Softplus", "Softsign", "Sqrt", "Tanh", "ThresholdedRelu"],
]

TWO = [
    *["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Mean", "Sum"],
    *["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"],
]


def natively(model: onnx.ModelProto, feeds: dict[str, Array], results: list[Array]) -> Any:
    """The one output by machine code, with the types that `results` have."""
    for info, array in zip(model.graph.output, results, strict=True):
        info.CopyFrom(typed(info.name, array))
    engine = stepwell.compile(model)
    assert engine.reference_ops == ()
    return engine(**feeds)


def assert_same(found: Array, wanted: Array) -> None:
    """Equal NaN and infinities, and the finite numbers beside them."""
    if wanted.dtype.kind != "f":
        np.testing.assert_array_equal(found, wanted)
    else:
        np.testing.assert_allclose(found, wanted, rtol=5e-5, atol=SMALLEST)


SMALLEST = 1.3e-36
"""A hundred times the least normal number: factors that are subnormal may be zero."""


@pytest.mark.parametrize("op", FUNCTIONS)
def test_a_function_of_special_numbers(op: str) -> None:
    model, feeds = node_model(op, [NUMBERS], opset=22)
    wanted = by_onnx(model, feeds)
    assert_same(natively(model, feeds, wanted), wanted[0])


@pytest.mark.parametrize("op", TWO)
def test_an_operator_on_pairs_of_special_numbers(op: str) -> None:
    model, feeds = node_model(op, [LEFT, RIGHT], opset=22)
    wanted = by_onnx(model, feeds)
    assert_same(natively(model, feeds, wanted), wanted[0])


@pytest.mark.parametrize("exponent", [0.5, -0.5, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 1.7])
def test_a_constant_power_of_special_numbers(exponent: float) -> None:
    """IEEE 754: the power 0.5 of -infinity is infinity, which numpy, by `sqrt`, says is NaN."""
    model, feeds = node_model("Pow", [NUMBERS, np.float32(exponent)], [1], opset=21)
    wanted = by_onnxruntime(model, feeds)
    assert_same(natively(model, feeds, wanted), wanted[0])


def test_a_slope_of_nan_for_zero() -> None:
    """PRelu is `x` for `x >= 0`: the slope has no say there, as it has in the reference."""
    model, feeds = node_model("PRelu", [LEFT, RIGHT], opset=16)
    with np.errstate(all="ignore"):
        wanted = np.where(LEFT < 0, RIGHT * LEFT, LEFT)
    assert_same(natively(model, feeds, [wanted]), wanted)


@pytest.mark.parametrize("bounds", [(-1.0, 1.0), (0.0, 6.0)])
def test_clipping_special_numbers(bounds: tuple[float, float]) -> None:
    limits = [np.float32(bound) for bound in bounds]
    model, feeds = node_model("Clip", [NUMBERS, *limits], [1, 2], opset=13)
    wanted = by_onnx(model, feeds)
    assert_same(natively(model, feeds, wanted), wanted[0])


def test_choosing_between_special_numbers() -> None:
    model, feeds = node_model("Where", [LEFT > RIGHT, LEFT, RIGHT], opset=16)
    wanted = by_onnx(model, feeds)
    assert_same(natively(model, feeds, wanted), wanted[0])


@pytest.mark.parametrize("code", ["DOUBLE", "FLOAT16", "BOOL"])
def test_casting_special_numbers(code: str) -> None:
    model, feeds = node_model("Cast", [NUMBERS], opset=13, to=getattr(onnx.TensorProto, code))
    wanted = by_onnx(model, feeds)
    assert_same(natively(model, feeds, wanted), wanted[0])


@pytest.mark.parametrize("code", ["INT8", "UINT8", "INT32", "INT64"])
def test_casting_to_integers(code: str) -> None:
    """What does not fit, NaN and infinity give any number (the standard), but do no harm."""
    target = getattr(onnx.TensorProto, code)
    model, feeds = node_model("Cast", [NUMBERS], opset=13, to=target)
    wanted = by_onnx(model, feeds)
    found = natively(model, feeds, wanted)
    limits = np.iinfo(wanted[0].dtype)
    fits = (limits.min - 1.0 < NUMBERS) & (limits.max > NUMBERS)
    np.testing.assert_array_equal(found[fits], wanted[0][fits])

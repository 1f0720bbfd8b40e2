"""Activations that operators of the format have fused, by its words for them."""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary.activations import activation, relu, tanh
from ..to_engine.vocabulary.arithmetic import limited


def _clipped(low: float, high: float):
    def build(n: Numbers, x: SSAValue) -> SSAValue:
        return limited(n, x, low, high)

    return build


def _sign_bit(n: Numbers, x: SSAValue) -> SSAValue:
    return select(n.compare("lt", x, n.number(0)), n.number(1), n.number(0))


ACTIVATIONS = {
    "RELU": relu,
    "RELU6": _clipped(0, 6),
    "RELU_N1_TO_1": _clipped(-1, 1),
    "RELU_0_TO_1": _clipped(0, 1),
    "TANH": tanh,
    "SIGN_BIT": _sign_bit,
}
"""Scalar functions by the words of `ActivationFunctionType`."""


def fused(lo: Lowering, x: SSAValue, name: str) -> SSAValue:
    """A fused activation of floats."""
    if name == "NONE":
        return x
    function = ACTIVATIONS.get(name)
    if function is None or (not Numbers(element_of(x)).floating and name == "TANH"):
        raise NoNativeForm(f"with the activation {name} of {element_of(x)}")
    return activation(lo, function, x)

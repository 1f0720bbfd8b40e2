"""
Activation functions: each one `engine.map`.

Operators: Celu, Elu, Gelu, HardSigmoid, HardSwish, LeakyRelu, Mish, PRelu, Relu, Selu, Shrink,
Sigmoid, Softplus, Softsign, Swish, ThresholdedRelu.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering
from ...to_engine.scalars import select, sigmoid, softplus
from ...to_engine.vocabulary import activations
from ...to_engine.vocabulary.activations import ScalarFunction, activation
from .elementwise import numbers


def _activation(function: ScalarFunction, *attributes: str) -> Conversion:
    """A function whose parameters are attributes."""

    def convert(lo: Lowering) -> SSAValue:
        return activation(lo, function, lo.operands[0], *map(lo.number, attributes))

    return convert


def PRelu(lo: Lowering) -> SSAValue:
    """`x < 0 ? slope * x : x`"""
    n = numbers(lo)

    def build(x: SSAValue, slope: SSAValue) -> SSAValue:
        return select(n.compare("lt", x, n.number(0)), n.mul(x, slope), x)

    return lo.map([lo.operand("X"), lo.operand("slope")], build)


def Gelu(lo: Lowering) -> SSAValue:
    """By the error function, or with `tanh` its approximation."""
    approximate = lo.text("approximate", "none") == "tanh"
    return activation(lo, activations.gelu, lo.operands[0], approximate)


OPERATORS: dict[str, Conversion] = {
    "Celu": _activation(activations.celu, "alpha"),
    "Elu": _activation(activations.elu, "alpha"),
    "Gelu": Gelu,
    "HardSigmoid": _activation(activations.hard_sigmoid, "alpha", "beta"),
    "HardSwish": _activation(activations.hard_swish),
    "LeakyRelu": _activation(activations.leaky_relu, "alpha"),
    "Mish": _activation(activations.mish),
    "PRelu": PRelu,
    "Relu": _activation(activations.relu),
    "Selu": _activation(activations.selu, "alpha", "gamma"),
    "Shrink": _activation(activations.shrink, "bias", "lambd"),
    "Sigmoid": _activation(sigmoid),
    "Softplus": _activation(softplus),
    "Softsign": _activation(activations.softsign),
    "Swish": _activation(activations.swish, "alpha"),
    "ThresholdedRelu": _activation(activations.thresholded_relu, "alpha"),
}

"""
Activation functions: each one `engine.map`, by the formula of its definition.

Operators: Celu, Elu, Gelu, HardSigmoid, HardSwish, LeakyRelu, Mish, PRelu, Relu, Selu, Shrink,
Sigmoid, Softplus, Softsign, Swish, ThresholdedRelu.
"""

from __future__ import annotations

from math import pi
from math import sqrt as square_root

from xdsl.ir import SSAValue

from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers, absolute, erf, expm1, select, sigmoid, softplus, tanh
from .elementwise import numbers


def Relu(lo: Lowering) -> SSAValue:
    """`max(x, 0)`"""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: n.maximum(x, n.number(0)))


def LeakyRelu(lo: Lowering) -> SSAValue:
    """`x < 0 ? alpha * x : x`"""
    n, alpha = numbers(lo), lo.number("alpha")

    def build(x: SSAValue) -> SSAValue:
        return select(n.compare("lt", x, n.number(0)), n.mul(x, n.number(alpha)), x)

    return lo.map(lo.operands, build)


def PRelu(lo: Lowering) -> SSAValue:
    """`x < 0 ? slope * x : x`"""
    n = numbers(lo)

    def build(x: SSAValue, slope: SSAValue) -> SSAValue:
        return select(n.compare("lt", x, n.number(0)), n.mul(x, slope), x)

    return lo.map([lo.operand("X"), lo.operand("slope")], build)


def ThresholdedRelu(lo: Lowering) -> SSAValue:
    """`x > alpha ? x : 0`"""
    n, alpha = numbers(lo), lo.number("alpha")

    def build(x: SSAValue) -> SSAValue:
        return select(n.compare("gt", x, n.number(alpha)), x, n.number(0))

    return lo.map(lo.operands, build)


def Sigmoid(lo: Lowering) -> SSAValue:
    """`1 / (1 + exp(-x))`"""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: sigmoid(n, x))


def _hard_sigmoid(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    line = n.add(n.mul(x, n.number(alpha)), n.number(beta))
    return n.maximum(n.minimum(line, n.number(1)), n.number(0))


def HardSigmoid(lo: Lowering) -> SSAValue:
    """`max(0, min(1, alpha * x + beta))`"""
    n, alpha, beta = numbers(lo), lo.number("alpha"), lo.number("beta")
    return lo.map(lo.operands, lambda x: _hard_sigmoid(n, x, alpha, beta))


def HardSwish(lo: Lowering) -> SSAValue:
    """`x * max(0, min(1, x / 6 + 1 / 2))`"""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: n.mul(x, _hard_sigmoid(n, x, 1 / 6, 0.5)))


def Swish(lo: Lowering) -> SSAValue:
    """`x / (1 + exp(-alpha * x))`"""
    n, alpha = numbers(lo), lo.number("alpha", 1.0)

    def build(x: SSAValue) -> SSAValue:
        scaled = x if alpha == 1.0 else n.mul(x, n.number(alpha))
        return n.mul(x, sigmoid(n, scaled))

    return lo.map(lo.operands, build)


def _exponential(n: Numbers, x: SSAValue, alpha: float) -> SSAValue:
    """`alpha * (exp(x) - 1)`"""
    return n.mul(n.number(alpha), expm1(x))


def Elu(lo: Lowering) -> SSAValue:
    """`x > 0 ? x : alpha * (exp(x) - 1)`"""
    n, alpha = numbers(lo), lo.number("alpha")

    def build(x: SSAValue) -> SSAValue:
        return select(n.compare("gt", x, n.number(0)), x, _exponential(n, x, alpha))

    return lo.map(lo.operands, build)


def Celu(lo: Lowering) -> SSAValue:
    """`max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`"""
    n, alpha = numbers(lo), lo.number("alpha")

    def build(x: SSAValue) -> SSAValue:
        zero = n.number(0)
        below = _exponential(n, n.div(x, n.number(alpha)), alpha)
        return n.add(n.maximum(zero, x), n.minimum(zero, below))

    return lo.map(lo.operands, build)


def Selu(lo: Lowering) -> SSAValue:
    """`gamma * (x > 0 ? x : alpha * (exp(x) - 1))`"""
    n, alpha, gamma = numbers(lo), lo.number("alpha"), lo.number("gamma")

    def build(x: SSAValue) -> SSAValue:
        inner = select(n.compare("gt", x, n.number(0)), x, _exponential(n, x, alpha))
        return n.mul(n.number(gamma), inner)

    return lo.map(lo.operands, build)


def Softplus(lo: Lowering) -> SSAValue:
    """`log(1 + exp(x))`"""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: softplus(n, x))


def Softsign(lo: Lowering) -> SSAValue:
    """`x / (1 + |x|)`"""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: n.div(x, n.add(n.number(1), absolute(x))))


def Mish(lo: Lowering) -> SSAValue:
    """`x * tanh(log(1 + exp(x)))`"""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: n.mul(x, tanh(softplus(n, x))))


def Gelu(lo: Lowering) -> SSAValue:
    """`x / 2 * (1 + erf(x / sqrt(2)))`, or with `tanh` its approximation."""
    n, approximate = numbers(lo), lo.text("approximate", "none") == "tanh"

    def build(x: SSAValue) -> SSAValue:
        if approximate:
            cube = n.mul(n.mul(x, x), x)
            inner = n.add(x, n.mul(n.number(0.044715), cube))
            bell = tanh(n.mul(n.number(square_root(2 / pi)), inner))
        else:
            bell = erf(n.mul(x, n.number(square_root(0.5))))
        return n.mul(n.mul(n.number(0.5), x), n.add(n.number(1), bell))

    return lo.map(lo.operands, build)


def Shrink(lo: Lowering) -> SSAValue:
    """`x < -lambd ? x + bias : x > lambd ? x - bias : 0`"""
    n, bias, lambd = numbers(lo), lo.number("bias"), lo.number("lambd")
    if not n.floating:
        raise NoNativeForm("on integers")

    def build(x: SSAValue) -> SSAValue:
        b = n.number(bias)
        above = select(n.compare("gt", x, n.number(lambd)), n.sub(x, b), n.number(0))
        return select(n.compare("lt", x, n.number(-lambd)), n.add(x, b), above)

    return lo.map(lo.operands, build)


OPERATORS: dict[str, Conversion] = {
    "Celu": Celu,
    "Elu": Elu,
    "Gelu": Gelu,
    "HardSigmoid": HardSigmoid,
    "HardSwish": HardSwish,
    "LeakyRelu": LeakyRelu,
    "Mish": Mish,
    "PRelu": PRelu,
    "Relu": Relu,
    "Selu": Selu,
    "Shrink": Shrink,
    "Sigmoid": Sigmoid,
    "Softplus": Softplus,
    "Softsign": Softsign,
    "Swish": Swish,
    "ThresholdedRelu": ThresholdedRelu,
}

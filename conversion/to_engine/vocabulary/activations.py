"""
Activation functions on scalars, each by the formula of its definition.

A framework's table maps its names or numbers to these; `activation` applies one to a tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from math import sqrt as square_root

from xdsl.ir import SSAValue

from ....dialects.engine.base import element_of
from .. import scalars
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers, absolute, erf, expm1, select, sigmoid, softplus

ScalarFunction = Callable[..., SSAValue]
"""Builds the function of a scalar: `(numbers, x, *parameters)`."""


def activation(
    lo: Lowering, function: ScalarFunction, x: SSAValue, *parameters: float | bool
) -> SSAValue:
    """The function of each element of `x`."""
    n = Numbers(element_of(x))
    return lo.map([x], lambda a: function(n, a, *parameters))


def affine(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    """`alpha * x + beta`"""
    return n.add(n.mul(x, n.number(alpha)), n.number(beta))


def relu(n: Numbers, x: SSAValue) -> SSAValue:
    """`max(x, 0)`"""
    return n.maximum(x, n.number(0))


def leaky_relu(n: Numbers, x: SSAValue, alpha: float) -> SSAValue:
    """`x < 0 ? alpha * x : x`"""
    return select(n.compare("lt", x, n.number(0)), n.mul(x, n.number(alpha)), x)


def thresholded_relu(n: Numbers, x: SSAValue, alpha: float, inclusive: bool = False) -> SSAValue:
    """`x > alpha ? x : 0`, or `x >= alpha` where the threshold itself passes."""
    return select(n.compare("ge" if inclusive else "gt", x, n.number(alpha)), x, n.number(0))


def hard_sigmoid(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    """`max(0, min(1, alpha * x + beta))`"""
    return n.maximum(n.minimum(affine(n, x, alpha, beta), n.number(1)), n.number(0))


def hard_swish(n: Numbers, x: SSAValue) -> SSAValue:
    """`x * max(0, min(1, x / 6 + 1 / 2))`"""
    return n.mul(x, hard_sigmoid(n, x, 1 / 6, 0.5))


def swish(n: Numbers, x: SSAValue, alpha: float = 1.0) -> SSAValue:
    """`x / (1 + exp(-alpha * x))`"""
    return n.mul(x, sigmoid(n, x if alpha == 1.0 else n.mul(x, n.number(alpha))))


def _exponential(n: Numbers, x: SSAValue, alpha: float) -> SSAValue:
    """`alpha * (exp(x) - 1)`"""
    return n.mul(n.number(alpha), expm1(x))


def elu(n: Numbers, x: SSAValue, alpha: float) -> SSAValue:
    """`x > 0 ? x : alpha * (exp(x) - 1)`"""
    return select(n.compare("gt", x, n.number(0)), x, _exponential(n, x, alpha))


def celu(n: Numbers, x: SSAValue, alpha: float) -> SSAValue:
    """`max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`"""
    zero = n.number(0)
    below = _exponential(n, n.div(x, n.number(alpha)), alpha)
    return n.add(n.maximum(zero, x), n.minimum(zero, below))


def selu(n: Numbers, x: SSAValue, alpha: float, gamma: float) -> SSAValue:
    """`gamma * (x > 0 ? x : alpha * (exp(x) - 1))`"""
    inner = select(n.compare("gt", x, n.number(0)), x, _exponential(n, x, alpha))
    return n.mul(n.number(gamma), inner)


def softsign(n: Numbers, x: SSAValue) -> SSAValue:
    """`x / (1 + |x|)`"""
    return n.div(x, n.add(n.number(1), absolute(x)))


def mish(n: Numbers, x: SSAValue) -> SSAValue:
    """`x * tanh(log(1 + exp(x)))`"""
    return n.mul(x, scalars.tanh(softplus(n, x)))


def tanh(n: Numbers, x: SSAValue) -> SSAValue:
    """The hyperbolic tangent, one operation for all floats."""
    del n
    return scalars.tanh(x)


def scaled_tanh(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    """`alpha * tanh(beta * x)`"""
    return n.mul(n.number(alpha), scalars.tanh(n.mul(x, n.number(beta))))


def gelu(n: Numbers, x: SSAValue, approximate: bool = False) -> SSAValue:
    """`x / 2 * (1 + erf(x / sqrt(2)))`, or its approximation with `tanh`."""
    if approximate:
        cube = n.mul(n.mul(x, x), x)
        inner = n.add(x, n.mul(n.number(0.044715), cube))
        bell = scalars.tanh(n.mul(n.number(square_root(2 / pi)), inner))
    else:
        bell = erf(n.mul(x, n.number(square_root(0.5))))
    return n.mul(n.mul(n.number(0.5), x), n.add(n.number(1), bell))


def shrink(n: Numbers, x: SSAValue, bias: float, lambd: float) -> SSAValue:
    """`x < -lambd ? x + bias : x > lambd ? x - bias : 0`"""
    if not n.floating:
        raise NoNativeForm("on integers")
    b = n.number(bias)
    above = select(n.compare("gt", x, n.number(lambd)), n.sub(x, b), n.number(0))
    return select(n.compare("lt", x, n.number(-lambd)), n.add(x, b), above)

"""The activation functions that recurrent operators name, with their parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from xdsl.ir import SSAValue

from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers, absolute, exp, select, sigmoid, softplus, tanh

Activation = Callable[[Numbers, SSAValue], SSAValue]
Parametric = Callable[[Numbers, SSAValue, float, float], SSAValue]


def _affine(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return n.add(n.mul(x, n.number(alpha)), n.number(beta))


def _elu(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    below = n.mul(n.number(alpha), n.sub(exp(x), n.number(1)))
    return select(n.compare("ge", x, n.number(0)), x, below)


def _hard_sigmoid(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return n.maximum(n.minimum(_affine(n, x, alpha, beta), n.number(1)), n.number(0))


def _leaky_relu(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return select(n.compare("lt", x, n.number(0)), n.mul(x, n.number(alpha)), x)


def _relu(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return n.maximum(x, n.number(0))


def _scaled_tanh(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return n.mul(n.number(alpha), tanh(n.mul(x, n.number(beta))))


def _sigmoid(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return sigmoid(n, x)


def _softplus(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return softplus(n, x)


def _softsign(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return n.div(x, n.add(n.number(1), absolute(x)))


def _tanh(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return tanh(x)


def _thresholded_relu(n: Numbers, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return select(n.compare("ge", x, n.number(alpha)), x, n.number(0))


_ACTIVATIONS: dict[str, tuple[Parametric, tuple[float, ...]]] = {
    "affine": (_affine, (1.0, 0.0)),
    "elu": (_elu, (1.0,)),
    "hardsigmoid": (_hard_sigmoid, (0.2, 0.5)),
    "leakyrelu": (_leaky_relu, (0.01,)),
    "relu": (_relu, ()),
    "scaledtanh": (_scaled_tanh, (1.0, 1.0)),
    "sigmoid": (_sigmoid, ()),
    "softplus": (_softplus, ()),
    "softsign": (_softsign, ()),
    "tanh": (_tanh, ()),
    "thresholdedrelu": (_thresholded_relu, (1.0,)),
}
"""The function and the defaults of its parameters alpha and beta, as many as it has."""


def activations_of(lo: Lowering, defaults: Sequence[str], direction: int) -> list[Activation]:
    """The activations of one direction, as `activations` lists them for both.

    `activation_alpha` and `activation_beta` hold one entry per function that has the parameter.
    """
    names = lo.texts("activations") or [*defaults] * 2
    parameters = [
        iter(cast("list[float] | None", lo.op.attribute(key)) or [])
        for key in ("activation_alpha", "activation_beta")
    ]
    made: list[Activation] = []
    for name in names:
        row = _ACTIVATIONS.get(name.lower())
        if row is None:
            raise NoNativeForm(f"with activation {name}")
        function, own = row
        values = [next(parameters[i], default) for i, default in enumerate(own)]
        made.append(_bound(function, *[*values, 0.0, 0.0][:2]))
    count = len(defaults)
    return made[direction * count : (direction + 1) * count]


def _bound(function: Parametric, alpha: float, beta: float) -> Activation:
    def activation(n: Numbers, x: SSAValue) -> SSAValue:
        return function(n, x, alpha, beta)

    return activation

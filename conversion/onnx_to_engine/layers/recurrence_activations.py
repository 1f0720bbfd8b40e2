"""The activation functions that recurrent operators name, with their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.ir import SSAValue

from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers, sigmoid, softplus
from ...to_engine.vocabulary import activations
from ...to_engine.vocabulary.activations import ScalarFunction
from ...to_engine.vocabulary.recurrence import Activation


def _thresholded_relu(n: Numbers, x: SSAValue, alpha: float) -> SSAValue:
    """Here the threshold itself passes."""
    return activations.thresholded_relu(n, x, alpha, inclusive=True)


_ACTIVATIONS: dict[str, tuple[ScalarFunction, tuple[float, ...]]] = {
    "affine": (activations.affine, (1.0, 0.0)),
    "elu": (activations.elu, (1.0,)),
    "hardsigmoid": (activations.hard_sigmoid, (0.2, 0.5)),
    "leakyrelu": (activations.leaky_relu, (0.01,)),
    "relu": (activations.relu, ()),
    "scaledtanh": (activations.scaled_tanh, (1.0, 1.0)),
    "sigmoid": (sigmoid, ()),
    "softplus": (softplus, ()),
    "softsign": (activations.softsign, ()),
    "tanh": (activations.tanh, ()),
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
        made.append(_bound(function, values))
    count = len(defaults)
    return made[direction * count : (direction + 1) * count]


def _bound(function: ScalarFunction, parameters: Sequence[float]) -> Activation:
    def activation(n: Numbers, x: SSAValue) -> SSAValue:
        return function(n, x, *parameters)

    return activation

"""
Activations, on each element.

Operators: celu, elu, gelu, hardshrink, hardsigmoid, hardswish, hardtanh, leaky_relu, logsigmoid,
mish, prelu, relu, relu6, selu, sigmoid, silu, softplus, softshrink, softsign, stanh, swish,
tanh_shrink, thresholded_relu.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.scalars import Numbers, absolute, select, sigmoid, softplus, tanh
from ..to_engine.vocabulary.activations import (
    activation,
    celu,
    elu,
    gelu,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    mish,
    relu,
    selu,
    shrink,
    softsign,
    swish,
)
from ..to_engine.vocabulary.arithmetic import limited
from ..to_engine.vocabulary.convolution import per_channel
from .scalar_maps import of_attributes, of_float, of_number


def _prelu(lo: Lowering) -> SSAValue:
    """One slope, one for each channel, or one for each element of a row."""
    x, slope, mode = lo.operand("x"), lo.operand("alpha"), lo.text("mode")
    n, shape = Numbers(element_of(x)), extents_of(x)
    if mode == "element":
        slope = lo.reshape(slope, (1, *shape[1:]))
    elif mode == "channel":
        flat = lo.reshape(slope, (shape[-1 if lo.text("data_format") == "NHWC" else 1],))
        last = lo.text("data_format") == "NHWC"
        slope = flat if last else per_channel(lo, flat, rank_of(x))
    else:
        slope = lo.reshape(slope, ())
    return lo.map([x, slope], lambda a, s: select(n.compare("gt", a, n.number(0)), a, n.mul(a, s)))


def _softplus(lo: Lowering) -> SSAValue:
    beta, threshold = lo.number("beta", 1), lo.number("threshold", 20)

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        inner = a if beta == 1 else n.mul(a, n.number(beta))
        soft = softplus(n, inner)
        soft = soft if beta == 1 else n.div(soft, n.number(beta))
        return select(n.compare("gt", inner, n.number(threshold)), a, soft)

    return activation(lo, build, lo.operand("x"))


def _hard_shrink(n: Numbers, a: SSAValue, threshold: float) -> SSAValue:
    return select(n.compare("gt", absolute(a), n.number(threshold)), a, n.number(0))


def _soft_shrink(n: Numbers, a: SSAValue, threshold: float) -> SSAValue:
    return shrink(n, a, threshold, threshold)


def _thresholded(n: Numbers, a: SSAValue, threshold: float, other: float) -> SSAValue:
    return select(n.compare("gt", a, n.number(threshold)), a, n.number(other))


def _stanh(n: Numbers, a: SSAValue, inner: float, outer: float) -> SSAValue:
    return n.mul(n.number(outer), tanh(n.mul(n.number(inner), a)))


def _selu(n: Numbers, a: SSAValue, scale: float, alpha: float) -> SSAValue:
    return selu(n, a, alpha, scale)


def _gelu(lo: Lowering) -> SSAValue:
    return activation(lo, gelu, lo.operand("x"), lo.flag("approximate"))


OPERATORS: dict[str, Conversion] = {
    "celu": of_attributes(celu, "alpha"),
    "elu": of_attributes(elu, "alpha"),
    "gelu": _gelu,
    "hardshrink": of_attributes(_hard_shrink, "threshold"),
    "hardsigmoid": of_attributes(hard_sigmoid, "slope", "offset"),
    "hardswish": of_number(hard_swish),
    "hardtanh": of_attributes(limited, "t_min", "t_max"),
    "leaky_relu": of_attributes(leaky_relu, "negative_slope"),
    "logsigmoid": of_float(lambda n, a: n.neg(softplus(n, n.neg(a)))),
    "mish": of_number(mish),
    "prelu": _prelu,
    "relu": of_number(relu),
    "relu6": of_number(lambda n, a: n.minimum(relu(n, a), n.number(6))),
    "selu": of_attributes(_selu, "scale", "alpha"),
    "sigmoid": of_float(sigmoid),
    "silu": of_float(swish),
    "softplus": _softplus,
    "softshrink": of_attributes(_soft_shrink, "threshold"),
    "softsign": of_float(softsign),
    "stanh": of_attributes(_stanh, "scale_a", "scale_b"),
    "swish": of_float(swish),
    "tanh_shrink": of_float(lambda n, a: n.sub(a, tanh(a))),
    "thresholded_relu": of_attributes(_thresholded, "threshold", "value"),
}

"""
Normalisations.

Operators: BatchNormalization, GroupNormalization, InstanceNormalization, LRN, LayerNormalization,
RMSNormalization.
"""

from __future__ import annotations

from math import prod

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine import NormOp, PoolOp
from ....dialects.engine.base import element_of, shape_of
from ....dialects.engine.constant import constant_of
from ....dialects.engine.weights import Array, dtype_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.scalars import Numbers, cast_scalar, sqrt
from .convolution import per_channel


def BatchNormalization(lo: Lowering) -> SSAValue:
    """
    `x * s + t` per channel, `s = scale / sqrt(variance + epsilon)`, `t = bias - mean * s`.

    `s` and `t` are computed once, in f64, when the statistics are constants.
    """
    if lo.integer("training_mode"):
        raise NoNativeForm("in training mode")
    x = lo.operand("X")
    n, rank = Numbers(element_of(x)), len(shape_of(x))
    parts = [lo.operand(name) for name in ("scale", "B", "input_mean", "input_var")]
    epsilon = lo.number("epsilon", 1e-5)
    attrs = [attr for attr in map(constant_of, parts) if attr is not None]
    if len(attrs) == len(parts):
        channels, element = shape_of(parts[0])[0], n.element
        shape = (channels, *([1] * (rank - 2)))
        dtype = dtype_of(element)

        def multiplier(scale: Array, bias: Array, mean: Array, variance: Array) -> Array:
            s = scale.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)
            return s.astype(dtype).reshape(shape)

        def offset(scale: Array, bias: Array, mean: Array, variance: Array) -> Array:
            s = scale.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)
            return (bias - mean * s).astype(dtype).reshape(shape)

        name = parts[0].name_hint or "batchnorm"
        kind = f"batchnorm({epsilon!r}, {list(shape)})"
        s = lo.derived(f"{kind}.scale", multiplier, attrs, shape, element, f"{name}_scale")
        t = lo.derived(f"{kind}.shift", offset, attrs, shape, element, f"{name}_shift")
    else:
        scale, bias, mean, variance = parts
        given, stats = element_of(scale), element_of(mean)
        w = Numbers(stats)  # the three may have three types

        def wide(a: SSAValue, element: Attribute) -> SSAValue:
            return cast_scalar(a, element, stats)

        s = lo.map(
            [scale, variance],
            lambda g, v: w.div(wide(g, given), sqrt(w.add(v, w.number(epsilon)))),
        )
        t = lo.map([bias, mean, s], lambda b, m, k: w.sub(wide(b, given), w.mul(m, k)))
        s, t = per_channel(lo, s, rank), per_channel(lo, t, rank)
        if stats != n.element:
            element = n.element
            return lo.map(
                [x, s, t],
                lambda a, k, d: cast_scalar(w.add(w.mul(wide(a, element), k), d), stats, element),
            )
    return lo.map([x, s, t], lambda a, k, d: n.add(n.mul(a, k), d))


def LayerNormalization(lo: Lowering) -> SSAValue:
    """Over all dimensions from `axis`."""
    if lo.is_used("Mean") or lo.is_used("InvStdDev"):
        raise NoNativeForm("with its statistics")
    x = lo.operand("X")
    rank = len(shape_of(x))
    axes = range(positive(lo.integer("axis", -1), rank), rank)
    scale, bias = lo.operand("Scale"), lo.optional("B")
    epsilon = lo.number("epsilon", 1e-5)
    return lo.emit(NormOp(x, "layer", axes, epsilon, scale=scale, bias=bias))


def RMSNormalization(lo: Lowering) -> SSAValue:
    """By the root mean square over all dimensions from `axis`."""
    x = lo.operand("X")
    rank = len(shape_of(x))
    axes = range(positive(lo.integer("axis", -1), rank), rank)
    return lo.emit(NormOp(x, "rms", axes, lo.number("epsilon", 1e-5), scale=lo.operand("scale")))


def InstanceNormalization(lo: Lowering) -> SSAValue:
    """Over the spatial dimensions of each channel."""
    x = lo.operand("input")
    rank = len(shape_of(x))
    scale, bias = per_channel(lo, lo.operand("scale"), rank), per_channel(lo, lo.operand("B"), rank)
    axes, epsilon = range(2, rank), lo.number("epsilon", 1e-5)
    return lo.emit(NormOp(x, "layer", axes, epsilon, scale=scale, bias=bias))


def GroupNormalization(lo: Lowering) -> SSAValue:
    """Over the channels of a group and the spatial dimensions."""
    x = lo.operand("X")
    rank = len(shape_of(x))
    scale = per_channel(lo, lo.operand("scale"), rank)
    bias = per_channel(lo, lo.operand("bias"), rank)
    axes, epsilon = range(1, rank), lo.number("epsilon", 1e-5)
    groups = lo.integer("num_groups")
    return lo.emit(NormOp(x, "layer", axes, epsilon, scale=scale, bias=bias, groups=groups))


def LRN(lo: Lowering) -> SSAValue:
    """
    `x / (bias + alpha / size * s)^beta`, `s` the sum of squares over `size` channels around.

    The mean over channels that count as 0 outside is an average pool of a `[C, pixels]` image.
    """
    x = lo.operand("X")
    n, shape, size = Numbers(element_of(x)), shape_of(x), lo.integer("size")
    if not isinstance(n.element, Float32Type | Float64Type):
        raise NoNativeForm(f"on {n.element}")
    alpha, beta = lo.number("alpha", 1e-4), lo.number("beta", 0.75)
    bias, low = lo.number("bias", 1.0), (size - 1) // 2
    squares = lo.map([x], lambda a: n.mul(a, a))
    image = lo.reshape(squares, (shape[0], 1, shape[1], prod(shape[2:])))
    means = lo.emit(
        PoolOp(
            image,
            "average",
            [size, 1],
            strides=[1, 1],
            pads=[low, 0, size - 1 - low, 0],
            dilations=[1, 1],
            count_include_pad=True,
        )
    )

    def normalized(a: SSAValue, mean: SSAValue) -> SSAValue:
        scale = n.add(n.mul(mean, n.number(alpha)), n.number(bias))
        return n.div(a, math.PowFOp(scale, n.number(beta)).result)

    return lo.map([x, lo.reshape(means, shape)], normalized)


OPERATORS: dict[str, Conversion] = {
    "BatchNormalization": BatchNormalization,
    "GroupNormalization": GroupNormalization,
    "InstanceNormalization": InstanceNormalization,
    "LRN": LRN,
    "LayerNormalization": LayerNormalization,
    "RMSNormalization": RMSNormalization,
}

"""
Normalisations.

Operators: BatchNormalization, GroupNormalization, InstanceNormalization, LRN, LayerNormalization,
MeanVarianceNormalization, RMSNormalization.
"""

from __future__ import annotations

from xdsl.dialects import math
from xdsl.ir import SSAValue

from ....dialects.engine import NormOp, PoolOp
from ....dialects.engine.base import element_of, extents_of, rank_of
from ....runtime.size import product_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.scalars import Numbers, sqrt
from ...to_engine.vocabulary.affine import batch_normalization
from ...to_engine.vocabulary.cast import cast
from ...to_engine.vocabulary.convolution import per_channel
from ...to_engine.vocabulary.reduce import reduce, widened


def BatchNormalization(lo: Lowering) -> SSAValue | list[SSAValue | None]:
    """`(x - mean) / sqrt(variance + epsilon) * scale + bias` of each channel."""
    if lo.integer("training_mode"):
        return _by_own_statistics(lo)
    parts = [lo.operand(name) for name in ("scale", "B", "input_mean", "input_var")]
    return batch_normalization(lo, lo.operand("X"), parts, lo.number("epsilon", 1e-5))


def _by_own_statistics(lo: Lowering) -> list[SSAValue | None]:
    """In training mode: by mean and variance of this input, which also move the running ones."""
    x, before = lo.operand("X"), [lo.operand("input_mean"), lo.operand("input_var")]
    rank, n = rank_of(x), Numbers(element_of(before[0]))
    wide, over = cast(lo, x, n.element), [axis for axis in range(rank) if axis != 1]
    mean = reduce(lo, "mean", wide, over)
    centred = lo.map([wide, mean], n.sub)
    variance = reduce(lo, "mean", centred, over, before=lambda m, a: m.mul(a, a))
    scale, bias = (
        per_channel(lo, cast(lo, lo.operand(name), n.element), rank) for name in ("scale", "B")
    )
    epsilon, kept = lo.number("epsilon", 1e-5), lo.number("momentum", 0.9)

    def normalized(a: SSAValue, v: SSAValue, k: SSAValue, d: SSAValue) -> SSAValue:
        return n.add(n.mul(n.div(a, sqrt(n.add(v, n.number(epsilon)))), k), d)

    def moved(old: SSAValue, new: SSAValue) -> SSAValue:
        return n.add(n.mul(old, n.number(kept)), n.mul(new, n.number(1 - kept)))

    running = [
        lo.map([old, lo.reshape(new, extents_of(old))], moved)
        for old, new in zip(before, (mean, variance), strict=True)
    ]
    return [cast(lo, lo.map([centred, variance, scale, bias], normalized), element_of(x)), *running]


def LayerNormalization(lo: Lowering) -> SSAValue:
    """Over all dimensions from `axis`."""
    if lo.is_used("Mean") or lo.is_used("InvStdDev"):
        raise NoNativeForm("with its statistics")
    x = lo.operand("X")
    rank = rank_of(x)
    axes = range(positive(lo.integer("axis", -1), rank), rank)
    scale, bias = lo.operand("Scale"), lo.optional("B")
    epsilon = lo.number("epsilon", 1e-5)
    return lo.emit(NormOp(x, "layer", axes, epsilon, scale=scale, bias=bias))


def RMSNormalization(lo: Lowering) -> SSAValue:
    """By the root mean square over all dimensions from `axis`; the scale's type is the result's."""
    x, scale = lo.operand("X"), lo.operand("scale")
    rank, n = rank_of(x), Numbers(element_of(scale))
    axes, epsilon = range(positive(lo.integer("axis", -1), rank), rank), lo.number("epsilon", 1e-5)
    if element_of(x) == n.element:
        return lo.emit(NormOp(x, "rms", axes, epsilon, scale=scale))
    normalized = lo.emit(NormOp(x, "rms", axes, epsilon))
    return lo.map([cast(lo, normalized, n.element), scale], n.mul)


def InstanceNormalization(lo: Lowering) -> SSAValue:
    """Over the spatial dimensions of each channel."""
    x = lo.operand("input")
    rank = rank_of(x)
    scale, bias = per_channel(lo, lo.operand("scale"), rank), per_channel(lo, lo.operand("B"), rank)
    axes, epsilon = range(2, rank), lo.number("epsilon", 1e-5)
    return lo.emit(NormOp(x, "layer", axes, epsilon, scale=scale, bias=bias))


def GroupNormalization(lo: Lowering) -> SSAValue:
    """Over the channels of a group and the spatial dimensions."""
    x = lo.operand("X")
    rank = rank_of(x)
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
    given = lo.operand("X")
    x = widened(lo, given)
    n, shape, size = Numbers(element_of(x)), extents_of(x), lo.integer("size")
    alpha, beta = lo.number("alpha", 1e-4), lo.number("beta", 0.75)
    bias, low = lo.number("bias", 1.0), (size - 1) // 2
    squares = lo.map([x], lambda a: n.mul(a, a))
    image = lo.reshape(squares, (shape[0], 1, shape[1], product_of(shape[2:])))
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

    return cast(lo, lo.map([x, lo.reshape(means, shape)], normalized), element_of(given))


def MeanVarianceNormalization(lo: Lowering) -> SSAValue:
    """`(x - mean) / (deviation + 1e-9)` over the axes, by default all but the channels."""
    given = lo.operand("X")
    x = widened(lo, given)
    rank = rank_of(x)
    axes = lo.integers("axes")
    over = sorted(positive(a, rank) for a in ([0, 2, 3] if axes is None else axes))
    n = Numbers(element_of(x))
    centred = lo.map([x, reduce(lo, "mean", x, over)], n.sub)
    variance = reduce(lo, "mean", centred, over, before=lambda m, a: m.mul(a, a))

    def normalized(a: SSAValue, square: SSAValue) -> SSAValue:
        return n.div(a, n.add(sqrt(square), n.number(1e-9)))

    return cast(lo, lo.map([centred, variance], normalized), element_of(given))


OPERATORS: dict[str, Conversion] = {
    "BatchNormalization": BatchNormalization,
    "GroupNormalization": GroupNormalization,
    "InstanceNormalization": InstanceNormalization,
    "LRN": LRN,
    "LayerNormalization": LayerNormalization,
    "MeanVarianceNormalization": MeanVarianceNormalization,
    "RMSNormalization": RMSNormalization,
}

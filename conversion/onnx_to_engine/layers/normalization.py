"""
Normalisations.

Operators: BatchNormalization, GroupNormalization, InstanceNormalization, LRN, LayerNormalization,
MeanVarianceNormalization, RMSNormalization.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ....dialects.engine import NormOp
from ....dialects.engine.base import element_of, extents_of, rank_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.scalars import Numbers, sqrt
from ...to_engine.vocabulary.affine import batch_normalization
from ...to_engine.vocabulary.cast import cast
from ...to_engine.vocabulary.convolution import per_channel
from ...to_engine.vocabulary.normalization import centred_by_deviation, local_response
from ...to_engine.vocabulary.reduce import reduce


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
    """`x / (bias + alpha / size * s)^beta`, `s` the sum of squares over `size` channels around."""
    return local_response(
        lo,
        lo.operand("X"),
        lo.integer("size"),
        alpha=lo.number("alpha", 1e-4),
        beta=lo.number("beta", 0.75),
        bias=lo.number("bias", 1.0),
    )


def MeanVarianceNormalization(lo: Lowering) -> SSAValue:
    """`(x - mean) / (deviation + 1e-9)` over the axes, by default all but the channels."""
    x, axes = lo.operand("X"), lo.integers("axes")
    over = sorted(positive(a, rank_of(x)) for a in ([0, 2, 3] if axes is None else axes))
    return centred_by_deviation(lo, x, over, 1e-9)


OPERATORS: dict[str, Conversion] = {
    "BatchNormalization": BatchNormalization,
    "GroupNormalization": GroupNormalization,
    "InstanceNormalization": InstanceNormalization,
    "LRN": LRN,
    "LayerNormalization": LayerNormalization,
    "MeanVarianceNormalization": MeanVarianceNormalization,
    "RMSNormalization": RMSNormalization,
}

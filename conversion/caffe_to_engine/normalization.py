"""
Normalizations.

Operators: BN, BatchNorm, LRN, MVN, Normalize, Softmax.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects import math
from xdsl.ir import SSAValue

from ...dialects.engine import SoftmaxOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.scalars import Numbers, sqrt, value
from ..to_engine.vocabulary.affine import affine_per_channel, batch_normalization
from ..to_engine.vocabulary.convolution import per_channel
from ..to_engine.vocabulary.normalization import centred_by_deviation, local_response
from ..to_engine.vocabulary.pooling import pooling
from ..to_engine.vocabulary.reduce import reduce
from ..to_engine.vocabulary.windows import Window


def _unscaled(lo: Lowering, name: str) -> SSAValue:
    """A statistic divided by the factor it was summed up with; 0 where the factor is 0."""
    attrs = [constant_of(lo.operand(n)) for n in (name, "factor")]
    given = [attr for attr in attrs if attr is not None]
    if len(given) < 2:
        raise NoNativeForm("of statistics that are not constants")

    def compute(total: Array, factor: Array) -> Array:
        number = float(factor.reshape(-1)[0])
        return total * np.float32(0 if number == 0 else 1 / number)

    found = lo.operand(name)
    hint = found.name_hint or name
    return lo.derived("unscaled", compute, given, shape_of(found), element_of(found), hint)


def _batch_norm(lo: Lowering) -> SSAValue:
    """`(x - mean / f) / sqrt(variance / f + eps)`"""
    x, mean, variance = lo.operand("x"), _unscaled(lo, "mean"), _unscaled(lo, "variance")
    channels = shape_of(mean)
    ones = lo.constant(np.ones(channels, np.float32), "scale")
    zeros = lo.constant(np.zeros(channels, np.float32), "shift")
    return batch_normalization(lo, x, [ones, zeros, mean, variance], lo.number("eps", 1e-5))


def _bn(lo: Lowering) -> SSAValue:
    """`scale x' + shift`, `x'` normalized where there are a mean and a variance."""
    x, scale, shift = lo.operand("x"), lo.operand("scale"), lo.operand("shift")
    mean, variance = lo.optional("mean"), lo.optional("variance")
    if mean is not None and variance is not None:
        return batch_normalization(lo, x, [scale, shift, mean, variance], lo.number("eps", 1e-5))
    rank = rank_of(x)
    return affine_per_channel(lo, x, per_channel(lo, scale, rank), per_channel(lo, shift, rank))


def _softmax(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return lo.emit(SoftmaxOp(x, positive(lo.integer("axis", 1), rank_of(x))))


def _lrn(lo: Lowering) -> SSAValue:
    """Over neighbouring channels, or over a window within each channel."""
    x, size = lo.operand("x"), lo.integer("local_size", 5)
    alpha, beta = lo.number("alpha", 1), lo.number("beta", 0.75)
    if lo.text("norm_region") != "WITHIN_CHANNEL":
        bias = lo.number("k", 1)
        return local_response(lo, x, size, alpha=alpha, beta=beta, bias=bias)
    n, half = Numbers(element_of(x)), (size - 1) // 2
    squares = lo.map([x], lambda a: n.mul(a, a))
    window = Window((size, size), (1, 1), (half,) * 4, (1, 1))
    means = pooling(lo, "average", squares, window, ceil_mode=True, count_include_pad=True)

    def normalized(a: SSAValue, mean: SSAValue) -> SSAValue:
        scale = n.add(n.mul(mean, n.number(alpha)), n.number(1))
        return n.mul(a, value(math.PowFOp(scale, n.number(-beta))))

    return lo.map([x, means], normalized)


def _mvn(lo: Lowering) -> SSAValue:
    """`(x - mean) / (sqrt(variance) + eps)` of each channel, or of each row."""
    x = lo.operand("x")
    axes = range(1 if lo.flag("across_channels") else 2, rank_of(x))
    if not lo.flag("normalize_variance", default=True):
        return lo.map([x, reduce(lo, "mean", x, axes)], Numbers(element_of(x)).sub)
    return centred_by_deviation(lo, x, axes, lo.number("eps", 1e-9))


def _normalize(lo: Lowering) -> SSAValue:
    """`scale x / sqrt(sum x^2 + eps)` over channels, or over everything."""
    x, scale = lo.operand("x"), lo.operand("scale")
    n, rank, epsilon = Numbers(element_of(x)), rank_of(x), lo.number("eps", 1e-10)
    axes = range(1, rank) if lo.flag("across_spatial", default=True) else (1,)
    total = reduce(lo, "sum", x, axes, before=lambda m, a: m.mul(a, a))
    shared = extents_of(scale) == (1,)
    factor = lo.reshape(scale, ()) if shared else per_channel(lo, scale, rank)

    def build(a: SSAValue, squares: SSAValue, s: SSAValue) -> SSAValue:
        return n.mul(n.div(a, sqrt(n.add(squares, n.number(epsilon)))), s)

    return lo.map([x, total, factor], build)


OPERATORS: dict[str, Conversion] = {
    "BN": _bn,
    "BatchNorm": _batch_norm,
    "LRN": _lrn,
    "MVN": _mvn,
    "Normalize": _normalize,
    "Softmax": _softmax,
}

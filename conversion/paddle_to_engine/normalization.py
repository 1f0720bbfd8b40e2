"""
Normalizations.

Operators: affine_channel, batch_norm, group_norm, instance_norm, layer_norm, log_softmax, lrn,
rms_norm, softmax.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import NormOp, SoftmaxOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...dialects.engine.weights import dtype_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.vocabulary.affine import affine_per_channel, batch_normalization
from ..to_engine.vocabulary.convolution import per_channel
from ..to_engine.vocabulary.normalization import local_response
from .channels import channels_back, channels_first


def _last(lo: Lowering, name: str = "data_format") -> bool:
    layout = lo.text(name)
    return layout.endswith("C") and layout != "NC"


def _statistics_unused(lo: Lowering, *names: str) -> None:
    if any(lo.is_used(name) for name in names):
        raise NoNativeForm("with its statistics")


def _batch_norm(lo: Lowering) -> Results:
    if not lo.flag("is_test") and not lo.flag("use_global_stats"):
        raise NoNativeForm("with the statistics of its operand, as in training")
    _statistics_unused(lo, "saved_mean", "saved_variance", "reserve_space")
    mean, variance = lo.operand("mean"), lo.operand("variance")
    scale, bias = (_filled(lo, lo.optional(n), mean, v) for n, v in (("scale", 1), ("bias", 0)))
    last = _last(lo)
    x = channels_first(lo, lo.operand("x"), last)
    parts = [scale, bias, mean, variance]
    found = batch_normalization(lo, x, parts, lo.number("epsilon", 1e-5))
    return [channels_back(lo, found, last), mean, variance, None, None, None]


def _filled(lo: Lowering, given: SSAValue | None, like: SSAValue, value: int) -> SSAValue:
    """What is given, or a vector of one number."""
    if given is not None:
        return given
    return lo.constant(np.full(shape_of(like), value, dtype_of(element_of(like))), "filled")


def _layer_norm(lo: Lowering) -> Results:
    _statistics_unused(lo, "mean", "variance")
    x, axis = lo.operand("x"), lo.integer("begin_norm_axis", 1)
    rank, inner = rank_of(x), extents_of(x)[axis:]
    scale, bias = (
        None if value is None else lo.reshape(value, inner)
        for value in (lo.optional("scale"), lo.optional("bias"))
    )
    epsilon, axes = lo.number("epsilon", 1e-5), range(axis, rank)
    return [lo.emit(NormOp(x, "layer", axes, epsilon, scale=scale, bias=bias)), None, None]


def _rms_norm(lo: Lowering) -> Results:
    _statistics_unused(lo, "invvar")
    x, shape = lo.operand("x"), lo.integers("normalized_shape") or []
    rank, given = rank_of(x), lo.optional("scale")
    scale = None if given is None else lo.reshape(given, shape)
    axes = range(rank - len(shape), rank)
    return [lo.emit(NormOp(x, "rms", axes, lo.number("epsilon", 1e-5), scale=scale)), None]


def _instance_norm(lo: Lowering) -> Results:
    _statistics_unused(lo, "saved_mean", "saved_variance")
    x, epsilon = lo.operand("x"), lo.number("epsilon", 1e-5)
    scale, bias = _channel_operands(lo, rank_of(x))
    axes = range(2, rank_of(x))
    return [lo.emit(NormOp(x, "layer", axes, epsilon, scale=scale, bias=bias)), None, None]


def _channel_operands(lo: Lowering, rank: int) -> list[SSAValue | None]:
    given = [lo.optional("scale"), lo.optional("bias")]
    return [None if value is None else per_channel(lo, value, rank) for value in given]


def _group_norm(lo: Lowering) -> Results:
    _statistics_unused(lo, "mean", "variance")
    last, epsilon = _last(lo), lo.number("epsilon", 1e-5)
    x = channels_first(lo, lo.operand("x"), last)
    rank, groups = rank_of(x), lo.integer("groups")
    scale, bias = _channel_operands(lo, rank)
    axes = range(1, rank)
    norm = NormOp(x, "layer", axes, epsilon, scale=scale, bias=bias, groups=groups)
    return [channels_back(lo, lo.emit(norm), last), None, None]


def _softmax(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return lo.emit(SoftmaxOp(x, positive(lo.integer("axis", -1), rank_of(x))))


def _log_softmax(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return lo.emit(SoftmaxOp(x, positive(lo.integer("axis", -1), rank_of(x)), log=True))


def _lrn(lo: Lowering) -> Results:
    """The factor is that of the sum, not of the mean."""
    _statistics_unused(lo, "mid_out")
    size = lo.integer("n", 5)
    found = local_response(
        lo,
        lo.operand("x"),
        size,
        alpha=lo.number("alpha") * size,
        beta=lo.number("beta"),
        bias=lo.number("k"),
    )
    return [found, None]


def _affine_channel(lo: Lowering) -> SSAValue:
    last = _last(lo, "data_layout")
    x = channels_first(lo, lo.operand("x"), last)
    scale, shift = (per_channel(lo, lo.operand(n), rank_of(x)) for n in ("scale", "bias"))
    return channels_back(lo, affine_per_channel(lo, x, scale, shift), last)


OPERATORS: dict[str, Conversion] = {
    "affine_channel": _affine_channel,
    "batch_norm": _batch_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "layer_norm": _layer_norm,
    "log_softmax": _log_softmax,
    "lrn": _lrn,
    "rms_norm": _rms_norm,
    "softmax": _softmax,
}

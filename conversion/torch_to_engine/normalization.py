"""
Normalisation by the statistics of a channel, a group, a row, or of training.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import NormOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import dtype_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, sqrt
from ..to_engine.vocabulary.affine import batch_normalization
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.convolution import per_channel
from ..to_engine.vocabulary.reduce import reduce
from .arguments import dim, flag, require_unused, used
from .norms import norm
from .promotion import wide

_STATISTICS = "the statistics of the batch"


def _constant(lo: Lowering, value: float, like: SSAValue, count: int) -> SSAValue:
    lo.require_room(count)
    return lo.constant(np.full(count, value, dtype_of(element_of(like))), "parameter")


def _channels(x: SSAValue) -> int:
    count = extents_of(x)[1]
    if not isinstance(count, int):
        raise NoNativeForm("of a number of channels by name")
    return count


def _by_running_statistics(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    count = _channels(x)
    mean, variance = lo.operand("running_mean"), lo.operand("running_var")
    weight, bias = lo.optional("weight"), lo.optional("bias")
    scale = _constant(lo, 1.0, mean, count) if weight is None else weight
    shift = _constant(lo, 0.0, mean, count) if bias is None else bias
    return batch_normalization(lo, x, (scale, shift, mean, variance), lo.number("eps"))


def _normalised(
    lo: Lowering, x: SSAValue, axes: Sequence[int], eps: float
) -> tuple[SSAValue, SSAValue, SSAValue]:
    """(normalised, mean, 1 / deviation) over axes, in f32 or wider."""
    given = cast(lo, x, wide(element_of(x)))
    n = Numbers(element_of(given))
    mean = reduce(lo, "mean", given, axes)
    centred = lo.map([given, mean], n.sub)
    variance = reduce(lo, "mean", centred, axes, before=lambda m, a: m.mul(a, a))
    scale = lo.map([variance], lambda v: n.div(n.number(1), sqrt(n.add(v, n.number(eps)))))
    return lo.map([centred, scale], n.mul), mean, scale


def _affine(lo: Lowering, x: SSAValue, weight: SSAValue | None, bias: SSAValue | None) -> SSAValue:
    n = Numbers(element_of(x))
    if weight is not None:
        x = lo.map([x, cast(lo, weight, n.element)], n.mul)
    return x if bias is None else lo.map([x, cast(lo, bias, n.element)], n.add)


def _per_channel(lo: Lowering, name: str, rank: int) -> SSAValue | None:
    value = lo.optional(name)
    return None if value is None else per_channel(lo, value, rank)


def _by_own_statistics(lo: Lowering) -> list[SSAValue | None]:
    x = lo.operand("input")
    rank = rank_of(x)
    axes = [a for a in range(rank) if a != 1]
    found, mean, scale = _normalised(lo, x, axes, lo.number("eps"))
    weight, bias = (_per_channel(lo, name, rank) for name in ("weight", "bias"))
    result = cast(lo, _affine(lo, found, weight, bias), element_of(x))
    count = extents_of(x)[1]
    return [result, lo.reshape(mean, (count,)), lo.reshape(scale, (count,))]


def _trains(lo: Lowering) -> bool:
    return flag(lo, "training") or lo.optional("running_mean") is None


def _batch_norm(lo: Lowering) -> SSAValue | None:
    return _by_own_statistics(lo)[0] if _trains(lo) else _by_running_statistics(lo)


def _only(lo: Lowering) -> list[SSAValue | None]:
    return [_batch_norm(lo)]


def _native_batch_norm(lo: Lowering) -> list[SSAValue | None]:
    if _trains(lo) and lo.optional("running_mean") is not None:
        raise NoNativeForm("in training")
    return _by_own_statistics(lo) if _trains(lo) else _without_statistics(lo)


def _without_statistics(lo: Lowering) -> list[SSAValue | None]:
    """Those of the batch are not there: they are empty."""
    more = len(lo.op.result_slots) - 1
    require_unused(lo, range(1, more + 1), _STATISTICS)
    return [_by_running_statistics(lo), *[None] * more]


def _no_stats(lo: Lowering) -> list[SSAValue | None]:
    return _by_own_statistics(lo)


def _last_axes(lo: Lowering, x: SSAValue) -> list[int]:
    shape = lo.op.attribute("normalized_shape")
    count = len(shape) if isinstance(shape, list) else 1
    return list(range(rank_of(x) - count, rank_of(x)))


def layer_norm(lo: Lowering, axes: Sequence[int]) -> SSAValue:
    """Over the last dimensions."""
    x, weight, bias = lo.operand("input"), lo.optional("weight"), lo.optional("bias")
    eps = lo.number("eps")
    if weight is None and bias is not None:
        n = Numbers(element_of(x))
        return lo.map([lo.emit(NormOp(x, "layer", axes, eps)), bias], n.add)
    return lo.emit(NormOp(x, "layer", axes, eps, scale=weight, bias=bias))


def _layer_norm(lo: Lowering) -> SSAValue:
    return layer_norm(lo, _last_axes(lo, lo.operand("input")))


def _native_layer_norm(lo: Lowering) -> list[SSAValue | None]:
    x = lo.operand("input")
    axes = _last_axes(lo, x)
    if not used(lo, 1) and not used(lo, 2):
        return [layer_norm(lo, axes), None, None]
    _, mean, scale = _normalised(lo, x, axes, lo.number("eps"))
    return [layer_norm(lo, axes), mean, scale]


def _least(lo: Lowering, x: SSAValue) -> float:
    """The smallest step of the type stands for an epsilon that is not given."""
    if lo.op.attribute("eps") is not None:
        return lo.number("eps")
    return float(np.finfo(dtype_of(element_of(x))).eps)


def _rms(lo: Lowering) -> SSAValue:
    x, weight = lo.operand("input"), lo.optional("weight")
    return lo.emit(NormOp(x, "rms", _last_axes(lo, x), _least(lo, x), scale=weight))


def _fused_rms(lo: Lowering) -> list[SSAValue | None]:
    if not used(lo, 1):
        return [_rms(lo), None]
    x = lo.operand("input")
    eps, given = _least(lo, x), cast(lo, x, wide(element_of(x)))
    n = Numbers(element_of(given))
    square = reduce(lo, "mean", given, _last_axes(lo, x), before=lambda m, a: m.mul(a, a))
    scale = lo.map([square], lambda v: n.div(n.number(1), sqrt(n.add(v, n.number(eps)))))
    return [_rms(lo), scale]


def group_norm(lo: Lowering, groups: int) -> SSAValue:
    """Over the channels of a group and the spatial dimensions."""
    x = lo.operand("input")
    rank, eps = rank_of(x), lo.number("eps")
    weight, bias = (_per_channel(lo, name, rank) for name in ("weight", "bias"))
    axes = range(1, rank)
    if weight is None and bias is not None:
        found = lo.emit(NormOp(x, "layer", axes, eps, groups=groups))
        return _affine(lo, found, None, bias)
    return lo.emit(NormOp(x, "layer", axes, eps, scale=weight, bias=bias, groups=groups))


def _group_norm(lo: Lowering) -> SSAValue:
    return group_norm(lo, lo.integer("num_groups"))


def _native_group_norm(lo: Lowering) -> list[SSAValue | None]:
    groups = lo.integer("group")
    found = group_norm(lo, groups)
    if not used(lo, 1) and not used(lo, 2):
        return [found, None, None]
    x = lo.operand("input")
    batch, channels, *rest = extents_of(x)
    split = lo.reshape(x, (batch, groups, channels // groups, *rest))
    _, mean, scale = _normalised(lo, split, range(2, rank_of(split)), lo.number("eps"))
    return [found, lo.reshape(mean, (batch, groups)), lo.reshape(scale, (batch, groups))]


def _instance_norm(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    if not flag(lo, "use_input_stats"):
        return _by_running_statistics(lo)
    rank, eps = rank_of(x), lo.number("eps")
    weight, bias = (_per_channel(lo, name, rank) for name in ("weight", "bias"))
    axes = range(2, rank)
    if weight is None and bias is not None:
        return _affine(lo, lo.emit(NormOp(x, "layer", axes, eps)), None, bias)
    return lo.emit(NormOp(x, "layer", axes, eps, scale=weight, bias=bias))


def _weight_norm(lo: Lowering) -> SSAValue:
    """`v * g / |v|`, the norm over all dimensions but one."""
    v, g = lo.operand("v"), lo.operand("g")
    kept, n = dim(lo.integer("dim"), rank_of(v)), Numbers(element_of(v))
    axes = [a for a in range(rank_of(v)) if a != kept]
    size = norm(lo, v, axes, 2.0, keep=True)
    return lo.map([v, g, size], lambda a, b, c: n.mul(a, n.div(b, c)))


OPERATORS: dict[str, Conversion] = {
    "batch_norm": _only,
    "native_batch_norm": _native_batch_norm,
    "_native_batch_norm_legit_no_training": _without_statistics,
    "_batch_norm_no_update": _without_statistics,
    "_native_batch_norm_legit.no_stats": _no_stats,
    "layer_norm": _layer_norm,
    "native_layer_norm": _native_layer_norm,
    "rms_norm": _rms,
    "_fused_rms_norm": _fused_rms,
    "group_norm": _group_norm,
    "native_group_norm": _native_group_norm,
    "instance_norm": _instance_norm,
    "_weight_norm": _weight_norm,
}
"""Conversions by the operator and its overload, without one for the default."""

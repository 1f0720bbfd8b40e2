"""A factor and a shift for each channel, and what comes down to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine.base import element_of, rank_of, shape_of
from ....dialects.engine.constant import constant_of
from ....dialects.engine.normal_numbers import all_normal_or_zero
from ....dialects.engine.weights import Array, dtype_of
from ..lowering import Lowering
from ..scalars import Numbers, cast_scalar, sqrt
from .convolution import per_channel


def affine_per_channel(lo: Lowering, x: SSAValue, scale: SSAValue, shift: SSAValue) -> SSAValue:
    """`x * scale + shift`, computed in the type of the scale; both broadcast to `x`."""
    n, w = Numbers(element_of(x)), Numbers(element_of(scale))

    def build(a: SSAValue, k: SSAValue, d: SSAValue) -> SSAValue:
        wide = cast_scalar(a, n.element, w.element)
        return cast_scalar(w.add(w.mul(wide, k), d), w.element, n.element)

    return lo.map([x, scale, shift], build)


def batch_normalization(
    lo: Lowering, x: SSAValue, parts: Sequence[SSAValue], epsilon: float
) -> SSAValue:
    """
    `x * s + t` per channel, `s = scale / sqrt(variance + epsilon)`, `t = bias - mean * s`.

    `parts` are scale, bias, mean and variance, `[C]` each. `s` and `t` are computed once, in f64,
    when all four are constants; where one of their numbers is none of the type of `x`, or too small
    for it to have all digits, the result is `(x - mean) / sqrt(variance + epsilon) * scale + bias`.
    """
    rank = rank_of(x)
    if all(constant_of(part) is not None for part in parts):
        if _is_representable(lo, parts, element_of(x), epsilon):
            return affine_per_channel(lo, x, *_constants(lo, parts, element_of(x), rank, epsilon))
        return _in_full(lo, x, parts, epsilon)
    scale, bias, mean, variance = parts
    given, stats = element_of(scale), element_of(mean)
    w = Numbers(stats)  # the three may have three types

    def wide(a: SSAValue) -> SSAValue:
        return cast_scalar(a, given, stats)

    s = lo.map(
        [scale, variance],
        lambda g, v: w.div(wide(g), sqrt(w.add(v, w.number(epsilon)))),
    )
    t = lo.map([bias, mean, s], lambda b, m, k: w.sub(wide(b), w.mul(m, k)))
    return affine_per_channel(lo, x, per_channel(lo, s, rank), per_channel(lo, t, rank))


def _in_full(lo: Lowering, x: SSAValue, parts: Sequence[SSAValue], epsilon: float) -> SSAValue:
    """`(x - mean) / sqrt(variance + epsilon) * scale + bias`, computed in the type of the mean."""
    given, element, stats = (element_of(v) for v in (x, parts[0], parts[2]))
    w = Numbers(stats)

    def build(a: SSAValue, *channel: SSAValue) -> SSAValue:
        g, b = (cast_scalar(part, element, stats) for part in channel[:2])
        m, v = channel[2:]
        a = cast_scalar(a, given, stats)
        normal = w.div(w.sub(a, m), sqrt(w.add(v, w.number(epsilon))))
        return cast_scalar(w.add(w.mul(normal, g), b), stats, given)

    rank = rank_of(x)
    return lo.map([x, *(per_channel(lo, part, rank) for part in parts)], build)


def _multiplier(scale: Array, variance: Array, epsilon: float) -> Array:
    with np.errstate(all="ignore"):
        return scale.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)


def _offset(scale: Array, bias: Array, mean: Array, variance: Array, epsilon: float) -> Array:
    with np.errstate(all="ignore"):
        return bias - mean * _multiplier(scale, variance, epsilon)


def _is_representable(
    lo: Lowering, parts: Sequence[SSAValue], element: Attribute, epsilon: float
) -> bool:
    """Whether the factor and the shift of every channel are 0 or normal numbers of a type."""
    attrs = [attr for attr in map(constant_of, parts) if attr is not None]
    scale, bias, mean, variance = (lo.store.array(attr) for attr in attrs)
    factor = _multiplier(scale, variance, epsilon)
    shift = _offset(scale, bias, mean, variance, epsilon)
    return (
        all_normal_or_zero(factor, element)
        and all_normal_or_zero(shift, element)
        and not np.any((factor == 0) & (scale != 0))
    )


def _constants(
    lo: Lowering, parts: Sequence[SSAValue], element: Attribute, rank: int, epsilon: float
) -> tuple[SSAValue, SSAValue]:
    attrs = [attr for attr in map(constant_of, parts) if attr is not None]
    shape = (shape_of(parts[0])[0], *([1] * (rank - 2)))
    dtype = dtype_of(element)

    def multiplier(scale: Array, bias: Array, mean: Array, variance: Array) -> Array:
        return _multiplier(scale, variance, epsilon).astype(dtype).reshape(shape)

    def offset(scale: Array, bias: Array, mean: Array, variance: Array) -> Array:
        return _offset(scale, bias, mean, variance, epsilon).astype(dtype).reshape(shape)

    name = parts[0].name_hint or "batchnorm"
    kind = f"batchnorm({epsilon!r}, {list(shape)})"
    s = lo.derived(f"{kind}.scale", multiplier, attrs, shape, element, f"{name}_scale")
    t = lo.derived(f"{kind}.shift", offset, attrs, shape, element, f"{name}_shift")
    return s, t

"""
Resize.

Operators: Resize.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from xdsl.ir import SSAValue

from ....dialects.engine import ResizeOp
from ....dialects.engine.base import element_of, extents_of, static
from ....runtime.size import Extent, exact_quotient, numbers_of
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.open_extents import extents_in, given_extents
from ...to_engine.scalars import Numbers
from .resize_by_weights import resize_by_weights
from .resize_shape import given_scales, resized_axes, scaled_extent


def _scales(lo: Lowering, axes: Sequence[int], shape: Sequence[Extent]) -> list[float] | None:
    value = given_scales(lo)
    if value is None:
        return None
    array = lo.array_of(value)
    assert array is not None
    scales = [1.0] * len(shape)
    for axis, scale in zip(axes, array.reshape(-1).tolist(), strict=True):
        scales[axis] = float(scale)
    return scales


def _sized(
    lo: Lowering, axes: Sequence[int], shape: Sequence[Extent]
) -> tuple[list[Extent], list[float]] | None:
    """The target extents and the scales they stand for; None where these are no numbers."""
    sizes = given_extents(lo, "sizes") or []
    policy = lo.text("keep_aspect_ratio_policy", "stretch")
    target, scales = list(shape), [1.0] * len(shape)
    found = [_factor(n, shape[a]) for a, n in zip(axes, sizes, strict=True)]
    factors = [factor for factor in found if factor is not None]
    if len(factors) != len(found):
        return None
    if policy != "stretch":
        if not static(shape):
            return None
        one = min(factors) if policy == "not_larger" else max(factors)
        sizes = [floor(one * n + 0.5) for n in numbers_of(shape[a] for a in axes)]
        factors = [one] * len(axes)
    for axis, n, factor in zip(axes, sizes, factors, strict=True):
        target[axis], scales[axis] = n, factor
    return target, scales


def _factor(after: Extent, before: Extent) -> float | None:
    """The ratio of two extents, where it is a number."""
    if isinstance(after, int) and isinstance(before, int):
        return after / before
    if (times := exact_quotient(after, before)) is not None and isinstance(times, int):
        return float(times)
    parts = exact_quotient(before, after)
    return 1 / parts if isinstance(parts, int) else None


def Resize(lo: Lowering) -> SSAValue:
    """Resampling by constant scales or to constant sizes, in the common ways; or by weights."""
    x = lo.operand("X")
    shape = extents_of(x)
    coordinates, mode = lo.text("coordinate_transformation_mode"), lo.text("mode")
    special = lo.integer("antialias") or lo.integer("exclude_outside")
    given = [v for v in (lo.optional("scales"), lo.optional("sizes")) if v is not None]
    fixed = all(extents_in(lo, v) is not None for v in given)
    if special or not fixed or coordinates not in ResizeOp.COORDINATES:
        return resize_by_weights(lo)
    if mode != "nearest" and not Numbers(element_of(x)).floating:
        raise NoNativeForm("of integers by interpolation")
    axes = resized_axes(lo)
    scales = _scales(lo, axes, shape)
    if scales is None:
        found = _sized(lo, axes, shape)
        if found is None:
            return resize_by_weights(lo)
        target, scales = found
    else:
        target = [scaled_extent(n, s) for n, s in zip(shape, scales, strict=True)]
    rounding, cubic = lo.text("nearest_mode"), lo.number("cubic_coeff_a", -0.75)
    if target == list(shape) and all(s == 1.0 for s in scales):
        return x
    return lo.emit(ResizeOp(x, target, mode, coordinates, rounding, scales, cubic))


OPERATORS = {"Resize": Resize}

"""
Resize.

Operators: Resize.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine import ResizeOp
from ....dialects.engine.base import element_of, shape_of
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.scalars import Numbers
from .resize_by_weights import resize_by_weights


def _scales(lo: Lowering, axes: Sequence[int], shape: Sequence[int]) -> list[float] | None:
    value = lo.optional("scales")
    if value is None or 0 in shape_of(value):
        return None
    array = lo.array_of(value)
    assert array is not None
    scales = [1.0] * len(shape)
    for axis, scale in zip(axes, array.reshape(-1).tolist(), strict=True):
        scales[axis] = float(scale)
    return scales


def _sized(
    lo: Lowering, axes: Sequence[int], shape: Sequence[int]
) -> tuple[list[int], list[float]]:
    """The target extents and the scales they stand for."""
    sizes = lo.constant_integers("sizes") or []
    policy = lo.text("keep_aspect_ratio_policy", "stretch")
    target, scales = list(shape), [1.0] * len(shape)
    factors = [n / shape[a] for a, n in zip(axes, sizes, strict=True)]
    if policy != "stretch":
        one = min(factors) if policy == "not_larger" else max(factors)
        sizes = [floor(one * shape[a] + 0.5) for a in axes]
        factors = [one] * len(axes)
    for axis, n, factor in zip(axes, sizes, factors, strict=True):
        target[axis], scales[axis] = n, factor
    return target, scales


def Resize(lo: Lowering) -> SSAValue:
    """Resampling by constant scales or to constant sizes, in the common ways; or by weights."""
    x = lo.operand("X")
    shape = shape_of(x)
    coordinates, mode = lo.text("coordinate_transformation_mode"), lo.text("mode")
    special = lo.integer("antialias") or lo.integer("exclude_outside")
    given = [v for v in (lo.optional("scales"), lo.optional("sizes")) if v is not None]
    fixed = all(lo.array_of(v) is not None for v in given)
    if special or not fixed or coordinates not in ResizeOp.COORDINATES:
        return resize_by_weights(lo)
    if mode != "nearest" and not Numbers(element_of(x)).floating:
        raise NoNativeForm("of integers by interpolation")
    axes = [positive(a, len(shape)) for a in lo.integers("axes") or range(len(shape))]
    scales = _scales(lo, axes, shape)
    if scales is None:
        target, scales = _sized(lo, axes, shape)
    else:
        # Scales are f32; the product is taken as the reference takes it.
        target = [int(np.floor(n * np.float32(s))) for n, s in zip(shape, scales, strict=True)]
    rounding, cubic = lo.text("nearest_mode"), lo.number("cubic_coeff_a", -0.75)
    if target == list(shape) and all(s == 1.0 for s in scales):
        return x
    return lo.emit(ResizeOp(x, target, mode, coordinates, rounding, scales, cubic))


OPERATORS = {"Resize": Resize}

"""
Images resampled: to other sizes, and at points that are data.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine import MatmulOp, ResizeOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import dtype_of
from ...interpreters.torch.resampling import weights_along
from ...runtime.size import Extent, exact_quotient
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.grid_sample import affine_grid, grid_sampled
from .arguments import extents, flag, result_shape
from .promotion import wide

_SCALES = {1: ("scales",), 2: ("scales_h", "scales_w"), 3: ("scales_d", "scales_h", "scales_w")}


def _factors(lo: Lowering, rank: int) -> list[float | None]:
    """The factors that are given, one for each spatial dimension."""
    attributes = lo.op.SIGNATURE.attributes
    if "scale_factors" in attributes:
        given = lo.op.attribute("scale_factors")
        return [float(str(v)) for v in given] if isinstance(given, list) else [None] * rank
    found = [lo.op.attribute(name) for name in _SCALES[rank] if name in attributes]
    return [v if isinstance(v, float) else None for v in found] or [None] * rank


def _ratio(after: Extent, before: Extent) -> float:
    if isinstance(after, int) and isinstance(before, int):
        return after / before
    times = exact_quotient(after, before)
    parts = exact_quotient(before, after)
    if isinstance(times, int):
        return float(times)
    if isinstance(parts, int):
        return 1 / parts
    raise NoNativeForm("by a factor that is no number")


def _image(lo: Lowering) -> SSAValue:
    names = lo.op.SIGNATURE.operand_names
    return lo.operand("input" if "input" in names else "self")


def _upsample(mode: str, *, exact: bool = False) -> Conversion:
    """By `nearest`, `linear` or `cubic`; `exact` measures from the middle of elements."""

    def convert(lo: Lowering) -> SSAValue:
        x, target = _image(lo), result_shape(lo)
        given = x
        if mode != "nearest":
            if not Numbers(element_of(x)).floating:
                raise NoNativeForm("of integers by interpolation")
            x = cast(lo, x, wide(element_of(x)))
        shape = extents_of(x)
        corners = "align_corners" in lo.op.SIGNATURE.attributes and flag(lo, "align_corners")
        given_factors = _factors(lo, len(shape) - 2)
        factors = [
            _ratio(n, m) if factor is None or corners else factor
            for n, m, factor in zip(target[2:], shape[2:], given_factors, strict=True)
        ]
        coordinates = "align_corners" if corners else "half_pixel"
        if mode == "nearest" and not exact:
            coordinates = "asymmetric"
        rounding = "round_prefer_ceil" if exact else "floor"
        scales = [1.0, 1.0, *factors]
        if target == shape and all(s == 1 for s in scales):
            return given
        found = lo.emit(ResizeOp(x, target, mode, coordinates, rounding, scales))
        return cast(lo, found, element_of(given))

    return convert


def _smooth(kind: str) -> Conversion:
    """With a kernel as wide as the source, by a matrix of weights for each dimension."""

    def convert(lo: Lowering) -> SSAValue:
        x, target = _image(lo), result_shape(lo)
        element = wide(element_of(x))
        if not Numbers(element_of(x)).floating:
            raise NoNativeForm("of integers by interpolation")
        given, x = x, cast(lo, x, element)
        rank = rank_of(x)
        factors = _factors(lo, rank - 2)
        for axis in range(2, rank):
            before, after = extents_of(x)[axis], target[axis]
            if not isinstance(before, int) or not isinstance(after, int):
                raise NoNativeForm("of sizes that are no numbers")
            lo.require_room(before, after)
            corners = flag(lo, "align_corners")
            weights = weights_along(kind, before, after, corners, factors[axis - 2])
            matrix = lo.constant(weights.T.astype(dtype_of(element)), "weights")
            order = [a for a in range(rank) if a != axis]
            moved = lo.emit(MatmulOp(lo.transpose(x, [*order, axis]), matrix))
            back = [*range(axis), rank - 1, *range(axis, rank - 1)]
            x = lo.transpose(moved, back)
        return cast(lo, x, element_of(given))

    return convert


_MODES = ("linear", "nearest", "cubic")
_OUTSIDE = ("zeros", "border", "reflection")


def _grid_sampler(lo: Lowering) -> SSAValue:
    mode, outside = _MODES[lo.integer("interpolation_mode")], _OUTSIDE[lo.integer("padding_mode")]
    if (mode, outside) == ("cubic", "border"):
        outside = "edge"
    x, grid = lo.operand("input"), lo.operand("grid")
    corners = flag(lo, "align_corners")
    return grid_sampled(lo, x, grid, mode=mode, outside=outside, corners=corners)


def _affine_grid(lo: Lowering) -> SSAValue:
    sizes = [n for n in extents(lo, "size") if isinstance(n, int)]
    if len(sizes) < len(extents(lo, "size")):
        raise NoNativeForm("of sizes that are no numbers")
    return affine_grid(lo, lo.operand("theta"), sizes[2:], corners=flag(lo, "align_corners"))


def _both(names: Sequence[str], conversion: Conversion) -> dict[str, Conversion]:
    """With sizes, and with sizes or factors."""
    return {f"{name}{kind}": conversion for name in names for kind in ("", ".vec")}


OPERATORS: dict[str, Conversion] = {
    **_both([f"upsample_nearest{n}d" for n in (1, 2, 3)], _upsample("nearest")),
    **_both([f"_upsample_nearest_exact{n}d" for n in (1, 2, 3)], _upsample("nearest", exact=True)),
    **_both(
        ["upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"], _upsample("linear")
    ),
    **_both(["upsample_bicubic2d"], _upsample("cubic")),
    **_both(["_upsample_bilinear2d_aa"], _smooth("linear-aa")),
    **_both(["_upsample_bicubic2d_aa"], _smooth("cubic-aa")),
    "grid_sampler": _grid_sampler,
    "grid_sampler_2d": _grid_sampler,
    "grid_sampler_3d": _grid_sampler,
    "_grid_sampler_2d_cpu_fallback": _grid_sampler,
    "affine_grid_generator": _affine_grid,
}
"""Conversions by the operator and its overload, without one for the default."""

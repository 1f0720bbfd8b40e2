"""
Images of other sizes.

Operators: affine_grid, bicubic_interp, bilinear_interp, grid_sample, linear_interp, nearest_interp.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine import ResizeOp
from ...dialects.engine.base import extents_of
from ...runtime.size import Extent, exact_quotient, is_one
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import extents_in
from ..to_engine.vocabulary.grid_sample import affine_grid, grid_sampled
from ..window_sizes import scaled_size
from .channels import channels_back, channels_first
from .given import extents


def _target(lo: Lowering, sizes: Sequence[Extent]) -> tuple[list[Extent], list[float]]:
    """The sizes of the result, and the factors that were given, 0 where none was."""
    rank = len(sizes)
    factors = [0.0] * rank
    names = ("out_d", "out_h", "out_w")[3 - rank :]
    wanted: list[Extent] = [lo.integer(name, -1) for name in names]
    several = lo.group("size_tensor")
    if several:
        return _computed(lo, several), factors
    tensor = lo.optional("scale_tensor")
    if tensor is not None and lo.array_of(tensor) is None:
        raise NoNativeForm("by factors that are data")
    array = lo.array_of(tensor)
    given = lo.numbers("scale") or [] if array is None else array.reshape(-1).tolist()
    if given and all(factor > 0 for factor in given):
        factors = list(given) * rank if len(given) == 1 else list(given)
        wanted = [_scaled(n, f) for n, f in zip(sizes, factors, strict=True)]
    exact = lo.optional("out_size")
    return (_computed(lo, [exact]) if exact is not None else wanted), factors


def _computed(lo: Lowering, values: Sequence[SSAValue]) -> list[Extent]:
    found: list[Extent] = []
    for value in values:
        part = extents_in(lo, value)
        if part is None:
            raise NoNativeForm("to sizes that are data")
        found += part
    return found


def _scaled(size: Extent, factor: float) -> Extent:
    if isinstance(size, int):
        return int(size * factor)
    found = scaled_size(size, factor)
    if found is None:
        raise NoNativeForm(f"by {factor} of a size by name")
    return found


def _factor(after: Extent, before: Extent, given: float) -> float:
    """The factor that maps coordinates: as given, else the ratio of sizes."""
    if given > 0:
        return given
    if isinstance(after, int) and isinstance(before, int):
        return after / before
    times = exact_quotient(after, before)
    parts = exact_quotient(before, after)
    if isinstance(times, int):
        return float(times)
    if isinstance(parts, int):
        return 1 / parts
    raise NoNativeForm("between sizes by name of no fixed ratio")


def _interp(mode: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        last = lo.text("data_format").endswith("C")
        x = channels_first(lo, lo.operand("x"), last)
        shape = extents_of(x)
        wanted, given = _target(lo, shape[2:])
        target = (*shape[:2], *wanted)
        align = lo.flag("align_corners")
        halves = mode == "cubic" or (mode == "linear" and lo.integer("align_mode") == 0)
        coordinates = "align_corners" if align else "half_pixel" if halves else "asymmetric"
        if coordinates == "half_pixel" and any(
            is_one(n) and not is_one(m) for n, m in zip(wanted, shape[2:], strict=True)
        ):
            raise NoNativeForm("to one element, which is the first")
        pairs = zip(wanted, shape[2:], given, strict=True)
        scales = [1.0, 1.0, *(_factor(n, m, f) for n, m, f in pairs)]
        rounding = "round_prefer_ceil" if align and mode == "nearest" else "floor"
        if target == shape and all(scale == 1 for scale in scales):
            return channels_back(lo, x, last)
        found = lo.emit(ResizeOp(x, target, mode, coordinates, rounding, scales))
        return channels_back(lo, found, last)

    return convert


def _affine_grid(lo: Lowering) -> SSAValue:
    """The grid of points that `grid_sample` takes, under an affine map for each image."""
    sizes = extents(lo, "output_shape")[2:]
    corners = lo.flag("align_corners", default=True)
    return affine_grid(lo, lo.operand("input"), sizes, corners=corners)


def _grid_sample(lo: Lowering) -> SSAValue:
    """Images at points from -1 to 1, the middles of the outer elements or their edges."""
    return grid_sampled(
        lo,
        lo.operand("x"),
        lo.operand("grid"),
        mode=_MODES.get(lo.text("mode", "bilinear"), ""),
        outside=lo.text("padding_mode", "zeros"),
        corners=lo.flag("align_corners", default=True),
    )


_MODES = {"bilinear": "linear", "nearest": "nearest"}


OPERATORS: dict[str, Conversion] = {
    "bicubic_interp": _interp("cubic"),
    "bilinear_interp": _interp("linear"),
    "affine_grid": _affine_grid,
    "grid_sample": _grid_sample,
    "linear_interp": _interp("linear"),
    "nearest_interp": _interp("nearest"),
}

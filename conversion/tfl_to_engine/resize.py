"""
Images of another size.

Operators: RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine import ResizeOp
from ...dialects.engine.base import extents_of, shape_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from .images import channels_first, channels_last
from .quantization import finished, real


def _coordinates(lo: Lowering) -> str:
    """How a position of the result is one of the operand, in the engine's words."""
    if lo.integer("align_corners"):
        return "align_corners"
    return "half_pixel" if lo.integer("half_pixel_centers") else "asymmetric"


def _resized(lo: Lowering, x: SSAValue, mode: str, coordinates: str, rounding: str) -> SSAValue:
    height, width = lo.constant_integers("size") or [0, 0]
    x = channels_first(lo, x)
    batch, channels, *before = shape_of(x)
    scales = [1.0, 1.0, height / max(before[0], 1), width / max(before[1], 1)]
    target = (batch, channels, height, width)
    if target == extents_of(x):
        return channels_last(lo, x)
    return channels_last(lo, lo.emit(ResizeOp(x, target, mode, coordinates, rounding, scales)))


def _bilinear(lo: Lowering) -> SSAValue:
    found = _resized(lo, real(lo, "input"), "linear", _coordinates(lo), "floor")
    return finished(lo, found)


def _nearest(lo: Lowering) -> SSAValue:
    """`floor` of the position; half pixels have the point in the middle, which `round` of the
    position half a pixel before is."""
    coordinates = _coordinates(lo)
    rounding = "floor" if coordinates == "asymmetric" else "round_prefer_ceil"
    return _resized(lo, lo.operand("input"), "nearest", coordinates, rounding)


OPERATORS: dict[str, Conversion] = {
    "RESIZE_BILINEAR": _bilinear,
    "RESIZE_NEAREST_NEIGHBOR": _nearest,
}

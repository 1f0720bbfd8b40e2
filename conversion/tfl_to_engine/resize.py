"""
Images of another size.

Operators: RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i32
from xdsl.ir import SSAValue

from ...dialects.engine import ResizeOp
from ...dialects.engine.base import element_of, extents_of, shape_of
from ...dialects.engine.weights import Array
from ...interpreters.tfl.resize import WEIGHT_BITS, blend_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.scalars import Numbers, cast_scalar, value
from ..to_engine.vocabulary.gather import take
from .images import channels_first, channels_last
from .quantization import finished, operand_quantization, real, result_quantization


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


def _bilinear_bytes(lo: Lowering) -> SSAValue:
    """Of bytes: weights of 11 bits along each axis, rounded once, halves up."""
    x, sizes = lo.operand("input"), lo.constant_integers("size") or [0, 0]
    shape, element, n = shape_of(x), element_of(x), Numbers(i32)
    rows, columns = (
        blend_of(
            shape[axis],
            size,
            align_corners=bool(lo.integer("align_corners")),
            half_pixel_centers=bool(lo.integer("half_pixel_centers")),
        )
        for axis, size in zip((1, 2), sizes, strict=True)
    )
    unit = 1 << WEIGHT_BITS

    def weights(part: Array, shape: tuple[int, ...]) -> SSAValue:
        whole = np.rint(part * np.float32(unit)).astype(np.int32)
        return lo.constant(whole.reshape(shape), "weights")

    def picked(value: SSAValue, places: Array, axis: int) -> SSAValue:
        return take(lo, value, lo.constant(places, "places"), axis)

    lines = [picked(x, places, 1) for places in (rows.low, rows.high)]
    corners = [picked(v, places, 2) for v in lines for places in (columns.low, columns.high)]

    def build(*given: SSAValue) -> SSAValue:
        tl, tr, bl, br = (cast_scalar(v, element, i32) for v in given[:4])
        down, right = given[4:]

        def blended(a: SSAValue, b: SSAValue) -> SSAValue:
            return n.add(n.mul(a, n.number(unit)), n.mul(n.sub(b, a), right))

        top, bottom = blended(tl, tr), blended(bl, br)
        found = n.add(n.mul(top, n.number(unit)), n.mul(n.sub(bottom, top), down))
        moved = n.add(found, n.number(1 << (2 * WEIGHT_BITS - 1)))
        shifted = value(arith.ShRSIOp(moved, n.number(2 * WEIGHT_BITS)))
        return cast_scalar(shifted, i32, element)

    inputs = [*corners, weights(rows.part, (-1, 1, 1)), weights(columns.part, (-1, 1))]
    return lo.map(inputs, build, element)


def _bilinear(lo: Lowering) -> SSAValue:
    quantized = operand_quantization(lo, "input")
    if quantized is not None and quantized == result_quantization(lo):
        return _bilinear_bytes(lo)
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

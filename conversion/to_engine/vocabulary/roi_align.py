"""Regions of images in bins, each the mean of points in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import ReduceOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent
from ..flat_index import WHOLE, scalar, within
from ..lowering import Lowering, NoNativeForm
from ..open_extents import Number, map_with_extents, real_of
from ..scalars import Numbers, cast_scalar, select
from .cast import cast, wide_floats
from .sample_points import Images, sampled, table_of, taps_at


@dataclass(frozen=True)
class Bins:
    """How a region is divided, and what its coordinates mean."""

    rows: int
    columns: int
    points: int
    """In each direction of a bin; 0 for as many as the size of the region asks for."""
    scale: float
    """What coordinates of regions are multiplied by, to be those of the images."""
    half: bool
    """Whether pixel 0 has its middle at 0.5; else a region has at least the size 1."""
    largest: bool = False
    """Whether a bin is the largest of the taps of its points, instead of the mean."""


def roi_align(
    lo: Lowering, x: SSAValue, regions: SSAValue, batches: SSAValue, bins: Bins
) -> SSAValue:
    """
    The bins `[K, C, rows, columns]` of regions `[K, 4]` (x1, y1, x2, y2) of images `[N, C, H, W]`.

    `batches` `[K]` are the numbers of their images. A point that is more than one pixel outside of
    its image is 0.

    Raises:
        NoNativeForm: where the regions say how many points a bin has.
    """
    (images, channels, height, width), (count, _) = extents_of(x), extents_of(regions)
    rows, columns, ratio = bins.rows, bins.columns, bins.points
    if ratio <= 0 or 0 in (*extents_of(x), count):
        raise NoNativeForm("with a number of points in each bin that the data decides")
    data, wide = wide_floats(lo, x), wide_floats(lo, regions)
    y, x_ = (_places(lo, wide, axis, extents_of(x)[2 + axis], bins) for axis in (0, 1))
    shape = (count, rows * ratio, columns * ratio)
    ys = lo.broadcast(lo.reshape(y, (count, rows * ratio, 1)), shape)
    xs = lo.broadcast(lo.reshape(x_, (count, 1, columns * ratio)), shape)
    pixels, element = height * width, element_of(batches)

    def row(image: SSAValue, images: Number, pixels: Number, rows: Number) -> SSAValue:
        at = cast_scalar(image, element, i64)
        start = WHOLE.mul(at, scalar(pixels))
        return select(within(at, 0, images), start, scalar(rows))

    sizes = [images, pixels, images * pixels]
    first = map_with_extents(lo, [lo.reshape(batches, (count, 1, 1))], sizes, row, i64)
    taps = taps_at(lo, [ys, xs], first, Images((height, width), "zeros", True), "linear")
    points = sampled(lo, table_of(lo, data), taps, "max" if bins.largest else "sum")
    split = lo.reshape(points, (count, rows, ratio, columns, ratio, channels))
    kind = "max" if bins.largest else "mean"
    result = lo.emit(ReduceOp([split], kind, [2, 4], keepdims=False))
    return cast(lo, lo.transpose(result, (0, 3, 1, 2)), element_of(x))


def _places(lo: Lowering, regions: SSAValue, axis: int, extent: Extent, bins: Bins) -> SSAValue:
    """Coordinates of the points of each region along an axis (0: down), `[K, bins * points]`."""
    [count, _] = extents_of(regions)
    number, ratio = (bins.rows, bins.columns)[axis], bins.points
    n = Numbers(element_of(regions))
    shift = 0.5 if bins.half else 0.0
    begin, end = (
        lo.reshape(lo.slice_axis(regions, 1, at, 1), (count, 1)) for at in (1 - axis, 3 - axis)
    )
    lo.require_room(number * ratio, bytes_each=32)
    steps = (np.arange(number * ratio) + 0.5) / ratio
    along = lo.constant(steps.reshape(1, -1).astype(dtype_of(n.element)), "points")

    def build(a: SSAValue, b: SSAValue, step: SSAValue, extent: Number, end: Number) -> SSAValue:
        first, last = (n.sub(n.mul(v, n.number(bins.scale)), n.number(shift)) for v in (a, b))
        size = n.sub(last, first)
        if not bins.half:
            size = n.maximum(size, n.number(1))
        at = n.add(first, n.mul(n.div(size, n.number(number)), step))
        outside = n.compare("gt", at, real_of(n, extent))
        # Up to one element outside counts as the border, beyond that as nothing.
        before = n.compare("lt", at, n.number(-1))
        bounded = n.maximum(n.minimum(at, real_of(n, end)), n.number(0))
        far = n.number(-9)
        return select(outside, far, select(before, far, bounded))

    return map_with_extents(lo, [begin, end, along], [extent, extent - 1], build)

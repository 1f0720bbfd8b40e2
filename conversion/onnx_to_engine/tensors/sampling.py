"""
Operators that sample images at points that are data.

Operators: AffineGrid, DeformConv, GridSample, RoiAlign.
"""

from __future__ import annotations

from math import prod

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import MatmulOp
from ....dialects.engine.base import element_of, extents_of, shape_of, static
from ....dialects.engine.sizes import shape_text as extents_text
from ....dialects.engine.weights import dtype_of
from ....runtime.size import numbers_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.open_extents import extents_in
from ...to_engine.run_time_operands import checked, declared_shape, equal_to
from ...to_engine.scalars import Numbers, cast_scalar
from ...to_engine.vocabulary.cast import cast, wide_floats
from ...to_engine.vocabulary.grid_sample import affine_grid, grid_sampled
from ...to_engine.vocabulary.roi_align import Bins, roi_align
from ...to_engine.vocabulary.sample_points import Images, sampled, table_of, taps_at


def GridSample(lo: Lowering) -> SSAValue:
    """Images at the points of a grid whose coordinates go from -1 to 1."""
    corners, mode = bool(lo.integer("align_corners")), lo.text("mode", "linear")
    padding = lo.text("padding_mode", "zeros")
    return grid_sampled(
        lo, lo.operand("X"), lo.operand("grid"), mode=mode, outside=padding, corners=corners
    )


def AffineGrid(lo: Lowering) -> SSAValue:
    """The grid of points that `GridSample` takes, under an affine map for each image."""
    theta, size = lo.operand("theta"), lo.operand("size")
    known = extents_in(lo, size)
    declared = declared_shape(lo, operand="size") if known is None else ()
    extents = list(declared[1:-1]) if known is None else known[2:]
    result = affine_grid(lo, theta, extents, corners=bool(lo.integer("align_corners")))
    if known is None:
        message = f"the size is not that of {extents_text(declared)}"
        last = lo.slice_axis(size, 0, 2, len(extents))
        result = checked(lo, result, equal_to(lo, last, extents), message)
    return result


def RoiAlign(lo: Lowering) -> SSAValue:
    """Regions of images in bins: the mean of points in each, or the largest of their taps."""
    bins = Bins(
        rows=lo.integer("output_height", 1),
        columns=lo.integer("output_width", 1),
        points=lo.integer("sampling_ratio"),
        scale=lo.number("spatial_scale", 1.0),
        half=lo.text("coordinate_transformation_mode", "half_pixel") == "half_pixel",
        largest=lo.text("mode", "avg").lower() == "max",
    )
    regions, batches = lo.operand("rois"), lo.operand("batch_indices")
    return roi_align(lo, lo.operand("X"), regions, batches, bins)


def DeformConv(lo: Lowering) -> SSAValue:
    """A convolution whose filter reads the image at points of its own for every result."""
    x, weight, offset = lo.operand("X"), lo.operand("W"), lo.operand("offset")
    shape, filters, moved = extents_of(x), shape_of(weight), extents_of(offset)
    if len(shape) != 4 or 0 in (*shape, *filters, *moved):
        raise NoNativeForm(f"of {extents_text(shape)}")
    groups, sets = lo.integer("group", 1), lo.integer("offset_group", 1)
    batch, _, height, width = shape
    [channels] = numbers_of(shape[1:2])
    strides, dilations = lo.integers("strides") or [1, 1], lo.integers("dilations") or [1, 1]
    pads, window = lo.integers("pads") or [0] * 4, moved[2:]
    rows, columns = window
    kernel, count = filters[2:], rows * columns
    taps_of_filter = kernel[0] * kernel[1]
    data, offsets = wide_floats(lo, x), wide_floats(lo, offset)
    n = Numbers(element_of(offsets))
    split = lo.reshape(offsets, (batch, sets, taps_of_filter, 2, count))

    def place(axis: int) -> SSAValue:
        taps = np.indices(kernel)[axis].reshape(-1, 1) * dilations[axis] - pads[axis]
        part = lo.reshape(lo.slice_axis(split, 3, axis, 1), (batch, sets, taps_of_filter, count))
        if static(window):
            lo.require_room(taps_of_filter, prod(numbers_of(window)), bytes_each=32)
            starts = np.indices(numbers_of(window))[axis].reshape(1, -1) * strides[axis]
            fixed = lo.constant((starts + taps).astype(dtype_of(n.element)), "places")
            return lo.map([part, fixed], n.add)
        steps = lo.broadcast(along(lo, window[axis], axis, 2, strides[axis]), window)

        def moved_to(a: SSAValue, start: SSAValue, tap: SSAValue) -> SSAValue:
            return n.add(a, cast_scalar(WHOLE.add(start, tap), i64, n.element))

        starts = lo.reshape(steps, (1, count))
        return lo.map([part, starts, lo.constant(taps.astype(np.int64), "taps")], moved_to)

    pixels, images = height * width, batch * sets
    first = along(lo, images, 0, 1, pixels)
    first = lo.reshape(first, (batch, sets, 1, 1))
    taps = taps_at(
        lo, [place(0), place(1)], first, Images((height, width), "zeros", True), "linear"
    )
    table = table_of(lo, lo.reshape(data, (images, channels // sets, height, width)))
    points = sampled(lo, table, taps)
    m = Numbers(element_of(points))
    mask = lo.optional("mask")
    if mask is not None:
        wide = lo.reshape(wide_floats(lo, mask), (batch, sets, taps_of_filter, count, 1))
        points = lo.map([points, cast(lo, wide, m.element)], m.mul)
    deep = channels // groups * taps_of_filter
    columns_ = lo.reshape(lo.transpose(points, (0, 1, 4, 2, 3)), (batch, groups, deep, count))
    flat = lo.reshape(wide_floats(lo, weight), (groups, filters[0] // groups, deep))
    product = lo.emit(MatmulOp(flat, columns_))
    result = lo.reshape(product, (batch, filters[0], rows, columns))
    bias = lo.optional("B")
    if bias is not None:
        wide = lo.reshape(wide_floats(lo, bias), (filters[0], 1, 1))
        result = lo.map([result, wide], m.add)
    return cast(lo, result, element_of(x))


OPERATORS: dict[str, Conversion] = {
    "AffineGrid": AffineGrid,
    "DeformConv": DeformConv,
    "GridSample": GridSample,
    "RoiAlign": RoiAlign,
}

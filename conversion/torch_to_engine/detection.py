"""
Operators of torchvision on boxes `[x1, y1, x2, y2]`.

Operators: those of the table at the end.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import Float32Type, i64
from xdsl.ir import SSAValue

from ...dialects.engine import SuppressOp
from ...dialects.engine.base import element_of, extents_of
from ...runtime.size import named
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.roi_align import Bins, roi_align
from .arguments import extent, flag
from .data_sizes import declared_name


def _nms(lo: Lowering) -> SSAValue:
    """Positions of the boxes that remain, the best first."""
    boxes, scores = lo.operand("dets"), lo.operand("scores")
    [count] = extents_of(scores)
    if not isinstance(element_of(boxes), Float32Type) or count == 0:
        raise NoNativeForm(f"of {count} boxes of {element_of(boxes)}")
    name = lo.new_size(declared_name(lo, 0), count)
    operands = [
        lo.reshape(boxes, (1, count, 4)),
        lo.reshape(scores, (1, 1, count)),
        lo.constant(np.array(np.iinfo(np.int64).max, np.int64), "most"),
        lo.constant(np.array(lo.number("iou_threshold"), np.float32), "overlap"),
        lo.constant(np.array(0, np.float32), "no limit"),
    ]
    rows = lo.emit(SuppressOp(operands, name, count, all_scores=True))
    return lo.reshape(lo.slice_axis(rows, 1, 2, 1), (named(name),))


def _roi_align(lo: Lowering) -> SSAValue:
    rois = lo.operand("rois")
    rows, columns = extent(lo, "pooled_height"), extent(lo, "pooled_width")
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise NoNativeForm("with a number of bins by name")
    bins = Bins(
        rows=rows,
        columns=columns,
        points=lo.integer("sampling_ratio"),
        scale=lo.number("spatial_scale"),
        half=flag(lo, "aligned"),
    )
    count, _ = extents_of(rois)
    images = lo.reshape(cast(lo, lo.slice_axis(rois, 1, 0, 1), i64), (count,))
    return roi_align(lo, lo.operand("input"), lo.slice_axis(rois, 1, 1, 4), images, bins)


OPERATORS: dict[str, Conversion] = {"nms": _nms, "roi_align": _roi_align}
"""Conversions by the operator of `torchvision`."""

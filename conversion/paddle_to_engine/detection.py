"""
Operators of detectors.

Operators: roi_align.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine import ReduceOp, ScanOp
from ...dialects.engine.base import extents_of, tensor
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import select
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.roi_align import Bins, roi_align


def _images(lo: Lowering, boxes: SSAValue) -> SSAValue:
    """The image of each box: as many of them as end at or before it."""
    numbers = lo.optional("boxes_num")
    if numbers is None:
        raise NoNativeForm("without how many boxes each image has")
    [images], [count, _] = extents_of(numbers), extents_of(boxes)
    ends = lo.reshape(lo.emit(ScanOp(cast(lo, numbers, i64), "sum", 0)), (1, images))

    def before(end: SSAValue, box: SSAValue) -> SSAValue:
        return select(WHOLE.compare("le", end, box), WHOLE.number(1), WHOLE.number(0))

    ended = lo.map([ends, along(lo, count, 0, 2)], before)
    return lo.reshape(lo.emit(ReduceOp([ended], "sum", [1], tensor((count, 1), i64))), (count,))


def _roi_align(lo: Lowering) -> SSAValue:
    x, boxes = lo.operand("x"), lo.operand("boxes")
    bins = Bins(
        rows=lo.integer("pooled_height", 1),
        columns=lo.integer("pooled_width", 1),
        points=lo.integer("sampling_ratio", -1),
        scale=float(np.float32(lo.number("spatial_scale", 1.0))),
        half=lo.flag("aligned"),
    )
    return roi_align(lo, x, boxes, _images(lo, boxes), bins)


OPERATORS: dict[str, Conversion] = {"roi_align": _roi_align}

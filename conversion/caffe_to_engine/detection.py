"""
Layers of detectors: boxes to start from are constants, detections are found by reference.

Operators: PriorBox.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of
from ...interpreters.caffe.detection import prior_boxes
from ...runtime.size import numbers_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering


def _prior_box(lo: Lowering) -> SSAValue:
    grid = numbers_of(extents_of(lo.operand("x"))[2:])
    image = lo.integers("img_size") or numbers_of(extents_of(lo.operand("image"))[2:])
    smallest, largest = lo.numbers("min_size") or [], lo.numbers("max_size") or []
    ratios = lo.numbers("aspect_ratio") or []
    lo.require_room(*grid, (2 * len(ratios) + 2) * len(smallest), 8)
    boxes = prior_boxes(
        grid,
        image,
        smallest,
        largest,
        ratios,
        lo.numbers("variance") or [],
        lo.numbers("step") or [],
        lo.number("offset", 0.5),
        flip=lo.flag("flip", default=True),
        clip=lo.flag("clip"),
    )
    return lo.constant(boxes, "priors")


OPERATORS: dict[str, Conversion] = {"PriorBox": _prior_box}

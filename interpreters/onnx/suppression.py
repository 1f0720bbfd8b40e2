"""
`onnx.NonMaxSuppression`: `onnx.reference` wants all of its operands, as vectors.

<https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html>
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ...dialects.onnx import OnnxOp
from ..box_selection import selected_boxes
from .reference import OnnxValue

Array = npt.NDArray[Any]


def non_max_suppression(op: OnnxOp, inputs: Sequence[OnnxValue | None]) -> list[OnnxValue]:
    """
    Rows `[image, class, box]` of what is left, the best of each class first.

    Absent operands and empty ones have the standard's defaults, by which nothing is selected.
    """
    boxes, scores = cast(Array, inputs[0]), cast(Array, inputs[1])
    most = int(_number(inputs, 2, 0))
    limit = np.float32(_number(inputs, 3, 0.0))
    least = _number(inputs, 4, None)
    centers = bool(op.attribute("center_point_box"))
    return [selected_boxes(boxes, scores, most, limit, least, centers=centers)]


def _number(inputs: Sequence[OnnxValue | None], at: int, default: Any) -> Any:
    given = inputs[at] if at < len(inputs) else None
    if given is None:
        return default
    flat: Array = np.asarray(given).reshape(-1)
    return flat[0] if len(flat) else default

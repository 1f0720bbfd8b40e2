"""Operators of detectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...dialects.engine.weights import Array
from ..boxes import roi_align
from ..smooth_functions import sigmoid
from ..table_functions import Call, Function


def _yolo_box(call: Call) -> list[Array]:
    """
    Corners `[N, boxes, 4]` and scores `[N, boxes, classes]` of a grid of anchors,
    `[N, anchors * (5 + classes), H, W]`.

    Boxes of a confidence of at most the threshold are zero.
    """
    x, sizes = call.operand("x"), call.operand("img_size")
    anchors = np.array(call.integers("anchors") or [], x.dtype).reshape(-1, 2)
    classes, step = call.integer("class_num"), call.integer("downsample_ratio")
    scale = np.float32(call.number("scale_x_y", 1))
    if call.flag("iou_aware"):
        raise ValueError("has confidences of overlaps")
    n, _, h, w = x.shape
    given = x.reshape(n, len(anchors), 5 + classes, h, w)
    image_h, image_w = (sizes[:, at].reshape(n, 1, 1, 1).astype(x.dtype) for at in range(2))
    shift = -0.5 * (scale - 1)
    column, row = np.arange(w, dtype=x.dtype), np.arange(h, dtype=x.dtype)[:, None]
    cx = (column + sigmoid(given[:, :, 0]) * scale + shift) * image_w / w
    cy = (row + sigmoid(given[:, :, 1]) * scale + shift) * image_h / h
    bw = np.exp(given[:, :, 2]) * anchors[:, 0].reshape(1, -1, 1, 1) * image_w / (step * w)
    bh = np.exp(given[:, :, 3]) * anchors[:, 1].reshape(1, -1, 1, 1) * image_h / (step * h)
    corners = [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2]
    if call.flag("clip_bbox", default=True):
        corners = [np.maximum(p, 0) if at < 2 else p for at, p in enumerate(corners)]
        limits = (None, None, image_w - 1, image_h - 1)
        pairs = zip(corners, limits, strict=True)
        corners = [p if m is None else np.minimum(p, m) for p, m in pairs]
    sure = sigmoid(given[:, :, 4])
    kept = sure > np.float32(call.number("conf_thresh"))
    boxes = np.where(kept[..., None], np.stack(corners, -1), 0)
    scores = np.moveaxis(sigmoid(given[:, :, 5:]) * sure[:, :, None], 2, -1)
    scores = np.where(kept[..., None], scores, 0)
    return [boxes.reshape(n, -1, 4), scores.reshape(n, -1, classes)]


def _roi_align(call: Call) -> Array:
    """Regions `[x1, y1, x2, y2]`, those of the first image first, in bins."""
    numbers = call.operand("boxes_num")
    return roi_align(
        call.operand("x"),
        call.operand("boxes"),
        np.repeat(np.arange(len(numbers)), numbers),
        bins=(call.integer("pooled_height", 1), call.integer("pooled_width", 1)),
        scale=call.number("spatial_scale", 1.0),
        points=call.integer("sampling_ratio", -1),
        half=call.flag("aligned"),
    )


SEMANTICS: Mapping[str, Function] = {"roi_align": _roi_align, "yolo_box": _yolo_box}

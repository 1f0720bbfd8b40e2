"""Suppression of boxes that overlap better ones, and what a detector ends with."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .numbers import f32, real


def overlap(box: Array, others: Array) -> Array:
    """Intersection over union of one box `y1 x1 y2 x2`, any corners, with others."""
    low, high = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    lows = np.minimum(others[:, :2], others[:, 2:])
    highs = np.maximum(others[:, :2], others[:, 2:])
    area, areas = np.prod(high - low), np.prod(highs - lows, axis=1)
    inside = np.prod(np.maximum(np.minimum(high, highs) - np.maximum(low, lows), 0), axis=1)
    union = area + areas - inside
    valid = (area > 0) & (areas > 0)
    return np.where(valid, inside / np.where(union > 0, union, 1), 0).astype(f32)


def suppressed(
    boxes: Array, scores: Array, count: int, iou: float, least: float, sigma: float = 0.0
) -> tuple[list[int], list[float]]:
    """
    The best boxes, at most `count`, and their scores.

    A box that overlaps a chosen one by more than `iou` is left out. With `sigma`, scores of others
    sink by `exp(-overlap^2 / (2 sigma))`.
    """
    current = scores.astype(np.float64).copy()
    left = current > least
    found: list[int] = []
    values: list[float] = []
    while len(found) < count and left.any():
        best = int(np.argmax(np.where(left, current, -np.inf)))
        found.append(best)
        values.append(float(f32(current[best])))
        left[best] = False
        shares = overlap(boxes[best], boxes)
        if sigma > 0:
            current = current * np.where(shares <= iou, np.exp(-0.5 / sigma * shares**2), 0)
            left &= current > least
        left &= shares <= iou
    return found, values


def _arguments(call: Call) -> tuple[Array, Array, int, float, float]:
    return (
        call.operand("boxes"),
        call.operand("scores"),
        int(call.operand("max_output_size").item()),
        float(call.operand("iou_threshold").item()),
        float(call.operand("score_threshold").item()),
    )


def _padded(values: list[int] | list[float], count: int, dtype: str) -> Array:
    return np.array([*values, *[0] * (count - len(values))], dtype)


def _suppression_4(call: Call) -> list[Array]:
    arguments = _arguments(call)
    found, _ = suppressed(*arguments)
    return [_padded(found, arguments[2], "int32"), np.array(len(found), np.int32)]


def _suppression_5(call: Call) -> list[Array]:
    arguments, sigma = _arguments(call), float(call.operand("soft_nms_sigma").item())
    found, values = suppressed(*arguments, sigma)
    count = arguments[2]
    return [
        _padded(found, count, "int32"),
        _padded(values, count, "float32"),
        np.array(len(found), np.int32),
    ]


def _decoded(call: Call) -> Array:
    """The corners of boxes that are given relative to anchors, both `y x h w`."""
    given, anchors = real(call, "box_encodings")[0], real(call, "anchors")
    scales = np.array([call.number(f"{n}_scale") for n in "yxhw"], f32)
    parts = given[:, :4] / scales
    center = parts[:, :2] * anchors[:, 2:] + anchors[:, :2]
    half = f32(0.5) * np.exp(parts[:, 2:]) * anchors[:, 2:]
    return np.concatenate([center - half, center + half], 1).astype(f32)


def _best_first(values: Array) -> Array:
    return np.argsort(-values, kind="stable")


def _detections(call: Call) -> list[Array]:
    """Boxes, classes and scores of what is detected, and how many; the rest is zeros."""
    boxes, scores = _decoded(call), real(call, "class_predictions")[0]
    classes, most = call.integer("num_classes"), call.integer("max_detections")
    scores = scores[:, scores.shape[1] - classes :]
    each = min(call.integer("max_classes_per_detection"), classes)
    least, iou = call.number("nms_score_threshold"), call.number("nms_iou_threshold")
    below = float(np.nextafter(f32(least), f32(-np.inf)))  # a score that is the limit is kept
    if call.flag("use_regular_nms"):
        rows = _by_class(call, boxes, scores, (most, iou, below))
    else:
        chosen, _ = suppressed(boxes, scores.max(1), most, iou, below)
        rows = [
            (at, int(c), float(scores[at, c]))
            for at in chosen
            for c in _best_first(scores[at])[:each]
        ]
    room = most * (1 if call.flag("use_regular_nms") else each)
    result = np.zeros((room, 6), f32)
    for place, (at, kind, score) in enumerate(rows[:room]):
        result[place] = [*boxes[at], kind, score]
    count = np.array([len(rows)], f32)
    return [result[None, :, :4], result[None, :, 4], result[None, :, 5], count]


def _by_class(
    call: Call, boxes: Array, scores: Array, limits: tuple[int, float, float]
) -> list[tuple[int, int, float]]:
    """Suppression within each class; the best of all classes together."""
    most, iou, least = limits
    each = call.integer("detections_per_class", 100)
    rows: list[tuple[int, int, float]] = []
    for kind in range(scores.shape[1]):
        found, values = suppressed(boxes, scores[:, kind], each, iou, least)
        rows += [(at, kind, score) for at, score in zip(found, values, strict=True)]
    order = sorted(range(len(rows)), key=lambda at: -rows[at][2])
    return [rows[at] for at in order[:most]]


OPERATORS: dict[str, Function] = {
    "NON_MAX_SUPPRESSION_V4": _suppression_4,
    "NON_MAX_SUPPRESSION_V5": _suppression_5,
    "custom.TFLite_Detection_PostProcess": _detections,
}

"""Non-maximum suppression on numpy: which boxes are left, the best of each class first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def selected_boxes(
    boxes: Array, scores: Array, most: int, limit: np.float32, least: Any, *, centers: bool
) -> Array:
    """
    Rows `[image, class, box]` of `boxes` `[images, n, 4]` by `scores` `[images, classes, n]`.

    At most `most` of each class are taken, of those whose score is above `least` (None: all but
    NaN), the best first, of equal ones the first; one that shares more than `limit` of its union
    with a better one is not.
    """
    corners = _corners(boxes, centers=centers)
    rows: list[tuple[int, int, int]] = []
    for image, classes in enumerate(scores):
        for kind, row in enumerate(classes):
            for box in _selected(corners[image], row, most, limit, least):
                rows.append((image, kind, box))
    return np.array(rows, np.int64).reshape(-1, 3)


def _corners(boxes: Array, *, centers: bool) -> Array:
    """`[y1, x1, y2, x2]` with the smaller first, or the like of centres and sizes."""
    first, second = boxes[..., :2], boxes[..., 2:]
    if centers:
        half = second / np.float32(2)
        return np.concatenate([first - half, first + half], -1)
    return np.concatenate([np.minimum(first, second), np.maximum(first, second)], -1)


def _selected(corners: Array, scores: Array, most: int, limit: np.float32, least: Any) -> list[int]:
    """The boxes of one class that are taken, the best first; of equal ones the first."""
    order = np.argsort(-scores, kind="stable")
    lowest = -np.inf if least is None else least
    above = np.greater_equal if least is None else np.greater  # neither takes a NaN
    left = [int(at) for at in order if above(scores[at], lowest)]
    taken: list[int] = []
    while left and len(taken) < most:
        best = left[0]
        taken.append(best)
        covered = _covered(corners[best], corners[left[1:]], limit)
        left = [at for at, gone in zip(left[1:], covered, strict=True) if not gone]
    return taken


def _covered(box: Array, others: Array, limit: np.float32) -> Array:
    """Which of the others share more than `limit` of their union; one without an area does not."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    edges = np.maximum(high - low, np.float32(0))
    shared = edges[:, 0] * edges[:, 1]
    area = (box[2] - box[0]) * (box[3] - box[1])
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    union = area + areas - shared
    sized = (shared > 0) & (area > 0) & (areas > 0) & (union > 0)
    with np.errstate(all="ignore"):
        return sized & (shared / union > limit)

"""Layers of detectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..sliding_windows import Array
from ..table_functions import Call, Function


def prior_boxes(
    grid: Sequence[int],
    image: Sequence[int],
    smallest: Sequence[float],
    largest: Sequence[float],
    ratios: Sequence[float],
    variances: Sequence[float],
    step: Sequence[float],
    offset: float,
    *,
    flip: bool,
    clip: bool,
) -> Array:
    """
    `[1, 2, H * W * boxes * 4]`: the corners of boxes around the centres of a grid, as parts of the
    image, and their variances.

    Of each size there is a square, one of the mean size with the next, and one for each ratio.
    """
    height, width = grid
    heights, widths = image
    step_h, step_w = step or (heights / height, widths / width)
    shapes = box_shapes(smallest, largest, ratios, flip=flip)
    y = (np.arange(height) + offset) * step_h
    x = (np.arange(width) + offset) * step_w
    centre = np.stack(np.broadcast_arrays(x[None, :, None], y[:, None, None]), -1)
    half = np.array(shapes).reshape(1, 1, -1, 2) / 2
    scale = np.array([widths, heights])
    corners = np.concatenate([(centre - half) / scale, (centre + half) / scale], -1)
    corners = np.clip(corners, 0, 1) if clip else corners
    spread = list(variances) or [0.1]
    spread = spread * 4 if len(spread) == 1 else spread
    boxes = np.broadcast_to(np.array(spread), (corners.size // 4, 4))
    return np.stack([corners.reshape(-1), boxes.reshape(-1)])[None].astype(np.float32)


def box_shapes(
    smallest: Sequence[float], largest: Sequence[float], ratios: Sequence[float], *, flip: bool
) -> list[tuple[float, float]]:
    """Width and height of each box of a `PriorBox`, in their order."""
    known = [1.0]
    for ratio in ratios:
        for value in (ratio, 1 / ratio) if flip else (ratio,):
            if all(abs(value - other) >= 1e-6 for other in known):
                known.append(value)
    found: list[tuple[float, float]] = []
    for at, size in enumerate(smallest):
        found.append((size, size))
        if largest:
            mean = float(np.sqrt(size * largest[at]))
            found.append((mean, mean))
        roots = [float(np.sqrt(ratio)) for ratio in known[1:]]
        found += [(size * root, size / root) for root in roots]
    return found


def _prior_box(call: Call) -> Array:
    x, image = call.operand("x"), call.operand("image")
    sizes = call.integers("img_size")
    return prior_boxes(
        x.shape[2:],
        sizes or image.shape[2:],
        call.numbers("min_size") or [],
        call.numbers("max_size") or [],
        call.numbers("aspect_ratio") or [],
        call.numbers("variance") or [],
        call.numbers("step") or [],
        call.number("offset", 0.5),
        flip=call.flag("flip", default=True),
        clip=call.flag("clip"),
    )


def decoded_boxes(
    locations: Array, priors: Array, variances: Array, code: str, *, in_target: bool
) -> Array:
    """Corners `[..., 4]` of boxes from what a net says of each prior box."""
    factor = 1 if in_target else variances
    if code == "CORNER":
        return priors + factor * locations
    size = priors[..., 2:] - priors[..., :2]
    moved = factor * locations
    if code == "CORNER_SIZE":
        return priors + moved * np.concatenate([size, size], -1)
    centre = (priors[..., :2] + priors[..., 2:]) / 2 + moved[..., :2] * size
    half = np.exp(moved[..., 2:]) * size / 2
    return np.concatenate([centre - half, centre + half], -1)


def kept_boxes(boxes: Array, scores: Array, threshold: float, eta: float) -> list[int]:
    """
    Places of boxes, from the highest score on, that overlap no kept one by more than `threshold`,
    which `eta` below 1 lowers after each as long as it is above a half.
    """
    kept: list[int] = []
    limit = threshold
    for at in np.argsort(-scores, kind="stable"):
        if all(_overlap(boxes[at], boxes[other]) <= limit for other in kept):
            kept.append(int(at))
            if eta < 1 and limit > 0.5:
                limit *= eta
    return kept


def _overlap(a: Array, b: Array) -> float:
    if b[0] > a[2] or b[2] < a[0] or b[1] > a[3] or b[3] < a[1]:
        return 0.0
    common = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    return float(common / (_area(a) + _area(b) - common))


def _area(box: Array) -> float:
    width, height = box[2] - box[0], box[3] - box[1]
    return 0.0 if width < 0 or height < 0 else float(width * height)


def _detection_output(call: Call) -> Array:
    """
    `[1, 1, found, 7]`: image, class, score and corners of each detection; -1 everywhere in one
    for each image where nothing is found.
    """
    locations, confidences, priors = (
        call.operand(name) for name in ("locations", "confidences", "priors")
    )
    classes, shared = call.integer("num_classes"), call.flag("share_location", default=True)
    count = priors.shape[2] // 4
    corners, variances = (priors[0, at].reshape(count, 1, 4) for at in range(2))
    rows: list[list[float]] = []
    for image in range(locations.shape[0]):
        given = locations[image].reshape(count, 1 if shared else classes, 4)
        boxes = decoded_boxes(
            given,
            corners,
            variances,
            call.text("code_type"),
            in_target=call.flag("variance_encoded_in_target"),
        )
        scores = confidences[image].reshape(count, classes)
        rows += _detections(call, image, boxes, scores)
    if not rows:
        rows = [[float(image), *[-1.0] * 6] for image in range(locations.shape[0])]
    return np.array(rows, np.float32).reshape(1, 1, -1, 7)


def _detections(call: Call, image: int, boxes: Array, scores: Array) -> list[list[float]]:
    """The detections in one image, by class and then by falling score."""
    found: list[tuple[float, int, int]] = []
    least = call.attribute("confidence_threshold")
    for label in range(scores.shape[1]):
        if label == call.integer("background_label_id"):
            continue
        passing = np.arange(len(scores))
        if least is not None:
            passing = np.flatnonzero(scores[:, label] > call.number("confidence_threshold"))
        order = passing[np.argsort(-scores[passing, label], kind="stable")]
        if call.integer("nms_top_k", -1) > -1:
            order = order[: call.integer("nms_top_k")]
        own = boxes[order, 0 if boxes.shape[1] == 1 else label]
        kept = kept_boxes(
            own, scores[order, label], call.number("nms_threshold"), call.number("eta", 1)
        )
        found += [(float(scores[order[at], label]), label, int(order[at])) for at in kept]
    most = call.integer("keep_top_k", -1)
    if -1 < most < len(found):
        found = sorted(found, key=lambda one: -one[0])[:most]
        found.sort(key=lambda one: one[1])
    return [
        [image, label, score, *map(float, boxes[at, 0 if boxes.shape[1] == 1 else label])]
        for score, label, at in found
    ]


def _bins(first: int, last: int, bins: int, most: int) -> list[tuple[int, int]]:
    """Where each of the bins of a region begins and ends, within an image of `most` pixels."""
    size = max(last - first + 1, 1) / bins
    found: list[tuple[int, int]] = []
    for at in range(bins):
        low, high = int(np.floor(at * size)) + first, int(np.ceil((at + 1) * size)) + first
        found.append((min(max(low, 0), most), min(max(high, 0), most)))
    return found


def _roi_pooling(call: Call) -> Array:
    """The maximum of each bin of each region: `[image, x1, y1, x2, y2]` in pixels."""
    x, rois = call.operand("x"), call.operand("rois")
    rows, columns = call.integer("pooled_h"), call.integer("pooled_w")
    scale = np.float32(call.number("spatial_scale", 1))
    height, width = x.shape[2:]
    result = np.zeros((len(rois), x.shape[1], rows, columns), x.dtype)
    for at, roi in enumerate(rois.reshape(len(rois), -1)):
        image = int(roi[0])
        if not 0 <= image < len(x):
            raise ValueError(f"region {at} is of image {image}, there are {len(x)}")
        x1, y1, x2, y2 = (int(np.floor(v * scale + np.float32(0.5))) for v in roi[1:5])
        down, across = _bins(y1, y2, rows, height), _bins(x1, x2, columns, width)
        for i, (top, bottom) in enumerate(down):
            for j, (left, right) in enumerate(across):
                if bottom > top and right > left:
                    result[at, :, i, j] = x[image, :, top:bottom, left:right].max((1, 2))
    return result


SEMANTICS: Mapping[str, Function] = {
    "DetectionOutput": _detection_output,
    "PriorBox": _prior_box,
    "ROIPooling": _roi_pooling,
}

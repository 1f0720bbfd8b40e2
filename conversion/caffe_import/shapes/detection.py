"""Layers of detectors: boxes to start from, regions of interest, detections."""

from __future__ import annotations

from collections.abc import Callable

from .form import Form, Shape, ShapeError


def aspect_ratios(form: Form) -> list[float]:
    """The ratios of the boxes of a `PriorBox`: 1, and those given once each, with `flip` turned."""
    found = [1.0]
    given: list[float] = form.attribute("aspect_ratio") or []
    for ratio in given:
        if ratio <= 0:
            raise ShapeError(f"aspect_ratio is {ratio}")
        for value in (ratio, 1 / ratio) if form.attribute("flip") else (ratio,):
            if all(abs(value - known) >= 1e-6 for known in found):
                found.append(value)
    return found


def _prior_box(form: Form) -> list[Shape]:
    _, _, height, width = form.rank("x", 4, 4)
    form.rank("image", 4, 4)
    smallest = list(form.attribute("min_size") or [])
    largest = list(form.attribute("max_size") or [])
    if not smallest or (largest and len(largest) != len(smallest)):
        raise ShapeError(f"has {len(smallest)} of min_size and {len(largest)} of max_size")
    variances = list(form.attribute("variance") or [])
    if len(variances) not in (0, 1, 4):
        raise ShapeError(f"has {len(variances)} variances, expected 1 or 4")
    boxes = len(aspect_ratios(form)) * len(smallest) + len(largest)
    return [(1, 2, height * width * (boxes * 4))]


def _detection_output(form: Form) -> list[Shape]:
    locations, confidences, priors = (
        form.rank(name, least)
        for name, least in (("locations", 2), ("confidences", 2), ("priors", 3))
    )
    if not form.attribute("num_classes"):
        raise ShapeError("has no num_classes")
    classes = int(form.attribute("num_classes"))
    boxes = priors[2]
    sets = 1 if form.attribute("share_location") else classes
    size, scores = locations[1], confidences[1]
    form.same("locations and priors", size, boxes * sets)
    form.same("confidences and priors times classes", scores * 4, boxes * classes)
    return [(1, 1, None, 7)]


def _roi_pooling(form: Form) -> list[Shape]:
    x, rois = form.rank("x", 4, 4), form.rank("rois", 2)
    height, width = (int(form.attribute(f"pooled_{side}") or 0) for side in "hw")
    if height < 1 or width < 1:
        raise ShapeError(f"pooled_h and pooled_w are {height} and {width}")
    return [(rois[0], x[1], height, width)]


SHAPES: dict[str, Callable[[Form], list[Shape]]] = {
    "DetectionOutput": _detection_output,
    "PriorBox": _prior_box,
    "ROIPooling": _roi_pooling,
}

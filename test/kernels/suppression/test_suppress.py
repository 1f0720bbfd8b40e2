"""Boxes that others do not suppress: of any number, with ties, limits and both kinds of boxes."""

import numpy as np
import pytest

from stepwell.dialects.engine import SuppressOp
from stepwell.runtime.size import named
from stepwell.targets.target import Target
from stepwell.test.kernels.found import FoundKernel
from stepwell.test.kernels.general import Buffer

TARGETS = [Target.parse("x86-64-v2"), Target.parse("x86-64-v3"), Target.host()]

OPERANDS = [
    Buffer(("B", "N", 4)),
    Buffer(("B", "C", "N")),
    Buffer((), np.int64),
    Buffer(()),
    Buffer(()),
]
RESULTS = [
    Buffer(("K", 3), np.int64),
    Buffer(("N",), np.int64),
    Buffer((5, "M")),
    Buffer((1,), np.int64),
]


def kernel(target: Target, *, centers: bool = False, all_scores: bool = False) -> FoundKernel:
    return FoundKernel(
        lambda i, o: SuppressOp(i, "K", named("M"), centers=centers, all_scores=all_scores, outs=o),
        OPERANDS,
        RESULTS,
        target,
        workspace=(1, 2),
    )


def inputs(
    rng: np.random.Generator, images: int, classes: int, n: int, limit: int, overlap: float
) -> list[np.ndarray]:
    """Few different scores: of equal ones the first box comes first."""
    boxes = rng.uniform(0, 3, (images, n, 4)).astype(np.float32)
    scores = (rng.integers(0, 9, (images, classes, n)) / 9).astype(np.float32)
    numbers = np.array(limit), np.array(overlap, np.float32), np.array(0.3, np.float32)
    return [boxes, scores, *numbers]


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
@pytest.mark.parametrize("centers", [False, True])
@pytest.mark.parametrize("all_scores", [False, True])
def test_boxes(target: Target, centers: bool, all_scores: bool):
    found = kernel(target, centers=centers, all_scores=all_scores)
    rng = np.random.default_rng(0)
    for images, classes, n in ((1, 1, 1), (2, 3, 40), (1, 2, 200), (1, 1, 0), (0, 2, 3), (1, 0, 3)):
        for limit in (n, 3, 0, -1):
            for overlap in (0.0, 0.4):
                given = inputs(rng, images, classes, n, limit, overlap)
                found.check(given, {"K": images * classes * n, "M": n})


def test_the_bound_of_a_class_holds():
    given = inputs(np.random.default_rng(1), 1, 2, 50, 40, 0.9)
    kernel(Target.host()).check(given, {"K": 2 * 4, "M": 4})


def test_boxes_without_an_area_and_numbers_that_are_none():
    boxes = np.zeros((1, 6, 4), np.float32)
    boxes[0, 3:] = [0, 0, 1, 1]
    boxes[0, 5, 2] = np.inf
    scores = np.array([[[0.5, 0.5, np.nan, np.inf, 0.9, 0.1]]], np.float32)
    numbers = np.array(9), np.array(0.0, np.float32), np.array(0.05, np.float32)
    for all_scores in (False, True):
        found = kernel(Target.host(), all_scores=all_scores)
        found.check([boxes, scores, *numbers], {"K": 6, "M": 6})

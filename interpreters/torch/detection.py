"""Operators of torchvision on boxes."""

from __future__ import annotations

import numpy as np

from ..boxes import kept
from ..boxes import roi_align as binned
from .arguments import ArgumentsFunction, Array


def nms(boxes: Array, scores: Array, overlap: float) -> Array:
    """Positions of the boxes that remain, the best first."""
    return kept(boxes, scores, overlap)


def roi_align(
    x: Array, rois: Array, scale: float, height: int, width: int, points: int, aligned: bool
) -> Array:
    """Regions `[image, x1, y1, x2, y2]` in bins."""
    return binned(
        x,
        rois[:, 1:],
        rois[:, 0].astype(np.int64),
        bins=(height, width),
        scale=scale,
        points=points,
        half=aligned,
    )


FUNCTIONS: dict[str, ArgumentsFunction] = {"nms": nms, "roi_align": roi_align}
"""Functions of arguments by the operator of `torchvision`."""

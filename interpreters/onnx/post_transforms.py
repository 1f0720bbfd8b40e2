"""
What classical models do with their scores at the end, as onnxruntime computes what the standard
only names. `onnx.reference` lacks most of it, or turns zeros alone into halves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

NEARLY_ZERO = 1e-7
"""Scores up to this size are zeros to `SOFTMAX_ZERO`."""


def post_transform(scores: Array, name: str) -> Array:
    """A post transform of f32 scores `[rows, classes]`. Raises `ValueError` for another name."""
    with np.errstate(all="ignore"):
        if name == "NONE":
            return scores
        if name == "LOGISTIC":
            return 1 / (1 + np.exp(-scores))
        if name == "SOFTMAX":
            grown = np.exp(scores - scores.max(-1, keepdims=True))
            return grown / grown.sum(-1, keepdims=True)
        if name == "SOFTMAX_ZERO":
            return _softmax_zero(scores)
        if name == "PROBIT":
            return _probit(scores)
    raise ValueError(f"post_transform '{name}' is unknown")


def _softmax_zero(scores: Array) -> Array:
    """Zeros stay out of the sum; a row of zeros alone has no sum and gives NaN."""
    top = scores.max(-1, keepdims=True)
    counts = np.abs(scores) > NEARLY_ZERO
    grown = np.where(counts, np.exp(scores - top), 0)
    total = grown.sum(-1, keepdims=True)
    return np.where(counts, grown, scores * np.exp(-top)) / total


def _probit(scores: Array) -> Array:
    """`sqrt(2) erfinv(2 x - 1)` by Winitzki's approximation of the inverse error function."""
    at = 2 * scores - 1
    logarithm = np.log((1 - at) * (1 + at))
    middle = np.float32(2 / (np.pi * 0.147)) + np.float32(0.5) * logarithm
    product = np.float32(1 / 0.147) * logarithm
    size = np.sqrt(np.sqrt(middle * middle - product) - middle)
    return np.float32(np.sqrt(2)) * np.where(at < 0, -size, size)

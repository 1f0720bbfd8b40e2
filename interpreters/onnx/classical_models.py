"""
Linear and support vector models of `ai.onnx.ml`.

`onnx.reference` 1.23 needs every attribute to be there, gives f64 scores where the standard has
f32, leaves out transforms, and couples pairs of classes wrongly. Where the standard is silent these
are onnxruntime's meanings.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ...dialects.onnx import OnnxOp
from .post_transforms import post_transform
from .reference import OnnxValue

Array = npt.NDArray[Any]
Inputs = Sequence[OnnxValue | None]

STEPS = 100
"""Most steps of the coupling of pairs."""


def _floats(op: OnnxOp, name: str) -> Array:
    return np.array(op.attribute(name) or [], np.float32)


def _rows(inputs: Inputs) -> Array:
    """The input as f32 rows of features."""
    return np.atleast_2d(cast(Array, inputs[0])).astype(np.float32)


def _labels(op: OnnxOp) -> Sequence[Any]:
    found = op.attribute("classlabels_strings") or op.attribute("classlabels_ints")
    return cast("Sequence[Any]", found or ())


def _labelled(labels: Sequence[Any], positions: Array) -> Array:
    if labels and isinstance(labels[0], str):
        return np.array([labels[at] for at in positions], object)
    return np.array([labels[at] for at in positions] if labels else positions, np.int64)


def _transform(op: OnnxOp) -> str:
    return str(op.attribute("post_transform") or "NONE")


def linear_classifier(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """Scores are sums of weighted features; one row of weights is for two classes."""
    x, bias, labels = _rows(inputs), _floats(op, "intercepts"), _labels(op)
    weights = _floats(op, "coefficients").reshape(len(bias) or -1, x.shape[1])
    scores = x @ weights.T + (bias if len(bias) else np.float32(0))
    if len(weights) > 1:
        return [_labelled(labels, scores.argmax(1)), post_transform(scores, _transform(op))]
    two = len(labels) == 2
    label = _labelled(labels if two else _unnamed(labels), (scores[:, 0] > 0).astype(np.int64))
    if two:
        first = 1 - scores if _transform(op) == "NONE" else -scores
        scores = np.concatenate([first, scores], 1)
    return [label, post_transform(scores, _transform(op))]


def _unnamed(labels: Sequence[Any]) -> Sequence[Any]:
    """Labels of two classes that the model does not name."""
    return ["0", "1"] if labels and isinstance(labels[0], str) else [0, 1]


def linear_regressor(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """One weighted sum for each target."""
    x, bias = _rows(inputs), _floats(op, "intercepts")
    targets = cast(int, op.attribute("targets"))
    scores = x @ _floats(op, "coefficients").reshape(targets, x.shape[1]).T
    if len(bias) == targets:
        scores = scores + bias
    return [post_transform(scores, _transform(op))]


def _kernels(op: OnnxOp, x: Array, vectors: Array) -> Array:
    """The kernel of each row with each vector."""
    kind = op.attribute("kernel_type") or "LINEAR"
    gamma, offset, degree = (*_floats(op, "kernel_params"), *[np.float32(0)] * 3)[:3]
    if kind == "RBF":
        return np.exp(-gamma * ((x[:, None] - vectors[None]) ** 2).sum(2))
    products = x @ vectors.T
    if kind == "POLY":
        return (gamma * products + offset) ** degree
    if kind == "SIGMOID":
        return np.tanh(gamma * products + offset)
    if kind != "LINEAR":
        raise ValueError(f"kernel_type '{kind}' is unknown")
    return products


def svm_regressor(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """A weighted sum of kernels, or of the features; its sign for a model of one class."""
    x, supports = _rows(inputs), cast(int, op.attribute("n_supports"))
    if supports:
        x = _kernels(op, x, _floats(op, "support_vectors").reshape(supports, x.shape[1]))
    scores = (x @ _floats(op, "coefficients") + _floats(op, "rho")[0]).reshape(-1, 1)
    if op.attribute("one_class"):
        scores = np.where(scores > 0, np.float32(1), np.float32(-1))
    return [post_transform(scores, _transform(op))]


def svm_classifier(op: OnnxOp, inputs: Inputs) -> list[OnnxValue]:
    """A machine for each pair of classes, or one row of weights for each class."""
    x, labels = _rows(inputs), _labels(op)
    per_class = cast("list[int]", op.attribute("vectors_per_class") or [])
    if sum(per_class):
        positions, scores = _by_pairs(op, x, per_class)
    else:
        positions, scores = _by_classes(op, x, len(labels))
    return [_labelled(labels, positions), post_transform(scores, _transform(op))]


def _by_classes(op: OnnxOp, x: Array, classes: int) -> tuple[Array, Array]:
    weights = _floats(op, "coefficients").reshape(classes, x.shape[1])
    scores = x @ weights.T + _floats(op, "rho")[0]
    best, top = scores.argmax(1), scores.max(1)
    if classes == 2 and not op.attribute("prob_a"):
        # onnxruntime takes the second of two classes as soon as any score is large enough.
        enough = top >= 0.5 if (weights >= 0).all() else top > 0
        best = np.where(enough, 1, best)
    return best, scores


def _by_pairs(op: OnnxOp, x: Array, per_class: Sequence[int]) -> tuple[Array, Array]:
    classes, count = len(per_class), sum(per_class)
    kernels = _kernels(op, x, _floats(op, "support_vectors").reshape(count, x.shape[1]))
    coefficients = _floats(op, "coefficients").reshape(-1, count)
    ends = np.cumsum([0, *per_class])
    of_class = [slice(a, b) for a, b in pairwise(ends)]
    votes = np.zeros((len(x), classes), np.int64)
    columns: list[Array] = []
    for (i, j), rho in zip(combinations(range(classes), 2), _floats(op, "rho"), strict=False):
        first, second = of_class[i], of_class[j]
        score = kernels[:, first] @ coefficients[j - 1, first]
        score = score + kernels[:, second] @ coefficients[i, second] + rho
        votes[:, i] += score > 0
        votes[:, j] += ~(score > 0)
        columns.append(score)
    scores, positions = np.stack(columns, 1), votes.argmax(1)
    if op.attribute("prob_a"):
        slopes, offsets = _floats(op, "prob_a"), _floats(op, "prob_b")
        with np.errstate(over="ignore"):
            first = 1 / (1 + np.exp(scores * slopes[: len(columns)] + offsets[: len(columns)]))
        first = np.clip(first, np.float32(1e-7), np.float32(1) - np.float32(1e-7))
        return positions, np.array([_coupled(row, classes) for row in first], np.float32)
    return positions, np.concatenate([-scores, scores], 1) if classes == 2 else scores


def _coupled(pairs: Array, classes: int) -> Array:
    """
    Probabilities of classes from those of pairs: Wu, Lin and Weng, "Probability Estimates for
    Multi-class Classification by Pairwise Coupling" (2004), algorithm 2, with LIBSVM's stop.
    """
    r = np.zeros((classes, classes), np.float32)
    for (i, j), first in zip(combinations(range(classes), 2), pairs, strict=True):
        r[i, j], r[j, i] = first, 1 - first
    q = -r.T * r
    np.fill_diagonal(q, (r**2).sum(0))
    p = np.full(classes, 1 / classes, np.float32)
    for _ in range(STEPS):
        along = q @ p
        form = p @ along
        if np.abs(along - form).max() < 0.005 / classes:
            break
        for at in range(classes):
            change = (form - along[at]) / q[at, at]
            form = (form + change * (change * q[at, at] + 2 * along[at])) / (1 + change) ** 2
            along = (along + change * q[at]) / (1 + change)
            p[at] += change
            p /= 1 + change
    return p

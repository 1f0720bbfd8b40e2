"""
Linear models.

Operators: ml.LinearClassifier, ml.LinearRegressor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from ....dialects.engine.base import extents_of
from ....dialects.engine.weights import Array
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers
from ...to_engine.vocabulary.arg_extreme import arg_extreme
from ...to_engine.vocabulary.dense import dense
from ...to_engine.vocabulary.post_transforms import above, integer_labels, post_transform
from .labels import class_labels, text_labels
from .rows import features_of, rows_of


def floats(lo: Lowering, name: str) -> Array:
    """The numbers of an attribute, f32; none where it is absent."""
    return np.array(cast("list[float] | None", lo.op.attribute(name)) or [], np.float32)


def scores_of(lo: Lowering, x: SSAValue, weights: Array, bias: Array) -> SSAValue:
    """`x . weights^T + bias` for rows `x`, weights `[scores, features]` and `[scores]` biases."""
    columns = lo.constant(np.ascontiguousarray(weights.T), "coefficients")
    offset = lo.constant(bias.reshape(1, -1), "intercepts") if bias.any() else None
    return dense(lo, x, columns, offset)


def _matrix(lo: Lowering, rows: int, features: int) -> Array:
    coefficients = floats(lo, "coefficients")
    if len(coefficients) != rows * features:
        raise NoNativeForm(f"with {len(coefficients)} coefficients for {rows} x {features}")
    return coefficients.reshape(rows, features)


def opposites(lo: Lowering, score: SSAValue, of_one: bool = False) -> SSAValue:
    """`[-s, s]` of each score `[rows, 1]`; `[1 - s, s]` when they are parts of one."""
    n = Numbers(f32)
    signs = lo.constant(np.array([[-1, 1]], np.float32), "signs")
    if not of_one:
        return lo.map([score, signs], n.mul)
    rest = lo.constant(np.array([[1, 0]], np.float32), "rest")
    return lo.map([score, signs, rest], lambda s, sign, r: n.add(n.mul(s, sign), r))


def LinearClassifier(lo: Lowering) -> Sequence[SSAValue]:
    """
    The label of the best score and the scores of all classes.

    One row of coefficients is for two classes: a positive score is the second of them. Its scores
    are then `[1 - s, s]`, or what the post transform makes of `[-s, s]`.
    """
    x, bias = rows_of(lo, lo.operand("X")), floats(lo, "intercepts")
    features, transform = features_of(x), lo.text("post_transform", "NONE")
    count = len(bias) or len(floats(lo, "coefficients")) // features
    bias = bias if len(bias) else np.zeros(count, np.float32)
    scores = scores_of(lo, x, _matrix(lo, count, features), bias)
    if count == 1:
        position = above(lo, lo.reshape(scores, extents_of(x)[:1]), 0.0)
        label = _label_of_two(lo, position)
        if len(_labels(lo)) == 2:
            scores = opposites(lo, scores, of_one=transform == "NONE")
    else:
        position = arg_extreme(lo, scores, 1, largest=True, keep=False)
        label = class_labels(lo, position, "Y", _INTEGERS) if _labels(lo) else position
    return [label, post_transform(lo, scores, transform)]


_INTEGERS = "classlabels_ints"


def _labels(lo: Lowering) -> Sequence[object]:
    return lo.texts("classlabels_strings") or lo.integers(_INTEGERS) or ()


def _label_of_two(lo: Lowering, position: SSAValue) -> SSAValue:
    """The labels of a negative and a positive score, 0 and 1 where the model does not say."""
    texts, integers = lo.texts("classlabels_strings"), lo.integers(_INTEGERS) or []
    if texts:
        return text_labels(lo, position, texts if len(texts) == 2 else ["0", "1"], "Y")
    return integer_labels(lo, position, integers if len(integers) == 2 else [0, 1])


def LinearRegressor(lo: Lowering) -> SSAValue:
    """One weighted sum for each target."""
    x, targets = rows_of(lo, lo.operand("X")), lo.integer("targets", 1)
    bias = floats(lo, "intercepts")
    # Intercepts of another number are ignored, as onnxruntime does.
    bias = bias if len(bias) == targets else np.zeros(targets, np.float32)
    scores = scores_of(lo, x, _matrix(lo, targets, features_of(x)), bias)
    return post_transform(lo, scores, lo.text("post_transform", "NONE"))


OPERATORS: dict[str, Conversion] = {
    "ml.LinearClassifier": LinearClassifier,
    "ml.LinearRegressor": LinearRegressor,
}

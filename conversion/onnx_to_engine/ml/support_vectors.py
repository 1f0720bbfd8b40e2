"""
Support vector machines.

Operators: ml.SVMClassifier, ml.SVMRegressor.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from xdsl.dialects.builtin import f32, i64
from xdsl.ir import SSAValue

from ....dialects.engine.base import extents_of
from ....dialects.engine.weights import Array
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers, select, sigmoid
from ...to_engine.vocabulary.arg_extreme import arg_extreme
from ...to_engine.vocabulary.kernel_functions import KernelFunction
from ...to_engine.vocabulary.pairwise_coupling import coupled
from ...to_engine.vocabulary.post_transforms import post_transform
from ...to_engine.vocabulary.reduce import reduce
from .labels import class_labels
from .linear import floats, opposites, scores_of
from .rows import features_of, rows_of

LEAST_PROBABILITY = 1e-7
"""Of one class against another; the largest is one less."""

_N = Numbers(f32)


def _kernel(lo: Lowering) -> KernelFunction:
    numbers = [float(v) for v in floats(lo, "kernel_params")]
    if numbers and len(numbers) != 3:
        raise NoNativeForm(f"with {len(numbers)} kernel parameters, expected gamma, coef0, degree")
    return KernelFunction(lo.text("kernel_type", "LINEAR"), *numbers)


def _vectors(lo: Lowering, count: int, features: int) -> Array:
    vectors = floats(lo, "support_vectors")
    if len(vectors) != count * features:
        raise NoNativeForm(f"with {len(vectors)} numbers of {count} vectors of {features}")
    return vectors.reshape(count, features)


def _checked(name: str, numbers: Array, count: int) -> Array:
    if len(numbers) < count:
        raise NoNativeForm(f"with {len(numbers)} numbers of {name}, expected {count}")
    return numbers[:count]


def SVMRegressor(lo: Lowering) -> SSAValue:
    """A weighted sum of kernels, or of the features; its sign where it tells one class apart."""
    x, supports = rows_of(lo, lo.operand("X")), lo.integer("n_supports")
    features, bias = features_of(x), _checked("rho", floats(lo, "rho"), 1)
    if supports:
        x = _kernel(lo).of(lo, x, _vectors(lo, supports, features))
    weights = floats(lo, "coefficients")
    if len(weights) != (supports or features):
        raise NoNativeForm(f"with {len(weights)} coefficients for {supports or features}")
    scores = scores_of(lo, x, weights.reshape(1, -1), bias)
    if lo.integer("one_class"):
        one, zero = _N.number, 0.0
        scores = lo.map([scores], lambda s: select(_N.compare("gt", s, one(zero)), one(1), one(-1)))
    return post_transform(lo, scores, lo.text("post_transform", "NONE"))


def SVMClassifier(lo: Lowering) -> Sequence[SSAValue]:
    """
    One machine for each pair of classes, or one row of coefficients for each class.

    The label is that of most votes of the pairs. Scores are those of the pairs, `[-s, s]` for two
    classes, or with `prob_a` and `prob_b` probabilities of the classes.
    """
    x = rows_of(lo, lo.operand("X"))
    classes = len(lo.texts("classlabels_strings") or lo.integers(_INTEGERS) or ())
    vectors = lo.integers("vectors_per_class") or []
    if classes < 2:
        raise NoNativeForm(f"of {classes} classes")
    if sum(vectors):
        position, scores = _by_pairs(lo, x, classes, vectors)
    else:
        position, scores = _by_classes(lo, x, classes)
    label = class_labels(lo, position, "Y", _INTEGERS)
    return [label, post_transform(lo, scores, lo.text("post_transform", "NONE"))]


_INTEGERS = "classlabels_ints"


def _by_pairs(
    lo: Lowering, x: SSAValue, classes: int, per_class: Sequence[int]
) -> tuple[SSAValue, SSAValue]:
    """Positions of the labels, and scores."""
    count, pairs = sum(per_class), list(combinations(range(classes), 2))
    if len(per_class) != classes or min(per_class) < 0:
        raise NoNativeForm(f"with vectors of {len(per_class)} classes for {classes} labels")
    kernels = _kernel(lo).of(lo, x, _vectors(lo, count, features_of(x)))
    given = _checked("coefficients", floats(lo, "coefficients"), (classes - 1) * count)
    coefficients, ends = given.reshape(classes - 1, count), np.cumsum([0, *per_class])
    weights = np.zeros((len(pairs), count), np.float32)
    for row, (i, j) in zip(weights, pairs, strict=True):
        first, second = slice(ends[i], ends[i + 1]), slice(ends[j], ends[j + 1])
        row[first], row[second] = coefficients[j - 1, first], coefficients[i, second]
    rho = _checked("rho", floats(lo, "rho"), len(pairs))
    scores = scores_of(lo, kernels, weights, rho)
    position = _most_votes(lo, scores, classes, pairs)
    slopes, offsets = floats(lo, "prob_a"), floats(lo, "prob_b")
    if len(slopes):
        slopes = _checked("prob_a", slopes, len(pairs))
        offsets = _checked("prob_b", offsets, len(pairs))
        return position, coupled(lo, _probabilities(lo, scores, slopes, offsets), classes)
    return position, opposites(lo, scores) if classes == 2 else scores


def _probabilities(lo: Lowering, scores: SSAValue, slopes: Array, offsets: Array) -> SSAValue:
    """`1 / (1 + exp(a s + b))` of each pair, neither nothing nor all."""
    constants = [lo.constant(v.reshape(1, -1), n) for v, n in ((slopes, "a"), (offsets, "b"))]

    def build(s: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
        first = sigmoid(_N, _N.neg(_N.add(_N.mul(s, a), b)))
        least = _N.maximum(first, _N.number(LEAST_PROBABILITY))
        return _N.minimum(least, _N.number(float(np.float32(1) - np.float32(LEAST_PROBABILITY))))

    return lo.map([scores, *constants], build)


def _most_votes(
    lo: Lowering, scores: SSAValue, classes: int, pairs: Sequence[tuple[int, int]]
) -> SSAValue:
    """The class that most pairs are for, the first of equal ones; a pair is for its first class
    where its score is positive."""
    if classes == 2:

        def build(s: SSAValue) -> SSAValue:
            return select(_N.compare("gt", s, _N.number(0)), WHOLE.number(0), WHOLE.number(1))

        return lo.map([lo.reshape(scores, extents_of(scores)[:1])], build, i64)
    ballots = np.zeros((len(pairs), classes), np.float32)
    for row, (i, j) in zip(ballots, pairs, strict=True):
        row[i], row[j] = 1, -1
    seconds = (ballots < 0).sum(0).astype(np.float32)

    def vote(s: SSAValue) -> SSAValue:
        return select(_N.compare("gt", s, _N.number(0)), _N.number(1), _N.number(0))

    votes = scores_of(lo, lo.map([scores], vote), ballots.T, seconds)
    return arg_extreme(lo, votes, 1, largest=True, keep=False)


def _by_classes(lo: Lowering, x: SSAValue, classes: int) -> tuple[SSAValue, SSAValue]:
    """Positions of the labels, and scores, of one row of coefficients for each class."""
    features, weights = features_of(x), floats(lo, "coefficients")
    if len(weights) != classes * features:
        raise NoNativeForm(f"with {len(weights)} coefficients for {classes} x {features}")
    rho = _checked("rho", floats(lo, "rho"), 1)
    scores = scores_of(lo, x, weights.reshape(classes, features), np.repeat(rho, classes))
    best = arg_extreme(lo, scores, 1, largest=True, keep=False)
    if classes > 2 or len(floats(lo, "prob_a")):
        return best, scores
    # onnxruntime takes the second of two classes as soon as any score is large enough.
    positive = bool((weights >= 0).all())
    largest = lo.reshape(reduce(lo, "max", scores, [1]), extents_of(scores)[:1])

    def build(at: SSAValue, top: SSAValue) -> SSAValue:
        limit = _N.number(0.5 if positive else 0.0)
        enough = _N.compare("ge" if positive else "gt", top, limit)
        return select(enough, WHOLE.number(1), at)

    return lo.map([best, largest], build, i64), scores


OPERATORS: dict[str, Conversion] = {
    "ml.SVMClassifier": SVMClassifier,
    "ml.SVMRegressor": SVMRegressor,
}

"""
Forests: `engine.tree_ensemble`, then what the operator makes of the sums.

Where the standard leaves open what two classes with one column of weights mean, it is what
onnxruntime makes of them, which the converters of frameworks rely on. There the labels of two
classes are 0 and 1 whatever the model says; here they are those of the model.

Operators: ml.TreeEnsemble, ml.TreeEnsembleClassifier, ml.TreeEnsembleRegressor.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine import ConcatOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.weights import Array, dtype_of
from ...to_engine.dialect_conversion import Conversion, Results
from ...to_engine.forest.emit import sum_of_trees
from ...to_engine.forest.tree_nodes import LeafWeights, Mode, TreeNodes
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers, cast_scalar, select
from ...to_engine.vocabulary.arg_extreme import arg_extreme
from ...to_engine.vocabulary.post_transforms import above, post_transform
from .labels import TEXTS, class_labels
from .rows import zeros
from .tree_attributes import newer_trees, numbers, older_trees

AGGREGATES = ("AVERAGE", "SUM", "MIN", "MAX")
TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
"""By their numbers in `TreeEnsemble`."""


def TreeEnsembleRegressor(lo: Lowering) -> SSAValue:
    """What the trees give for each target, aggregated; then base values and post transform."""
    nodes, leaves = older_trees(lo, "target")
    return _regression(
        lo,
        (nodes, leaves),
        lo.integer("n_targets"),
        lo.text("aggregate_function", "SUM"),
        lo.text("post_transform", "NONE"),
        numbers(lo, "base_values"),
        f32,
    )


def TreeEnsemble(lo: Lowering) -> SSAValue:
    """The same with one target for each leaf; attributes are numbers instead of words."""
    aggregate, transform = lo.integer("aggregate_function", 1), lo.integer("post_transform")
    for number, words in ((aggregate, AGGREGATES), (transform, TRANSFORMS)):
        if not 0 <= number < len(words):
            raise ValueError(f"{number} is none of {len(words)} functions: {', '.join(words)}")
    return _regression(
        lo,
        newer_trees(lo),
        lo.integer("n_targets"),
        AGGREGATES[aggregate],
        TRANSFORMS[transform],
        np.zeros(0, np.float32),
        element_of(lo.operand("X")),
    )


def _regression(
    lo: Lowering,
    forest: tuple[TreeNodes, LeafWeights],
    targets: int,
    aggregate: str,
    transform: str,
    base: Array,
    element: Attribute,
) -> SSAValue:
    nodes, leaves = forest
    if aggregate not in AGGREGATES:
        raise ValueError(f"aggregate_function '{aggregate}' is none of {', '.join(AGGREGATES)}")
    if targets < 1:
        raise ValueError(f"n_targets is {targets}")
    if aggregate in ("MIN", "MAX") and bool(np.isnan(leaves.weights).any()):
        raise NoNativeForm("has weights of NaN")
    if len(base) not in (0, targets):
        raise ValueError(f"there are {len(base)} base values for {targets} targets")
    kind = "sum" if aggregate in ("SUM", "AVERAGE") else aggregate.lower()
    y = sum_of_trees(lo, _rows(lo), nodes, leaves, targets, kind)
    n = Numbers(element_of(y))
    if aggregate == "AVERAGE":
        trees = len(nodes.roots)
        y = lo.map([y], lambda a: n.div(a, n.number(trees)))
    y = _plus(lo, y, base)
    # One target alone has no transform but this one, whatever the model says.
    if targets > 1 or transform == "PROBIT":
        y = post_transform(lo, y, transform)
    elif transform not in TRANSFORMS:
        raise ValueError(f"post_transform '{transform}' is none of {', '.join(TRANSFORMS)}")
    return _as(lo, y, element)


def TreeEnsembleClassifier(lo: Lowering) -> Results:
    """Labels and scores."""
    nodes, leaves = older_trees(lo, "class")
    labels = len(lo.integers("classlabels_int64s") or lo.texts(TEXTS) or [])
    base = numbers(lo, "base_values")
    if labels == 1:
        label, scores = _one_class(lo, nodes, leaves, base)
    elif labels == 2:
        position, scores = _two_classes(lo, nodes, leaves, base)
        label = class_labels(lo, position, "Y")
    elif labels:
        position, scores = _many_classes(lo, nodes, leaves, base, labels)
        label = class_labels(lo, position, "Y")
    else:
        raise ValueError("there are no class labels")
    return [label, _as(lo, scores, f32)]


def _one_class(
    lo: Lowering, nodes: TreeNodes, leaves: LeafWeights, base: Array
) -> tuple[SSAValue, SSAValue]:
    """A score of one class, and whether it is positive: 1 or 0, whatever the label."""
    if lo.texts(TEXTS):
        raise NoNativeForm("has one label, which is a string")
    if len(base) > 1:
        raise ValueError(f"there are {len(base)} base values for 1 class")
    score = _plus(lo, sum_of_trees(lo, _rows(lo), nodes, leaves, 1), base)
    label = lo.reshape(above(lo, score, 0), extents_of(score)[:1])
    transform = _transform(lo)
    return label, post_transform(lo, score, transform) if transform == "PROBIT" else score


def _two_classes(
    lo: Lowering, nodes: TreeNodes, leaves: LeafWeights, base: Array
) -> tuple[SSAValue, SSAValue]:
    """Position and scores of two classes."""
    if len(base) > 2:
        raise ValueError(f"there are {len(base)} base values for 2 classes")
    classes = np.unique(leaves.targets)
    if len(classes) == 1 and classes[0] in (0, 1):
        return _one_column(lo, nodes, leaves, base, int(classes[0]))
    both = sum_of_trees(lo, _rows(lo), nodes, leaves, 2)
    if not _always_given(nodes, leaves, 1):
        raise NoNativeForm("has leaves that give a score for one of two classes only")
    first, second = (lo.slice_axis(both, 1, at, 1) for at in range(2))
    n = Numbers(element_of(both))
    if len(base) == 2:
        second = lo.map([first], lambda a: n.add(a, n.number(base[1])))
        first = lo.map([second], n.neg)
    elif len(base) == 1:
        first = lo.map([first], lambda a: n.add(a, n.number(base[0])))
    scores = both if not len(base) else lo.emit(ConcatOp([first, second], 1))
    return _flat(lo, above(lo, second, 0)), post_transform(lo, scores, _transform(lo))


def _one_column(
    lo: Lowering, nodes: TreeNodes, leaves: LeafWeights, base: Array, column: int
) -> tuple[SSAValue, SSAValue]:
    """
    Two classes with weights for one of them.

    Where all weights are positive they are probabilities of the second class, and it is chosen
    above 0.5; else the score is a margin, and it is chosen above 0.
    """
    transform = _transform(lo)
    positive = bool((leaves.weights >= 0).all())
    threshold = 0.5 if positive else 0.0
    only = LeafWeights(leaves.nodes, np.zeros_like(leaves.targets), leaves.weights)
    score = sum_of_trees(lo, _rows(lo), nodes, only, 1)
    n = Numbers(element_of(score))
    nothing = zeros(lo, extents_of(score), n.element, "nothing")
    if column == 1:
        if len(base) == 2:
            raise NoNativeForm("has two base values and weights for the second class only")
        scores = lo.emit(ConcatOp([nothing, score], 1))
        return _flat(lo, above(lo, score, threshold)), post_transform(lo, scores, transform)
    score = _plus(lo, score, base[:1])
    position = _flat(lo, above(lo, score, threshold))
    if len(base) == 2:
        scores = lo.emit(ConcatOp([score, nothing], 1))
        return position, post_transform(lo, scores, transform)
    if transform == "PROBIT":
        raise NoNativeForm("has one column of scores and the post_transform PROBIT")

    def other(a: SSAValue) -> SSAValue:
        return n.neg(a) if transform == "LOGISTIC" or not positive else n.sub(n.number(1), a)

    scores = lo.emit(ConcatOp([lo.map([score], other), score], 1))
    return position, post_transform(lo, scores, transform) if transform == "LOGISTIC" else scores


def _many_classes(
    lo: Lowering, nodes: TreeNodes, leaves: LeafWeights, base: Array, labels: int
) -> tuple[SSAValue, SSAValue]:
    """Position of the largest score among classes that have one, and scores."""
    if len(base) not in (0, labels):
        raise ValueError(f"there are {len(base)} base values for {labels} classes")
    scores = _plus(lo, sum_of_trees(lo, _rows(lo), nodes, leaves, labels), base)
    candidates = scores
    chosen = bool((leaves.weights > 0).all()) or all(
        _always_given(nodes, leaves, at) for at in range(labels)
    )
    if not len(base) and not chosen:
        candidates = _given_only(lo, scores, nodes, leaves, labels)
    position = arg_extreme(lo, candidates, 1, largest=True, keep=False)
    return position, post_transform(lo, scores, _transform(lo))


def _given_only(
    lo: Lowering, scores: SSAValue, nodes: TreeNodes, leaves: LeafWeights, labels: int
) -> SSAValue:
    """The scores, minus infinity for classes that no leaf of a row's gave a weight for."""
    ones = LeafWeights(leaves.nodes, leaves.targets, np.ones_like(leaves.weights))
    counts = sum_of_trees(lo, _rows(lo), nodes, ones, labels)
    n = Numbers(element_of(scores))

    def build(score: SSAValue, count: SSAValue) -> SSAValue:
        given = n.compare("gt", count, n.number(0))
        return select(given, score, n.number(float("-inf")))

    return lo.map([scores, counts], build)


def _always_given(nodes: TreeNodes, leaves: LeafWeights, target: int) -> bool:
    """Whether every leaf of some tree gives a weight for the target, as far as is told easily."""
    ends = np.flatnonzero(nodes.modes == Mode.LEAF)
    owner = np.searchsorted(np.sort(nodes.roots), ends, side="right")
    giving = np.isin(ends, leaves.nodes[leaves.targets == target])
    trees = len(nodes.roots) + 1
    count = np.bincount(owner, minlength=trees)
    return bool(((count > 0) & (count == np.bincount(owner[giving], minlength=trees))).any())


def _transform(lo: Lowering) -> str:
    return lo.text("post_transform", "NONE")


def _rows(lo: Lowering) -> SSAValue:
    """The rows of `X`; one dimension alone is one row."""
    x = lo.operand("X")
    shape = extents_of(x)
    if len(shape) == 1:
        return lo.reshape(x, (1, *shape))
    if len(shape) != 2:
        raise NoNativeForm(f"of a tensor of shape {list(shape)}")
    return x


def _flat(lo: Lowering, column: SSAValue) -> SSAValue:
    """`[rows, 1]` as `[rows]`."""
    return lo.reshape(column, extents_of(column)[:1])


def _plus(lo: Lowering, scores: SSAValue, base: Array) -> SSAValue:
    """Base values added to the columns, where there are any."""
    if not len(base):
        return scores
    n = Numbers(element_of(scores))
    return lo.map([scores, lo.constant(base.astype(dtype_of(n.element)), "base")], n.add)


def _as(lo: Lowering, scores: SSAValue, element: Attribute) -> SSAValue:
    """Scores in the type of the result."""
    source = element_of(scores)
    if source == element:
        return scores
    return lo.map([scores], lambda a: cast_scalar(a, source, element), element)


OPERATORS: dict[str, Conversion] = {
    "ml.TreeEnsemble": TreeEnsemble,
    "ml.TreeEnsembleClassifier": TreeEnsembleClassifier,
    "ml.TreeEnsembleRegressor": TreeEnsembleRegressor,
}

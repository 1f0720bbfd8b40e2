"""
Tree ensembles of `ai.onnx.ml`, node by node as the standard says.

`onnx.reference` 1.23 lacks their transforms, visits sets in the order of a walk, and gives two
classes labels that onnxruntime does not give. Where the standard is silent these are
onnxruntime's meanings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute

from ...dialects.onnx import OnnxOp
from .post_transforms import post_transform
from .reference import OnnxValue

Array = npt.NDArray[Any]
Inputs = Sequence[OnnxValue | None]
Read = Callable[[Attribute], Array]
"""The numbers of an attribute that is a tensor."""

MODES = ("LEQ", "LT", "GTE", "GT", "EQ", "NEQ", "MEMBER", "LEAF")
LEAF = len(MODES) - 1
COMPARISONS = (
    np.less_equal,
    np.less,
    np.greater_equal,
    np.greater,
    np.equal,
    np.not_equal,
)
TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
AGGREGATES = ("AVERAGE", "SUM", "MIN", "MAX")


@dataclass
class Trees:
    """Nodes of all trees, and what leaves give: `(target, weight)` by the number of the node."""

    modes: Array
    features: Array
    values: Array
    missing: Array
    yes: Array
    no: Array
    roots: Sequence[int]
    gives: dict[int, list[tuple[int, Any]]]
    members: dict[int, Array] = field(default_factory=dict[int, Array])

    def ends(self, x: Array, root: int) -> Array:
        """The leaf where each row ends."""
        at = np.full(len(x), root)
        for _ in range(len(self.modes) + 1):
            rows = np.flatnonzero(self.modes[at] != LEAF)
            if not len(rows):
                return at
            nodes = at[rows]
            holds = self._holds(nodes, x[rows, self.features[nodes]])
            at[rows] = np.where(holds, self.yes[nodes], self.no[nodes])
        raise ValueError("the nodes of a tree lead back to where they came from")

    def _holds(self, nodes: Array, values: Array) -> Array:
        found = np.isnan(values) & self.missing[nodes]
        for mode, compare in enumerate(COMPARISONS):
            found |= (self.modes[nodes] == mode) & compare(values, self.values[nodes])
        for node in set(nodes[self.modes[nodes] == MODES.index("MEMBER")].tolist()):
            found |= (nodes == node) & np.isin(values, self.members[node])
        return found

    def scores(self, x: Array, targets: int, aggregate: str) -> tuple[Array, Array]:
        """What the trees give for each target, and whether any does, both `[rows, targets]`."""
        total = np.zeros((len(x), targets), x.dtype)
        given = np.zeros(total.shape, np.bool_)
        for root in self.roots:
            ends = self.ends(x, root)
            for leaf in np.unique(ends).tolist():
                rows = ends == leaf
                for target, weight in self.gives.get(leaf, ()):
                    old, known = total[rows, target], given[rows, target]
                    pick = {"MIN": np.minimum, "MAX": np.maximum}.get(aggregate)
                    new = old + weight if pick is None else pick(old, weight)
                    total[rows, target] = np.where(known | (pick is None), new, weight)
                    given[rows, target] = True
        if aggregate == "AVERAGE":
            total /= total.dtype.type(len(self.roots))
        return total, given


def _numbers(op: OnnxOp, read: Read, name: str) -> Array:
    """Numbers given as a list, as `NAME_as_tensor`, or as a tensor."""
    for given in (op.properties.get(f"{name}_as_tensor"), op.properties.get(name)):
        if given is not None and hasattr(given, "type"):
            return read(given).reshape(-1)
    return np.array(op.attribute(name) or [], np.float32)


def _integers(op: OnnxOp, name: str) -> Array:
    return np.array(op.attribute(name) or [], np.int64)


def _rows(inputs: Inputs) -> Array:
    """Rows of features as they are compared: f64 as they are, all else as f32."""
    x = np.atleast_2d(cast(Array, inputs[0]))
    return x if x.dtype == np.float64 else x.astype(np.float32)


def _missing(op: OnnxOp, count: int) -> Array:
    given = _integers(op, "nodes_missing_value_tracks_true")[:count] != 0
    return np.concatenate([given, np.zeros(count - len(given), np.bool_)])


def _older(op: OnnxOp, read: Read, of: str, dtype: np.dtype[Any]) -> Trees:
    """The trees of the operators that name nodes by two numbers; `of` is `class` or `target`."""
    trees_of, nodes_of = (_integers(op, f"nodes_{name}ids").tolist() for name in ("tree", "node"))
    names = list(zip(trees_of, nodes_of, strict=True))
    place = {name: at for at, name in enumerate(names)}
    first: dict[int, int] = {}
    for at, (tree, _) in enumerate(names):
        first.setdefault(tree, at)
    texts = cast("list[str]", op.attribute("nodes_modes"))
    modes = np.array([MODES.index(text.removeprefix("BRANCH_")) for text in texts])

    def successors(name: str) -> Array:
        to = _integers(op, name).tolist()
        pairs = zip(names, to, modes.tolist(), strict=True)
        return np.array([0 if m == LEAF else place[tree, node] for (tree, _), node, m in pairs])

    gives: dict[int, list[tuple[int, Any]]] = {}
    weights = _numbers(op, read, f"{of}_weights").astype(dtype)
    trees, nodes = _integers(op, f"{of}_treeids").tolist(), _integers(op, f"{of}_nodeids").tolist()
    ids = _integers(op, f"{of}_ids").tolist()
    for tree, node, target, weight in zip(trees, nodes, ids, weights, strict=True):
        gives.setdefault(place[tree, node], []).append((target, weight))
    return Trees(
        modes,
        _integers(op, "nodes_featureids"),
        _numbers(op, read, "nodes_values"),
        _missing(op, len(names)),
        successors("nodes_truenodeids"),
        successors("nodes_falsenodeids"),
        list(first.values()),
        gives,
    )


def _newer(op: OnnxOp, read: Read, dtype: np.dtype[Any]) -> Trees:
    """The trees of `TreeEnsemble`, leaves numbered behind the nodes."""
    modes = _numbers(op, read, "nodes_modes").astype(np.int64)
    weights = _numbers(op, read, "leaf_weights").astype(dtype)
    count, nothing = len(modes), np.zeros(len(weights), np.int64)

    def successors(name: str) -> Array:
        leaf = _integers(op, f"nodes_{name}leafs") != 0
        return np.concatenate([_integers(op, f"nodes_{name}nodeids") + count * leaf, nothing])

    sets = iter(_sets(_numbers(op, read, "membership_values")))
    members = {int(at): next(sets) for at in np.flatnonzero(modes == MODES.index("MEMBER"))}
    targets = _integers(op, "leaf_targetids").tolist()
    return Trees(
        np.concatenate([modes, nothing + LEAF]),
        np.concatenate([_integers(op, "nodes_featureids"), nothing]),
        np.concatenate([_numbers(op, read, "nodes_splits").astype(dtype), nothing.astype(dtype)]),
        _missing(op, count + len(weights)),
        successors("true"),
        successors("false"),
        _integers(op, "tree_roots").tolist(),
        {count + at: [(t, w)] for at, (t, w) in enumerate(zip(targets, weights, strict=True))},
        members,
    )


def _sets(values: Array) -> list[Array]:
    """Sets that follow one another, each with a NaN at its end."""
    return [
        part[~np.isnan(part)] for part in np.split(values, np.flatnonzero(np.isnan(values)) + 1)
    ]


def tree_ensemble_regressor(op: OnnxOp, inputs: Inputs, read: Read) -> list[OnnxValue]:
    """What the trees give for each target; one target alone has no transform but `PROBIT`."""
    x, targets = _rows(inputs), cast(int, op.attribute("n_targets"))
    trees = _older(op, read, "target", x.dtype)
    y, _ = trees.scores(x, targets, str(op.attribute("aggregate_function") or "SUM"))
    base = _numbers(op, read, "base_values").astype(x.dtype)
    y = y + base if len(base) else y
    return [_regression(y, str(op.attribute("post_transform") or "NONE")).astype(np.float32)]


def tree_ensemble(op: OnnxOp, inputs: Inputs, read: Read) -> list[OnnxValue]:
    """The same, with functions by their numbers."""
    x, targets = _rows(inputs), cast(int, op.attribute("n_targets"))
    aggregate = AGGREGATES[cast(int, op.attribute("aggregate_function"))]
    y, _ = _newer(op, read, x.dtype).scores(x, targets, aggregate)
    return [_regression(y, TRANSFORMS[cast(int, op.attribute("post_transform"))])]


def _regression(y: Array, transform: str) -> Array:
    return post_transform(y, transform if y.shape[1] > 1 or transform == "PROBIT" else "NONE")


def tree_ensemble_classifier(op: OnnxOp, inputs: Inputs, read: Read) -> list[OnnxValue]:
    """Labels and scores."""
    x = _rows(inputs)
    labels = cast(
        "list[Any]", op.attribute("classlabels_strings") or op.attribute("classlabels_int64s")
    )
    trees = _older(op, read, "class", x.dtype)
    base = _numbers(op, read, "base_values").astype(x.dtype)
    scores, given = trees.scores(x, len(labels), "SUM")
    transform = str(op.attribute("post_transform") or "NONE")
    if len(labels) > 2:
        scores = scores + base if len(base) else scores
        positions = np.where(given | bool(len(base)), scores, -np.inf).argmax(1)
        result = post_transform(scores, transform)
    elif len(labels) == 2:
        positions, result = _two_classes(trees, base, scores, given, transform)
    else:
        scores = scores + base if len(base) else scores
        found = (scores[:, 0] > 0).astype(np.int64)
        result = post_transform(scores, transform if transform == "PROBIT" else "NONE")
        return [found.astype(str).astype(object) if isinstance(labels[0], str) else found, result]
    chosen = [labels[at] for at in positions]
    kind: Any = object if isinstance(labels[0], str) else np.int64
    return [np.array(chosen, kind), result.astype(np.float32)]


def _two_classes(
    trees: Trees, base: Array, scores: Array, given: Array, transform: str
) -> tuple[Array, Array]:
    """Two classes; where only one has weights, they are probabilities or margins of it."""
    entries = [entry for leaf in trees.gives.values() for entry in leaf]
    classes = {target for target, _ in entries}
    positive = all(weight >= 0 for _, weight in entries)
    threshold = 0.5 if positive and len(classes) == 1 else 0
    first, second, has_second = scores[:, 0], scores[:, 1], given[:, 1]
    if len(base) == 2:
        sums = first + base[1]
        second = np.where(has_second, sums, 0)
        first = np.where(has_second, np.where(given[:, 0], -sums, 0), first + base[0])
    elif len(base) == 1:
        first = np.where(given[:, 0], first + base[0], 0)
    positions = (np.where(has_second, second, first) > threshold).astype(np.int64)
    both = np.stack([first, second], 1)
    if len(classes) != 1 or 1 in classes or len(base) == 2:
        return positions, post_transform(both, transform)
    if transform == "LOGISTIC":
        return positions, post_transform(np.stack([-first, first], 1), transform)
    other = 1 - first if positive else -first
    return positions, np.stack([other, first], 1)


FORESTS = {
    "onnx.ml.TreeEnsemble": tree_ensemble,
    "onnx.ml.TreeEnsembleClassifier": tree_ensemble_classifier,
    "onnx.ml.TreeEnsembleRegressor": tree_ensemble_regressor,
}
"""`(op, inputs, read) -> results` by operation name."""

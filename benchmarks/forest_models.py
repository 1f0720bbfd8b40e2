"""Forests that scikit-learn has trained, as ONNX models of one tree operator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

Array = npt.NDArray[Any]

# scikit-learn has no types of its own.
datasets: Any = import_module("sklearn.datasets")
ensemble: Any = import_module("sklearn.ensemble")

FEATURES = 30
ROWS = 4000
TREES = 100


@dataclass(frozen=True)
class Tree:
    """One tree as scikit-learn has it: successors are -1 in leaves, `values` are `[nodes, ...]`."""

    features: Array
    thresholds: Array
    left: Array
    right: Array
    values: Array


@dataclass(frozen=True)
class ForestCase:
    """A model with an open number of rows, rows to ask it about, and what scikit-learn says."""

    name: str
    what: str
    model: onnx.ModelProto
    rows: Array
    expected: Array


@cache
def _regression() -> tuple[Array, Array]:
    x, y = datasets.make_regression(ROWS, FEATURES, n_informative=20, noise=10, random_state=0)
    return x.astype(np.float32), y


def gradient_boosting() -> ForestCase:
    """Trees of depth 8, one added to the other."""
    x, y = _regression()
    fitted = ensemble.GradientBoostingRegressor(
        n_estimators=TREES, max_depth=8, subsample=0.5, random_state=0
    ).fit(x, y)
    trees = [_of(e.tree_, e.tree_.value[:, 0] * 0.1) for e in fitted.estimators_[:, 0]]
    base = float(fitted.init_.constant_[0, 0])
    model = regressor(trees, 1, [base])
    what = "GradientBoostingRegressor, depth 8"
    return ForestCase("gradient_boosting", what, model, x, fitted.predict(x)[:, None])


def histogram_boosting() -> ForestCase:
    """Trees of 31 leaves."""
    x, y = _regression()
    fitted = ensemble.HistGradientBoostingRegressor(
        max_iter=TREES, max_leaf_nodes=31, random_state=0, early_stopping=False
    ).fit(x, y)
    nodes = [predictor.nodes for [predictor] in fitted._predictors]
    trees = [
        Tree(
            n["feature_idx"],
            n["num_threshold"],
            np.where(n["is_leaf"], -1, n["left"].astype(np.int64)),
            np.where(n["is_leaf"], -1, n["right"].astype(np.int64)),
            n["value"][:, None],
        )
        for n in nodes
    ]
    model = regressor(trees, 1, [float(np.ravel(fitted._baseline_prediction)[0])])
    what = "HistGradientBoostingRegressor, 31 leaves"
    return ForestCase("histogram_boosting", what, model, x, fitted.predict(x)[:, None])


def random_forest() -> ForestCase:
    """Ten classes, trees of depth 10."""
    x, y = datasets.make_classification(
        ROWS, FEATURES, n_informative=15, n_classes=10, random_state=0
    )
    x = x.astype(np.float32)
    fitted = ensemble.RandomForestClassifier(TREES, max_depth=10, random_state=0).fit(x, y)
    trees = [_of(e.tree_, e.tree_.value[:, 0] / TREES) for e in fitted.estimators_]
    model = classifier(trees, list(range(10)))
    what = "RandomForestClassifier, depth 10, 10 classes"
    return ForestCase("random_forest", what, model, x, fitted.predict_proba(x))


def deep_forest() -> ForestCase:
    """Trees of depth 12: 270,000 nodes in all."""
    x, y = _regression()
    fitted = ensemble.RandomForestRegressor(TREES, max_depth=12, random_state=0).fit(x, y)
    trees = [_of(e.tree_, e.tree_.value[:, 0] / TREES) for e in fitted.estimators_]
    what = "RandomForestRegressor, depth 12"
    expected = fitted.predict(x)[:, None]
    return ForestCase("deep_forest", what, regressor(trees, 1, []), x, expected)


CASES: tuple[Callable[[], ForestCase], ...] = (
    gradient_boosting,
    histogram_boosting,
    random_forest,
    deep_forest,
)


def _of(tree: Any, values: Array) -> Tree:
    return Tree(tree.feature, tree.threshold, tree.children_left, tree.children_right, values)


def _nodes(trees: Iterable[Tree]) -> dict[str, list[Any]]:
    names = ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids")
    found: dict[str, list[Any]] = {f"nodes_{name}": [] for name in names}
    for number, tree in enumerate(trees):
        leaf = tree.left < 0
        # As f32, a threshold must not move above a row that was above it.
        near = tree.thresholds.astype(np.float32)
        least = np.nextafter(near, np.float32(-np.inf))
        limits = np.where(near > tree.thresholds, least, near)
        columns: tuple[Array, ...] = (
            np.full(len(leaf), number),
            np.arange(len(leaf)),
            np.where(leaf, 0, tree.features),
            np.where(leaf, "LEAF", "BRANCH_LEQ"),
            np.where(leaf, 0, limits),
            np.where(leaf, 0, tree.left),
            np.where(leaf, 0, tree.right),
        )
        for name, column in zip(names, columns, strict=True):
            found[f"nodes_{name}"] += column.tolist()
    return found


def _weights(trees: Iterable[Tree], of: str) -> dict[str, list[Any]]:
    names = ("treeids", "nodeids", "ids", "weights")
    found: dict[str, list[Any]] = {f"{of}_{name}": [] for name in names}
    for number, tree in enumerate(trees):
        leaves: Array = np.flatnonzero(tree.left < 0)
        width = int(tree.values.shape[1])
        columns: tuple[Any, ...] = (
            np.full(len(leaves) * width, number),
            np.repeat(leaves, width),
            np.tile(np.arange(width), len(leaves)),
            tree.values[leaves].reshape(-1),
        )
        for name, column in zip(names, columns, strict=True):
            found[f"{of}_{name}"] += column.tolist()
    return found


def regressor(trees: list[Tree], targets: int, base: list[float]) -> onnx.ModelProto:
    """A `TreeEnsembleRegressor`."""
    attributes = {**_nodes(trees), **_weights(trees, "target"), "n_targets": targets}
    if base:
        attributes["base_values"] = base
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", targets])]
    return _model("TreeEnsembleRegressor", attributes, outputs)


def classifier(trees: list[Tree], labels: list[int]) -> onnx.ModelProto:
    """A `TreeEnsembleClassifier`."""
    attributes = {**_nodes(trees), **_weights(trees, "class"), "classlabels_int64s": labels}
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"]),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", len(labels)]),
    ]
    return _model("TreeEnsembleClassifier", attributes, outputs)


def _model(
    op_type: str, attributes: dict[str, Any], outputs: list[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    names = [output.name for output in outputs]
    node = helper.make_node(op_type, ["x"], names, name="forest", domain="ai.onnx.ml", **attributes)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", FEATURES])
    graph = helper.make_graph([node], "forest", [x], outputs)
    opsets = [helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 15)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)

"""Random trees as attributes of ONNX's tree operators, and models of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from stepwell.test.conversion.onnx_to_engine.node_check import Array

ML = "ai.onnx.ml"
MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")


def random_trees(
    rng: np.random.Generator,
    trees: int,
    columns: int,
    *,
    modes: Sequence[str] = ("BRANCH_LEQ",),
    missing: bool = False,
    depth: int = 5,
) -> dict[str, list[Any]]:
    """The `nodes_...` attributes of trees whose thresholds are quarters, so that rows meet them."""
    names = ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids")
    found: dict[str, list[Any]] = {f"nodes_{name}": [] for name in names}
    tracks: list[int] = []
    for tree in range(trees):
        depths = [0]
        node = 0
        while node < len(depths):
            leaf = depths[node] == depth or (depths[node] > 0 and rng.random() < 0.25)
            yes, no = (0, 0) if leaf else (len(depths), len(depths) + 1)
            mode = "LEAF" if leaf else str(rng.choice(modes))
            value = 0.0 if leaf else float(rng.integers(-4, 5)) / 4
            row = (tree, node, 0 if leaf else int(rng.integers(columns)), mode, value, yes, no)
            for name, entry in zip(names, row, strict=True):
                found[f"nodes_{name}"].append(entry)
            tracks.append(int(missing and rng.random() < 0.5))
            if not leaf:
                depths += [depths[node] + 1] * 2
            node += 1
    return {**found, "nodes_missing_value_tracks_true": tracks} if missing else found


def leaves_of(nodes: dict[str, list[Any]]) -> list[tuple[int, int]]:
    """Tree and number of each leaf."""
    rows = zip(nodes["nodes_treeids"], nodes["nodes_nodeids"], nodes["nodes_modes"], strict=True)
    return [(tree, node) for tree, node, mode in rows if mode == "LEAF"]


def weights_of(
    rng: np.random.Generator,
    nodes: dict[str, list[Any]],
    of: str,
    targets: Sequence[int],
    *,
    positive: bool = False,
    one: bool = False,
    some: float = 1.0,
) -> dict[str, list[Any]]:
    """
    Weights of all leaves for all targets: for `one`, that of the tree alone; for `some`, not all.
    """
    found: dict[str, list[Any]] = {
        f"{of}_{name}": [] for name in ("treeids", "nodeids", "ids", "weights")
    }
    for tree, node in leaves_of(nodes):
        for target in targets:
            if (one and target != targets[tree % len(targets)]) or rng.random() > some:
                continue
            weight = float(np.float32(rng.random() if positive else rng.standard_normal()))
            row = (tree, node, target, weight / 3)
            for name, entry in zip(("treeids", "nodeids", "ids", "weights"), row, strict=True):
                found[f"{of}_{name}"].append(entry)
    return found


def tree_model(
    op_type: str,
    x: Array,
    outputs: Sequence[tuple[str, int, Sequence[Any] | None]],
    *,
    version: int = 3,
    **attributes: Any,
) -> onnx.ModelProto:
    """A model of one node called `forest`, from rows like `x`; outputs by name, type and shape."""
    names = [name for name, _, _ in outputs]
    node = helper.make_node(op_type, ["x"], names, name="forest", domain=ML, **attributes)
    element = helper.np_dtype_to_tensor_dtype(x.dtype)
    graph = helper.make_graph(
        [node],
        "forest",
        [helper.make_tensor_value_info("x", element, x.shape)],
        [helper.make_tensor_value_info(*output) for output in outputs],
    )
    opsets = [helper.make_opsetid(ML, version), helper.make_opsetid("", 15)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def classifier_model(
    x: Array, labels: Sequence[int] | Sequence[str], **attributes: Any
) -> onnx.ModelProto:
    """A `TreeEnsembleClassifier` with these labels."""
    text = isinstance(labels[0], str)
    kind = "classlabels_strings" if text else "classlabels_int64s"
    rows = x.shape[0]
    outputs = [
        ("label", TensorProto.STRING if text else TensorProto.INT64, [rows]),
        ("scores", TensorProto.FLOAT, [rows, len(labels)]),
    ]
    given: dict[str, Any] = {kind: list(labels), **attributes}
    return tree_model("TreeEnsembleClassifier", x, outputs, **given)


def regressor_model(x: Array, targets: int, **attributes: Any) -> onnx.ModelProto:
    """A `TreeEnsembleRegressor`."""
    outputs = [("y", TensorProto.FLOAT, [x.shape[0], targets])]
    return tree_model("TreeEnsembleRegressor", x, outputs, n_targets=targets, **attributes)


def rows_of(rng: np.random.Generator, count: int, columns: int, dtype: Any, nan: bool) -> Array:
    """Rows of quarters, with NaN and infinities among them where the type has them."""
    if np.dtype(dtype).kind != "f":
        return rng.integers(-2, 3, (count, columns)).astype(dtype)
    x = (rng.integers(-6, 7, (count, columns)) / 4).astype(dtype)
    if nan:
        x[rng.random(x.shape) < 0.15] = np.nan
        x[rng.random(x.shape) < 0.05] = np.inf
        x[rng.random(x.shape) < 0.05] = -np.inf
    return x


def by_onnxruntime(model: onnx.ModelProto, x: Array) -> list[Array]:
    """The outputs by onnxruntime on one thread, where sums go in the order of the trees."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return [np.asarray(a) for a in session.run(None, {"x": x})]

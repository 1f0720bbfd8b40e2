"""Forests against onnxruntime, whose results the converters of frameworks are made for."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

import stepwell
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.ml.trees import (
    MODES,
    by_onnxruntime,
    classifier_model,
    random_trees,
    regressor_model,
    rows_of,
    tree_model,
    weights_of,
)
from stepwell.test.conversion.onnx_to_engine.node_check import Array, converted

TRANSFORMS = ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT")


def computed(model: onnx.ModelProto, x: Array, *, native: bool = True) -> list[Array]:
    """The outputs by the interpreter; with `native` nothing is left to the reference."""
    ctx, module = converted(model)
    text = str(module)
    assert ("engine.reference" in text) != native, text
    assert "TreeEnsemble" not in text
    return [np.asarray(a) for a in run(ctx, module, [x])]


def by_reference(model: onnx.ModelProto, x: Array) -> list[Array]:
    """The outputs by the meaning of the framework's operators, as `verify` compares with."""
    ctx = make_context()
    return [np.asarray(a) for a in run(ctx, import_model(model, ctx), [x])]


def check(model: onnx.ModelProto, x: Array, **options: Any) -> None:
    wanted = by_onnxruntime(model, x)
    compare(computed(model, x, **options), wanted)
    compare(by_reference(model, x), wanted)


def compare(results: list[Array], expected: list[Array]) -> None:
    for found, wanted in zip(results, expected, strict=True):
        assert found.shape == wanted.shape
        if wanted.dtype.kind == "f":
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted, rtol=3e-6, atol=3e-6)
        else:
            assert found.tolist() == wanted.tolist()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("modes", [(mode,) for mode in MODES] + [MODES, MODES[:4]])
def test_all_comparisons_and_missing_values(modes: tuple[str, ...], missing: bool, seed: int):
    rng = np.random.default_rng(seed)
    nodes = random_trees(rng, 7, 4, modes=modes, missing=missing)
    x = rows_of(rng, 60, 4, np.float32, nan=True)
    weights = weights_of(rng, nodes, "target", [0, 1])
    check(regressor_model(x, 2, **nodes, **weights), x)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 0.0, -0.0, 3.4028235e38, 1e-45])
@pytest.mark.parametrize("missing", [0, 1])
@pytest.mark.parametrize("mode", MODES)
def test_special_thresholds(mode: str, missing: int, value: float):
    nodes: dict[str, Any] = {
        "nodes_treeids": [0, 0, 0],
        "nodes_nodeids": [0, 1, 2],
        "nodes_featureids": [0, 0, 0],
        "nodes_modes": [mode, "LEAF", "LEAF"],
        "nodes_values": [value, 0.0, 0.0],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0],
        "nodes_missing_value_tracks_true": [missing, 0, 0],
    }
    x = np.array([[np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1e-45, 1e-45, 3e38, -2]], np.float32).T
    weights: dict[str, Any] = {
        "target_treeids": [0, 0],
        "target_nodeids": [1, 2],
        "target_ids": [0, 0],
        "target_weights": [1.0, 2.0],
    }
    [found] = computed(regressor_model(x, 1, **nodes, **weights), x)
    compare = {
        "BRANCH_LEQ": np.less_equal,
        "BRANCH_LT": np.less,
        "BRANCH_GTE": np.greater_equal,
        "BRANCH_GT": np.greater,
        "BRANCH_EQ": np.equal,
        "BRANCH_NEQ": np.not_equal,
    }[mode]
    yes = compare(x, np.float32(value)) | (np.isnan(x) & bool(missing))
    assert found.tolist() == np.where(yes, 1.0, 2.0).tolist()


@pytest.mark.parametrize("aggregate", ["SUM", "AVERAGE", "MIN", "MAX"])
@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("based", [False, True])
def test_regressors(aggregate: str, targets: int, transform: str, based: bool):
    rng = np.random.default_rng(1)
    nodes = random_trees(rng, 9, 5)
    x = rows_of(rng, 30, 5, np.float32, nan=False)
    base = {"base_values": rng.random(targets).astype(np.float32).tolist()} if based else {}
    model = regressor_model(
        x,
        targets,
        **nodes,
        **weights_of(rng, nodes, "target", range(targets), positive=True),
        **base,
        aggregate_function=aggregate,
        post_transform=transform,
    )
    if transform == "PROBIT":
        # Both are as good as the approximation; its constants differ in the last digits.
        found, wanted = computed(model, x)[0], by_onnxruntime(model, x)[0]
        same = np.isfinite(found) & np.isfinite(wanted)
        np.testing.assert_allclose(found[same], wanted[same], atol=1e-3)
        return
    check(model, x)


@pytest.mark.parametrize("aggregate", ["SUM", "AVERAGE", "MIN", "MAX"])
def test_leaves_that_give_only_some_targets(aggregate: str):
    rng = np.random.default_rng(2)
    nodes = random_trees(rng, 3, 5)
    x = rows_of(rng, 40, 5, np.float32, nan=False)
    weights = weights_of(rng, nodes, "target", range(4), some=0.4)
    check(regressor_model(x, 4, **nodes, **weights, aggregate_function=aggregate), x)


def test_a_tree_for_each_target_adds_one_number():
    rng = np.random.default_rng(3)
    nodes = random_trees(rng, 9, 5)
    x = rows_of(rng, 20, 5, np.float32, nan=False)
    weights = weights_of(rng, nodes, "target", [2, 0, 1], one=True)
    model = regressor_model(x, 3, **nodes, **weights)
    check(model, x)
    assert "x1xf32> -> tensor<20x3xf32>" in str(converted(model)[1])


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int32])
def test_rows_of_other_numbers(dtype: Any):
    rng = np.random.default_rng(4)
    nodes = random_trees(rng, 9, 5, modes=MODES)
    x = rows_of(rng, 40, 5, dtype, nan=True)
    weights = weights_of(rng, nodes, "class", range(3))
    check(classifier_model(x, [4, 5, 6], **nodes, **weights), x)


def test_attributes_that_are_tensors_of_f64():
    rng = np.random.default_rng(5)
    nodes = random_trees(rng, 5, 4)
    x = rows_of(rng, 50, 4, np.float64, nan=False) + 1e-12 * rng.standard_normal((50, 4))
    weights = weights_of(rng, nodes, "target", [0, 1])
    given = {
        "nodes_values_as_tensor": nodes.pop("nodes_values"),
        "target_weights_as_tensor": weights.pop("target_weights"),
        "base_values_as_tensor": [1e-9, 2.0],
    }
    tensors: dict[str, Any] = {
        n: numpy_helper.from_array(np.array(v, np.float64), n) for n, v in given.items()
    }
    check(regressor_model(x, 2, **nodes, **weights, **tensors), x)


LABELS: dict[str, Any] = {
    "0 1": [0, 1],
    "three": [5, -3, 9],
    "words": ["no", "yes"],
    "words three": ["a", "b", "c"],
}


@pytest.mark.parametrize("transform", ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"])
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("bases", [0, 1, 2, 3])
def test_classifiers(labels: str, transform: str, positive: bool, bases: int):
    names = LABELS[labels]
    if bases not in (0, len(names)) and not (bases == 1 and len(names) == 2):
        return
    rng = np.random.default_rng(6)
    nodes = random_trees(rng, 9, 5)
    x = rows_of(rng, 40, 5, np.float32, nan=False)
    weights = weights_of(rng, nodes, "class", range(len(names)), positive=positive)
    base = {"base_values": rng.standard_normal(bases).astype("f4").tolist()} if bases else {}
    model = classifier_model(x, names, **nodes, **weights, **base, post_transform=transform)
    check(model, x, native=not isinstance(names[0], str))


@pytest.mark.parametrize("transform", ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"])
@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("bases", [0, 1, 2])
@pytest.mark.parametrize("names", [[0, 1], [3, 7], ["no", "yes"]])
def test_two_classes_with_one_column(
    column: int, transform: str, positive: bool, bases: int, names: Any
):
    if (column, bases) == (1, 2):
        return  # test_what_is_left_to_the_reference
    rng = np.random.default_rng(7)
    nodes = random_trees(rng, 3, 5)
    x = rows_of(rng, 40, 5, np.float32, nan=False)
    weights = weights_of(rng, nodes, "class", [column], positive=positive)
    base = {"base_values": rng.standard_normal(bases).astype("f4").tolist()} if bases else {}
    model = classifier_model(x, names, **nodes, **weights, **base, post_transform=transform)
    check(model, x, native=not isinstance(names[0], str))


@pytest.mark.parametrize("transform", TRANSFORMS[:4])
@pytest.mark.parametrize("bases", [0, 1])
def test_one_class(transform: str, bases: int):
    rng = np.random.default_rng(8)
    nodes = random_trees(rng, 3, 5)
    x = rows_of(rng, 40, 5, np.float32, nan=False)
    base = {"base_values": [0.25]} if bases else {}
    weights = weights_of(rng, nodes, "class", [0])
    check(classifier_model(x, [1], **nodes, **weights, **base, post_transform=transform), x)


@pytest.mark.parametrize("seed", range(3))
def test_a_class_without_a_score_is_not_chosen(seed: int):
    rng = np.random.default_rng(seed)
    nodes = random_trees(rng, 2, 5)
    x = rows_of(rng, 60, 5, np.float32, nan=False)
    weights = weights_of(rng, nodes, "class", range(4), some=0.5)
    weights["class_weights"] = [-abs(w) - 0.125 for w in weights["class_weights"]]
    given = set(zip(weights["class_treeids"], weights["class_nodeids"], strict=True))
    for tree, node in zip(nodes["nodes_treeids"], nodes["nodes_nodeids"], strict=True):
        # With nothing to choose from, onnxruntime reads before the labels.
        if (tree, node) not in given:
            entry = {"treeids": tree, "nodeids": node, "ids": 3, "weights": -1.0}
            for name, value in entry.items():
                weights[f"class_{name}"].append(value)
    check(classifier_model(x, [7, 8, 9, 10], **nodes, **weights), x)


def test_labels_of_two_classes_are_those_of_the_model():
    """onnxruntime gives 0 and 1 here, which are no labels of the model."""
    rng = np.random.default_rng(9)
    nodes = random_trees(rng, 3, 5)
    x = rows_of(rng, 40, 5, np.float32, nan=False)
    weights = weights_of(rng, nodes, "class", [0, 1])
    labels, scores = computed(classifier_model(x, [3, 7], **nodes, **weights), x)
    assert labels.tolist() == np.where(scores[:, 1] > 0, 7, 3).tolist()
    assert len(set(labels.tolist())) == 2


def newer(x: Array, **attributes: Any) -> onnx.ModelProto:
    for name in ("nodes_splits", "leaf_weights", "membership_values"):
        if name in attributes:
            array = np.array(attributes[name], x.dtype)
            attributes[name] = numpy_helper.from_array(array, name)
    modes = np.array(attributes["nodes_modes"], np.uint8)
    attributes["nodes_modes"] = numpy_helper.from_array(modes, "nodes_modes")
    element = onnx.helper.np_dtype_to_tensor_dtype(x.dtype)
    outputs = [("y", element, [len(x), attributes["n_targets"]])]
    return tree_model("TreeEnsemble", x, outputs, version=5, **attributes)


SETS: dict[str, Any] = {
    "n_targets": 2,
    "nodes_featureids": [0, 1, 0],
    "nodes_modes": [0, 6, 6],
    "nodes_splits": [3.0, 0.0, 0.0],
    "nodes_truenodeids": [1, 0, 1],
    "nodes_falsenodeids": [2, 2, 3],
    "nodes_trueleafs": [0, 1, 1],
    "nodes_falseleafs": [0, 1, 1],
    "membership_values": [1.25, 2.0, 0.5, np.nan, -1.0, 4.0, 6.0, 3.25, 7.0, np.nan],
    "leaf_targetids": [0, 1, 0, 1],
    "leaf_weights": [1.0, 10.0, 1000.0, 100.0],
    "tree_roots": [0],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_sets(dtype: Any):
    columns = [np.arange(-8, 33) / 4, np.roll(np.arange(-8, 33), 7) / 4]
    x = np.stack(columns, axis=1).astype(dtype)
    [found] = computed(newer(x, **SETS), x)
    assert found.dtype == dtype
    first, second = {1.25, 2.0, 0.5}, {-1.0, 4.0, 6.0, 3.25, 7.0}
    for row, (a, b) in zip(found, x, strict=True):
        if a <= 3:
            wanted = [1, 0] if float(b) in first else [1000, 0]
        else:
            wanted = [0, 10] if float(a) in second else [0, 100]
        assert row.tolist() == wanted


@pytest.mark.parametrize("missing", [0, 1])
def test_missing_members(missing: int):
    x = np.array([[np.nan, np.nan], [4.0, np.nan], [np.nan, 2.0], [1.0, np.nan]], np.float32)
    tracks = [missing] * 3
    [found] = computed(newer(x, **SETS, nodes_missing_value_tracks_true=tracks), x)
    nan = [1, 0] if missing else [0, 100]
    assert found.tolist() == [nan, [0, 10], nan, [1, 0] if missing else [1000, 0]]


@pytest.mark.parametrize("aggregate", range(4))
@pytest.mark.parametrize("transform", range(4))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_by_number(aggregate: int, transform: int, dtype: Any):
    x = np.array([[0.0, 1.25], [4.0, 0.0], [5.0, 2.0], [1.0, 1.0]], dtype)
    given: dict[str, Any] = {
        "n_targets": 2,
        "nodes_featureids": [0, 1, 0],
        "nodes_modes": [0, 1, 3],
        "nodes_splits": [3.0, 1.25, 1.0],
        "nodes_truenodeids": [1, 0, 1],
        "nodes_falsenodeids": [0, 2, 3],
        "nodes_trueleafs": [0, 1, 1],
        "nodes_falseleafs": [1, 1, 1],
        "leaf_targetids": [0, 1, 0, 1],
        "leaf_weights": [0.5, 0.25, -0.5, 1.0],
        "tree_roots": [0, 2],
    }
    model = newer(x, **given, aggregate_function=aggregate, post_transform=transform)
    # onnxruntime has the numbers of SOFTMAX and LOGISTIC the other way round.
    there = {1: 2, 2: 1}.get(transform, transform)
    model_there = newer(x, **given, aggregate_function=aggregate, post_transform=there)
    [found], [wanted] = computed(model, x), by_onnxruntime(model_there, x)
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=3e-6, atol=3e-6)


def test_nodes_that_several_lead_to():
    """Converters of LightGBM write sets as chains of comparisons that lead to the same node."""
    x = np.arange(-2, 8, dtype=np.float32).reshape(-1, 1)
    model = newer(
        x,
        n_targets=1,
        nodes_featureids=[0, 0, 0, 0],
        nodes_modes=[4, 4, 4, 0],
        nodes_splits=[1.0, 3.0, 5.0, 4.0],
        nodes_truenodeids=[3, 3, 3, 0],
        nodes_falsenodeids=[1, 2, 2, 1],
        nodes_trueleafs=[0, 0, 0, 1],
        nodes_falseleafs=[0, 0, 1, 1],
        leaf_targetids=[0, 0, 0],
        leaf_weights=[1.0, 2.0, 3.0],
        tree_roots=[0],
    )
    [found] = computed(model, x)
    wanted = [(1 if v <= 4 else 2) if v in (1, 3, 5) else 3 for v in x[:, 0]]
    assert found[:, 0].tolist() == wanted


def test_one_row_without_a_dimension():
    rng = np.random.default_rng(10)
    nodes = random_trees(rng, 4, 5)
    x = rows_of(rng, 1, 5, np.float32, nan=False)
    weights = weights_of(rng, nodes, "target", [0])
    outputs = [("y", TensorProto.FLOAT, [1, 1])]
    given: dict[str, Any] = {"n_targets": 1, **nodes, **weights}
    model = tree_model("TreeEnsembleRegressor", x[0], outputs, **given)
    wanted = by_onnxruntime(regressor_model(x, 1, **nodes, **weights), x)[0]
    assert computed(model, x[0])[0].tolist() == wanted.tolist()


def broken(**changes: Any) -> onnx.ModelProto:
    nodes: dict[str, Any] = {
        "nodes_treeids": [0, 0, 0],
        "nodes_nodeids": [0, 1, 2],
        "nodes_featureids": [0, 0, 0],
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_values": [0.5, 0.0, 0.0],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0],
        "target_treeids": [0, 0],
        "target_nodeids": [1, 2],
        "target_ids": [0, 0],
        "target_weights": [1.0, 2.0],
    }
    return regressor_model(np.zeros((2, 3), np.float32), 1, **{**nodes, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes_truenodeids": [0, 0, 0]}, "lead back"),
        ({"nodes_truenodeids": [9, 0, 0]}, "tree 0 has no node 9"),
        ({"nodes_featureids": [3, 0, 0]}, "number 3 is none of 3 columns"),
        ({"nodes_featureids": [-1, 0, 0]}, "number -1 is none of 3 columns"),
        ({"nodes_nodeids": [0, 1, 1]}, "node 1 of tree 0 is there twice"),
        ({"nodes_values": [0.5]}, "nodes_values has 1 elements"),
        ({"nodes_modes": ["BRANCH_ODD", "LEAF", "LEAF"]}, "'BRANCH_ODD' is none of"),
        ({"target_ids": [0, 1]}, "number 1 is none of 1 targets"),
        ({"target_nodeids": [1, 7]}, "tree 0 has no node 7"),
        ({"target_weights": [1.0]}, "different lengths"),
        ({"base_values": [1.0, 2.0]}, "2 base values for 1 targets"),
        ({"aggregate_function": "MODE"}, "'MODE' is none of"),
        ({"post_transform": "EXP"}, "'EXP' is none of"),
    ],
)
def test_what_is_no_forest_is_refused_by_the_name_of_its_node(
    changes: dict[str, Any], message: str
):
    with pytest.raises(StepwellError) as caught:
        stepwell.compile(broken(**changes))
    assert message in str(caught.value)
    assert "forest" in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "classes", "options", "reason"),
    [
        (["a"], [0], {}, "one label, which is a string"),
        ([0, 1], [1], {"base_values": [0.5, 0.5]}, "two base values"),
        ([0, 1], [0], {"post_transform": "PROBIT"}, "PROBIT"),
    ],
)
def test_what_is_left_to_the_reference(labels: Any, classes: Any, options: Any, reason: str):
    rng = np.random.default_rng(11)
    nodes = random_trees(rng, 3, 5)
    x = rows_of(rng, 4, 5, np.float32, nan=False)
    weights = weights_of(rng, nodes, "class", classes)
    _, module = converted(classifier_model(x, labels, **nodes, **weights, **options))
    assert "engine.reference" in str(module)
    assert reason in str(module)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_natively(threads: int):
    rng = np.random.default_rng(12)
    nodes = random_trees(rng, 60, 6, modes=MODES[:4], missing=True, depth=8)
    x = rows_of(rng, 700, 6, np.float32, nan=True)
    weights = weights_of(rng, nodes, "class", range(3))
    model = classifier_model(x, ["a", "b", "c"], **nodes, **weights, post_transform="SOFTMAX")
    engine = stepwell.compile(model, threads=threads)
    assert len(engine.reference_ops) == 1
    labels, scores = engine(x)
    wanted = by_onnxruntime(model, x)
    assert labels.tolist() == wanted[0].tolist()
    np.testing.assert_allclose(scores, wanted[1], rtol=3e-6, atol=3e-6)
    alone = stepwell.compile(model, threads=1)(x)[1]
    assert np.array_equal(scores, alone)

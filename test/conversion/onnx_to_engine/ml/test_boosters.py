"""The forms that converters of LightGBM and XGBoost write around their trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.test.conversion.onnx_to_engine.ml.ml_check import ML
from stepwell.test.conversion.onnx_to_engine.node_check import numbers

F32, I64 = TensorProto.FLOAT, TensorProto.INT64


def stumps(of: str, targets: Sequence[int]) -> dict[str, list[Any]]:
    """A tree of one split for each target; missing values go the way of small ones."""
    rng = np.random.default_rng(len(targets))
    found: dict[str, list[Any]] = {}

    def put(name: str, *values: Any) -> None:
        found.setdefault(name, []).extend(values)

    for number, target in enumerate(targets):
        put("nodes_treeids", number, number, number)
        put("nodes_nodeids", 0, 1, 2)
        put("nodes_featureids", number % 3, 0, 0)
        put("nodes_modes", "BRANCH_LEQ", "LEAF", "LEAF")
        put("nodes_values", float(rng.normal()), 0.0, 0.0)
        put("nodes_truenodeids", 1, 0, 0)
        put("nodes_falsenodeids", 2, 0, 0)
        put("nodes_missing_value_tracks_true", number % 2, 0, 0)
        put(f"{of}_treeids", number, number)
        put(f"{of}_nodeids", 1, 2)
        put(f"{of}_ids", target, target)
        put(f"{of}_weights", *map(float, rng.normal(size=2)))
    return found


def model_of(
    nodes: Sequence[onnx.NodeProto], outputs: dict[str, int | None], **constants: Any
) -> onnx.ModelProto:
    """A model of three features; an output without a type is a sequence of maps."""
    maps = helper.make_map_type_proto(I64, helper.make_tensor_type_proto(F32, []))
    results = [
        helper.make_value_info(name, helper.make_sequence_type_proto(maps))
        if code is None
        else helper.make_tensor_value_info(name, code, None)
        for name, code in outputs.items()
    ]
    given = [helper.make_tensor_value_info("X", F32, [None, 3])]
    weights = [numpy_helper.from_array(v, n) for n, v in constants.items()]
    graph = helper.make_graph(list(nodes), "g", given, results, weights)
    versions = [helper.make_opsetid("", 9), helper.make_opsetid(ML, 1)]
    return helper.make_model(graph, opset_imports=versions, ir_version=4)


def classifier(targets: Sequence[int], classes: int, transform: str) -> list[onnx.NodeProto]:
    """Trees, and what LightGBM's converter puts behind them."""
    attributes: dict[str, Any] = {**stumps("class", targets), "post_transform": transform}
    attributes["classlabels_int64s"] = list(range(classes))
    return [
        helper.make_node(
            "TreeEnsembleClassifier", ["X"], ["l", "p"], name="trees", domain=ML, **attributes
        ),
        helper.make_node("Identity", ["l"], ["l1"]),
        helper.make_node("Identity", ["p"], ["p1"]),
        helper.make_node("Cast", ["l1"], ["label"], to=I64),
    ]


def compare(model: onnx.ModelProto, reference: int, rows: int) -> None:
    x = numbers((rows, 3))
    x[0, rows % 3] = np.nan
    engine = stepwell.compile(model, shapes={"X": x.shape}, threads=1)
    assert len(engine.reference_ops) == reference, engine.reference_ops
    found = engine.run({"X": x})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    expected: list[Any] = list(session.run(None, {"X": x}))
    for got, want in zip(found.values(), expected, strict=True):
        if isinstance(want, list):
            assert [list(row) for row in got] == [list(row) for row in want]
            got, want = ([list(row.values()) for row in rows] for rows in (got, want))
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 9])
def test_two_classes_have_one_score_and_maps(rows):
    maps = helper.make_node("ZipMap", ["p1"], ["ps"], domain=ML, classlabels_int64s=[0, 1])
    nodes = [*classifier([0] * 5, 2, "LOGISTIC"), maps]
    compare(model_of(nodes, {"label": I64, "ps": None}), 1, rows)


@pytest.mark.parametrize("rows", [1, 9])
def test_many_classes_take_turns(rows):
    nodes = [
        *classifier([0, 1, 2] * 3, 3, "SOFTMAX"),
        helper.make_node("Mul", ["p1", "one"], ["ps"]),
    ]
    one = np.array([1], np.float32)
    compare(model_of(nodes, {"label": I64, "ps": F32}, one=one), 0, rows)


@pytest.mark.parametrize("rows", [1, 9])
def test_numbers_that_are_logarithms(rows):
    """Gamma and Poisson regression: an exponential, and XGBoost's base score as a factor."""
    trees: dict[str, Any] = {**stumps("target", [0] * 6), "n_targets": 1}
    nodes = [
        helper.make_node("TreeEnsembleRegressor", ["X"], ["t"], domain=ML, **trees),
        helper.make_node("Exp", ["t"], ["e"]),
        helper.make_node("Mul", ["e", "base"], ["y"]),
    ]
    compare(model_of(nodes, {"y": F32}, base=np.array([0.5], np.float32)), 0, rows)

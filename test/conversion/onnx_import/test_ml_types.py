"""Types of results of ai.onnx.ml: with open rows, of vectors, and what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from stepwell.conversion.import_onnx import import_model
from stepwell.conversion.onnx_import.ml_types import _RULES, ML_DOMAIN
from stepwell.dialects import make_context
from stepwell.dialects.onnx import OnnxOp
from stepwell.errors import ImportModelError, StepwellError

F32, F64, I64, TEXT = (
    TensorProto.FLOAT,
    TensorProto.DOUBLE,
    TensorProto.INT64,
    TensorProto.STRING,
)
INTS, STRINGS = {"classlabels_ints": [3, 5, 9]}, {"classlabels_strings": ["a", "b", "c"]}
SVC = {
    "coefficients": [1.0] * 8,
    "kernel_params": [0.5, 0.0, 3.0],
    "support_vectors": [1.0] * 8,
    "vectors_per_class": [1, 1, 2],
    "rho": [0.0] * 3,
}
PROBABILITIES = {"prob_a": [1.0] * 3, "prob_b": [0.0] * 3}
LEAF = {
    "nodes_treeids": [0],
    "nodes_nodeids": [0],
    "nodes_featureids": [0],
    "nodes_modes": ["LEAF"],
    "nodes_values": [0.0],
    "nodes_truenodeids": [0],
    "nodes_falsenodeids": [0],
}
CLASSES = {"class_treeids": [0], "class_nodeids": [0], "class_ids": [0], "class_weights": [1.0]}
TARGETS = {"target_treeids": [0], "target_nodeids": [0], "target_ids": [0], "target_weights": [1.0]}


def row(op: str, element: int, expected: list[str], **attributes: Any) -> Any:
    return pytest.param(op, element, expected, attributes, id=f"{op}-{len(attributes)}-{element}")


@pytest.mark.parametrize(
    ("op", "element", "expected", "attributes"),
    [
        row("Binarizer", F64, ["Nx2xf64"], threshold=1.0),
        row("CategoryMapper", TEXT, ["Nx2xi64"], cats_strings=["a"], cats_int64s=[1]),
        row("CategoryMapper", I64, ["Nx2x!s"], cats_strings=["a"], cats_int64s=[1]),
        row("FeatureVectorizer", I64, ["Nx5xf32"], inputdimensions=[5]),
        row("Imputer", I64, ["Nx2xi64"], imputed_value_int64s=[1]),
        row("LabelEncoder", I64, ["Nx2xf32"], keys_int64s=[1], values_floats=[1.0]),
        row("LabelEncoder", TEXT, ["Nx2xi64"], keys_strings=["a"], values_int64s=[1]),
        row("LabelEncoder", I64, ["Nx2x!s"], keys_int64s=[1], values_strings=["a"]),
        row("LinearClassifier", F32, ["Nxi64", "Nx3xf32"], coefficients=[1.0] * 6, **INTS),
        row(
            "LinearClassifier",
            I64,
            ["Nx!s", "Nx3xf32"],
            coefficients=[1.0] * 6,
            intercepts=[0.0] * 3,
            **STRINGS,
        ),
        row(
            "LinearClassifier",
            F64,
            ["Nxi64", "Nx2xf32"],
            coefficients=[1.0, 2.0],
            intercepts=[0.0],
            classlabels_ints=[0, 1],
        ),
        row("LinearRegressor", F32, ["Nx1xf32"], coefficients=[1.0, 2.0]),
        row("LinearRegressor", F32, ["Nx2xf32"], coefficients=[1.0] * 4, targets=2),
        row("Normalizer", I64, ["Nx2xf32"], norm="L2"),
        row("OneHotEncoder", I64, ["Nx2x4xf32"], cats_int64s=[1, 2, 3, 4]),
        row("OneHotEncoder", TEXT, ["Nx2x1xf32"], cats_strings=["a"]),
        row("Scaler", F64, ["Nx2xf32"], scale=[1.0], offset=[0.0]),
        row("SVMClassifier", F32, ["Nxi64", "Nx3xf32"], **SVC, **INTS),
        row("SVMClassifier", F32, ["Nx!s", "Nx3xf32"], **SVC, **STRINGS, **PROBABILITIES),
        row("SVMRegressor", F32, ["Nx1xf32"], coefficients=[1.0, 2.0], rho=[0.0]),
        row("TreeEnsembleClassifier", F32, ["Nx!s", "Nx3xf32"], **LEAF, **CLASSES, **STRINGS),
        row("TreeEnsembleRegressor", F64, ["Nx2xf32"], **LEAF, **TARGETS, n_targets=2),
        row("ZipMap", F32, ["!seq"], classlabels_int64s=[0, 1]),
    ],
)
def test_types_with_open_rows(op, element, expected, attributes):
    assert types_of(op, [(element, ["N", 2])], len(expected), attributes) == expected


@pytest.mark.parametrize(
    ("op", "expected", "attributes"),
    [
        ("Normalizer", ["2xf32"], {}),
        ("LinearRegressor", ["1x1xf32"], {"coefficients": [1.0, 2.0]}),
        ("LinearClassifier", ["1xi64", "1x3xf32"], {"coefficients": [1.0] * 6, **INTS}),
        ("SVMClassifier", ["1xi64", "1x3xf32"], {**SVC, **INTS}),
        ("FeatureVectorizer", ["1x2xf32"], {"inputdimensions": [2]}),
        ("OneHotEncoder", ["2x3xf32"], {"cats_int64s": [1, 2, 3]}),
    ],
)
def test_a_vector_is_one_row(op, expected, attributes):
    assert types_of(op, [(F32, [2])], len(expected), attributes) == expected


@pytest.mark.parametrize(
    ("shape", "picked", "expected"),
    [(["N", 5], [3], "Nx3xf32"), ([5], [1, 2], "1x2xf32"), (["N", 4, 5], [], "Nx4x1xf32")],
)
def test_features_that_are_picked(shape, picked, expected):
    given = [(F32, shape), (I64, picked)]
    assert types_of("ArrayFeatureExtractor", given, 1, {}) == [expected]


def test_maps_become_one_row():
    numbers = helper.make_map_type_proto(I64, helper.make_tensor_type_proto(F64, []))
    assert types_of("DictVectorizer", [numbers], 1, {"int64_vocabulary": [1, 2]}) == ["1x2xf64"]
    floats = helper.make_map_type_proto(I64, helper.make_tensor_type_proto(F32, []))
    assert types_of("CastMap", [floats], 1, {"cast_to": "TO_INT64"}) == ["1x?xi64"]
    sparse = {"map_form": "SPARSE", "max_map": 7}
    assert types_of("CastMap", [floats], 1, sparse) == ["1x7xf32"]


def test_what_comes_behind_has_its_shape():
    """One operator without inference does not take the shape from all that follow."""
    scaler = helper.make_node(
        "Scaler", ["x"], ["s"], domain=ML_DOMAIN, scale=[1.0] * 3, offset=[0.0] * 3
    )
    model = model_of([scaler, helper.make_node("Relu", ["s"], ["o0"])], [(F32, ["N", 3])], 1)
    assert result_types(model) == ["Nx3xf32"]


@pytest.mark.parametrize(
    ("op", "attributes", "message"),
    [
        ("Scaler", {"scale": [1.0] * 3, "offset": [0.0]}, "scale has 3 numbers for 2 features"),
        ("LinearRegressor", {"coefficients": [1.0] * 3}, "coefficients has 3 numbers"),
        ("LinearClassifier", {"coefficients": [1.0] * 3, **INTS}, "expected a multiple of 2"),
        ("LinearClassifier", {"coefficients": [1.0] * 4, **INTS, **STRINGS}, "both"),
        ("FeatureVectorizer", {"inputdimensions": [1, 2]}, "2 entries for 1 inputs"),
        ("Imputer", {"imputed_value_floats": [1.0] * 3}, "3 imputed values for 2 features"),
        ("OneHotEncoder", {}, "no categories"),
        ("LabelEncoder", {"keys_floats": [1.0]}, "no values"),
        ("SVMClassifier", {**SVC, **INTS, "support_vectors": [1.0]}, "support_vectors has 1"),
    ],
)
def test_attributes_that_do_not_fit_are_named(op, attributes, message):
    results = ["o0", "o1"] if op.endswith("Classifier") else ["o0"]
    node = helper.make_node(op, ["i0"], results, name="/the/node", domain=ML_DOMAIN, **attributes)
    with pytest.raises(ImportModelError, match=f"'/the/node': .*{message}"):
        result_types(model_of([node], [(F32, ["N", 2])], 1))


@pytest.mark.parametrize("splits", [np.float32, np.float64])
def test_splits_of_a_tree_ensemble_have_the_type_of_its_input(splits: Any):
    """1.2 of f32 is more than 1.2 of f64: rounded, the split sends it the other way."""

    def numbers(values: list[Any], dtype: Any) -> onnx.TensorProto:
        return onnx.numpy_helper.from_array(np.array(values, dtype))

    attributes: dict[str, Any] = {
        **{"n_targets": 1, "tree_roots": [0], "nodes_featureids": [0]},
        **{"nodes_truenodeids": [0], "nodes_falsenodeids": [1]},
        **{"nodes_trueleafs": [1], "nodes_falseleafs": [1], "leaf_targetids": [0, 0]},
        "nodes_modes": numbers([0], np.uint8),
        "nodes_splits": numbers([1.2], splits),
        "leaf_weights": numbers([1, 2], np.float32),
    }
    given = [(TensorProto.FLOAT, [3, 1])]
    if splits is np.float32:
        assert types_of("TreeEnsemble", given, 1, attributes) == ["3x1xf32"]
        return
    with pytest.raises(StepwellError, match="nodes_splits has elements of double; expected .* f32"):
        types_of("TreeEnsemble", given, 1, attributes)


def test_every_operator_has_a_rule():
    names = {s.name for s in onnx.defs.get_all_schemas() if s.domain == ML_DOMAIN}
    assert names == set(_RULES)


def types_of(op: str, given: list[Any], outputs: int, attributes: dict[str, Any]) -> list[str]:
    names = [f"i{at}" for at in range(len(given))]
    results = [f"o{at}" for at in range(outputs)]
    node = helper.make_node(op, names, results, domain=ML_DOMAIN, **attributes)
    return result_types(model_of([node], given, outputs))


def model_of(nodes: list[onnx.NodeProto], given: list[Any], outputs: int) -> onnx.ModelProto:
    first = nodes[0].input
    inputs = [
        helper.make_value_info(name, type_)
        if isinstance(type_, onnx.TypeProto)
        else helper.make_tensor_value_info(name, *type_)
        for name, type_ in zip(first, given, strict=True)
    ]
    results = [onnx.ValueInfoProto(name=f"o{at}") for at in range(outputs)]
    graph = helper.make_graph(nodes, "g", inputs, results)
    versions = [helper.make_opsetid(ML_DOMAIN, 4), helper.make_opsetid("", 21)]
    return helper.make_model(graph, opset_imports=versions, ir_version=10)


def result_types(model: onnx.ModelProto) -> list[str]:
    module = import_model(model, make_context())
    last = [op for op in module.walk() if isinstance(op, OnnxOp)][-1]
    return [_short(str(result.type)) for result in last.results]


def _short(type_: str) -> str:
    if type_.startswith("!framework.seq"):
        return "!seq"
    inner = type_.removeprefix("tensor<").removesuffix(">").partition(", #")[0]
    named = inner.replace("!framework.string", "!s")
    return named.replace("?", "N", 1) if '"N"' in type_ else named

"""ArrayFeatureExtractor and FeatureVectorizer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.errors import StepwellError
from stepwell.test.conversion.onnx_to_engine.ml.ml_check import ML, check_ml, ml_model
from stepwell.test.conversion.onnx_to_engine.node_check import numbers

CODES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
}


@pytest.mark.parametrize(
    ("shape", "dtype", "pick"),
    [
        ((5,), "float32", [0, 3]),
        ((1, 5), "float64", [4]),
        ((3, 5), "int32", [1, 2, 3]),
        ((2, 3, 5), "int64", [4, 0, 4]),
        ((4, 1), "float32", [0, 0]),
    ],
)
def test_picked_columns(shape, dtype, pick):
    y = np.array(pick)
    check_ml("ArrayFeatureExtractor", numbers(shape, dtype), y, types=[CODES[dtype]])


@pytest.mark.parametrize("rank", [0, 2])
def test_indices_of_other_ranks_are_one_row(rank):
    y = np.array(1) if rank == 0 else np.array([[0, 2], [1, 1]])
    check_ml("ArrayFeatureExtractor", numbers((3, 4)), y)


@pytest.mark.parametrize("pick", [[2], [1, 2], [2, 0]])
def test_constant_indices(pick):
    """Neighbouring columns are a view: nothing is gathered."""
    x = numbers((3, 4))
    model, feeds = ml_model("ArrayFeatureExtractor", [x, np.array(pick)])
    given = model.graph.input.pop()
    model.graph.initializer.append(helper.make_tensor(given.name, 7, [len(pick)], pick))
    engine = stepwell.compile(model, threads=1)
    assert not engine.reference_ops
    np.testing.assert_array_equal(engine.run({"i0": feeds["i0"]})["o0"], x[:, pick])


def test_an_index_outside_is_an_error():
    x, y = numbers((3, 4)), np.array([4])
    model, feeds = ml_model("ArrayFeatureExtractor", [x, y])
    engine = stepwell.compile(model, threads=1)
    with pytest.raises(StepwellError, match="ArrayFeatureExtractor"):
        engine.run(feeds)


@pytest.mark.parametrize("widths", [[3, 2, 1], [5, 1, 4], [3, 0, 2]])
def test_inputs_side_by_side(widths):
    inputs = [numbers((4, 3)), numbers((4, 2), "int64"), numbers((4, 1), "float64")]
    x = [a.astype(np.float32) for a in inputs]
    pairs = zip(x, widths, strict=True)
    parts = [np.pad(a[:, :w], [(0, 0), (0, max(w - a.shape[1], 0))]) for a, w in pairs]
    # The schema wants one type for all.
    same = [a.astype(np.float64) for a in inputs]
    expected = [np.concatenate(parts, 1)]
    check_ml("FeatureVectorizer", *same, expected=expected, inputdimensions=widths)


@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_vectors_and_cubes_are_rows(dtype):
    check_ml(
        "FeatureVectorizer", numbers((3,), dtype), numbers((2,), dtype), inputdimensions=[3, 4]
    )
    check_ml("FeatureVectorizer", numbers((2, 2, 3), dtype), inputdimensions=[5])


def test_columns_of_probabilities():
    """What a converter writes for columns in place of a ZipMap: each is a part of the scores."""
    x = numbers((4, 3))
    nodes = [
        helper.make_node("Softmax", ["x"], ["p"]),
        *(
            helper.make_node("ArrayFeatureExtractor", ["p", f"k{k}"], [f"c{k}"], domain=ML)
            for k in range(3)
        ),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", 1, ["N", 3])],
        [helper.make_tensor_value_info(f"c{k}", 1, ["N", 1]) for k in range(3)],
        [helper.make_tensor(f"k{k}", 7, [1], [k]) for k in range(3)],
    )
    versions = [helper.make_opsetid(ML, 3), helper.make_opsetid("", 18)]
    engine = stepwell.compile(
        helper.make_model(graph, opset_imports=versions, ir_version=8),
        shapes={"N": (4,)},
        threads=1,
    )
    assert not engine.reference_ops
    found = engine.run({"x": x})
    grown = np.exp(x - x.max(1, keepdims=True))
    expected = grown / grown.sum(1, keepdims=True)
    for k in range(3):
        np.testing.assert_allclose(found[f"c{k}"], expected[:, k : k + 1], rtol=1e-5)


def test_what_follows_a_map_is_native():
    """Only the map is read by reference: its row has a shape."""
    numbers_by_name = helper.make_map_type_proto(
        TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [])
    )
    words: dict[str, Any] = {"string_vocabulary": ["a", "b", "c"]}
    nodes = [
        helper.make_node("DictVectorizer", ["m"], ["v"], name="/words", domain=ML, **words),
        helper.make_node("Scaler", ["v"], ["s"], domain=ML, scale=[2.0], offset=[1.0]),
        helper.make_node("Relu", ["s"], ["y"]),
    ]
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [helper.make_value_info("m", numbers_by_name)], [result])
    versions = [helper.make_opsetid(ML, 3), helper.make_opsetid("", 18)]
    engine = stepwell.compile(helper.make_model(graph, opset_imports=versions, ir_version=8))
    assert list(engine.reference_ops) == ["/words"]
    np.testing.assert_array_equal(engine.run({"m": {"b": 3.0, "c": 1.5}})["y"], [[0, 4, 1]])

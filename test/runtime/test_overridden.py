"""Inputs with a default in the model: constants until a call gives them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper, parser

import stepwell
from stepwell.errors import ImportModelError, InputError

X = np.array([1, 2, 3], np.float32)
W = np.array([1, 2, 3], np.float32)
OTHER = np.array([5, 6, 7], np.float32)


def model(ir_version: int = 8) -> onnx.ModelProto:
    """`y = x * (w + 1) * scale`, where `w` and `scale` are inputs with defaults."""
    made = parser.parse_model(
        f"""<ir_version: {ir_version}, opset_import: ["": 16]> g
        (float[3] x, float[3] w, float[1] scale) => (float[3] y)
        <float one = {{1}}>
        {{ t = Add(w, one)  s = Mul(t, scale)  y = Mul(x, s) }}"""
    )
    made.graph.initializer.append(numpy_helper.from_array(W, "w"))
    made.graph.initializer.append(numpy_helper.from_array(np.array([2], np.float32), "scale"))
    return made


def test_a_default_is_a_constant():
    engine = stepwell.compile(model())
    assert [i.name for i in engine.inputs] == ["x"]
    np.testing.assert_array_equal(engine(X), X * (W + 1) * 2)
    assert engine.program.weights_size < 128, "it is folded"


def test_a_call_may_give_some_of_them():
    engine = stepwell.compile(model())
    scale = np.array([10], np.float32)
    np.testing.assert_array_equal(engine.run({"x": X, "w": OTHER})["y"], X * (OTHER + 1) * 2)
    np.testing.assert_array_equal(engine(X, scale=scale), X * (W + 1) * 10)
    np.testing.assert_array_equal(engine(X, w=OTHER, scale=scale), X * (OTHER + 1) * 10)
    np.testing.assert_array_equal(engine(X), X * (W + 1) * 2)
    with pytest.raises(InputError, match="input 'w' has shape"):
        engine(X, w=np.zeros(4, np.float32))
    with pytest.raises(InputError, match="there is no input 'v'"):
        engine(X, v=OTHER)


def test_threads_that_override_at_the_same_time_compile_once():
    engine = stepwell.compile(model())
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda k: engine(X, w=OTHER + k), range(8)))
    for k, result in enumerate(results):
        np.testing.assert_array_equal(result, X * (OTHER + k + 1) * 2)


def test_inputs_from_the_start(tmp_path):
    engine = stepwell.compile(model(), overridable=["w"])
    assert [i.name for i in engine.inputs] == ["x", "w"]
    path = tmp_path / "m.well"
    engine.save(path)
    np.testing.assert_array_equal(stepwell.load(path)(X, OTHER), X * (OTHER + 1) * 2)
    with pytest.raises(InputError, match="missing: 'w'"):
        engine(X)
    np.testing.assert_array_equal(
        engine(X, OTHER, scale=np.array([1], np.float32)), X * (OTHER + 1)
    )


def test_an_artifact_has_the_defaults_alone(tmp_path):
    path = tmp_path / "m.well"
    stepwell.compile(model()).save(path)
    engine = stepwell.load(path)
    np.testing.assert_array_equal(engine(X), X * (W + 1) * 2)
    with pytest.raises(InputError, match="there is no input 'w'"):
        engine(X, w=OTHER)


def test_before_version_4_they_are_constants():
    engine = stepwell.compile(model(ir_version=3))
    with pytest.raises(InputError, match="there is no input 'w'"):
        engine(X, w=OTHER)


def test_a_value_takes_the_place_of_a_default():
    engine = stepwell.compile(model(), values={"w": OTHER})
    np.testing.assert_array_equal(engine(X), X * (OTHER + 1) * 2)
    with pytest.raises(InputError, match="input 'w' was given the value"):
        engine(X, w=W)


@pytest.mark.parametrize("name", ["x", "one", "q"])
def test_what_has_no_default_cannot_be_overridable(name):
    with pytest.raises(ImportModelError, match=f"overridable '{name}' is no input with a default"):
        stepwell.compile(model(), overridable=[name])


@pytest.mark.parametrize(("declared", "given"), [((), (1,)), ((1,), ()), ((1,), (1,)), ((), ())])
def test_one_number_is_a_scalar_or_a_vector(declared, given):
    info = [helper.make_tensor_value_info(n, 1, s) for n, s in (("x", (3,)), ("k", declared))]
    node = helper.make_node("Mul", ["x", "k"], ["y"])
    out = helper.make_tensor_value_info("y", 1, (3,))
    graph = helper.make_graph([node], "g", info, [out])
    opset = [helper.make_opsetid("", 16)]
    engine = stepwell.compile(helper.make_model(graph, opset_imports=opset, ir_version=8))
    np.testing.assert_array_equal(engine(X, np.full(given, 3, np.float32)), X * 3)


@pytest.mark.parametrize("shape", [(1, 1), (2,), (0,)])
def test_nothing_else_is_a_scalar(shape):
    info = [helper.make_tensor_value_info("x", 1, ())]
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["y"])],
        "g",
        info,
        [helper.make_tensor_value_info("y", 1, ())],
    )
    opset = [helper.make_opsetid("", 16)]
    engine = stepwell.compile(helper.make_model(graph, opset_imports=opset, ir_version=8))
    with pytest.raises(InputError):
        engine(np.zeros(shape, np.float32))

"""The backend interface of the standard."""

from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.base import Backend, BackendRep
from onnx.backend.test.runner import BackendIsNotSupposedToImplementIt

import stepwell
import stepwell.onnx_backend as backend
from stepwell.errors import InputError, StepwellError, UsageError

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def model_of(nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "test", inputs, outputs, list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


def tensor(name, shape, code: Any = TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, code, shape)


def add_and_sub(shape=(2, 3)):
    nodes = [helper.make_node("Add", ["a", "b"], ["0"]), helper.make_node("Sub", ["a", "b"], ["d"])]
    return model_of(
        nodes,
        [tensor("a", shape), tensor("b", shape)],
        [tensor("0", shape), tensor("d", shape)],
    )


def relu(shape):
    return model_of(
        [helper.make_node("Relu", ["x"], ["y"])], [tensor("x", shape)], [tensor("y", shape)]
    )


def test_it_is_a_backend():
    assert issubclass(backend.StepwellBackend, Backend)
    assert isinstance(backend.prepare(relu([2])), BackendRep)


def test_prepare_compiles_and_run_returns_outputs_in_order():
    rep = backend.prepare(add_and_sub())
    assert isinstance(rep.engine, stepwell.Engine)
    total, rest = rep.run([X, X + 1])
    np.testing.assert_array_equal(total, X + X + 1)
    np.testing.assert_array_equal(rest, np.full_like(X, -1))


def test_results_have_the_names_of_outputs():
    result: Any = backend.run_model(add_and_sub(), {"b": X, "a": X})
    np.testing.assert_array_equal(result.d, np.zeros_like(X))
    np.testing.assert_array_equal(result["0"], X + X)


@pytest.mark.parametrize("given", [X, [X], (X,), {"x": X}, numpy_helper.from_array(X), X.tolist()])
def test_inputs_come_in_many_forms(given):
    given = [given] if isinstance(given, list) and not isinstance(given[0], np.ndarray) else given
    [y] = backend.run_model(relu([2, 3]), given)
    np.testing.assert_array_equal(y, X)


@pytest.mark.parametrize(
    "dtype",
    ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4", "int2", "uint2", "float4_e2m1fn"],
)
def test_messages_of_small_types_are_read(dtype):
    array = np.array([0, 1, 1, 0, 1], np.float32).astype(getattr(ml_dtypes, dtype))
    message = numpy_helper.from_array(array)
    model = model_of(
        [helper.make_node("Identity", ["x"], ["y"])],
        [tensor("x", [5], message.data_type)],
        [tensor("y", [5], message.data_type)],
    )
    [y] = backend.run_model(model, [message])
    assert y.dtype == array.dtype
    assert (y == array).all()


def test_open_sizes_are_those_of_each_run():
    rep = backend.prepare(relu(["n", 3]))
    assert rep.engine.inputs[0].shape == ("n", 3)
    for rows in (2, 5, 2):
        [y] = rep.run([np.full((rows, 3), -1, np.float32)])
        assert y.shape == (rows, 3)


def test_sizes_may_be_given_at_once():
    rep = backend.prepare(relu(["n", 3]), shapes={"n": [4]})
    assert rep.engine.inputs[0].shape == (4, 3)


def test_constants_that_are_inputs_are_not_asked_for():
    model = model_of(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        [tensor("x", [2, 3]), tensor("w", [2, 3])],
        [tensor("y", [2, 3])],
        [numpy_helper.from_array(X, "w")],
    )
    [y] = backend.run_model(model, [X])
    np.testing.assert_array_equal(y, X + X)


def test_options_of_compile_are_keywords_and_others_are_ignored():
    rep = backend.prepare(relu([2]), "CPU", threads=2, exactness="bitwise", rtol=1.0)
    assert rep.engine.threads == 2
    with pytest.raises(UsageError, match="exactness is 'loose'"):
        backend.prepare(relu([2]), exactness="loose")


def test_devices():
    assert backend.supports_device("CPU")
    assert backend.supports_device("CPU:0")
    assert not backend.supports_device("CUDA")
    with pytest.raises(UsageError, match="device is 'CUDA'"):
        backend.prepare(relu([2]), "CUDA")


def test_refused_models_are_not_implemented_and_say_why():
    model = model_of(
        [helper.make_node("Rleu", ["x"], ["y"])], [tensor("x", [2])], [tensor("y", [2])]
    )
    with pytest.raises(StepwellError, match="did the exporter mean Relu") as caught:
        backend.prepare(model)
    assert isinstance(caught.value, backend.RefusedModelError)
    assert isinstance(caught.value, BackendIsNotSupposedToImplementIt)
    assert not backend.is_compatible(model)
    assert backend.is_compatible(relu([2]))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([X, X], "2 inputs given, the model takes 1: x"),
        ([], "missing: 'x'"),
        ({"y": X}, "there is no input 'y'"),
        ([X.astype(np.float64)], "float64, expected float32"),
        ([X[:1]], "expected \\[2, 3\\]"),
        ([["a"]], "is not a tensor"),
    ],
)
def test_wrong_inputs(given, says):
    rep = backend.prepare(relu([2, 3]))
    with pytest.raises(InputError, match=says):
        rep.run(given)


def test_run_node_takes_types_from_values():
    node = helper.make_node("Softmax", ["x"], ["y"], axis=0)
    [y] = backend.run_node(node, [X])
    np.testing.assert_allclose(y.sum(0), 1, rtol=1e-6)
    [y] = backend.run_node(node, {"x": X.astype(np.float64)}, outputs_info=[(np.float64, (2, 3))])
    assert y.dtype == np.float64


def test_run_node_of_an_older_version():
    node = helper.make_node("Softmax", ["x"], ["y"])  # flattened to [2, 3]; now along the last axis
    x = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    [y] = backend.run_node(node, [x], opset_version=9)
    np.testing.assert_allclose(y.sum((1, 2)), 1, rtol=1e-6)
    [y] = backend.run_node(node, [x])
    np.testing.assert_allclose(y.sum(2), 1, rtol=1e-6)


def test_run_node_with_an_absent_input_and_another_domain():
    [y] = backend.run_node(helper.make_node("Clip", ["x", "", "m"], ["y"]), [X, np.float32(2)])
    np.testing.assert_array_equal(y, np.minimum(X, 2))
    node = helper.make_node("Binarizer", ["x"], ["y"], domain="ai.onnx.ml", threshold=2.0)
    [y] = backend.run_node(node, [X])
    np.testing.assert_array_equal(y, (X > 2).astype(np.float32))


def test_run_node_refuses_what_has_no_type():
    node = helper.make_node("Identity", ["x"], ["y"])
    for value in (None, [], object()):
        with pytest.raises(InputError, match="input 'x'"):
            backend.run_node(node, [value])


def test_the_model_is_left_as_it_is():
    model = add_and_sub()
    before = model.SerializeToString()
    backend.run_model(model, [X, X])
    assert onnx.ModelProto.FromString(before) == model

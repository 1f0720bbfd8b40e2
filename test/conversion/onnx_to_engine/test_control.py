"""Operators that stand for others: function bodies, chosen branches, loops written out."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.dialects.engine.base import names_of
from stepwell.errors import ImportModelError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    check_node,
    converted,
    floats,
    numbers,
    reasons,
)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_layer_normalization_with_its_statistics(axis):
    x = numbers([2, 3, 4])
    scale = numbers(x.shape[axis:] if axis >= 0 else x.shape[-1:])
    module = check_node("LayerNormalization", [x, scale, scale], outputs=3, axis=axis)
    nodes = {tuple(names_of(op, "nodes")) for op in module.walk() if op.name == "engine.reduce"}
    assert nodes == {("/LayerNormalization",)}


@pytest.mark.parametrize("softcap", [0.0, 2.0])
@pytest.mark.parametrize("mode", [0, 1, 2, 3])
def test_attention_with_its_scores(softcap, mode):
    q, k, v = numbers([1, 4, 3, 8]), numbers([1, 2, 5, 8], seed=1), numbers([1, 2, 5, 6], seed=2)
    feeds = {"q": q, "k": k, "v": v}

    def model(softcap):
        options = {"softcap": softcap, "qk_matmul_output_mode": mode, "name": "/attention"}
        node = helper.make_node("Attention", ["q", "k", "v"], ["y", "", "", "scores"], **options)
        return _model([node], feeds, {"y": [1, 4, 3, 6], "scores": [1, 4, 3, 5]})

    ctx, module = converted(model(softcap))
    assert not reasons(module)
    y, scores = by_onnx(model(softcap), feeds)
    if mode == 0:
        # The standard says: as they are before the cap. The reference caps them.
        _, scores = by_onnx(model(0.0), feeds)
    for got, want in zip(run(ctx, module, feeds), [y, scores], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("interleaved", [0, 1])
@pytest.mark.parametrize("positions", [False, True])
def test_rotary_embedding(interleaved, positions):
    x = numbers([2, 3, 4, 8])
    table = [50, 4] if positions else [2, 4, 4]
    cos, sin = numbers(table, seed=1), numbers(table, seed=2)
    ids = [np.array([[0, 7, 3, 1], [4, 2, 49, 9]], np.int64)] if positions else []
    check_node("RotaryEmbedding", [x, cos, sin, *ids], interleaved=interleaved)


def _model(nodes, feeds, outputs):
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in feeds.items()
        ],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)


def _body(nodes, inputs, outputs):
    def info(name):
        kind = {"i": TensorProto.INT64, "go": TensorProto.BOOL, "on": TensorProto.BOOL}
        shape = [] if name in kind else None
        return helper.make_tensor_value_info(name, kind.get(name, TensorProto.FLOAT), shape)

    return helper.make_graph(nodes, "body", [info(n) for n in inputs], [info(n) for n in outputs])


@pytest.mark.parametrize("taken", [False, True])
def test_the_branch_of_a_constant_condition(taken):
    then = _body([helper.make_node("Exp", ["x"], ["a"])], [], ["a"])
    other = _body([helper.make_node("Neg", ["x"], ["b"])], [], ["b"])
    constant = helper.make_node(
        "Constant", [], ["c"], value=onnx.numpy_helper.from_array(np.array(taken))
    )
    node = helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=other)
    feeds = {"x": numbers([3, 4])}
    model = _model([constant, node], feeds, {"y": [3, 4]})
    ctx, module = converted(model)
    assert not reasons(module)
    [got] = run(ctx, module, feeds)
    np.testing.assert_allclose(got, np.exp(feeds["x"]) if taken else -feeds["x"], rtol=1e-5)


@pytest.mark.parametrize(("axis", "backwards"), [(0, 0), (1, 0), (1, 1)])
def test_scan(axis, backwards):
    nodes = [
        helper.make_node("Add", ["s", "x"], ["t"]),
        helper.make_node("Mul", ["t", "captured"], ["z"]),
    ]
    node = helper.make_node(
        "Scan",
        ["start", "sequence"],
        ["last", "all"],
        body=_body(nodes, ["s", "x"], ["t", "z"]),
        num_scan_inputs=1,
        scan_input_axes=[axis],
        scan_input_directions=[backwards],
    )
    feeds = {"start": numbers([3]), "sequence": numbers([3, 3]), "captured": floats(2)}
    model = _model([node], feeds, {"last": [3], "all": [3, 3]})
    ctx, module = converted(model)
    assert not reasons(module)
    last, rows = run(ctx, module, feeds)
    steps = feeds["sequence"] if axis == 0 else feeds["sequence"].T
    sums = feeds["start"] + np.cumsum(steps[::-1] if backwards else steps, 0)
    np.testing.assert_allclose(last, sums[-1], rtol=1e-5)
    np.testing.assert_allclose(rows, sums * 2, rtol=1e-5)


def test_a_loop_of_constant_length_stops_at_its_condition():
    nodes = [
        helper.make_node("Add", ["v", "v"], ["w"]),
        helper.make_node("Identity", ["w"], ["row"]),
        helper.make_node("Less", ["i", "two"], ["on"]),
    ]
    constants = [
        helper.make_node("Constant", [], ["n"], value_int=5),
        helper.make_node("Constant", [], ["two"], value_int=2),
    ]
    body = _body(nodes, ["i", "go", "v"], ["on", "w", "row"])
    node = helper.make_node("Loop", ["n", "", "x"], ["y", "rows"], body=body)
    feeds = {"x": numbers([2])}
    model = _model([*constants, node], feeds, {"y": [2], "rows": [3, 2]})
    ctx, module = converted(model)
    assert not reasons(module)
    last, rows = run(ctx, module, feeds)
    np.testing.assert_allclose(last, feeds["x"] * 8, rtol=1e-5)
    np.testing.assert_allclose(rows, [feeds["x"] * k for k in (2, 4, 8)], rtol=1e-5)


def test_a_body_with_a_part_that_has_no_native_form_leaves_nothing():
    feeds = {"x": numbers([2, 3])}
    node = helper.make_node("Bernoulli", ["x"], ["y"], name="/bernoulli")
    _, module = converted(_model([node], feeds, {"y": [2, 3]}))
    [reason] = reasons(module)
    assert "RandomUniformLike has no native form" in reason
    names = [op.name for op in module.walk() if op.name.startswith("engine.")]
    assert names == ["engine.reference", "engine.yield"]


def _loop_that_declares(shape: list[int | str], condition: list[int | str]) -> onnx.ModelProto:
    """A loop that gathers a row by its number, which the body declares as a tensor of a shape."""
    body = helper.make_graph(
        [
            helper.make_node("Gather", ["x", "i"], ["rows"]),
            helper.make_node("ReduceSum", ["rows", "axis"], ["row"], keepdims=0),
            helper.make_node("Add", ["v", "row"], ["w"]),
            helper.make_node("Identity", ["going"], ["still"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, shape),
            helper.make_tensor_value_info("going", TensorProto.BOOL, condition),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, [3]),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, condition),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, [3]),
        ],
    )
    constants = {
        "n": np.array(4),
        "on": np.array(True),
        "zeros": np.zeros(3, np.float32),
        "axis": np.array([0]),
    }
    graph = helper.make_graph(
        [helper.make_node("Loop", ["n", "on", "zeros"], ["y"], name="/loop", body=body)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3])],
        [onnx.numpy_helper.from_array(v, k) for k, v in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("condition", [[], [1], ["c"]])
@pytest.mark.parametrize("shape", [[1], ["n"], [1, 1]])
def test_an_iteration_number_of_one_element_has_its_declared_rank(shape, condition):
    model = _loop_that_declares(shape, condition)
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    # A row gathered by [i] is summed over its first dimension, which has one element.
    wanted = x.sum(0)
    if len(shape) == 1:
        engine = stepwell.compile(model)
        np.testing.assert_array_equal(engine.run({"x": x})["y"], wanted)
    ctx, module = converted(model)
    np.testing.assert_array_equal(run(ctx, module, [x])[0].reshape(-1), wanted)


@pytest.mark.parametrize(("shape", "condition"), [([2], []), ([], [3])])
def test_an_iteration_number_of_several_elements_is_refused(shape, condition):
    with pytest.raises(ImportModelError, match=r"/loop.*declares the .* expected a scalar"):
        stepwell.compile(_loop_that_declares(shape, condition))

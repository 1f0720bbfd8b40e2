"""Weights inside what runs by reference are there when it runs."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.test.conversion.onnx_to_engine.node_check import by_onnx

RNG = np.random.default_rng(0)


def weight(name: str, kind: str):
    array = RNG.standard_normal((16, 16)).astype(np.float32)
    if kind == "few":
        array[:] = array[0]  # one row again and again
    if kind == "half":
        array = array.astype(np.float16)
    return numpy_helper.from_array(array, name)


def branch(name: str, how: str, kind: str):
    """`Reshape(Cast(x), shape) @ w`, where `w` lies inside the branch."""
    w = f"{name}_w"
    tensor = weight(w, kind)
    nodes = [
        helper.make_node("CastLike", ["x", w], [f"{name}_c"]),
        helper.make_node("MatMul", [f"{name}_c", w], [f"{name}_m"]),
        helper.make_node("Cast", [f"{name}_m"], [name], to=TensorProto.FLOAT),
    ]
    if how == "constant":
        nodes.insert(0, helper.make_node("Constant", [], [w], value=tensor))
    inits = [tensor] if how == "initializer" else []
    out = helper.make_tensor_value_info(name, TensorProto.FLOAT, [4, 16])
    return helper.make_graph(nodes, name, [], [out], inits)


@pytest.mark.parametrize("kind", ["many", "half", "few"])
@pytest.mark.parametrize("how", ["initializer", "constant"])
@pytest.mark.parametrize("nested", [False, True])
def test_in_branches(how, kind, nested, tmp_path):
    other = branch("e", how, kind)
    then = branch("t", how, kind)
    if nested:
        inner = helper.make_node(
            "If", ["d"], ["n"], then_branch=branch("it", how, kind), else_branch=then
        )
        out = helper.make_tensor_value_info("n", TensorProto.FLOAT, [4, 16])
        then = helper.make_graph([inner], "outer", [], [out])
    node = helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=other)
    infos = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 16]),
        *(helper.make_tensor_value_info(n, TensorProto.BOOL, []) for n in "cd"),
    ]
    outs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 16])]
    graph = helper.make_graph([node], "g", infos, outs)
    opset = [helper.make_opsetid("", 16)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    path = tmp_path / "m.well"
    stepwell.compile(model).save(path)
    engine = stepwell.load(path)
    x = RNG.standard_normal((4, 16)).astype(np.float32)
    # onnx.reference rounds what is half precision to it, up to 8 here; we compute in f32.
    most = 4e-3 if kind == "half" else 1e-3
    for c in (False, True):
        for d in (False, True):
            feeds = {"x": x, "c": np.array(c), "d": np.array(d)}
            expected = by_onnx(model, feeds)[0]
            np.testing.assert_allclose(engine.run(feeds)["y"], expected, rtol=1e-3, atol=most)


def test_in_the_body_of_a_loop():
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("MatMul", ["s", "w"], ["t"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("s", TensorProto.FLOAT, [4, 16]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("t", TensorProto.FLOAT, [4, 16]),
        ],
        [weight("w", "many")],
    )
    node = helper.make_node("Loop", ["n", "", "x"], ["y"], body=body)
    infos = [
        helper.make_tensor_value_info("n", TensorProto.INT64, []),
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 16]),
    ]
    outs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 16])]
    graph = helper.make_graph([node], "g", infos, outs)
    opset = [helper.make_opsetid("", 16)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    feeds = {"n": np.array(3), "x": RNG.standard_normal((4, 16)).astype(np.float32)}
    w = numpy_helper.to_array(body.initializer[0])
    expected = feeds["x"] @ w @ w @ w
    np.testing.assert_allclose(
        stepwell.compile(model).run(feeds)["y"], expected, rtol=1e-4, atol=1e-3
    )

"""
Codes of quantised networks, to the bit, at default exactness.

Elementwise work before a rounding to an integer is computed as the standard has it: one unit in the
last place, at a tie, makes another code. Compared with onnxruntime without its own rewrites, and
with `onnx.reference`, on numbers of which many are next to a tie.
"""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import stepwell
from stepwell.test.conversion.kernels_to_llvm.test_narrow_floats import runnable

Array = Any
Node = Any

CONSTANTS: dict[str, Any] = {
    "s": np.float32(0.0237),
    "z": np.uint8(120),
    "s2": np.float32(0.0311),
    "z2": np.uint8(131),
    "zi": np.int8(3),
    "z16": np.uint16(32000),
    "s16": np.float32(0.00031),
    "a": np.float32(1.7),
    "b": np.float32(0.3),
    "low": np.float32(-1.03),
    "high": np.float32(2.61),
    "axis": np.array([0], np.int64),
    "rows": np.linspace(0.01, 0.09, 24).astype(np.float32),
    "zeros": np.arange(100, 124).astype(np.uint8),
}


def node(op: str, inputs: str, output: str, **attributes: Any) -> Node:
    return helper.make_node(op, inputs.split(), output.split(), **attributes)


def quantized(value: str, scale: str = "s", zero: str = "z") -> Node:
    return node("QuantizeLinear", f"{value} {scale} {zero}", "y")


NETWORKS: dict[str, list[Node]] = {
    "quantize": [quantized("x")],
    "to 16 bits": [quantized("x", "s16", "z16")],
    "per row": [node("QuantizeLinear", "x rows zeros", "y", axis=0)],
    "product": [node("Mul", "x a", "h"), node("Mul", "h b", "i"), quantized("i")],
    "product and sum": [node("Mul", "x a", "h"), node("Add", "h b", "i"), quantized("i")],
    "difference": [node("Mul", "x a", "h"), node("Sub", "b h", "i"), quantized("i")],
    "quotient": [node("Div", "x a", "h"), quantized("h")],
    "relu": [node("Relu", "x", "h"), quantized("h")],
    "clip": [node("Clip", "x low high", "h"), quantized("h")],
    "relu of a product": [node("Mul", "x a", "g"), node("Relu", "g", "h"), quantized("h")],
    "hard swish": [node("HardSwish", "x", "h"), quantized("h")],
    "through f16": [
        node("Cast", "x", "h", to=TensorProto.FLOAT16),
        node("Cast", "h", "i", to=TensorProto.FLOAT),
        quantized("i"),
    ],
    "residual sum": [
        node("QuantizeLinear", "x s z", "q"),
        node("DequantizeLinear", "q s z", "d"),
        node("QuantizeLinear", "x s2 z2", "q2"),
        node("DequantizeLinear", "q2 s2 z2", "d2"),
        node("Add", "d d2", "e"),
        node("Relu", "e", "f"),
        quantized("f", "s2"),
    ],
    "signed": [
        node("QuantizeLinear", "x s zi", "q"),
        node("DequantizeLinear", "q s zi", "d"),
        node("Mul", "d a", "e"),
        quantized("e", "s2", "zi"),
    ],
    "behind a view": [
        node("Mul", "x a", "g"),
        node("Add", "g b", "h"),
        node("LeakyRelu", "h", "i", alpha=0.1),
        node("Transpose", "i", "t", perm=[1, 0]),
        node("Mul", "t b", "u"),
        quantized("u"),
    ],
    "behind a maximum": [
        node("Sub", "x b", "g"),
        node("Mul", "g a", "h"),
        node("Unsqueeze", "h axis", "u"),
        node("MaxPool", "u", "p", kernel_shape=[3]),
        quantized("p"),
    ],
    "read twice": [
        node("Mul", "x a", "g"),
        node("Add", "g b", "h"),
        node("Reshape", "h flat", "r"),
        quantized("r"),
        node("Exp", "h", "other"),
    ],
    "floor": [node("Div", "x s", "h"), node("Floor", "h", "y")],
    "ceil": [node("Mul", "x a", "g"), node("Div", "g s", "h"), node("Ceil", "h", "y")],
    "round": [node("Mul", "x a", "h"), node("Div", "h s", "i"), node("Round", "i", "y")],
    "cast": [
        node("Div", "x s", "h"),
        node("Add", "h b", "i"),
        node("Cast", "i", "y", to=TensorProto.INT32),
    ],
    "dynamic": [node("Mul", "x a", "h"), node("DynamicQuantizeLinear", "h", "y ys yz")],
}
CONSTANTS["flat"] = np.array([-1], np.int64)


def numbers() -> Array:
    """Ordinary ones, and those next to a tie of the first scale."""
    rng = np.random.default_rng(0)
    ordinary = rng.normal(size=24 * 400) * 3
    ties = (rng.integers(-120, 130, 24 * 400) + 0.5) * np.float64(CONSTANTS["s"])
    ties /= rng.choice([1, 1.7, 1.7 * 0.3, 1 / 1.7], ties.shape)
    return np.concatenate([ordinary, ties]).astype(np.float32).reshape(24, -1)


def built(nodes: list[Node], x: Array) -> onnx.ModelProto:
    used = {name for n in nodes for name in n.input}
    constants = {k: np.asarray(v) for k, v in CONSTANTS.items() if k in used}
    graph = helper.make_graph(
        nodes,
        "codes",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [onnx.ValueInfoProto(name=name) for name in ("y", "other") if name in _made(nodes)],
        [numpy_helper.from_array(v, k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


def _made(nodes: list[Node]) -> set[str]:
    return {name for n in nodes for name in n.output}


def by_onnxruntime(model: onnx.ModelProto, x: Array) -> Array:
    onnxruntime: Any = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(["y"], {"x": x})[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_code_is_the_standards(name: str):
    x = numbers()
    model = built(NETWORKS[name], x)
    reference: Any = ReferenceEvaluator(model)
    wanted = reference.run(["y"], {"x": x})[0]
    np.testing.assert_array_equal(by_onnxruntime(model, x), wanted)
    for target in ("native", "x86-64-v2"):
        engine = stepwell.compile(model, target=runnable(target).name)
        assert engine.reference_ops == ()
        np.testing.assert_array_equal(engine.run({"x": x})["y"], wanted)


@pytest.mark.parametrize("precision", [None, TensorProto.FLOAT, TensorProto.FLOAT16])
def test_the_scale_says_in_which_type_is_divided(precision: int | None):
    x = numbers().astype(np.float16)
    more = {} if precision is None else {"precision": precision}
    graph = helper.make_graph(
        [node("QuantizeLinear", "x s z", "y", **more)],
        "half",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT16, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, x.shape)],
        [
            numpy_helper.from_array(np.asarray(np.float16(CONSTANTS["s"])), "s"),
            numpy_helper.from_array(np.asarray(CONSTANTS["z"]), "z"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11)
    reference: Any = ReferenceEvaluator(model)
    [wanted] = reference.run(None, {"x": x})
    for target in ("native", "x86-64-v2"):
        engine = stepwell.compile(model, target=runnable(target).name)
        np.testing.assert_array_equal(engine.run({"x": x})["y"], wanted)


def test_f16_before_a_rounding_is_rounded_where_the_model_says():
    """A product makes the function compute in f32, but not what comes to an integer."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(24, 24)).astype(np.float16)
    nodes = [
        node("Mul", "x a", "g"),
        node("Add", "g b", "h"),
        node("Cast", "h", "i", to=TensorProto.FLOAT),
        quantized("i"),
        node("MatMul", "x x", "m"),
    ]
    constants = {
        "a": np.float16(1.7),
        "b": np.float16(0.3),
        "s": np.float32(0.0237),
        "z": np.uint8(9),
    }
    graph = helper.make_graph(
        nodes,
        "half",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT16, x.shape)],
        [
            helper.make_tensor_value_info("y", TensorProto.UINT8, None),
            helper.make_tensor_value_info("m", TensorProto.FLOAT16, None),
        ],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    reference: Any = ReferenceEvaluator(model)
    wanted = reference.run(None, {"x": x})
    found = stepwell.compile(model).run({"x": x})
    np.testing.assert_array_equal(found["y"], wanted[0])
    np.testing.assert_allclose(found["m"], wanted[1], rtol=1e-2, atol=1e-2)


def test_zeros_alone_have_a_scale():
    """As onnxruntime has it: 1, by which they can be divided."""
    x = np.zeros((24, 8), np.float32)
    model = built([node("DynamicQuantizeLinear", "x", "y ys yz")], x)
    wanted = by_onnxruntime(model, x)
    np.testing.assert_array_equal(stepwell.compile(model).run({"x": x})["y"], wanted)
    np.testing.assert_array_equal(wanted, 0)

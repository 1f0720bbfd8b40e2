"""What is claimed as native is native, and right, on every level of x86-64."""

from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

import stepwell
from stepwell.test.conversion.kernels_to_llvm.test_narrow_floats import runnable

TARGETS = ["x86-64-v2", "x86-64-v3", "x86-64-v4", "native"]

UNARY = (
    *("Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Tanh", "Asinh", "Acosh"),
    *("Atanh", "Exp", "Log", "Erf", "Sqrt", "Sigmoid", "Softplus", "Softsign", "Gelu", "Elu"),
    *("Selu", "Celu", "Mish", "HardSwish", "HardSigmoid", "Reciprocal", "Sign", "Round", "Ceil"),
    *("Floor", "Neg", "Abs", "Relu", "LeakyRelu", "Softmax", "LogSoftmax", "GlobalAveragePool"),
    *("GlobalMaxPool", "ReduceSum", "ReduceMax", "ReduceMean", "ReduceL2"),
)
BINARY = ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Mod", "MatMul")

Array = Any


def f16_model() -> tuple[onnx.ModelProto, dict[str, Array]]:
    """Every function of f16 on its own, and what sums them, in one model."""
    rng = np.random.default_rng(0)

    def numbers(low: float, high: float) -> Array:
        return rng.uniform(low, high, (2, 3, 7, 7)).astype(np.float16)

    feeds = {"x": numbers(0.05, 0.95), "above": numbers(1.1, 9), "y": numbers(0.3, 2)}
    nodes = [
        helper.make_node(op, ["above" if op == "Acosh" else "x"], [f"out_{op}"]) for op in UNARY
    ]
    for op in BINARY:
        more: dict[str, Any] = {"fmod": 1} if op == "Mod" else {}
        nodes.append(helper.make_node(op, ["x", "y"], [f"out_{op}"], **more))
    pool: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes += [
        helper.make_node("AveragePool", ["x"], ["out_AveragePool"], **pool),
        helper.make_node("MaxPool", ["x"], ["out_MaxPool"], **pool),
        helper.make_node("Conv", ["x", "w"], ["out_Conv"]),
        helper.make_node("Cast", ["x"], ["double"], to=TensorProto.DOUBLE),
        helper.make_node("Cast", ["double"], ["out_Cast"], to=TensorProto.FLOAT16),
    ]
    weight = rng.normal(size=(4, 3, 3, 3)).astype(np.float16)
    graph = helper.make_graph(
        nodes,
        "half",
        [helper.make_tensor_value_info(k, TensorProto.FLOAT16, v.shape) for k, v in feeds.items()],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT16, None)
            for node in nodes
            for name in node.output
            if name.startswith("out_")
        ],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    opset = helper.make_opsetid("", 20)
    return helper.make_model(graph, opset_imports=[opset], ir_version=9), feeds


@pytest.mark.parametrize("exactness", ["rounding", "bitwise"])
@pytest.mark.parametrize("name", TARGETS)
def test_f16(name: str, exactness: str):
    model, feeds = f16_model()
    engine = stepwell.compile(model, target=runnable(name).name, exactness=exactness)
    assert engine.reference_ops == ()
    found = engine.run(feeds)
    reference: Any = ReferenceEvaluator(model)
    wanted = reference.run(None, feeds)
    for info, value in zip(model.graph.output, wanted, strict=True):
        np.testing.assert_allclose(found[info.name], value, rtol=4e-3, atol=1e-3, err_msg=info.name)


NARROW: dict[int, tuple[Any, float]] = {
    # type: (numpy, half a unit in the last place of 1)
    TensorProto.FLOAT16: (np.float16, 2.0**-11),
    TensorProto.BFLOAT16: (ml_dtypes.bfloat16, 2.0**-8),
    TensorProto.FLOAT8E4M3FN: (ml_dtypes.float8_e4m3fn, 2.0**-4),
    TensorProto.FLOAT8E4M3FNUZ: (ml_dtypes.float8_e4m3fnuz, 2.0**-4),
    TensorProto.FLOAT8E5M2: (ml_dtypes.float8_e5m2, 2.0**-3),
    TensorProto.FLOAT8E5M2FNUZ: (ml_dtypes.float8_e5m2fnuz, 2.0**-3),
    TensorProto.FLOAT4E2M1: (ml_dtypes.float4_e2m1fn, 2.0**-2),
}


@pytest.mark.parametrize(("name", "like"), [("x86-64-v2", False), ("native", True)])
@pytest.mark.parametrize("code", NARROW)
def test_f64_is_rounded_once(name: str, code: int, like: bool):
    dtype, half = NARROW[code]
    # A tie, and the f64 that an f32 takes for it: to even, away from it, towards it.
    x = np.array([1 + half, 1 + half + 2.0**-40, 1 + half - 2.0**-40, 1 + 3 * half - 2.0**-40])
    x = np.concatenate([x, -x])
    wanted = np.array([1, 1 + 2 * half, 1, 1 + 2 * half])
    wanted = np.concatenate([wanted, -wanted])
    inputs, constants = ["x"], []
    if like:
        inputs.append("type")
        constants.append(helper.make_tensor("type", code, [1], np.ones(1, dtype).tobytes(), True))
    attributes: dict[str, Any] = {} if like else {"to": code}
    node = helper.make_node("CastLike" if like else "Cast", inputs, ["y"], **attributes)
    graph = helper.make_graph(
        [node],
        "narrow",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [8])],
        [helper.make_tensor_value_info("y", code, [8])],
        constants,
    )
    opset = helper.make_opsetid("", 25)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=12)
    engine = stepwell.compile(model, target=runnable(name).name)
    assert engine.reference_ops == ()
    np.testing.assert_array_equal(engine.run({"x": x})["y"].astype(np.float64), wanted)
    constant = stepwell.compile(_of_constant(model, x))
    np.testing.assert_array_equal(constant.run({})["y"].astype(np.float64), wanted)


def _of_constant(model: onnx.ModelProto, x: Array) -> onnx.ModelProto:
    """The same on a constant, which is computed at compile time, by the interpreter."""
    del model.graph.input[:]
    model.graph.initializer.append(onnx.numpy_helper.from_array(x, "x"))
    return model

"""
Products and convolutions of quantised operators: what they compute, and that they compute it of
codes.

What is written in integers (`QLinearConv`, `MatMulInteger`) is the integer definition to the bit.
What stands between `DequantizeLinear` and `QuantizeLinear` is within one quantum everywhere, and
differs from the operators one by one in fewer than one code of ten thousand.
"""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import stepwell
from stepwell.compiler.compile import lower
from stepwell.test.conversion.kernels_to_llvm.test_narrow_floats import runnable

Array = Any
RNG = np.random.default_rng(17)
TARGETS = ("native", "x86-64-v3")


def codes(dtype: Any, *shape: int) -> Array:
    info = np.iinfo(dtype)
    return RNG.integers(info.min, info.max + 1, shape).astype(dtype)


def scales(count: int) -> Array:
    return RNG.uniform(0.002, 0.009, count).astype(np.float32)


CONSTANTS: dict[str, Array] = {
    "s": np.float32(0.0237),
    "t": np.float32(0.631),
    "z": np.uint8(120),
    "zt": np.uint8(131),
    "zi": np.int8(-7),
    "zc": np.zeros(20, np.int8),
    "w": codes(np.int8, 20, 9, 3, 3),
    "ws": scales(20),
    "bias": RNG.integers(-9000, 9000, 20).astype(np.int32),
    "m": codes(np.int8, 37, 20),
    "mu": codes(np.uint8, 37, 20),
    "ms": scales(20),
    "one": np.float32(0.0041),
    "zu": np.uint8(115),
    "z0": np.int8(0),
    "zb": np.zeros(20, np.int32),
    "bf": RNG.normal(size=20).astype(np.float32),
    "bs": (np.float32(0.0237) * np.float32(0.0041)).astype(np.float32),
}


def node(op: str, inputs: str, output: str, **attributes: Any) -> Any:
    return helper.make_node(op, inputs.split(), output.split(), **attributes)


PADS = {"pads": [1, 1, 1, 0], "strides": [1, 2]}
IMAGE, MATRIX = (2, 9, 8, 7), (11, 37)

INTEGERS: dict[str, tuple[Any, Any, list[Any]]] = {
    "QLinearConv": (IMAGE, np.uint8, [node("QLinearConv", "x s z w ws zc t zt bias", "y", **PADS)]),
    "ConvInteger": (IMAGE, np.uint8, [node("ConvInteger", "x w z", "y", **PADS)]),
    "ConvInteger of signed": (IMAGE, np.int8, [node("ConvInteger", "x w zi", "y", **PADS)]),
    "QLinearMatMul": (MATRIX, np.uint8, [node("QLinearMatMul", "x s z m one z0 t zt", "y")]),
    "MatMulInteger": (MATRIX, np.uint8, [node("MatMulInteger", "x m z", "y")]),
    "of unsigned": (MATRIX, np.uint8, [node("MatMulInteger", "x mu z zu", "y")]),
    "of signed and unsigned": (MATRIX, np.int8, [node("MatMulInteger", "x mu zi zu", "y")]),
}

QUANTISED: dict[str, tuple[Any, list[Any]]] = {
    "convolution": (
        IMAGE,
        [
            node("DequantizeLinear", "w ws zc", "v", axis=0),
            node("Conv", "d v bf", "c", **PADS),
            node("Relu", "c", "r"),
            node("QuantizeLinear", "r t z", "y"),
        ],
    ),
    "product and sum": (
        MATRIX,
        [
            node("DequantizeLinear", "m ms zc", "v", axis=1),
            node("Gemm", "d v bf", "c"),
            node("QuantizeLinear", "c t zt", "y"),
        ],
    ),
}


def built(nodes: list[Any], shape: Any, element: int, result: int) -> onnx.ModelProto:
    used = {name for n in nodes for name in n.input}
    graph = helper.make_graph(
        nodes,
        "codes",
        [helper.make_tensor_value_info("x", element, shape)],
        [helper.make_tensor_value_info("y", result, None)],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in CONSTANTS.items() if k in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


def contracts(model: onnx.ModelProto, **options: Any) -> bool:
    """Whether the contraction of the model is one of codes."""
    return "accumulator = i32" in lower(model, "engine", **options).text


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_are_exact(name: str) -> None:
    shape, dtype, nodes = INTEGERS[name]
    of = {np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8}[dtype]
    quantised = name.startswith("QLinear")
    model = built(nodes, shape, of, TensorProto.UINT8 if quantised else TensorProto.INT32)
    assert contracts(model, exactness="bitwise")
    x = codes(dtype, *shape)
    wanted = by_definition(name, x)
    for target in TARGETS:
        engine = stepwell.compile(model, target=runnable(target).name)
        np.testing.assert_array_equal(engine.run({"x": x})["y"], wanted)


def by_definition(name: str, x: Array) -> Array:
    """In integers of 64 bits; requantised by one f32 factor for each channel."""
    c, wide = CONSTANTS, x.astype(np.int64)
    left = c["zi"] if x.dtype == np.int8 else c["z"]
    wide -= int(left)
    if "Conv" in name:
        padded = np.pad(wide, ((0, 0), (0, 0), (1, 1), (1, 0)))
        rows, columns = padded.shape[2] - 2, (padded.shape[3] - 3) // 2 + 1
        sums = np.zeros((2, 20, rows, columns), np.int64)
        for i, j in np.ndindex(3, 3):
            part = padded[:, :, i : i + rows, j : j + 2 * columns - 1 : 2]
            sums += np.einsum("oc,nchw->nohw", c["w"][:, :, i, j].astype(np.int64), part)
        if name.startswith("ConvInteger"):
            return sums.astype(np.int32)
        sums += c["bias"].reshape(-1, 1, 1)
        factor = (c["s"] * c["ws"] / c["t"]).astype(np.float32).reshape(-1, 1, 1)
    else:
        right = c["mu"].astype(np.int64) - 115 if "unsigned" in name else c["m"].astype(np.int64)
        sums = wide @ right
        if name != "QLinearMatMul":
            return sums.astype(np.int32)
        factor = np.float32(c["s"] * c["one"]) / c["t"]
    rounded = np.rint(sums.astype(np.float32) * factor) + int(c["zt"])
    return np.clip(rounded, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", QUANTISED)
def test_quantised_products_are_within_one_code_of_ten_thousand(name: str) -> None:
    (_, *rest), nodes = QUANTISED[name]
    shape = (1200 if len(rest) == 1 else 60, *rest)
    nodes = [
        node("QuantizeLinear", "x s z", "q"),
        node("DequantizeLinear", "q s z", "d"),
        *nodes,
    ]
    model = built(nodes, shape, TensorProto.FLOAT, TensorProto.UINT8)
    assert contracts(model)
    assert not contracts(model, exactness="bitwise")
    x = RNG.normal(size=shape).astype(np.float32)
    reference: Any = ReferenceEvaluator(model)
    wanted = reference.run(["y"], {"x": x})[0].astype(int)
    for target in TARGETS:
        found = stepwell.compile(model, target=runnable(target).name).run({"x": x})["y"]
        apart = np.abs(found.astype(int) - wanted)
        assert apart.max() <= 1
        assert np.count_nonzero(apart) <= apart.size / 10_000 + 1


def test_a_dynamic_product_is_one_of_codes() -> None:
    """Quantised at run time: the zero point is a value, and so is one of the two scales."""
    nodes = [
        node("DynamicQuantizeLinear", "x", "q sq zq"),
        node("MatMulInteger", "q m zq", "i"),
        node("Cast", "i", "f", to=TensorProto.FLOAT),
        node("Mul", "sq one", "k"),
        node("Mul", "f k", "g"),
        node("Add", "g bf", "y"),
    ]
    model = built(nodes, MATRIX, TensorProto.FLOAT, TensorProto.FLOAT)
    assert contracts(model)
    x = RNG.normal(size=MATRIX).astype(np.float32)
    reference: Any = ReferenceEvaluator(model)
    [wanted] = reference.run(None, {"x": x})
    for target in TARGETS:
        found = stepwell.compile(model, target=runnable(target).name).run({"x": x})["y"]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-6 * np.abs(wanted).max())

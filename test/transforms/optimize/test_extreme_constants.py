"""Scales at the ends of the range: what the optimiser folds gives what the model gives."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import stepwell

Array = Any

CODES = {
    "float16": TensorProto.FLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
}


def check(
    nodes: list[Any],
    feeds: dict[str, Array],
    constants: dict[str, Array],
    rtol: float = 1e-4,
    wanted: Array | None = None,
) -> stepwell.Engine:
    """The last node's result against the reference's, which must be finite and not all zero."""
    [dtype] = {a.dtype.name for a in feeds.values()}
    code = CODES[dtype]
    graph = helper.make_graph(
        nodes,
        "extreme",
        [helper.make_tensor_value_info(k, code, v.shape) for k, v in feeds.items()],
        [helper.make_tensor_value_info(nodes[-1].output[0], code, None)],
        [numpy_helper.from_array(v, k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    if wanted is None:
        reference: Any = ReferenceEvaluator(model)
        [wanted] = reference.run(None, feeds)
    assert wanted is not None
    assert np.isfinite(wanted).all()
    assert np.any(wanted != 0)
    engine = stepwell.compile(model)
    [found] = engine.run(feeds).values()
    np.testing.assert_allclose(found, wanted, rtol=rtol)
    return engine


LAYERS: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "MatMul": ((2, 4), (4, 3), {}),
    "Gemm": ((2, 4), (3, 4), {"transB": 1}),
    "Conv": ((1, 4, 9, 9), (3, 4, 3, 3), {}),
    "depthwise": ((1, 4, 9, 9), (4, 1, 3, 3), {"group": 4}),
    "ConvTranspose": ((1, 4, 5, 5), (4, 3, 3, 3), {}),
}

# (input, weight, scale): powers of ten whose product is moderate, weight * scale is not
POWERS = [(-30, 20, 25), (30, -25, -25), (-35, 15, 30), (30, -10, -32)]


@pytest.mark.parametrize("powers", POWERS)
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("divided", [False, True])
def test_scale_behind_a_layer(layer: str, powers: tuple[int, int, int], divided: bool):
    x_shape, w_shape, attributes = LAYERS[layer]
    rng = np.random.default_rng(0)
    x, w, s = (10.0**p for p in powers)
    feeds = {"x": (rng.uniform(1, 2, x_shape) * x).astype(np.float32)}
    scale = np.float32(1 / s if divided else s)
    if divided and not 1e-37 < float(scale) < 1e37:
        scale = np.float32(10.0 ** -powers[2])
    op = "Conv" if layer == "depthwise" else layer
    nodes = [
        helper.make_node(op, ["x", "w"], ["a"], **attributes),
        helper.make_node("Div" if divided else "Mul", ["a", "s"], ["y"]),
    ]
    weight = (rng.uniform(1, 2, w_shape) * w).astype(np.float32)
    check(nodes, feeds, {"w": weight, "s": np.asarray(scale)})


@pytest.mark.parametrize("layer", ["MatMul", "Conv"])
def test_one_channel_that_overflows_keeps_the_others_right(layer: str):
    x_shape, w_shape, attributes = LAYERS[layer]
    rng = np.random.default_rng(1)
    weight = rng.uniform(1, 2, w_shape).astype(np.float32)
    axis = 1 if layer == "MatMul" else 0
    scale = np.ones(w_shape[axis], np.float32)
    scale[1] = 1e25
    index: list[Any] = [slice(None)] * weight.ndim
    index[axis] = 1
    weight[tuple(index)] *= np.float32(1e20)
    feeds = {"x": (rng.uniform(1, 2, x_shape) * 1e-25).astype(np.float32)}
    along = scale if layer == "MatMul" else scale.reshape(-1, 1, 1)
    nodes = [
        helper.make_node(layer, ["x", "w"], ["a"], **attributes),
        helper.make_node("Mul", ["a", "s"], ["y"]),
    ]
    check(nodes, feeds, {"w": weight, "s": along})


@pytest.mark.parametrize(
    ("dtype", "powers"),
    [
        (np.float32, (-30, 20, 25)),
        (np.float32, (30, -25, -25)),
        (np.float64, (-200, 150, 160)),
        (np.float64, (200, -150, -170)),
    ],
)
def test_two_products_in_a_row(dtype: Any, powers: tuple[int, int, int]):
    rng = np.random.default_rng(2)
    x, a, b = (10.0**p for p in powers)
    feeds = {"x": (rng.uniform(1, 2, (5, 4)) * x).astype(dtype)}
    constants = {
        "a": (rng.uniform(1, 2, (4, 6)) * a).astype(dtype),
        "b": (rng.uniform(1, 2, (6, 3)) * b).astype(dtype),
    }
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["h"]),
        helper.make_node("MatMul", ["h", "b"], ["y"]),
    ]
    check(nodes, feeds, constants)


@pytest.mark.parametrize(
    ("before", "behind", "q", "k"),
    [
        (1e20, 1e20, -20, -19),
        (1e-20, 1e-20, 20, 20),
        (1e15, 1e15, -20, -10),
        (1.0, 1e20, -30, 10),
        (1e-5, 1e-5, 6, 4),
        (-0.5, 0.7, 0, 0),
        (0.0, 0.7, 0, 0),
    ],
)
def test_scales_of_attention(before: float, behind: float, q: int, k: int):
    rng = np.random.default_rng(3)
    feeds = {n: rng.normal(size=(1, 2, 8, 8)).astype(np.float32) for n in "qkv"}
    feeds["q"] *= np.float32(10.0**q)
    feeds["k"] *= np.float32(10.0**k)
    nodes = [
        helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 1, 3, 2]),
        helper.make_node("Mul", ["q", "before"], ["scaled"]),
        helper.make_node("MatMul", ["scaled", "kt"], ["s"]),
        helper.make_node("Mul", ["s", "behind"], ["t"]),
        helper.make_node("Softmax", ["t"], ["p"], axis=-1),
        helper.make_node("MatMul", ["p", "v"], ["y"]),
    ]
    constants = {"before": np.float32(before), "behind": np.float32(behind)}
    constants = {k: np.asarray(v) for k, v in constants.items()}
    check(nodes, feeds, constants, rtol=2e-4)


@pytest.mark.parametrize(
    ("dtype", "mean", "variance", "scale"),
    [
        (np.float16, 1000.0, 0.0, 1.0),  # bias - mean * s is beyond f16
        (np.float32, 1e30, 1e-30, 1e20),
        (np.float32, 1e-30, 1e30, 1e-30),
        (np.float32, 0.0, 1.0, 1.0),
    ],
)
def test_batch_normalization(dtype: Any, mean: float, variance: float, scale: float):
    rng = np.random.default_rng(4)
    epsilon = float(np.float32(1e-5)) if variance < 1e20 else 1e-5
    spread = np.sqrt(variance + epsilon)
    x = (rng.normal(size=(2, 3, 5, 5)) * spread + mean).astype(dtype)
    names = ("scale", "bias", "mean", "variance")
    parts = (scale, 1.0, mean, variance)
    constants = {n: np.full(3, p, dtype) for n, p in zip(names, parts, strict=True)}
    wide = {n: c.astype(np.float64).reshape(-1, 1, 1) for n, c in constants.items()}
    normal = (x.astype(np.float64) - wide["mean"]) / np.sqrt(wide["variance"] + epsilon)
    wanted = (normal * wide["scale"] + wide["bias"]).astype(dtype)
    node = helper.make_node("BatchNormalization", ["x", *names], ["y"], epsilon=epsilon)
    rtol = 2e-2 if dtype is np.float16 else 1e-4
    check([node], {"x": x}, constants, rtol=rtol, wanted=wanted)


def test_ordinary_scales_are_still_folded():
    """The guard costs nothing where nothing is wrong."""
    rng = np.random.default_rng(5)
    constants = {
        "w": rng.normal(size=(3, 4, 3, 3)).astype(np.float32),
        "s": rng.uniform(0.5, 2, (3, 1, 1)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Mul", ["a", "s"], ["y"]),
    ]
    engine = check(nodes, {"x": rng.normal(size=(1, 4, 9, 9)).astype(np.float32)}, constants, 1e-3)
    assert "arith.mulf" not in engine.program.ir

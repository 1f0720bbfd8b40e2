"""Weights in few bits out of `DequantizeLinear`: products read them as they are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.compiler.compile import lower
from stepwell.dialects.engine.weights import Array

random = np.random.default_rng(8)


def model(
    nodes: list[onnx.NodeProto], constants: dict[str, Array], rows: int, depth: int, outputs: int
) -> onnx.ModelProto:
    """Products and more of one input `x`."""
    results = [
        helper.make_tensor_value_info(f"y{n}", TensorProto.FLOAT, None) for n in range(outputs)
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, depth])
    given = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "g", [x], results, given)
    opset = [helper.make_opsetid("", 25)]
    return helper.make_model(graph, opset_imports=opset, ir_version=11)


CASES: list[tuple[Any, tuple[int, int], dict[str, Any], tuple[int, ...], bool]] = [
    (ml_dtypes.uint4, (96, 40), {"axis": 0, "block_size": 32}, (3, 40), True),
    (ml_dtypes.int4, (96, 40), {"axis": 0, "block_size": 16}, (6, 40), False),
    (ml_dtypes.uint4, (90, 40), {"axis": 0, "block_size": 64}, (2, 40), False),
    (ml_dtypes.int4, (96, 40), {"axis": 1}, (40,), True),
    (ml_dtypes.uint2, (96, 40), {"axis": 1}, (), False),
    (np.uint8, (96, 40), {"axis": 0, "block_size": 32}, (3, 40), True),
    (np.int8, (96, 40), {"axis": 1}, (40,), False),
    (np.uint8, (96, 40), {"axis": 1}, (40,), True),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_products(case: int) -> None:
    """A product reads the codes, and gives what the numbers give."""
    dtype, shape, attributes, scales, has_zeros = CASES[case]
    info: Any = ml_dtypes.iinfo(dtype)
    codes = random.integers(info.min, info.max + 1, shape).astype(dtype)
    scale = ((random.random(scales) + 0.1) / 16).astype(np.float32)
    constants: dict[str, Array] = {"c": codes, "s": scale}
    zeros = random.integers(info.min, info.max + 1, scales).astype(dtype)
    if has_zeros:
        constants["z"] = zeros
    nodes = [
        helper.make_node("DequantizeLinear", list(constants), ["w"], **attributes),
        helper.make_node("MatMul", ["x", "w"], ["y0"]),
    ]
    proto = model(nodes, constants, 3, shape[0], 1)
    x = random.standard_normal((3, shape[0])).astype(np.float32)
    whole, offset = scale, zeros.astype(np.float32) if has_zeros else np.zeros(scales)
    if size := attributes.get("block_size"):
        whole, offset = (np.repeat(p, size, axis=0)[: shape[0]] for p in (whole, offset))
    wanted = x @ ((codes.astype(np.float32) - offset) * whole)
    found = stepwell.compile(proto).run({"x": x})["y0"]
    np.testing.assert_allclose(found, wanted, atol=2e-5 * np.abs(wanted).max())
    text = lower(proto, "engine").text
    assert "engine.coded_matmul" in text
    assert "engine.matmul" not in text


def test_a_table_and_a_product_share_codes(tmp_path: Path) -> None:
    """Rows of an embedding are gathered as codes, and the product with all of it reads them."""
    codes = random.integers(-8, 8, (600, 64)).astype(ml_dtypes.int4)
    scale = ((random.random((600, 2)) + 0.1) / 16).astype(np.float32)
    ids = np.array([[3, 599], [0, 7]])
    nodes = [
        helper.make_node("DequantizeLinear", ["c", "s"], ["w"], axis=1, block_size=32),
        helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "t"], ["y0"]),
        helper.make_node("Gather", ["w", "ids"], ["rows"], axis=0),
        helper.make_node("Add", ["rows", "one"], ["y1"]),
    ]
    one = np.ones((), np.float32)
    proto = model(nodes, {"c": codes, "s": scale, "ids": ids, "one": one}, 1, 64, 2)
    engine = stepwell.compile(proto)
    table = codes.astype(np.float32) * np.repeat(scale, 32, axis=1)
    x = random.standard_normal((1, 64)).astype(np.float32)
    found = engine.run({"x": x})
    np.testing.assert_allclose(found["y0"], x @ table.T, atol=1e-5)
    np.testing.assert_array_equal(found["y1"], table[ids] + 1)
    path = tmp_path / "m.well"
    engine.save(path)
    kept = codes.size // 2 + 4 * scale.size
    # Beside the weights there is code, some 30 KB of it.
    assert path.stat().st_size < 1.1 * kept + 60_000


def test_weights_of_16_bits_stay_so(tmp_path: Path) -> None:
    """A model of f16 is no larger as an artifact, and gives what it gave in f32."""
    weight = (random.standard_normal((256, 300)) / 16).astype(np.float16)
    nodes = [
        helper.make_node("Cast", ["x"], ["h"], to=TensorProto.FLOAT16),
        helper.make_node("MatMul", ["h", "w"], ["p"]),
        helper.make_node("Cast", ["p"], ["y0"], to=TensorProto.FLOAT),
    ]
    proto = model(nodes, {"w": weight}, 2, 256, 1)
    engine = stepwell.compile(proto)
    x = random.standard_normal((2, 256)).astype(np.float16)
    found = engine.run({"x": x.astype(np.float32)})["y0"]
    wanted = x.astype(np.float32) @ weight.astype(np.float32)
    np.testing.assert_allclose(found, wanted, atol=2e-3 * np.abs(wanted).max())
    path = tmp_path / "m.well"
    engine.save(path)
    assert path.stat().st_size < 1.1 * weight.nbytes + 60_000


def test_a_matrix_of_codes_that_is_no_weight_is_decoded() -> None:
    """Only products and gathers take codes; a sum does not."""
    codes = random.integers(-8, 8, (3, 64)).astype(ml_dtypes.int4)
    scale = (random.random((3, 2)) + 0.1).astype(np.float32)
    nodes = [
        helper.make_node("DequantizeLinear", ["c", "s"], ["w"], axis=1, block_size=32),
        helper.make_node("Add", ["x", "w"], ["y0"]),
    ]
    proto = model(nodes, {"c": codes, "s": scale}, 3, 64, 1)
    assert "engine.decode" not in lower(proto, "engine").text
    x = random.standard_normal((3, 64)).astype(np.float32)
    found = stepwell.compile(proto).run({"x": x})["y0"]
    wanted = x + codes.astype(np.float32) * np.repeat(scale, 32, axis=1)
    np.testing.assert_array_equal(found, wanted)

"""Operators whose results have the sizes that the data says, against onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

import stepwell

RNG = np.random.default_rng(5)
X = RNG.standard_normal((4, 6)).astype(np.float32)
IMAGE = RNG.standard_normal((1, 2, 5, 6)).astype(np.float32)
BOXES = np.sort(RNG.random((1, 7, 2, 2)), axis=2).reshape(1, 7, 4).astype(np.float32)
SCORES = RNG.random((1, 2, 7)).astype(np.float32)


def _int(*values: int) -> np.ndarray[Any, Any]:
    return np.array(values, np.int64)


def _float(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values, np.float32)


LIMIT = np.array(3.0, np.float32)

CASES: list[tuple[str, list[np.ndarray[Any, Any] | None], dict[str, Any]]] = [
    ("NonZero", [np.maximum(X, 0)], {}),
    ("Compress", [X, X[:, 0] > 0], {"axis": 0}),
    ("Compress", [X, X.reshape(-1)[:20] > 0], {}),
    ("Unique", [np.round(X)], {"sorted": 1}),
    ("Unique", [np.round(X)], {"axis": 1}),
    ("Pad", [X, _int(1, 0, 2, 3)], {}),
    ("Pad", [X, _int(1, 2, 1, 0)], {"mode": "reflect"}),
    ("Range", [np.array(-2, np.float32), LIMIT, np.array(0.75, np.float32)], {}),
    ("Range", [np.array(9), np.array(-4), np.array(-3)], {}),
    ("Resize", [IMAGE, None, None, _int(1, 2, 9, 4)], {"mode": "linear"}),
    ("Resize", [IMAGE, None, _float(1, 1, 1.5, 2)], {"mode": "nearest"}),
    ("Slice", [X, _int(1, -5), _int(4, 99), _int(0, 1), _int(2, 3)], {}),
    ("Expand", [X[:1], _int(3, 1, 6)], {}),
    ("Tile", [X, _int(2, 1)], {}),
    ("ConstantOfShape", [_int(2, 3)], {}),
    ("Reshape", [X, _int(3, -1, 2)], {}),
    ("TopK", [X, _int(2)], {}),
    ("OneHot", [_int(0, 2, -1), np.array(4), _float(0, 1)], {}),
    ("Squeeze", [X[:, :1], _int(1)], {}),
    ("Unsqueeze", [X, _int(0, 3)], {}),
    ("ReduceSum", [X, _int(1)], {"keepdims": 0}),
    ("Split", [X, _int(1, 3)], {"axis": 0}),
    ("Trilu", [X, np.array(1)], {}),
    ("EyeLike", [X], {"k": 1}),
    ("Shape", [X], {}),
    (
        "NonMaxSuppression",
        [BOXES, SCORES, np.array([3]), _float(0.4), _float(0.2)],
        {"center_point_box": 0},
    ),
]


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_like_onnxruntime(
    op_type: str, inputs: list[np.ndarray[Any, Any] | None], attributes: dict[str, Any]
) -> None:
    """What follows from the result, natively or not, is right as well."""
    feeds = {f"x{n}": value for n, value in enumerate(inputs) if value is not None}
    outputs = {"TopK": 2, "Split": 2, "Unique": 4}.get(op_type, 1)
    names = [f"y{n}" for n in range(outputs)]
    given = ["" if value is None else f"x{n}" for n, value in enumerate(inputs)]
    nodes = [
        helper.make_node(op_type, given, names, name="/open", **attributes),
        helper.make_node("Cast", ["y0"], ["f"], name="/cast", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f", "f"], ["square"], name="/square"),
        helper.make_node("ReduceMax", ["square"], ["top"], name="/top", keepdims=0),
        helper.make_node("Exp", ["top"], ["e"], name="/exp"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
            for n, v in feeds.items()
        ],
        [helper.make_empty_tensor_value_info(name) for name in [*names, "square", "e"]],
    )
    opsets = [helper.make_opsetid("", 21)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    found = stepwell.compile(model).run(feeds)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    expected = [np.asarray(a) for a in session.run(None, feeds)]
    for (name, result), wanted in zip(found.items(), expected, strict=True):
        assert result.dtype == wanted.dtype, name
        assert result.shape == wanted.shape, name
        np.testing.assert_allclose(result, wanted, 1e-5, 1e-6)

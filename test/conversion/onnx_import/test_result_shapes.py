"""Shapes that `onnx.shape_inference` does not tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from stepwell.compiler.function_inputs import function_named
from stepwell.conversion.import_model import import_model
from stepwell.dialects import make_context
from stepwell.dialects.framework import dims_of
from stepwell.interpreters import run
from stepwell.ir.interface import MAIN

X = np.ones((2, 3, 4), np.float32)
IMAGE = np.ones((2, 6, 3, 3), np.float32)
CHANNELS = np.ones(6, np.float32)
I = np.int64


def scalar(value: Any, dtype: Any = np.int64) -> np.ndarray:
    return np.array(value, dtype)


CASES: list[tuple[str, list[Any], dict[str, Any], tuple[int, ...]]] = [
    ("BlackmanWindow", [scalar(7)], {}, (7,)),
    ("HannWindow", [scalar(9, np.int32)], {"periodic": 0}, (9,)),
    ("HammingWindow", [scalar(3)], {}, (3,)),
    ("Compress", [X, np.array([True, False, True])], {"axis": 1}, (2, 2, 4)),
    ("Compress", [X, np.array([False, True])], {"axis": -3}, (1, 3, 4)),
    ("Compress", [X, np.array([False, True, True])], {}, (2,)),
    ("GroupNormalization", [IMAGE, CHANNELS, CHANNELS], {"num_groups": 2}, (2, 6, 3, 3)),
    ("MeanVarianceNormalization", [IMAGE], {}, (2, 6, 3, 3)),
    (
        "MelWeightMatrix",
        [scalar(8), scalar(17), scalar(8000), scalar(0.0, np.float32), scalar(4e3, np.float32)],
        {},
        (9, 8),
    ),
    ("NonMaxSuppression", [np.ones((1, 3, 4), np.float32), X[:1, :2, :3]], {}, (0, 3)),
    (
        "NonMaxSuppression",
        [np.ones((1, 3, 4), np.float32), X[:1, :2, :3], np.array([0], I)],
        {},
        (0, 3),
    ),
    ("NonZero", [np.array([[1, 0], [1, 1]], I)], {}, (2, 3)),
    ("OneHot", [np.array([[1, 2]], I), scalar(5, np.float32), np.array([0.0, 1.0])], {}, (1, 2, 5)),
    ("OneHot", [np.array([[1, 2]], I), np.array([5], I), np.array([0, 1])], {"axis": 0}, (5, 1, 2)),
    ("OneHot", [np.array([[1, 2]], I), scalar(5), np.array([0, 1])], {"axis": -2}, (1, 5, 2)),
    ("Range", [scalar(v, np.float32) for v in (0, 2000, 0.5)], {}, (4000,)),
    ("Range", [scalar(v, np.float16) for v in (10, 0, -3)], {}, (4,)),
    ("Range", [scalar(v) for v in (10, 0, -3)], {}, (4,)),
    ("Range", [scalar(v, np.int32) for v in (5, 0, 1)], {}, (0,)),
    ("StringNormalizer", [np.array(["a", "B"], object)], {"case_change_action": "LOWER"}, (2,)),
]


@pytest.mark.parametrize(("op_type", "inputs", "attributes", "expected"), CASES)
def test_shape(op_type: str, inputs: list[Any], attributes: dict[str, Any], expected: Any):
    """It is known where all operands but the first are constants, and that of the values."""
    names = [f"i{at}" for at in range(len(inputs))]
    kind = {"BlackmanWindow", "HannWindow", "HammingWindow", "MelWeightMatrix", "NonZero", "Range"}
    fixed = names if op_type in kind else names[1:]
    node = helper.make_node(op_type, names, ["y"], name="n", **attributes)
    tensors = [
        numpy_helper.from_array(a, n) for n, a in zip(names, inputs, strict=True) if n in fixed
    ]
    infos = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for n, a in zip(names, inputs, strict=True)
        if n not in fixed
    ]
    graph = helper.make_graph([node], "g", infos, [onnx.ValueInfoProto(name="y")], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    ctx = make_context()
    module = import_model(model, ctx)
    [type_] = function_named(module, MAIN).function_type.outputs
    assert dims_of(type_) == expected
    feeds = {n: a for n, a in zip(names, inputs, strict=True) if n not in fixed}
    [value] = run(ctx, module, feeds)
    assert value.shape == expected


@pytest.mark.parametrize(
    ("op_type", "inputs", "rank"),
    [
        ("Compress", [X, np.array([True])], 1),
        ("NonZero", [X], 2),
        ("OneHot", [np.array([1], I), scalar(4), np.array([0, 1])], 2),
        ("Range", [scalar(0), scalar(4), scalar(1)], 1),
    ],
)
def test_what_the_data_decides_stays_open(op_type: str, inputs: list[Any], rank: int):
    names = [f"i{at}" for at in range(len(inputs))]
    infos = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for n, a in zip(names, inputs, strict=True)
    ]
    node = helper.make_node(op_type, names, ["y"])
    graph = helper.make_graph([node], "g", infos, [onnx.ValueInfoProto(name="y")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    module = import_model(model, make_context())
    dims = dims_of(function_named(module, MAIN).function_type.outputs.data[0])
    assert dims is not None
    assert len(dims) == rank
    assert None in dims

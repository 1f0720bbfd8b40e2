"""Normalisations and pools of every float type, natively and by the reference, against f32."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from ml_dtypes import bfloat16
from onnx import TensorProto, helper

import stepwell
from stepwell.conversion.import_model import import_model
from stepwell.dialects import make_context
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import node_model

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 6, 5, 7)).astype(np.float32)
PARTS = [RNG.standard_normal(6).astype(np.float32) for _ in range(3)]
LAST = RNG.standard_normal(7).astype(np.float32)

CASES: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("LRN", [X], {"size": 3}),
    ("LRN", [X], {"size": 5, "alpha": 0.1, "beta": 0.5, "bias": 2.0}),
    ("MeanVarianceNormalization", [X], {}),
    ("MeanVarianceNormalization", [X + 10], {"axes": [1, -2]}),
    ("GlobalLpPool", [X], {}),
    ("GlobalLpPool", [X], {"p": 1}),
    ("GlobalLpPool", [X], {"p": 3}),
    ("GlobalAveragePool", [X], {}),
    ("GlobalMaxPool", [X], {}),
    ("LpPool", [X], {"kernel_shape": [3, 2], "p": 3, "strides": [2, 1], "pads": [1, 0, 1, 1]}),
    ("AveragePool", [X], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]}),
    ("MaxPool", [X], {"kernel_shape": [3, 3], "ceil_mode": 1, "strides": [2, 2]}),
    ("BatchNormalization", [X, *PARTS, np.abs(PARTS[0])], {}),
    ("InstanceNormalization", [X, *PARTS[:2]], {}),
    ("GroupNormalization", [X, *PARTS[:2]], {"num_groups": 3}),
    ("LayerNormalization", [X, LAST, LAST], {}),
    ("LpNormalization", [X], {"axis": 1, "p": 1}),
    ("Softmax", [X], {"axis": 1}),
    ("LogSoftmax", [X], {}),
]
TOLERANCES = {np.float16: 4e-3, bfloat16: 3e-2, np.float64: 1e-5}


@pytest.mark.parametrize("dtype", list(TOLERANCES), ids=lambda t: np.dtype(t).name)
@pytest.mark.parametrize(("op_type", "inputs", "attributes"), CASES)
def test_float_types(op_type: str, inputs: list[Any], attributes: dict[str, Any], dtype: Any):
    given = [array.astype(dtype) for array in inputs]
    wide, wide_feeds = node_model(
        op_type, [a.astype(np.float32) for a in given], opset=21, **attributes
    )
    wide.graph.output[0].CopyFrom(helper.make_tensor_value_info("o0", TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(wide.SerializeToString())
    expected = np.asarray(session.run(None, wide_feeds)[0])
    model, feeds = node_model(op_type, given, opset=21, **attributes)
    engine = stepwell.compile(model)
    assert not engine.reference_ops
    ctx = make_context()
    reference = run(ctx, import_model(model, ctx), feeds)[0]
    for got in (engine.run(feeds)["o0"], reference):
        assert (got.dtype, got.shape) == (np.dtype(dtype), expected.shape)
        worst = np.abs(got.astype(np.float64) - expected).max()
        assert worst <= TOLERANCES[dtype] * max(1, np.abs(expected).max())


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("op_type", ["GlobalLpPool", "LpPool"])
def test_powers_beyond_the_range_of_f16(op_type: str, p: int):
    """The norm fits, the sum of powers does not."""
    x = np.full((1, 1, 2, 2), 4000, np.float16)
    attributes: dict[str, Any] = {"kernel_shape": [2, 2]} if op_type == "LpPool" else {}
    model, feeds = node_model(op_type, [x], p=p, **attributes)
    got = stepwell.compile(model, exactness="bitwise").run(feeds)["o0"]
    np.testing.assert_allclose(got.reshape(-1), [4000 * 4 ** (1 / p)], rtol=2e-3)

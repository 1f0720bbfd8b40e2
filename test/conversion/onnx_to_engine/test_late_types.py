"""Results by reference get the sizes that follow from operands known only when converting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import parser

import stepwell
from stepwell.conversion.import_model import import_model
from stepwell.dialects import make_context

GROWN = """(float[3] x) => (y)
<int64 n = {{2}}, bool on = {{1}}, int64[1] axes = {{0}}, float[2] bounds = {{0.0, 1.0}}>
{{
    g = Loop(n, on, x) <
        body = b (int64 i, bool c, float[k] s) => (bool d, float[j] t) {{
            d = Identity(c)
            t = Concat<axis = 0>(s, s)
        }}
    >
    r = {}
    z = ReduceSum<keepdims = 0>(r, axes)
    y = Neg(z)
}}"""
"""A loop whose value grows: only once it is written out is its size known."""


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("Bernoulli(g)", -12.0),
        ("RandomUniformLike<low = 1.0, high = 1.0, dtype = 1>(g)", -12.0),
    ],
)
def test_behind_what_is_written_out(node: str, expected: float):
    """The random operator has no native form; what sums its result has."""
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["": 16]> g {GROWN.format(node)}')
    assert "tensor<?xf32>" in str(import_model(model, make_context()))
    engine = stepwell.compile(model)
    assert len(engine.reference_ops) == 1
    result: Any = engine(np.ones(3, np.float32))
    np.testing.assert_allclose(result, expected, rtol=1e-5)

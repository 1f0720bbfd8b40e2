"""Values without elements that are parts of others: they have no bytes, wherever they begin."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

import stepwell

PARTS = {
    "parts of rows": (
        "g (float[0,3] x) => (float[0,1] a, float[0,2] b) <int64[2] s = {1,2}> "
        "{ y = Relu(x)  p, q = Split<axis = 1>(y, s)  a = Neg(p)  b = Abs(q) }",
        (0, 3),
        [(0, 1), (0, 2)],
    ),
    "parts of columns": (
        "g (float[3,0] x) => (float[1,0] a, float[2,0] b) <int64[2] s = {1,2}> "
        "{ y = Relu(x)  p, q = Split<axis = 0>(y, s)  a = Neg(p)  b = Abs(q) }",
        (3, 0),
        [(1, 0), (2, 0)],
    ),
    "joined": (
        "g (float[0,3] x) => (float[0,9] c) "
        "{ y = Relu(x)  z = Neg(y)  u = Abs(x)  c = Concat<axis = 1>(y, z, u) }",
        (0, 3),
        [(0, 9)],
    ),
    "a slice in the middle": (
        "g (float[2,0,4] x) => (float[2,0,2] c) <int64[1] s = {1}, int64[1] e = {3},"
        " int64[1] a = {2}> { y = Relu(x)  p = Slice(y, s, e, a)  c = Neg(p) }",
        (2, 0, 4),
        [(2, 0, 2)],
    ),
}


@pytest.mark.parametrize("what", PARTS)
def test_they_lie_within_their_base(what: str):
    graph, given, expected = PARTS[what]
    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["": 21]> {graph}')
    results = stepwell.compile(model).run({"x": np.zeros(given, np.float32)})
    assert [array.shape for array in results.values()] == expected

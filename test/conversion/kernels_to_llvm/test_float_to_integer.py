"""Floats that become integers of few bits, and floats again: what lies outside wraps around."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

import stepwell

NARROW = {
    np.uint8: TensorProto.UINT8,
    np.int8: TensorProto.INT8,
    np.uint16: TensorProto.UINT16,
    np.int16: TensorProto.INT16,
}
FLOATS = {
    np.float16: TensorProto.FLOAT16,
    np.float32: TensorProto.FLOAT,
    np.float64: TensorProto.DOUBLE,
}


@pytest.mark.parametrize("narrow", NARROW, ids=lambda t: t.__name__)
@pytest.mark.parametrize("wide", FLOATS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("target", ["native", "x86-64-v2"])
def test_low_bits_are_kept(narrow: type, wide: type, target: str) -> None:
    """Also where the integer is a float at once, of which LLVM would make another number."""
    x = np.linspace(-300, 300, 67).astype(wide)  # no whole number of vectors
    nodes = [
        helper.make_node("Cast", ["x"], ["code"], to=NARROW[narrow]),
        helper.make_node("Cast", ["code"], ["y"], to=TensorProto.FLOAT),
    ]
    inputs = [helper.make_tensor_value_info("x", FLOATS[wide], [67])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [67])]
    graph = helper.make_graph(nodes, "cast", inputs, outputs)
    opsets = [helper.make_opsetid("", 21)]
    engine = stepwell.compile(helper.make_model(graph, opset_imports=opsets), target=target)
    expected = np.trunc(x.astype(np.float64)).astype(np.int64).astype(narrow)
    np.testing.assert_array_equal(engine(x), expected.astype(np.float32))

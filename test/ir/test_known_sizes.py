"""Inputs of unknown sizes are reported all at once; strings and sequences are no such inputs."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.errors import CompileError


def _model(inputs: list[onnx.ValueInfoProto], nodes: list[onnx.NodeProto]) -> onnx.ModelProto:
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, None)
        for node in nodes
        for name in node.output
    ]
    graph = helper.make_graph(nodes, "g", inputs, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_inputs_without_a_rank_are_named() -> None:
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["N", 4]),
        helper.make_tensor_value_info("mask", TensorProto.INT64, ["N", 4]),
        helper.make_tensor_value_info("fixed", TensorProto.INT64, [4]),
        helper.make_tensor_value_info("any", TensorProto.INT64, None),
        helper.make_tensor_value_info("words", TensorProto.STRING, ["N"]),
        helper.make_tensor_sequence_value_info("list", TensorProto.INT64, ["N"]),
    ]
    model = _model(inputs, [helper.make_node("Add", ["ids", "mask"], ["sum"])])
    with pytest.raises(CompileError) as caught:
        stepwell.compile(model)
    text = str(caught.value)
    assert "'any'" in text
    for fine in ("'ids'", "'mask'", "'fixed'", "'words'", "'list'"):
        assert fine not in text
    assert "--shape" in text


def test_sizes_that_the_data_decides_compile() -> None:
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3])]
    nodes = [helper.make_node("NonZero", ["x"], ["where"], name="find")]
    where = stepwell.compile(_model(inputs, nodes))(np.array([0, 1, 2], np.float32))
    np.testing.assert_array_equal(where, [[1, 2]])

"""Sizes that are not known are reported all at once, by input or by node."""

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


def test_inputs_without_sizes_are_all_named() -> None:
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["N", 4]),
        helper.make_tensor_value_info("mask", TensorProto.INT64, ["N", 4]),
        helper.make_tensor_value_info("fixed", TensorProto.INT64, [4]),
    ]
    model = _model(inputs, [helper.make_node("Add", ["ids", "mask"], ["sum"])])
    with pytest.raises(CompileError) as caught:
        stepwell.compile(model)
    text = str(caught.value)
    assert "'ids'" in text
    assert "'mask'" in text
    assert "'fixed'" not in text
    assert "--shape" in text


def test_nodes_whose_data_decides_sizes_are_all_named() -> None:
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 4])]
    nodes = [
        helper.make_node("NonZero", ["x"], ["where"], name="find"),
        helper.make_node("Cast", ["x"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Unique", ["whole"], ["values"], name="distinct"),
        helper.make_node("Neg", ["values"], ["negated"], name="after"),
    ]
    with pytest.raises(CompileError) as caught:
        stepwell.compile(_model(inputs, nodes))
    text = str(caught.value)
    assert "onnx.NonZero (find) gives 'where'" in text
    assert "onnx.Unique (distinct) gives 'values'" in text
    assert "after" not in text


def test_sequences_are_named() -> None:
    sequence = helper.make_tensor_sequence_value_info("list", TensorProto.FLOAT, [2])
    inputs = [sequence, helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])]
    nodes = [helper.make_node("SequenceInsert", ["list", "x"], ["longer"], name="insert")]
    output = helper.make_tensor_sequence_value_info("longer", TensorProto.FLOAT, [2])
    graph = helper.make_graph(nodes, "g", inputs, [output])
    opsets = [helper.make_opsetid("", 17)]
    with pytest.raises(CompileError, match="no tensors") as caught:
        stepwell.compile(helper.make_model(graph, opset_imports=opsets, ir_version=8))
    assert "input 'list'" in str(caught.value)
    assert "(insert)" in str(caught.value)


def test_strings_are_named() -> None:
    inputs = [helper.make_tensor_value_info("words", TensorProto.STRING, [2])]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["words"], ["same"])],
        "g",
        inputs,
        [helper.make_tensor_value_info("same", TensorProto.STRING, [2])],
    )
    opsets = [helper.make_opsetid("", 17)]
    with pytest.raises(CompileError, match="'words' is tensor<2x!onnx.string>"):
        stepwell.compile(helper.make_model(graph, opset_imports=opsets, ir_version=8))

"""Operators with subgraphs: what does not fit its body is refused with the node's name."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.errors import ImportModelError

FLOAT = TensorProto.FLOAT
tensor = helper.make_tensor_value_info


def scan_model(**attributes: Any) -> onnx.ModelProto:
    """Running sums of the rows of a matrix."""
    body = helper.make_graph(
        [
            helper.make_node("Add", ["state", "row"], ["sum"]),
            helper.make_node("Identity", ["sum"], ["out"]),
        ],
        "body",
        [tensor("state", FLOAT, [4]), tensor("row", FLOAT, [4])],
        [tensor("sum", FLOAT, [4]), tensor("out", FLOAT, [4])],
    )
    options: dict[str, Any] = {"num_scan_inputs": 1} | attributes
    node = helper.make_node("Scan", ["s", "x"], ["last", "rows"], "/scan", body=body, **options)
    graph = helper.make_graph(
        [node],
        "scan",
        [tensor("s", FLOAT, [4]), tensor("x", FLOAT, [3, 4])],
        [tensor("last", FLOAT, [4]), tensor("rows", FLOAT, None)],
    )
    opset = [helper.make_opsetid("", 21)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10)


def test_rows_are_summed():
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    _, rows = stepwell.compile(scan_model(scan_output_axes=[-1]))(np.zeros(4, np.float32), x)
    np.testing.assert_array_equal(rows, np.cumsum(x, axis=0).T)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"num_scan_inputs": 0}, "num_scan_inputs is 0, expected 1 to 2"),
        ({"num_scan_inputs": -(2**63)}, "expected 1 to 2, the number of its inputs"),
        ({"num_scan_inputs": 2**63 - 1}, "expected 1 to 2, the number of its inputs"),
        ({"scan_input_axes": [0, 0]}, "scan_input_axes has 2 numbers, expected 1"),
        ({"scan_input_directions": [0, 1]}, "scan_input_directions has 2 numbers, expected 1"),
        ({"scan_output_axes": [0, 0]}, "scan_output_axes has 2 numbers, expected 1"),
        ({"scan_output_directions": [0, 0, 0]}, "scan_output_directions has 3 numbers, expected 1"),
        ({"scan_output_axes": [2]}, "stacks tensors of rank 1 along axis 2"),
        ({"scan_input_axes": [2]}, "scans axis 2 of a tensor of rank 2"),
    ],
)
def test_a_scan_that_does_not_fit_its_inputs(attributes: dict[str, Any], reason: str):
    with pytest.raises(ImportModelError, match="/scan") as error:
        stepwell.compile(scan_model(**attributes))
    assert reason in str(error.value)

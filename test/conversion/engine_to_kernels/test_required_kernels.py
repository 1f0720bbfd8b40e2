"""What is said of an operation whose sizes no kernel takes as arguments."""

from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.compiler.compile import lower
from stepwell.compiler.open_model import PER_SIZES
from stepwell.conversion.engine_to_kernels import kernel_uses
from stepwell.errors import CompileError


def model() -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("Softmax", ["x"], ["y"], name="/scores")],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "S"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def test_the_node_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_uses, "plan_kernel", lambda *_: None)
    why = "engine.softmax of /scores has no kernel that takes its sizes as arguments"
    with pytest.raises(CompileError) as caught:
        lower(model(), "kernels")
    assert str(caught.value) == f"{why}; give the sizes numbers (--shape, shapes=, -p bind-sizes)"
    engine = stepwell.compile(model())
    assert engine.program.provenance.options[PER_SIZES] == why
    assert "no kernel" not in lower(model(), "kernels", shapes={"N": 2, "S": 3}).text

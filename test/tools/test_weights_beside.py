"""A `.mlir` file and the `.safetensors` beside it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from stepwell.tools.opt_tool import main


@pytest.fixture
def model(tmp_path) -> Path:
    """A model with one weight that is too large to be text."""
    weight = np.arange(200, dtype=np.float32).reshape(10, 20) / 100
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="/MatMul")],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 10])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 20])],
        [numpy_helper.from_array(weight, "w")],
    )
    opset = [helper.make_opsetid("", 21)]
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), str(path))
    return path


@pytest.fixture
def module(model, tmp_path) -> Path:
    path = tmp_path / "net.mlir"
    assert main([str(model), "-o", str(path)]) == 0
    return path


def results(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([*map(str, arguments), "--run"]) == 0
    return capsys.readouterr().out


def test_the_same_results_from_model_and_module(capsys, model, module):
    assert module.with_suffix(".safetensors").exists()
    assert "dense" not in module.read_text()
    assert results(capsys, module) == results(capsys, model)


def test_weights_go_with_the_module_through_a_pass(capsys, model, module, tmp_path):
    lowered = tmp_path / "lowered.mlir"
    assert main([str(module), "-p", "convert-onnx-to-engine", "-o", str(lowered)]) == 0
    assert lowered.with_suffix(".safetensors").exists()
    assert results(capsys, lowered) == results(capsys, model)


def test_text_alone_says_what_is_missing(capsys, module):
    module.with_suffix(".safetensors").unlink()
    assert main([str(module)]) == 0
    capsys.readouterr()
    assert main([str(module), "--run"]) == 1
    err = capsys.readouterr().err
    assert "weight 'w'" in err
    assert ".safetensors file beside" in err


@pytest.mark.parametrize("damage", ["truncated", "empty", "text"])
def test_damaged_weights(capsys, module, damage):
    weights = module.with_suffix(".safetensors")
    data = weights.read_bytes()
    weights.write_bytes({"truncated": data[:-10], "empty": b"", "text": b"no weights"}[damage])
    assert main([str(module)]) == 1
    assert f"{weights}: not a readable .safetensors file" in capsys.readouterr().err


def test_small_constants_need_no_file(model, tmp_path):
    text = "func.func @f() {\n  %c = engine.constant dense<2.0> : tensor<4xf32> -> tensor<4xf32>\n"
    source, out = tmp_path / "small.mlir", tmp_path / "out.mlir"
    source.write_text(text + "  func.return\n}\n")
    assert main([str(source), "-o", str(out)]) == 0
    assert not out.with_suffix(".safetensors").exists()


def test_weights_of_others_are_not_replaced(capsys, model, tmp_path):
    """Models are often delivered with a `.safetensors` of the same name."""
    from safetensors.numpy import save_file

    beside = tmp_path / "net.safetensors"
    save_file({"encoder.weight": np.ones(3, np.float32)}, beside)
    before = beside.read_bytes()
    assert main([str(model), "-o", str(tmp_path / "net.mlir")]) == 2
    err = capsys.readouterr().err
    assert "holds weights that Stepwell has not written ('encoder.weight')" in err
    assert beside.read_bytes() == before
    assert not (tmp_path / "net.mlir").exists()
    beside.unlink()
    for _ in range(2):
        assert main([str(model), "-o", str(tmp_path / "net.mlir")]) == 0

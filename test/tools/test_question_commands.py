"""The commands that ask questions, as docs/questions.md shows them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

PAGE = Path(__file__).resolve().parents[2] / "docs" / "questions.md"

MODEL = """
<ir_version: 10, opset_import: ["" : 21]>
net (float[batch,3,8,8] images) => (float[batch,10] logits)
{
  [flatten] flat = Flatten (images)
  [dense] product = MatMul (flat, w)
  [relu] logits = Relu (product)
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    model = onnx.parser.parse_model(MODEL)
    weight = np.random.default_rng(0).standard_normal((192, 10)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    onnx.save(model, tmp_path / "model.onnx")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page(stepwell, folder):
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    assert lines
    for line in lines:
        command, *words = shlex.split(line)
        assert command == "stepwell"
        code, out, err = stepwell(*words)
        assert code == 0, f"{line}\n{err}"
        assert out
        if "--json" in words:
            answer = json.loads(out)
            assert answer["schema"].startswith("stepwell.")
            assert answer["version"] >= 1


def test_explain_a_model_and_a_node(stepwell, folder):
    size = ("--shape", "batch=2")
    code, out, _ = stepwell("explain", "model.onnx", *size)
    assert code == 0
    assert re.search(r"^optimize +\d+\.\d{3} +3 -> 2 ", out, re.MULTILINE)
    assert re.search(r"^fuse-map-into-contraction +1 +2 -> 1 ", out, re.MULTILINE)
    out = stepwell("explain", "model.onnx", *size, "--node", "relu", "--no-run")[1]
    assert out.startswith("relu: computed by one step, together with 1 other nodes\n")
    out = stepwell("explain", "model.onnx", *size, "--node", "relu", "--json")[1]
    (step,) = json.loads(out)["node"]["steps"]
    assert step["nodes"] == ["dense", "relu"]
    assert step["kernel"].startswith("matmul_")
    assert 0.5 < step["share"] <= 1
    out = stepwell("explain", "model.onnx", *size, "--node", "flatten")[1]
    assert out.startswith("flatten: needs no step: a view of another buffer since plan-memory\n")


def test_why_not_of_a_node(stepwell, folder):
    code, out, _ = stepwell("why-not", "model.onnx", "fuse-map-into-contraction", "-O2")
    assert code == 0
    assert "it applied once:\n  dense, relu\n" in out
    out = stepwell("why-not", "model.onnx", "merge-reshapes", "--node", "flatten")[1]
    assert "on flatten\n" in out


@pytest.mark.parametrize("command", [("explain",), ("why-not", "merge-transposes")])
def test_what_is_compiled_cannot_be_asked(stepwell, folder, command):
    name, *rest = command
    Path("model.well").write_bytes(b"")
    code, _, err = stepwell(name, "model.well", *rest)
    assert code == 2
    assert "model.well is compiled: what happened to it is over" in err
    code, _, err = stepwell(name, "gone.onnx", *rest)
    assert code == 1
    assert "gone.onnx" in err


def test_a_part_and_a_right_model(stepwell, folder):
    options = ("--to", "relu", "--from", "dense", "--shape", "batch=2")
    code, out, err = stepwell("extract", "model.onnx", *options, "-o", "sub.onnx", "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert answer["inputs"] == {"flat": "tensor<2x192xf32>"}
    assert [node.op_type for node in onnx.load("sub.onnx").graph.node] == ["MatMul", "Relu"]
    code, _, err = stepwell("extract", "model.onnx", *options, "-o", "model.onnx")
    assert code != 0
    assert "model.onnx" in err
    code, out, _ = stepwell("bisect", "model.onnx", "--json")
    assert code == 0
    assert json.loads(out)["agrees"]
    np.savez("in.npz", images=np.ones((3, 3, 8, 8), np.float32))
    code, out, _ = stepwell("bisect", "model.onnx", "--inputs", "in.npz")
    assert code == 0
    assert "computes what the model says" in out
    assert not list(folder.glob("*.mlir"))


def test_optimize_writes_onnx_and_never_over_the_model(stepwell, folder):
    before = Path("model.onnx").read_bytes()
    code, out, err = stepwell("optimize", "model.onnx", "-o", "out.onnx", "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert answer["schema"] == "stepwell.optimize"
    assert answer["after"]["count"] == len(onnx.load("out.onnx").graph.node)
    assert answer["bytes"] == [len(before), Path("out.onnx").stat().st_size]
    code, _, err = stepwell("optimize", "model.onnx", "-o", "model.onnx")
    assert code != 0
    assert "model.onnx" in err
    assert Path("model.onnx").read_bytes() == before

"""What documents for users show runs as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

DOCS = Path(__file__).resolve().parent.parent / "docs"
BIN = Path(sys.executable).parent


def blocks(document: str, language: str) -> str:
    text = (DOCS / document).read_text()
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found
    return "\n".join(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the model and the inputs that the documents speak of."""
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((3 * 8 * 8, 10)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["images"], ["flat"], name="/flatten"),
            helper.make_node("MatMul", ["flat", "w"], ["logits"], name="/dense"),
        ],
        "net",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(weight, "w")],
    )
    opset = [helper.make_opsetid("", 21)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / "model.onnx")
    graph = onnx.parser.parse_graph(
        "g (float[1,12,128,64] past_0, float[1,12,1,64] row) => (float[1,12,129,64] present_0)"
        "{ present_0 = Concat<axis = 2>(past_0, row) }"
    )
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.save(model, tmp_path / "decoder.onnx")
    np.savez(tmp_path / "in.npz", images=rng.random((4, 3, 8, 8), np.float32))
    return tmp_path


def test_python(folder: Path):
    program = folder / "program.py"
    body = "".join(f"    {line}" for line in blocks("python.md", "python").splitlines(True))
    program.write_text(f"if __name__ == '__main__':\n{body}\n    print(len(batches))\n")
    done = subprocess.run(
        [sys.executable, str(program)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n3\n")
    assert "kernels 1/" in done.stdout


def test_sizes(folder: Path):
    program = folder / "program.py"
    program.write_text(blocks("sizes.md", "python"))
    done = subprocess.run(
        [sys.executable, str(program)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_commands(folder: Path):
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    for line in blocks("command_line.md", "sh").splitlines():
        done = subprocess.run(
            line, shell=True, cwd=folder, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    with np.load(folder / "out.npz") as file:
        assert file["logits"].shape == (4, 10)


def test_quantization(folder: Path):
    model = parser.parse_model(
        """<ir_version: 10, opset_import: ["" : 21]>
        net (float[batch,3,8,8] images) => (float[batch,10] logits) {
          [flatten] f = Flatten (images)
          [hidden] h = MatMul (f, w0)
          [relu] r = Relu (h)
          [head] logits = MatMul (r, w1)
        }"""
    )
    rng = np.random.default_rng(0)
    for name, shape in {"w0": (192, 1024), "w1": (1024, 10)}.items():
        weight = rng.standard_normal(shape).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(weight, name))
    onnx.save(model, folder / "model.onnx")
    np.savez(folder / "data.npz", images=rng.random((32, 3, 8, 8), np.float32))
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    for line in blocks("quantization.md", "sh").splitlines():
        done = subprocess.run(
            line, shell=True, cwd=folder, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    program = folder / "program.py"
    body = blocks("quantization.md", "python")
    metric = "stepwell.quantize('model.onnx', samples, metric=wrong_answers, budget=0.5)"
    load = "import numpy as np\nimages = np.load('data.npz')['images'][:, None]\n"
    lists = "samples = [{'images': image} for image in images]\n"
    program.write_text(f"{load}{lists}{body}\nprint({metric}.answer['model']['error'])\n")
    done = subprocess.run(
        [sys.executable, str(program)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 0 <= float(done.stdout) <= 0.5

"""
A compiled model runs where nothing is installed but numpy and flatbuffers.

Each test runs a process in which every other import that is not Python's own fails.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

import stepwell

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits" / "digits.onnx"

PROCESS = """
import sys

class Refuse:
    allowed = {*sys.stdlib_module_names, "numpy", "flatbuffers", "stepwell"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.allowed:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)

sys.meta_path.insert(0, Refuse())
for name in ("ml_dtypes", "llvmlite", "xdsl", "onnx"):
    assert name not in sys.modules
import numpy as np
from stepwell.errors import StepwellError
from stepwell.runtime.load import load
try:
    engine = load(sys.argv[1], threads=2)
except StepwellError as error:
    sys.exit(f"{type(error).__name__}: {error}")
sys.stdout.buffer.write(engine(np.load(sys.argv[2])).tobytes())
"""


def run(well: Path, given: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", PROCESS, str(well), str(given)]
    return subprocess.run(command, capture_output=True, check=False)


def test_a_model_of_floats_runs(tmp_path):
    engine = stepwell.compile(str(DIGITS))
    shape = [n if isinstance(n, int) else 1 for n in engine.inputs[0].shape]
    x = np.random.default_rng(0).random(shape, np.float32)
    engine.save(tmp_path / "digits.well")
    np.save(tmp_path / "x.npy", x)
    done = run(tmp_path / "digits.well", tmp_path / "x.npy")
    assert done.returncode == 0, done.stderr.decode()
    there = np.frombuffer(done.stdout, np.float32)
    np.testing.assert_array_equal(there, np.asarray(engine(x)).reshape(-1))


@pytest.mark.parametrize("dtype", ["BFLOAT16", "INT4"])
def test_small_numbers_say_what_they_need(tmp_path, dtype):
    element = getattr(onnx.TensorProto, dtype)
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [4])
    y = onnx.helper.make_tensor_value_info("y", element, [4])
    cast = onnx.helper.make_node("Cast", ["x"], ["y"], name="/cast", to=element)
    model = onnx.helper.make_model(
        onnx.helper.make_graph([cast], "small", [x], [y]),
        opset_imports=[onnx.helper.make_opsetid("", 21)],
        ir_version=10,
    )
    stepwell.compile(model).save(tmp_path / "small.well")
    np.save(tmp_path / "x.npy", np.zeros(4, np.float32))
    done = run(tmp_path / "small.well", tmp_path / "x.npy")
    assert done.returncode == 1
    said = done.stderr.decode()
    assert f"values of type {dtype.lower()} need the package ml_dtypes" in said
    assert "pip install ml_dtypes" in said
    assert "Traceback" not in said

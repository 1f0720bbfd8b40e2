"""What compiling takes in memory beside the weights, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from stepwell.conversion.kernels_to_llvm.codegen import release_code_generator
from stepwell.runtime.mapped_pages import is_mapped, release_pages

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

COMPILE = """
import sys, stepwell
def status(key):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))
compile = stepwell.compile
import stepwell.conversion.import_onnx, stepwell.runtime.engine
before = status("VmRSS")
engine = compile(sys.argv[1])
engine.save(sys.argv[2])
print(status("VmHWM") - before, engine.weight_bytes)
"""


@pytest.mark.parametrize("transposed", [False, True], ids=["as stored", "transposed"])
def test_the_weights_are_in_memory_once(tmp_path: Path, transposed: bool):
    """128 MB that are packed into panels, with padding: no second copy, no pages of the file."""
    rows, columns = 4000, 8001
    shape = (columns, rows) if transposed else (rows, columns)
    weight = np.random.default_rng(0).random(shape, np.float32)
    node = helper.make_node("Gemm", ["x", "w"], ["y"], transB=int(transposed))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, rows])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, columns])
    graph = helper.make_graph([node], "g", [x], [y], [numpy_helper.from_array(weight, "w")])
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]), path)
    command = [sys.executable, "-c", COMPILE, str(path), str(tmp_path / "model.well")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    added, weights = map(int, done.stdout.split())
    assert weights >= weight.nbytes
    assert added < weights + 64e6


def test_pages_of_a_mapped_file_go_and_come_back(tmp_path: Path):
    np.arange(1 << 22, dtype=np.float32).tofile(tmp_path / "numbers")
    numbers = np.memmap(tmp_path / "numbers", np.float32, "r")
    part = numbers[1000:-1000]
    assert is_mapped(part)
    total = float(part.sum(dtype=np.float64))
    filled = _resident("numbers")
    release_pages(part)
    assert filled > 16e6
    assert _resident("numbers") < 1e6
    assert float(part.sum(dtype=np.float64)) == total


def test_code_of_the_code_generator_goes_and_comes_back():
    from stepwell.conversion.kernels_to_llvm import compile_object
    from stepwell.targets.target import Target

    text = "define i32 @f(i32 %x) {\n  %y = mul i32 %x, %x\n  ret i32 %y\n}\n"
    code = compile_object(text, Target.host())
    before = _resident("libllvmlite")
    release_code_generator()
    assert _resident("libllvmlite") < before - 8e6
    assert compile_object(text, Target.host()) == code


def _resident(name: str) -> int:
    """Bytes in memory of the mapped files whose names contain `name`."""
    total, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first = line.split(maxsplit=1)[0]
        if not first.endswith(":"):
            inside = name in line.rpartition("/")[2]
        elif inside and first == "Rss:":
            total += 1024 * int(line.split()[1])
    return total

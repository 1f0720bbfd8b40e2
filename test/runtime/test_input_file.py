"""Pipes, devices and the like are refused at once wherever a file is read."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import stepwell
from stepwell.errors import StepwellError
from stepwell.runtime.input_file import open_regular, require_regular
from stepwell.tools import opt_tool

PIPE, SOCKET, DEVICE = "pipe", "socket", "/dev/zero"


@pytest.fixture
def special(tmp_path, request, monkeypatch) -> str:
    """A path of the kind that the parameter names, with the end of a file's name."""
    kind, suffix = request.param
    monkeypatch.chdir(tmp_path)
    path = Path(f"it{suffix}")
    if kind == PIPE:
        os.mkfifo(path)
    elif kind == SOCKET:
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(str(path))
    else:
        path.symlink_to(kind)
    return str(path)


def kinds(*suffixes: str):
    pairs = [(kind, suffix) for kind in (PIPE, SOCKET, DEVICE) for suffix in suffixes]
    return pytest.mark.parametrize("special", pairs, indirect=True)


@kinds("")
def test_opening(special):
    for function in (open_regular, require_regular):
        with pytest.raises(OSError, match=r"is a (pipe|device|socket), expected a regular file"):
            function(special)


@kinds("", ".onnx", ".mlir", ".well")
def test_compile(special):
    with pytest.raises(StepwellError, match="is a (pipe|device|socket)|not a regular file but"):
        stepwell.compile(special)


@kinds("", ".well")
@pytest.mark.parametrize("recompile", [False, True])
def test_load(special, recompile):
    with pytest.raises(StepwellError, match="is a (pipe|device|socket), expected a regular file"):
        stepwell.load(special, recompile=recompile)


@kinds("", ".mlir", ".onnx")
def test_opt_tool(special, capsys):
    assert opt_tool.main([special]) == 1
    assert " a " in capsys.readouterr().err


def test_a_pipe_that_takes_the_place_of_a_file(tmp_path):
    """Opening does not wait, even if the path changed since it was looked at."""
    os.mkfifo(tmp_path / "pipe")
    code = (
        "import os, stat, sys\n"
        "from stepwell.runtime import input_file\n"
        "real = os.stat\n"
        "os.stat = lambda path: real(__file__) if path == sys.argv[1] else real(path)\n"
        "try: input_file.open_regular(sys.argv[1])\n"
        "except OSError as error: print(error.strerror)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "pipe")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "is a pipe, expected a regular file\n"


@pytest.mark.parametrize("kind", ["weights", "patterns", "inputs"])
def test_files_beside(tmp_path, kind, capsys):
    """Files that go with a program: its weights, rules in PDL, inputs."""
    module = tmp_path / "net.mlir"
    module.write_text("builtin.module {\n  func.func @main() {\n    func.return\n  }\n}\n")
    pipe = tmp_path / {"weights": "net.safetensors", "patterns": "p.mlir", "inputs": "i.npz"}[kind]
    os.mkfifo(pipe)
    arguments = {
        "weights": [],
        "patterns": ["-p", f"apply-pdl{{pdl-file={pipe}}}"],
        "inputs": ["--run", "--inputs", str(pipe)],
    }[kind]
    assert opt_tool.main([str(module), *arguments]) != 0
    assert "is a pipe" in capsys.readouterr().err


def test_a_model_is_not_a_pipe_by_way_of_external_data(tmp_path):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weight = numpy_helper.from_array(np.zeros((40, 40), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 40])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 40])],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path = tmp_path / "net.onnx"
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    (tmp_path / "w.bin").unlink()
    os.mkfifo(tmp_path / "w.bin")
    with pytest.raises(StepwellError, match=r"w\.bin.*not a file"):
        stepwell.compile(path)


COMMANDS = (
    ["compile"],
    ["verify"],
    ["verify", "--per-op"],
    ["bench"],
    ["profile"],
    ["run", "--inputs", "in.npz"],
    ["info"],
)

PROCESS = """
import sys
from stepwell.tools.cli import main

for words in %r:
    sys.argv = ["stepwell", "-q", words[0], "net.onnx", *words[1:]]
    try:
        main()
        status = 0
    except SystemExit as stop:
        status = stop.code
    print(words, "gives", status, flush=True)
"""


@pytest.mark.parametrize("kind", ["model", "weights"])
def test_commands(tmp_path, kind):
    """In a process of its own, which would wait for ever if it opened the pipe."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [40])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [40])],
        [numpy_helper.from_array(np.zeros(40, np.float32), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path = tmp_path / "net.onnx"
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    pipe = path if kind == "model" else tmp_path / "w.bin"
    pipe.unlink()
    os.mkfifo(pipe)
    np.savez(tmp_path / "in.npz", x=np.zeros(40, np.float32))
    command = [sys.executable, "-c", PROCESS % (COMMANDS,)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=100, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    for words in COMMANDS:
        # A model is described even if its weights are not there.
        status = 0 if words == ["info"] and kind == "weights" else 1
        assert f"{words} gives {status}\n" in done.stdout
    says = "not a regular file but a pipe" if kind == "model" else "which is not a file"
    assert (done.stderr + done.stdout).count(says) == len(COMMANDS)

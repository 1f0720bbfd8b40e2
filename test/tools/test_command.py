"""The command as such: version, quiet, completion, what it overwrites, what it names."""

import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell as package
from stepwell.errors import StepwellError, UsageError
from stepwell.runtime.version import VERSION

BIN = Path(sys.executable).parent


def net(operator="Relu", domain="", size=8) -> onnx.ModelProto:
    weight = np.linspace(-1, 1, 8 * 40, dtype=np.float32).reshape(8, 40)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["h"], name="/dense"),
            helper.make_node(operator, ["h"], ["y"], name="/last", domain=domain),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(weight, "w")],
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("my.ops", 1)],
        ir_version=10,
        producer_name="trainer",
        producer_version="1.2",
    )


@pytest.fixture
def model(tmp_path) -> Path:
    path = tmp_path / "net.onnx"
    onnx.save(net(), path)
    return path


def test_version(stepwell):
    assert stepwell("--version") == (0, f"stepwell {VERSION}\n", "")
    assert package.__version__ == VERSION
    done = subprocess.run(
        [sys.executable, "-m", "stepwell", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"stepwell {VERSION}\n"


def test_quiet(stepwell, model, tmp_path):
    np.savez(tmp_path / "in.npz", x=np.ones((2, 8), np.float32))
    for words in (
        ("compile", model, "-o", tmp_path / "net.well"),
        ("run", model, "--inputs", tmp_path / "in.npz", "--outputs", tmp_path / "out.npz"),
    ):
        assert stepwell("--quiet", *words) == (0, "", "")
        code, out, err = stepwell(*words)
        assert (code, bool(out + err)) == (0, True)
    code, out, err = stepwell("-q", "verify", model)
    assert (code, err) == (0, "")
    assert "1 of 1 values" in out
    code, out, err = stepwell("-q", "compile", tmp_path / "absent.onnx")
    assert (code, out) == (1, "")
    assert "there is no such file" in err


@pytest.mark.parametrize("seed", ["-1", "1.5", "x"])
@pytest.mark.parametrize("command", ["verify", "bench", "profile"])
def test_seeds_start_at_zero(stepwell, model, command, seed):
    code, out, err = stepwell(command, model, "--seed", seed)
    assert (code, out) == (2, "")
    assert "--seed" in err


def test_a_compiled_model_has_its_shapes(stepwell, model, tmp_path):
    np.savez(tmp_path / "in.npz", x=np.ones((2, 8), np.float32))
    package.compile(model).save(tmp_path / "net.well")
    for command in ("run", "bench", "profile"):
        words = (tmp_path / "net.well", "--inputs", tmp_path / "in.npz", "--shape", "x=2,8")
        code, out, err = stepwell(command, *words)
        assert (code, out) == (2, "")
        assert "is compiled: its shapes" in err


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_script(self, shell):
        environment = {**os.environ, "_STEPWELL_COMPLETE": f"source_{shell}"}
        done = subprocess.run(
            [str(BIN / "stepwell")], capture_output=True, text=True, check=True, env=environment
        )
        assert f"_STEPWELL_COMPLETE=complete_{shell}" in done.stdout

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("stepwell comp", "compile"),
            ("stepwell compile --emit ker", "kernels"),
            ("stepwell bench --sha", "--shape"),
        ],
    )
    def test_bash(self, words, found):
        script = (
            'eval "$(_STEPWELL_COMPLETE=source_bash stepwell)"; '
            f"COMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1}; "
            '_stepwell_completion stepwell; echo "${COMPREPLY[@]}"'
        )
        environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=True, env=environment
        )
        assert done.stdout.split() == [found]


class TestOutputs:
    def test_a_link_stays(self, stepwell, model, tmp_path):
        target, link = tmp_path / "target.well", tmp_path / "link.well"
        target.write_bytes(b"old")
        link.symlink_to(target)
        assert stepwell("compile", model, "-o", link)[0] == 0
        assert link.is_symlink()
        assert package.load(target).inputs[0].name == "x"

    @pytest.mark.parametrize(
        "words",
        [
            ("compile", "net.onnx", "-o", "net.onnx"),
            ("compile", "net.onnx", "-o", "link.well"),
            ("compile", "net.onnx", "--emit", "engine", "-o", "net.onnx"),
            ("compile", "big.onnx", "-o", "big.data"),
            ("compile", "big.onnx", "--emit", "plan", "-o", "big.data"),
            ("compile", "net.mlir", "-o", "net.safetensors"),
            ("compile", "net.mlir", "--emit", "plan", "-o", "net.mlir"),
            ("run", "net.onnx", "--inputs", "in.npz", "--outputs", "net.onnx"),
            ("run", "net.onnx", "--inputs", "in.npz", "--outputs", "in.npz"),
            ("run", "net.well", "--inputs", "x=x.npy", "--outputs", "x.npy"),
            ("run", "net.well", "--inputs", "x=x.npy", "--outputs", "net.well"),
        ],
    )
    def test_what_is_read_is_not_replaced(self, stepwell, model, tmp_path, monkeypatch, words):
        monkeypatch.chdir(tmp_path)
        os.symlink("net.onnx", "link.well")
        onnx.save(
            net(),
            "big.onnx",
            save_as_external_data=True,
            location="big.data",
            size_threshold=0,
        )
        np.savez("in.npz", x=np.ones((2, 8), np.float32))
        np.save("x.npy", np.ones((2, 8), np.float32))
        assert stepwell("compile", "net.onnx", "--emit", "engine", "-o", "net.mlir")[0] == 0
        assert stepwell("compile", "net.onnx", "-o", "net.well")[0] == 0
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        code, _, err = stepwell(*words)
        assert code == 2, err
        assert "is what is read here" in err
        assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def test_devices_and_pipes(self, stepwell, model, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        for words in (["-o", "/dev/null"], ["--emit", "engine", "-o", "/dev/null"], ["-o", pipe]):
            code, out, err = stepwell("compile", model, *words)
            assert (code, out) == (0, ""), err
        data = os.read(reader, 1 << 16)
        os.close(reader)
        (tmp_path / "piped.well").write_bytes(data)
        assert package.load(tmp_path / "piped.well").inputs[0].name == "x"
        assert pipe.is_fifo()
        assert Path("/dev/null").is_char_device()
        assert sorted(p.name for p in tmp_path.iterdir()) == ["net.onnx", "pipe", "piped.well"]

    def test_it_says_that_it_replaces_what_is_for_another_processor(
        self, stepwell, model, tmp_path
    ):
        words = ("compile", model, "-o", tmp_path / "net.well")
        assert "replaced" not in stepwell(*words, "--target", "x86-64-v2")[1]
        assert "replaced" not in stepwell(*words, "--target", "x86-64-v2")[1]
        code, out, _ = stepwell(*words, "--target", "neoverse-n1")
        assert code == 0
        assert "replaced an artifact for x86_64-unknown-linux-gnu (x86-64-v2)" in out
        assert "it is now for aarch64" in out

    def test_save_in_python(self, model, tmp_path):
        onnx.save(net(), tmp_path / "big.onnx", save_as_external_data=True, location="w.bin",
                  size_threshold=0)  # fmt: skip
        (tmp_path / "link").symlink_to(model)
        engine = package.compile(model)
        big = package.compile(str(tmp_path / "big.onnx"))
        for saved, path in ((engine, model), (engine, tmp_path / "link"), (big, "w.bin")):
            with pytest.raises(UsageError, match="is what is read here"):
                saved.save(tmp_path / path)
        with pytest.raises(UsageError, match="is a folder"):
            engine.save(tmp_path)
        engine.save("/dev/null")
        assert Path("/dev/null").is_char_device()
        engine.save(tmp_path / "net.well")
        loaded = package.load(tmp_path / "net.well")
        loaded.save(tmp_path / "net.well")  # its mapping stays what it was
        assert loaded.run({"x": np.ones((2, 8), np.float32)})


def torch_script(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/constants.pkl", b"")
        archive.writestr("net/code/__torch__.py", b"")


def saved_model(path):
    path.mkdir()
    (path / "saved_model.pb").write_bytes(b"\x08\x01")


FILES = {
    "a TorchScript archive": torch_script,
    "a TensorFlow SavedModel": saved_model,
    "a PNG picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "a Git LFS pointer": lambda path: path.write_text("version https://git-lfs.github.com/spec/v1"),
    "a Python pickle": lambda path: path.write_bytes(pickle.dumps({})),
    "a numpy array": lambda path: np.save(path.open("wb"), np.ones(3)),
    "an archive of numpy arrays": lambda path: np.savez(path.open("wb"), a=np.ones(3)),
    "a safetensors file": lambda path: path.write_bytes(b'\x10\0\0\0\0\0\0\0{"__metadata__":{}}'),
    "an HTML page": lambda path: path.write_text("<!DOCTYPE html><title>404</title>"),
    "MLIR": lambda path: path.write_text("// a module\nbuiltin.module {\n}\n"),
    "JSON": lambda path: path.write_text('{"a": 1}'),
    "is text": lambda path: path.write_text("to do"),
    "a folder": lambda path: path.mkdir(),
    "a gzip archive": lambda path: path.write_bytes(b"\x1f\x8b" + bytes(30)),
}


class TestKindsOfFiles:
    @pytest.mark.parametrize("kind", FILES)
    @pytest.mark.parametrize("name", ["model.onnx", "model.bin"])
    def test_what_is_no_model_is_named(self, stepwell, tmp_path, kind, name):
        path = tmp_path / name
        FILES[kind](path)
        np.savez(tmp_path / "in.npz", x=np.ones((2, 8), np.float32))
        for command in ("compile", "run", "verify", "bench", "profile", "info"):
            more = ["--inputs", tmp_path / "in.npz"] if command == "run" else []
            code, out, err = stepwell("-q", command, path, *more)
            assert (code, out) == (1, ""), command
            assert kind in err
        with pytest.raises(StepwellError, match=kind):
            package.compile(path)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("compile", "net.well"), "is a compiled program"),
            (("verify", "net.well"), "is a compiled program"),
            (("run", "wrong.well", "--inputs", "in.npz"), "is an ONNX model, not a compiled"),
            (("bench", "picture.mlir"), "not a text file (byte 0 is not UTF-8) but a PNG picture"),
            (("compile", "picture.mlir"), "but a PNG picture"),
        ],
    )
    def test_a_name_that_is_wrong(self, stepwell, model, tmp_path, monkeypatch, words, message):
        monkeypatch.chdir(tmp_path)
        np.savez("in.npz", x=np.ones((2, 8), np.float32))
        package.compile(model).save("net.well")
        Path("wrong.well").write_bytes(model.read_bytes())
        Path("picture.mlir").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
        code, out, err = stepwell(*words)
        assert (code, out) == (1, "")
        assert message in err

    def test_load_names_a_model(self, model):
        with pytest.raises(StepwellError, match="is an ONNX model, not a compiled program"):
            package.load(model)


class TestInfo:
    def test_a_model(self, stepwell, model):
        code, out, _ = stepwell("info", model)
        assert code == 0
        for line in ("opset         21", "producer      trainer 1.2", "operation     onnx.Relu: 1"):
            assert line in out

    def test_a_model_that_cannot_be_compiled(self, stepwell, tmp_path):
        path = tmp_path / "net.onnx"
        onnx.save(net("Frobnicate", "my.ops"), path)
        assert stepwell("compile", path)[0] == 1
        code, out, _ = stepwell("info", path)
        assert code == 0
        for line in (
            "opset         my.ops 1",
            "producer      trainer 1.2",
            "input         x: [2, 8] of float",
            "operator      my.ops.Frobnicate: 1",
            "operator      MatMul: 1",
            "problem       my.ops.Frobnicate '/last': unsupported operator",
        ):
            assert line in out

    def test_external_data_that_is_missing(self, stepwell, tmp_path):
        path = tmp_path / "net.onnx"
        onnx.save(net(), path, save_as_external_data=True, location="w.bin", size_threshold=0)
        (tmp_path / "w.bin").unlink()
        code, out, _ = stepwell("info", path)
        assert code == 0
        assert "problem       initializer 'w' needs external data 'w.bin', which is missing" in out


class TestReferenceSteps:
    """What runs by its reference semantics is named, with the reason, wherever a model runs."""

    @pytest.fixture
    def partly(self, tmp_path) -> Path:
        path = tmp_path / "net.onnx"
        graph = helper.make_graph(
            [
                helper.make_node("Relu", ["x"], ["h"], name="/relu"),
                helper.make_node("Det", ["h"], ["y"], name="/det"),
            ],
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 4])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [])],
        )
        opset = [helper.make_opsetid("", 21)]
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), path)
        return path

    @pytest.mark.parametrize(
        "words",
        [
            ("compile", "-o", "net.well"),
            ("verify",),
            ("bench", "--rounds", "1"),
            ("bench", "--rounds", "1", "--json"),
            ("profile", "--runs", "1"),
            ("profile", "--runs", "1", "--json"),
        ],
    )
    def test_they_are_named(self, stepwell, partly, tmp_path, monkeypatch, words):
        monkeypatch.chdir(tmp_path)
        command, *more = words
        code, out, _ = stepwell(command, partly, *more)
        assert code == 0
        assert "onnx.Det '/det': Det has no native form" in out
        says_so = "comparing them says nothing of them" in out
        assert says_so == (command == "verify")

    def test_in_artifacts(self, stepwell, partly, tmp_path):
        engine = package.compile(partly)
        [op] = engine.program.reference_ops
        assert op.reason.startswith("Det has no native form")
        engine.save(tmp_path / "net.well")
        code, out, _ = stepwell("info", tmp_path / "net.well")
        assert code == 0
        assert f"reference op  onnx.Det '/det': {op.reason}" in out
        for recompile in (False, True):
            loaded = package.load(tmp_path / "net.well", recompile=recompile)
            assert loaded.program.reference_ops[0].reason == op.reason

    def test_nothing_is_said_without_any(self, stepwell, model):
        assert "reference" not in stepwell("verify", model)[1]

"""The `stepwell` command from the outside, on a model of two layers."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from stepwell.compiler import compilation
from stepwell.test.conversion.tfl_import.recorded_cases import recorded as tfl_recorded
from stepwell.tools import cli
from stepwell.tools.opt_tool import main as opt_tool

RNG = np.random.default_rng(0)
WEIGHT = RNG.standard_normal((8, 16)).astype(np.float32)
BIAS = RNG.standard_normal(16).astype(np.float32)
X = RNG.standard_normal((4, 8)).astype(np.float32)


def two_layers() -> onnx.ModelProto:
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "w", "b"], ["h"], name="/fc/Gemm"),
            helper.make_node("Relu", ["h"], ["y"], name="/act/Relu"),
        ],
        "two_layers",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 16])],
        [numpy_helper.from_array(WEIGHT, "w"), numpy_helper.from_array(BIAS, "b")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "net.onnx"
    onnx.save(two_layers(), str(path))
    return path


@pytest.fixture
def inputs(tmp_path) -> Path:
    path = tmp_path / "in.npz"
    np.savez(path, x=X)
    return path


def test_compile_info_run(stepwell, model, inputs, tmp_path):
    well, results = tmp_path / "net.well", tmp_path / "out.npz"
    code, out, err = stepwell("compile", model, "-o", well)
    assert code == 0
    assert out.startswith(f"{well}: ")
    assert "compile: import" in err
    code, out, _ = stepwell("info", well)
    assert code == 0
    assert "x: float32[4, 8]" in out
    assert "reference ops none" in out
    code, out, _ = stepwell("run", well, "--inputs", inputs, "--outputs", results)
    assert (code, out) == (0, "")
    with np.load(results) as file:
        np.testing.assert_allclose(file["y"], np.maximum(X @ WEIGHT + BIAS, 0), rtol=1e-5)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.npz", "net.well", "out.npz"]


def test_run_prints_without_outputs(stepwell, model, inputs):
    code, out, _ = stepwell("run", model, "--inputs", inputs, "--threads", 2)
    assert code == 0
    assert out.startswith("y: float32[4, 16]\n")


@pytest.mark.parametrize("level", ["onnx", "engine", "layout", "plan", "kernels", "llvm", "asm"])
def test_emit(stepwell, model, level):
    code, out, _ = stepwell("compile", model, "--emit", level)
    assert code == 0
    says = {"llvm": "define ", "asm": "stepwell_main"}
    assert says.get(level, "builtin.module") in out


def test_levels_and_names_choose_what_is_done(stepwell, model):
    plain = stepwell("compile", model, "--emit", "engine", "-O0")[1]
    assert "rewrites" not in plain
    assert "rewrites" in stepwell("compile", model, "--emit", "engine", "-O", "1")[1]
    chosen = ("-O0", "--enable", "fuse-map-into-contraction,split-padding")
    code, fused, _ = stepwell("compile", model, "--emit", "engine", *chosen)
    assert code == 0
    assert 'rewrites = ["fuse-map-into-contraction"]' in fused


def test_emit_to_a_file_writes_its_weights_beside(stepwell, model, tmp_path):
    out = tmp_path / "net.mlir"
    assert stepwell("compile", model, "--emit", "engine", "-o", out)[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.mlir", "net.safetensors"]
    code, text, _ = stepwell("info", out)
    assert code == 0
    assert "weights       128 numbers, 512 bytes" in text


def test_verify(stepwell, model):
    code, out, _ = stepwell("verify", model)
    assert code == 0
    assert "1 of 1 values within 0.0001" in out


def test_verify_per_op(stepwell, model):
    code, out, _ = stepwell("verify", model, "--per-op")
    assert code == 0
    assert "h from Gemm '/fc/Gemm'" in out
    assert "2 of 2 values within 0.0001" in out


def test_weights_and_signature_are_for_models_that_have_them(stepwell, model, tmp_path):
    """Every command that compiles takes them, and says so of a model that has no such thing."""
    npz = tmp_path / "in.npz"
    np.savez(npz, x=np.ones((4, 8), np.float32))
    for command in ("compile", "run", "verify", "bench", "profile", "info"):
        more = ["--inputs", npz] if command == "run" else []
        code, out, err = stepwell(command, model, "--signature", "serve", *more)
        assert (code, out) == (2, ""), command
        assert "signature is given, but an ONNX model does not have several functions" in err
        code, _, err = stepwell(command, model, "--weights", npz, *more)
        assert code == 2
        assert "weights is given" in err
    assert stepwell("compile", model, "-o", tmp_path / "net.well")[0] == 0
    code, _, err = stepwell("bench", tmp_path / "net.well", "--signature", "serve")
    assert code == 2
    assert "is compiled: its weights and its function are in it" in err


def test_info_and_opt_tool_of_one_of_several_functions(stepwell, tmp_path, capfd):
    path = tmp_path / "two.tflite"
    path.write_bytes(tfl_recorded()["signatures"].model)
    for name, operator in (("serving_default", "tfl.SUB"), ("total", "tfl.ADD")):
        code, out, _ = stepwell("info", path, "--signature", name)
        assert code == 0
        assert f"{operator}: 1" in out
        assert opt_tool([str(path), "--signature", name]) == 0
        assert operator in capfd.readouterr().out
    code, _, err = stepwell("info", path, "--signature", "none")
    assert code == 1
    assert "signature 'none': the model has no such signature" in err
    assert opt_tool([str(path), "--signature", "none"]) == 1
    assert "signature 'none': the model has no such signature" in capfd.readouterr().err


def test_opt_tool_takes_parts_of_models_alone(tmp_path, capsys):
    path = tmp_path / "m.mlir"
    path.write_text("")
    assert opt_tool([str(path), "--weights", "w.bin"]) == 2
    assert "--weights and --signature are for models" in capsys.readouterr().err


def test_emit_says_what_levels_there_are(stepwell, model):
    code, _, err = stepwell("compile", model, "--emit", "torchscript")
    assert code == 2
    assert "level is 'torchscript', expected one of framework, engine" in err
    assert cli.LEVELS == compilation.LEVELS


def test_verify_fails_when_values_differ(stepwell, model):
    code, out, _ = stepwell("verify", model, "--tolerance", 0)
    differs = "0 of 1" in out
    assert code == (1 if differs else 0)


def test_bench_json(stepwell, model):
    code, out, _ = stepwell("bench", model, "--vs", "onnxruntime", "--rounds", 2, "--json")
    assert code == 0
    figures = json.loads(out)["comparisons"][0]
    assert set(figures["runtimes"]) == {"stepwell", "onnxruntime"}
    assert figures["runtimes"]["stepwell"]["agrees"]


def test_info_of_a_model(stepwell, model):
    code, out, _ = stepwell("info", model)
    assert code == 0
    assert "  input       x: tensor<4x8xf32>" in out
    assert "operation     onnx.Gemm: 1" in out


@pytest.mark.parametrize("command", ["compile", "info", "verify", "bench"])
@pytest.mark.parametrize("content", [None, b"", b"not a model", b"truncated"])
def test_broken_model(stepwell, model, tmp_path, command, content):
    broken = tmp_path / "broken.onnx"
    if content == b"truncated":
        content = model.read_bytes()[:-100]
    if content is not None:
        broken.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    code, out, err = stepwell(command, broken)
    assert (code, out) == (1, "")
    assert str(broken) in err
    assert len(err.strip().splitlines()) <= 3
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("content", [None, b"", b"not an artifact", b"damaged"])
def test_broken_artifact(stepwell, model, inputs, tmp_path, content):
    broken = tmp_path / "broken.well"
    if content == b"damaged":
        assert stepwell("compile", model, "-o", broken)[0] == 0
        data = bytearray(broken.read_bytes())
        data[len(data) // 2] ^= 0xFF
        content = bytes(data)
    if content is not None:
        broken.write_bytes(content)
    code, _, err = stepwell("run", broken, "--inputs", inputs)
    assert code == 1
    assert str(broken) in err


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"z": X}, "'z'"),
        ({"x": X.astype(np.float64)}, "float64"),
        ({"x": X[:2]}, "4, 8"),
        ({"x": X[0]}, "4, 8"),
        ({}, "x"),
    ],
)
def test_wrong_inputs(stepwell, model, tmp_path, arrays, message):
    path, out = tmp_path / "wrong.npz", tmp_path / "out.npz"
    np.savez(path, **arrays)
    code, _, err = stepwell("run", model, "--inputs", path, "--outputs", out)
    assert code == 1
    assert message in err.splitlines()[-1]
    assert not out.exists()


def test_inputs_that_are_no_npz(stepwell, model, tmp_path):
    path = tmp_path / "in.npz"
    path.write_text("nothing")
    code, _, err = stepwell("run", model, "--inputs", path)
    assert code == 1
    assert f"{path}: not a .npz file" in err


def test_pickles_are_refused(stepwell, model, tmp_path):
    path = tmp_path / "in.npz"
    np.savez(path, x=np.array([{}], dtype=object))
    code, _, err = stepwell("run", model, "--inputs", path)
    assert code == 1
    assert "not a .npz file of plain arrays" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("compile",),
        ("compile", "net.onnx", "--threads", "0"),
        ("compile", "net.onnx", "--emit", "everything"),
        ("compile", "net.onnx", "--shape", "3"),
        ("compile", "net.onnx", "--exactness", "sloppy"),
        ("compile", "net.onnx", "-O4"),
        ("compile", "net.onnx", "--disable", "use-winogard"),
        ("compile", "net.onnx", "--exactness", "bitwise", "--enable", "use-winograd"),
        ("bench", "net.onnx", "--vs", "onnxruntim"),
        ("run", "net.onnx"),
        ("compil", "net.onnx"),
        ("info", "net.onnx", "--all"),
    ],
)
def test_wrong_usage(stepwell, arguments):
    code, out, err = stepwell(*arguments)
    assert (code, out) == (2, "")
    assert err


def test_unknown_target(stepwell, model):
    code, _, err = stepwell("compile", model, "--target", "z80")
    assert code in (1, 2)
    assert "z80" in err


def test_output_folder_that_does_not_exist(stepwell, model, tmp_path):
    code, _, err = stepwell("compile", model, "-o", tmp_path / "no" / "net.well")
    assert code == 1
    assert "cannot be written" in err


@pytest.mark.parametrize("command", ["compile", "info", "verify", "bench"])
@pytest.mark.parametrize("folder", [".", "..", "/", ""])
def test_a_folder_for_a_model(stepwell, command, folder):
    """Also one whose path has no name from which the name of an artifact could come."""
    code, _, err = stepwell(command, folder)
    assert code == 1
    assert "is a folder; expected a" in err


def test_info_of_something_else(stepwell, tmp_path):
    notes = tmp_path / "notes.txt"
    code, _, err = stepwell("info", notes)
    assert code == 1
    assert f"{notes}: there is no such file" in err
    notes.write_text("to do")
    code, _, err = stepwell("info", notes)
    assert code == 1
    assert f"{notes}: is text; expected a model, or a file named .well or .mlir" in err

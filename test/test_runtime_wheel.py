"""`stepwell-runtime`, installed with numpy and flatbuffers alone, runs what was compiled here."""

from __future__ import annotations

import ast
import json
import pickle
import runpy
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.runtime.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = runpy.run_path(str(ROOT / "packaging" / "runtime_wheel.py"), run_name="script")
X = np.random.default_rng(0).standard_normal((2, 8)).astype(np.float32)


def model(operator: str = "Relu", output: int = TensorProto.FLOAT, columns: int = 40):
    weight = np.linspace(-1, 1, 8 * columns, dtype=np.float32).reshape(8, columns)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["h"], name="/dense"),
            helper.make_node(operator, ["h"], ["y"], name="/last"),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 8])],
        [helper.make_tensor_value_info("y", output, None)],
        [numpy_helper.from_array(weight, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The interpreter of an environment with the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("slim")
    wheel = SCRIPT["build"](folder)
    assert wheel.stat().st_size < 160_000
    venv.create(folder / "env", symlinks=True)
    interpreter = folder / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--python", str(interpreter), "install", str(wheel)], check=True)
    return interpreter


@pytest.fixture(scope="module")
def well(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("well") / "net.well"
    stepwell.compile(model()).save(path)
    np.savez(path.with_name("in.npz"), x=X)
    np.save(path.with_name("x.npy"), X)
    return path


def run(*command: object, cwd: Path | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, cwd=cwd, timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_it_asks_for_numpy_and_flatbuffers_alone(python):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    done = subprocess.run([*pip, "list", "--format=json"], capture_output=True, check=True)
    names = {entry["name"] for entry in json.loads(done.stdout)}
    assert names == {"stepwell-runtime", "numpy", "flatbuffers"}


@pytest.mark.slow
@pytest.mark.parametrize("start", [["stepwell"], ["python", "-m", "stepwell"]])
def test_the_command(python, well, tmp_path, start):
    command = [python.with_name(start[0]), *start[1:]]
    assert run(*command, "--version") == (0, f"stepwell {VERSION}\n", "")
    out = tmp_path / "out.npz"
    assert run(*command, "run", well, "--inputs", well.with_name("in.npz"), "--outputs", out) == (
        0,
        "",
        "",
    )
    with np.load(out) as file:
        np.testing.assert_array_equal(file["y"], stepwell.load(well)(X))
    code, text, _ = run(*command, "run", well, "--inputs", well.with_name("x.npy"), "--threads", 2)
    assert code == 0
    assert text.startswith("y: float32[2, 40]\n")
    code, text, _ = run(*command, "info", well)
    assert code == 0
    assert text == run(sys.executable, "-m", "stepwell", "info", well)[1]
    assert "reference ops none" in text


@pytest.mark.slow
def test_the_interface(python, well):
    code = f"""
import pickle, sys
import numpy as np
import stepwell
x = np.load({str(well.with_name("x.npy"))!r})
expected = stepwell.load({str(well)!r}, threads=2)(x)
for engine in map(pickle.loads, eval(sys.stdin.read())):
    np.testing.assert_array_equal(engine(x), expected)
session = stepwell.InferenceSession({str(well)!r})
np.testing.assert_array_equal(session.run(None, {{"x": x}})[0], expected)
assert session.get_inputs()[0].type == "tensor(float)"
print(stepwell.__version__)
assert not hasattr(stepwell, "compile")
for use in (
    lambda: stepwell.compile("net.onnx"),
    lambda: stepwell.load({str(well)!r}, recompile=True),
    lambda: stepwell.InferenceSession("net.onnx"),
):
    try:
        use()
        print("no error")
    except stepwell.StepwellError as error:
        print(error)
"""
    pickles = [pickle.dumps(stepwell.load(well)), pickle.dumps(stepwell.compile(model()))]
    done = subprocess.run(
        [str(python), "-c", code], input=repr(pickles), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    version, *errors = done.stdout.splitlines()
    assert version == VERSION
    assert len(errors) == 3
    assert all("needs the compiler" in e and "pip install stepwell" in e for e in errors)


@pytest.mark.slow
def test_what_it_cannot_do(python, well, tmp_path):
    command = python.with_name("stepwell")
    for words in (("compile", "net.onnx"), ("verify", "net.onnx"), ("bench", well)):
        code, out, err = run(command, *words)
        assert (code, out) == (2, "")
        assert f"stepwell {words[0]} needs the compiler" in err
    for words, status, message in (
        (("run", well), 2, "give the inputs of the model with --inputs IN.npz"),
        (("run", well, "--inputs", "absent.npz"), 1, "absent.npz: No such file"),
        (("run", well, "--threads", "0", "--inputs", well.with_name("in.npz")), 2, "threads is 0"),
        (("info", well.with_name("in.npz")), 1, "is not a Stepwell artifact"),
        (("info", well, "--all"), 2, "unrecognized arguments: --all"),
    ):
        code, out, err = run(command, *words)
        assert (code, out) == (status, ""), err
        assert message in err
    reference = tmp_path / "reference.well"
    stepwell.compile(model("Det", columns=2)).save(reference)
    code, out, err = run(command, "run", reference, "--inputs", well.with_name("in.npz"))
    assert (code, out) == (2, "")
    assert "onnx.Det '/last'" in err
    assert "needs the compiler" in err
    code, out, _ = run(command, "info", reference)
    assert code == 0
    assert "reference op  onnx.Det '/last': " in out


def test_no_file_of_the_part_needs_more_than_the_part():
    """Imports at the top of a file run when it is loaded; the others are asked for by name."""
    modules = {name.removesuffix(".py").replace("/", ".") for name in SCRIPT["FILES"]}
    known = modules | {m.removesuffix(".__init__") for m in modules} | {"__init__"}
    missing: list[str] = []
    for name in SCRIPT["FILES"]:
        if not name.endswith(".py") or name == "__main__.py":
            continue
        package = name.split("/")[:-1]
        for node in ast.parse((ROOT / name).read_text()).body:
            if isinstance(node, ast.ImportFrom) and node.level:
                base = package[: len(package) - node.level + 1]
                target = ".".join([*base, *([node.module] if node.module else [])])
                names = [target] if node.module else [f"{target}.{a.name}" for a in node.names]
                missing += [f"{name}: {n}" for n in names if n.lstrip(".") not in known]
    assert missing == []

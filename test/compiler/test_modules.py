"""Programs written by hand, at every level, become engines and artifacts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

import stepwell
from stepwell.compiler.compile import lower
from stepwell.dialects import make_context
from stepwell.dialects.engine.weights import weight_store
from stepwell.errors import CompileError, InvalidArtifactError, InvalidIRError, UsageError
from stepwell.ir.interface import say_names
from stepwell.ir.level import LEVELS, level_of
from stepwell.ir.module_file import read_module
from stepwell.ir.parse_ir import parse_ir
from stepwell.tools.cli import main as cli
from stepwell.tools.opt_tool import main as opt_tool

HERE = Path(__file__).resolve().parent / "two_layers"
TEXTS = sorted(HERE.glob("*.mlir"))
X = np.array([[1, 2, 3], [-1, 0.5, 2]], np.float32)
W = np.array([[1, -1, 0.5, 2], [0, 1, -2, 1], [3, 0.5, 1, -1]], np.float32)
B = np.array([0.5, -0.5, 0, 1], np.float32)
V = np.array([[1, 2], [-1, 0.5], [0.25, 1], [1, -2]], np.float32)
Y = np.maximum(X @ W + B, 0) @ V


def parsed(text: str) -> ModuleOp:
    return parse_ir(make_context(), text, "text")


def test_there_is_a_text_for_every_level():
    assert [level_of(read_module(make_context(), str(p))) for p in TEXTS] == list(LEVELS)


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.stem)
def test_becomes_an_engine_and_an_artifact(path: Path, tmp_path: Path):
    engine = stepwell.compile(path)
    assert not engine.reference_ops
    np.testing.assert_allclose(engine(X), Y, rtol=1e-6)
    engine.save(tmp_path / "two.well")
    np.testing.assert_allclose(stepwell.load(tmp_path / "two.well")(X), Y, rtol=1e-6)
    below = path.stem[0] in "45"
    if below:
        with pytest.raises(InvalidArtifactError, match="compiled from level 4 or 5"):
            stepwell.load(tmp_path / "two.well", recompile=True)
    else:
        again = stepwell.load(tmp_path / "two.well", recompile=True)
        np.testing.assert_allclose(again(X), Y, rtol=1e-6)


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.stem)
def test_a_module_is_left_as_it_is(path: Path):
    context = make_context()
    module = read_module(context, str(path))
    before = str(module)
    np.testing.assert_allclose(stepwell.compile(module, context=context)(X), Y, rtol=1e-6)
    assert str(module) == before


@pytest.mark.parametrize("level", LEVELS)
def test_what_a_level_prints_compiles(level: str, tmp_path: Path):
    """With weights that are too large for the text, which lie beside it."""
    rng = np.random.default_rng(0)
    w = rng.standard_normal((16, 48)).astype(np.float32)
    x = rng.standard_normal((5, 16)).astype(np.float32)
    context = make_context()
    weight = weight_store(context).add(w, "w")
    module = parse_ir(
        context,
        f"""
        func.func @main(%x: tensor<5x16xf32>) -> (tensor<5x48xf32>, tensor<5x16xf32>)
            attributes {{input_names = ["x"], output_names = ["y", "z"]}} {{
          %w = engine.constant {weight} -> tensor<16x48xf32>
          %y = engine.matmul %x, %w : tensor<5x16xf32>, tensor<16x48xf32> -> tensor<5x48xf32>
          %z = engine.map ins(%x : tensor<5x16xf32>) -> tensor<5x16xf32> {{
          ^bb0(%a: f32):
            %s = arith.negf %a : f32
            engine.yield %s : f32
          }}
          func.return %y, %z : tensor<5x48xf32>, tensor<5x16xf32>
        }}
        """,
        "text",
    )
    if level == "framework":
        with pytest.raises(UsageError, match="level 2 .engine., below level 1"):
            lower(module, level, context=context)
        return
    lowered = lower(module, level, context=context)
    path = tmp_path / "it.mlir"
    path.write_text(lowered.text)
    lowered.save_weights(path.with_suffix(".safetensors"))
    assert path.with_suffix(".safetensors").exists()
    results = stepwell.compile(path).run({"x": x})
    np.testing.assert_allclose(results["y"], x @ w, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(results["z"], -x)


def test_names_have_defaults():
    engine = stepwell.compile(HERE / "1_framework.mlir")
    assert [t.name for t in (*engine.inputs, *engine.outputs)] == ["input0", "output0"]


def test_what_was_not_rewritten_yet_is():
    assert "epilogue" in lower(HERE / "2_engine.mlir", "engine").text


def kernel(body: str = "", *, attributes: str = "", module: str = "", more: str = "") -> str:
    """A module of level 5 with `body` in its `@main`."""
    return f"""
builtin.module attributes {{{module}}} {{
  {more}
  func.func @main(%weights: memref<?xi8>, %arena: memref<?xi8>,
                  %x: memref<4xf32>, %y: memref<4xf32>) attributes {{{attributes}}} {{
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    {body}
    func.return
  }}
}}
"""


def tensors(body: str, results: str = "tensor<4xf32>", attributes: str = "") -> str:
    """A module of level 1 to 3 with `body` in its `@main`."""
    return f"""
func.func @main(%x: tensor<4xf32>) -> {results} attributes {{{attributes}}} {{
  {body}
}}
"""


RETURN = "func.return %x : tensor<4xf32>"

COLUMNS = 'tensor<2x2xf32, #engine.layout<"ba">>'

TWO_VALUES_IN_ONE_PLACE = """
  func.func @main(%arena: memref<16xi8>, %x: memref<4xf32>, %y: memref<4xf32>)
      attributes {input_names = ["x"], output_names = ["y"]} {
    %a = engine.view %arena {offset = 0 : i64} : memref<16xi8> -> memref<4xf32>
    %b = engine.view %arena {offset = 0 : i64} : memref<16xi8> -> memref<4xf32>
    engine.relayout %x outs(%a : memref<4xf32>) : memref<4xf32>
    engine.relayout %x outs(%b : memref<4xf32>) : memref<4xf32>
    engine.map ins(%a, %b : memref<4xf32>, memref<4xf32>) outs(%y : memref<4xf32>) {
    ^bb0(%p: f32, %q: f32):
      %n = arith.addf %p, %q : f32
      engine.yield %n : f32
    }
    func.return
  }
"""

BAD = {
    "empty": ("builtin.module {}", "the module is empty; expected a function @main"),
    "no main": ("func.func @other() {\n  func.return\n}", "no function @main"),
    "outside": (
        "%0 = engine.constant dense<1.0> : tensor<4xf32> -> tensor<4xf32>",
        "'engine.constant' stands outside of a function",
    ),
    "two levels": (
        tensors(
            """
  %0 = onnx.Abs(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = engine.reshape %0 : tensor<4xf32> -> tensor<4xf32>
  func.return %1 : tensor<4xf32>"""
        ),
        "'engine.reshape' is of level 2 (engine), but the module also has 'onnx.Abs' of level 1",
    ),
    "no level": (
        tensors("%0 = math.exp %x : tensor<4xf32>\n  func.return %0 : tensor<4xf32>"),
        "'math.exp' works on tensors, but is neither an operation of a framework nor an engine",
    ),
    "names": (
        tensors(RETURN, attributes='input_names = ["a", "b"]'),
        "input_names of @main has 2 names for 1 inputs",
    ),
    "names that are none": (
        tensors(RETURN, attributes="input_names = [1]"),
        "input_names of @main must be an array of strings",
    ),
    "one name twice": (
        tensors(
            RETURN.replace("%x :", "%x, %x : tensor<4xf32>,"),
            "(tensor<4xf32>, tensor<4xf32>)",
            'output_names = ["y", "y"]',
        ),
        "output_names of @main names two values alike: y, y",
    ),
    "layout": (
        f"func.func @main(%x: {COLUMNS}) -> {COLUMNS} {{\n  func.return %x : {COLUMNS}\n}}",
        "inputs and outputs are row-major",
    ),
    "no weights": (
        tensors(
            """
  %w = engine.constant #engine.weight<"w", "00", tensor<4xf32>> -> tensor<4xf32>
  func.return %w : tensor<4xf32>"""
        ),
        "the numbers of 1 weights are not there: 'w' (00)",
    ),
    "plan": (TWO_VALUES_IN_ONE_PLACE, "check-memory-plan"),
    "names of level 5": (
        kernel(attributes='input_names = ["x"], output_names = ["y", "z"]'),
        "@main has 1 input_names and 2 output_names for 2 inputs and outputs",
    ),
    "declared": (
        kernel("func.call @f() : () -> ()", more="func.func private @f() -> ()"),
        "@f is declared, but the module does not define it",
    ),
    "reference": (
        kernel(
            "func.call @stepwell_reference(%c0) : (index) -> ()",
            more="func.func private @stepwell_reference(index) -> ()",
        ),
        "compile the program from level 4 or above",
    ),
    "weights": (
        kernel("%w = memref.view %weights[%c8][] : memref<?xi8> to memref<4xf32>"),
        "@main looks at 24 bytes of weights, but the module's attribute 'weights' has 0",
    ),
    "arena": (
        kernel("%b = memref.load %arena[%c8] : memref<?xi8>"),
        "%arena is an operand of 'memref.load'; only memref.view may look into it",
    ),
    "weights attribute": (
        kernel(module="weights = [{offset = 0 : i64}]"),
        "the module's attribute 'weights' has {offset = 0 : i64}",
    ),
    "weights that meet": (
        kernel(
            module="weights = ["
            "{offset = 0 : i64, type = memref<4xf32>, value = dense<1.0> : tensor<4xf32>}, "
            "{offset = 8 : i64, type = memref<4xf32>, value = dense<2.0> : tensor<4xf32>}]"
        ),
        "at 8, where another one lies (up to 16)",
    ),
    "sizes": (
        kernel().replace("%x: memref<4xf32>", "%x: memref<?xf32>"),
        "@main of level 5 takes (%weights: memref<?xi8>, %arena: memref<?xi8>, inputs...",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_bad_modules_get_one_clear_error(text: str, message: str):
    module = parsed(text)
    with pytest.raises((InvalidIRError, CompileError)) as caught:
        stepwell.compile(module)
    assert message in str(caught.value)


def test_errors_of_a_program_by_hand_have_its_words():
    text = """
builtin.module attributes {errors = ["the first number is negative"]} {
  func.func @main(%weights: memref<?xi8>, %arena: memref<?xi8>, %status: memref<1xi64>,
                  %x: memref<4xf32>, %y: memref<4xf32>)
      attributes {error_status, input_names = ["x"], output_names = ["y"]} {
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1 : i64
    %a = memref.load %x[%c0] : memref<4xf32>
    %bad = arith.cmpf olt, %a, %zero : f32
    scf.if %bad {
      memref.store %one, %status[%c0] : memref<1xi64>
    }
    memref.store %a, %y[%c0] : memref<4xf32>
    func.return
  }
}
"""
    engine = stepwell.compile(parsed(text))
    assert engine(np.array([3, 0, 0, 0], np.float32))[0] == 3
    with pytest.raises(stepwell.StepwellError, match="^the first number is negative$"):
        engine(np.array([-3, 0, 0, 0], np.float32))


def test_math_functions_need_no_library():
    body = """
    %a = memref.load %x[%c0] : memref<4xf32>
    %e = math.exp %a : f32
    memref.store %e, %y[%c0] : memref<4xf32>"""
    result = stepwell.compile(parsed(kernel(body)))(np.array([1.5, 0, 0, 0], np.float32))
    assert result[0] == pytest.approx(np.exp(np.float32(1.5)), rel=1e-6)


def test_shapes_are_for_models():
    with pytest.raises(UsageError, match="in a module they stand in the types"):
        stepwell.compile(HERE / "1_framework.mlir", shapes={"x": (2, 3)})


def test_a_context_without_our_dialects_is_refused():
    module = read_module(make_context(), str(TEXTS[1]))
    with pytest.raises(UsageError, match="make_context"):
        stepwell.compile(module, context=Context())
    np.testing.assert_allclose(stepwell.compile(module)(X), Y, rtol=1e-6)  # a new one will do


def test_a_damaged_file_is_one_error(tmp_path: Path):
    path = tmp_path / "bad.mlir"
    path.write_text("func.func @main(")
    with pytest.raises(InvalidIRError, match="bad.mlir:1"):
        stepwell.compile(path)
    with pytest.raises(stepwell.StepwellError, match="No such file"):
        stepwell.compile(tmp_path / "absent.mlir")


@pytest.fixture
def run(monkeypatch, capsys):
    def command(*argv: str) -> str:
        monkeypatch.setattr("sys.argv", ["stepwell", *argv])
        with pytest.raises(SystemExit) as stop:
            cli()
        assert not stop.value.code, capsys.readouterr().err
        return capsys.readouterr().out

    return command


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.stem)
def test_on_the_command_line(path: Path, tmp_path: Path, run):
    name = "input0" if path.stem == "1_framework" else "x"
    np.savez(tmp_path / "in.npz", allow_pickle=False, **{name: X})
    run("compile", str(path), "-o", str(tmp_path / "two.well"))
    run(
        "run", str(path), "--inputs", str(tmp_path / "in.npz"),
        "--outputs", str(tmp_path / "out.npz"),
    )  # fmt: skip
    (result,) = np.load(tmp_path / "out.npz").values()
    np.testing.assert_allclose(result, Y, rtol=1e-6)
    assert "1 of 1 values within" in run("verify", str(path))
    assert f"level {path.stem[0]} ({path.stem[2:]})" in run("info", str(path))


@pytest.mark.parametrize("level", ["plan", "kernels"])
def test_names_are_found_at_the_levels_of_memory(level: str, tmp_path: Path, run, capsys):
    """A program that never had names, printed where inputs and outputs are all arguments."""
    path = tmp_path / "nameless.mlir"
    path.write_text(lower(TEXTS[0], level).text)
    assert "_names" not in path.read_text()
    engine = stepwell.compile(path)
    assert [t.name for t in (*engine.inputs, *engine.outputs)] == ["input0", "output0"]
    np.testing.assert_allclose(engine(X), Y, rtol=1e-6)
    assert "1 of 1 values within" in run("verify", str(path))
    assert "output      output0: memref<2x2xf32>" in run("info", str(path))
    np.savez(tmp_path / "in.npz", allow_pickle=False, input0=X)
    assert opt_tool([str(path), "--run", "--inputs", str(tmp_path / "in.npz")]) == 0
    assert capsys.readouterr().out.startswith("output0: float32[2, 2]\n[[10.5")


def test_one_list_of_names_is_enough():
    module = parsed(kernel(attributes='output_names = ["a"]'))
    say_names(module)
    assert 'attributes {output_names = ["a"], input_names = ["input0"]}' in str(module)


def test_bytes_that_are_no_arena_keep_their_place():
    """A function on memory that is not planned is left alone."""
    text = "func.func @main(%x: memref<4xi8>, %y: memref<4xi8>) {\n  func.return\n}"
    module = parsed(text)
    say_names(module)
    assert "_names" not in str(module)

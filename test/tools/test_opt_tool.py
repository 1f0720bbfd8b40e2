"""`opt-tool` from the outside: exit codes, messages, files."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stepwell.tools.opt_tool import main

VALID = "func.func @f(%x: i32) -> i32 {\n  func.return %x : i32\n}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "module.mlir"
    path.write_text(VALID)
    return path


def fails(capsys: pytest.CaptureFixture[str], code: int, *argv: object) -> str:
    """Run the tool, expect its exit code and nothing on stdout; gives its message."""
    assert main([str(arg) for arg in argv]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("csee", "unknown pass 'csee'; did you mean 'cse'"),
        ("cse{foo=1}", "pass 'cse' has no option 'foo'"),
        ("cse,,dce", "expected a pass between the commas"),
        ("cse)", "unexpected ')' at column 4"),
        ("builtin.module(cse", "missing ')' at the end"),
        ("builtin.modul(cse)", "unknown anchor 'builtin.modul'; did you mean 'builtin.module'?"),
        ("func.func(cse)x", "expected ',' after"),
    ],
)
def test_wrong_pipeline(capsys, file, pipeline, message):
    assert message in fails(capsys, 2, file, "-p", pipeline)


def test_wrong_pass_to_print_around(capsys, file):
    message = fails(capsys, 2, file, "-p", "cse,dce", "--print-ir-after=csee")
    assert "unknown pass of this pipeline 'csee'; did you mean 'cse'" in message


def test_missing_file(capsys, tmp_path):
    assert "No such file or directory" in fails(capsys, 1, tmp_path / "none.mlir")


def test_folder_instead_of_a_file(capsys, tmp_path):
    assert "Is a directory" in fails(capsys, 1, tmp_path)


def test_binary_file(capsys, tmp_path):
    path = tmp_path / "binary.mlir"
    path.write_bytes(b"\x80\xff\x00")
    assert "not a text file (byte 0 is not UTF-8)" in fails(capsys, 1, path)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_empty_file(capsys, tmp_path, text):
    path = tmp_path / "empty.mlir"
    path.write_text(text)
    assert "the file is empty, expected a module" in fails(capsys, 1, path)


def test_deep_nesting(capsys, tmp_path):
    path = tmp_path / "deep.mlir"
    path.write_text("builtin.module {" * 5000 + "}" * 5000)
    assert "nested too deeply" in fails(capsys, 1, path)


def test_error_has_file_line_and_column(capsys, tmp_path):
    path = tmp_path / "wrong.mlir"
    path.write_text('func.func @f() {\n  "test.op"(%a) : (i32) -> ()\n  func.return\n}\n')
    message = fails(capsys, 1, path)
    assert message.startswith(f"{path}:2:13: error: value %a is used but not defined\n")


def test_verifier_error_shows_the_operation_and_not_the_module(capsys, tmp_path):
    path = tmp_path / "wrong.mlir"
    path.write_text(
        "func.func @other() {\n  func.return\n}\nfunc.func @f() -> i32 {\n  func.return\n}\n"
    )
    message = fails(capsys, 1, path)
    assert message.startswith(f"{path}:5:3: error: 'func.return': Expected arguments")
    assert "in func.func @f" in message
    assert "other" not in message


def test_output_file(file, tmp_path):
    out = tmp_path / "out.mlir"
    assert main([str(file), "-p", "cse", "-o", str(out)]) == 0
    assert "func.func @f(%x: i32)" in out.read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["module.mlir", "out.mlir"]


def test_failure_leaves_the_output_alone(capsys, file, tmp_path):
    out = tmp_path / "out.mlir"
    out.write_text("precious")
    file.write_text(VALID + "// -----\nbroken")
    fails(capsys, 1, file, "--split-input-file", "-o", out)
    assert out.read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["module.mlir", "out.mlir"]


def test_output_folder_that_does_not_exist(capsys, file, tmp_path):
    assert "cannot be written" in fails(capsys, 1, file, "-o", tmp_path / "no" / "out.mlir")


def test_standard_input(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(VALID.encode())))
    assert main([]) == 0
    assert "func.func @f" in capsys.readouterr().out


def test_split_input_is_put_together_again(capsys, file):
    file.write_text(VALID + "// -----\n" + VALID.replace("@f", "@g"))
    assert main([str(file), "--split-input-file"]) == 0
    first, second = capsys.readouterr().out.split("// -----\n")
    assert "@f" in first
    assert "@g" in second


def test_timing(capsys, file):
    assert main([str(file), "-p", "cse", "--timing"]) == 0
    err = capsys.readouterr().err
    assert all(name in err for name in ("parse", "cse", "total"))


def test_inputs_without_run(capsys, file):
    assert "--inputs is for --run and --check-numerics" in fails(
        capsys, 2, file, "--inputs", "x.npz"
    )


def test_list_passes_names_options_and_documentation(capsys):
    assert main(["--list-passes"]) == 0
    out = capsys.readouterr().out
    assert "canonicalize                     Applies all canonicalization patterns." in out


def test_list_dialects(capsys):
    assert main(["--list-dialects"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{name} " in f"\n{out}" for name in ("arith", "engine", "func", "onnx"))


def test_closed_pipe_is_silent(file):
    command = f"{sys.executable} -m stepwell.tools.opt_tool {file} | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_starts_quickly(file):
    """Nothing heavy is imported for a file that does not need it."""
    code = (
        "import sys; from stepwell.tools.opt_tool import main; main(sys.argv[1:]); "
        "heavy = {'numpy', 'onnx', 'llvmlite', 'typer', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, file], check=True, stdout=subprocess.DEVNULL)
    assert time.perf_counter() - start < 5  # 0.3 s on an idle machine
    assert os.path.exists(file)


def test_every_piece_is_processed_and_all_errors_are_shown(capsys, file):
    file.write_text("first\n// -----\n" + VALID + "// -----\nthird\n")
    assert main([str(file), "--split-input-file"]) == 1
    out, err = capsys.readouterr()
    assert f"{file}:1:1: error: unknown operation 'first'" in err
    assert f"{file}:7:1: error: unknown operation 'third'" in err
    before, second, after = out.split("// -----\n")
    assert before == after == ""
    assert "func.func @f(%x: i32)" in second


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("builtin.module {}", "the module has no function @main; it has none at all"),
        (VALID, "the module has no function @main; it has @f"),
        ("func.func private @main(i32) -> i32", "@main is only declared; --run needs its body"),
        (
            "llvm.func @main(%x: i32) -> i32 {\n  llvm.return %x : i32\n}",
            "@main is an 'llvm.func', expected a func.func",
        ),
        (
            'func.func @main() -> i32 {\n  %x = "test.op"() : () -> i32\n  func.return %x : i32\n}',
            "@main cannot run: no interpreter knows what 'test.op' computes",
        ),
        (
            "func.func @main(%m: memref<2xf32>) -> f32 {\n  %c = arith.constant 7 : index\n"
            "  %x = memref.load %m[%c] : memref<2xf32>\n  func.return %x : f32\n}",
            "index 7 (+1) of axis 0 is outside its size 2",
        ),
    ],
)
def test_run_says_why_it_cannot(capsys, file, text, message):
    file.write_text(text)
    assert message in fails(capsys, 1, file, "--run")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--csee"], "unknown option '--csee'; did you mean '--cse'"),
        (["--print-op-generik"], "did you mean '--print-op-generic'"),
        (["-t", "mlirr"], "argument -t/--target: invalid choice: 'mlirr'"),
        (["--verify-each=maybe"], "expected true or false, got 'maybe'"),
        (["second.mlir"], "one file at a time, got also 'second.mlir'"),
        (["--run", "--seed=-1"], "expected an integer from 0 on, got '-1'"),
    ],
)
def test_wrong_options(capsys, file, options, message):
    assert message in fails(capsys, 2, file, *options)


def test_an_option_alone_does_not_take_the_file(capsys, file):
    for option in ("--verify-each", "-verify-each", "--verify-each=0", "--no-verify-each"):
        assert main([option, str(file)]) == 0
        assert "func.func @f" in capsys.readouterr().out


def test_what_is_read_is_not_replaced(capsys, file, tmp_path):
    import numpy as np

    inputs = tmp_path / "in.npz"
    np.savez(inputs, x=np.ones(3))
    (tmp_path / "link").symlink_to(file)
    for output in (file, tmp_path / "link"):
        assert "is what is read here" in fails(capsys, 2, file, "-o", output)
    numbers = tmp_path / "numbers.mlir"
    numbers.write_text(
        'func.func @main(%x: f64) -> f64 attributes {input_names = ["x"]} {\n'
        "  func.return %x : f64\n}\n"
    )
    np.savez(inputs, x=np.float64(2))
    words = ("--run", "--inputs", inputs)
    assert "is what is read here" in fails(capsys, 2, numbers, *words, "-o", inputs)
    assert main([str(numbers), "--run", "--inputs", str(inputs), "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_text().startswith("output0: float64[]\n2.")


def test_a_pipe_stays_a_pipe(file, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert main([str(file), "-o", str(pipe)]) == 0
        assert b"func.func @f" in os.read(reader, 1000)
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["module.mlir", "pipe"]


def test_memory_of_an_open_size_is_not_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "open.mlir"
    path.write_text("func.func @main(%x: memref<?xf32>) {\n  func.return\n}\n")
    assert main([str(path), "--run"]) == 1
    assert (
        "is a memref<?xf32>, whose size is open; give it with --inputs" in capsys.readouterr().err
    )

"""`make run`: what it prints, and that every level it leaves behind can be read back and run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stepwell.compiler.compile import lower
from stepwell.dialects import make_context
from stepwell.interpreters import run
from stepwell.tools.inputs.ir_file import load_module

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "digits"
BATCH = 40


def test_main_job() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    # one line for each level, in order, with what it holds and the time it took
    levels = [line for line in lines if re.match(r"\d \w+.*: .*\(\d+ ms\)$", line)]
    assert [line.split(":")[0] for line in levels] == [
        "1 onnx",
        "2 engine",
        "3 layout",
        "4 plan",
        "5 kernels",
        "6 machine code",
    ]
    assert "6 Conv, 6 BatchNormalization" in levels[0]
    assert "6 conv" in levels[1]
    assert "norm" not in levels[1], "BatchNormalization is folded"
    assert "run by reference: nothing" in done.stdout
    assert "held-out images: 357 of 360 right" in done.stdout
    assert "the same answers, bit for bit" in done.stdout
    deviation = re.search(r"largest deviation from the reference: (\S+)", done.stdout)
    assert deviation is not None
    assert float(deviation[1]) < 1e-5
    assert "\x1b" not in done.stdout, "a pipe gets no escape sequences"


def test_damaged_artifact_is_one_line(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.well"
    damaged.write_bytes(b"not an artifact")
    command = [sys.executable, str(FOLDER / "classify.py"), str(damaged), "x.npz", "y.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("classify: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("level", ["onnx", "engine", "layout", "plan"])
def test_level_reads_back_and_gives_the_outputs(level: str, tmp_path: Path) -> None:
    with np.load(FOLDER / "held_out.npz") as arrays:
        images, labels = arrays["images"][:BATCH], arrays["labels"][:BATCH]
    lowered = lower(str(FOLDER / "digits.onnx"), level)
    path = tmp_path / f"{level}.mlir"
    path.write_text(lowered.text)
    lowered.save_weights(path.with_suffix(".safetensors"))
    ctx = make_context()
    module = load_module(ctx, str(path))
    assert f"{module!s}\n" == lowered.text
    (probabilities,) = run(ctx, module, [images])
    assert (probabilities.argmax(axis=1) == labels).mean() >= 0.95


def test_kernels_read_back() -> None:
    from stepwell.ir.parse_ir import parse_ir

    text = lower(str(FOLDER / "digits.onnx"), "kernels").text
    module = parse_ir(make_context(), text, "kernels.mlir")
    module.verify()
    assert f"{module!s}\n" == text

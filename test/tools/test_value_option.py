"""`--value NAME=V`: an input that is given its value when the model is compiled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

from stepwell.errors import UsageError
from stepwell.tools.inputs.value_option import parse_values

MODEL = parser.parse_model(
    """<ir_version: 8, opset_import: ["": 16]> g
    (float[1, n] x, int64 sr) => (float[1, n] y) <int64 k16 = {16000}>
    {
        c = Equal(sr, k16)
        y = If(c) <
            then_branch = t () => (float[1, n] a) { a = Relu(x) },
            else_branch = e () => (float[1, n] b) { b = Neg(x) }
        >
    }"""
)
X = np.array([[-1, 2, -3]], np.float32)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sr=16000", 16000),
        ("a=b=1.5", "b=1.5"),
        ("size=224,224", [224, 224]),
        ("one=1,", [1]),
        ("flag=true", True),
        ("flags=True,false", [True, False]),
        ("scale=-1e-3", -1e-3),
        ("mode=fast", "fast"),
    ],
)
def test_values_are_read(text: str, expected: Any):
    name = text.partition("=")[0]
    assert parse_values([text]) == {name: expected}


@pytest.mark.parametrize("text", ["sr", "=1", "sr=", "sr= "])
def test_what_is_no_value(text: str):
    with pytest.raises(UsageError, match="expected NAME=16000"):
        parse_values([text])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "net.onnx"
    onnx.save(MODEL, str(path))
    return path


def test_every_command_takes_it(stepwell: Any, model: Path, tmp_path: Path):
    well, inputs, both = (tmp_path / n for n in ("net.well", "x.npz", "both.npz"))
    np.savez(inputs, x=X)
    np.savez(both, x=X, sr=np.array(8000))
    options = ["--shape", "n=3", "--value", "sr=16000"]
    code, out, err = stepwell("compile", model, "-o", well, *options)
    assert code == 0, err
    assert "reference" not in out
    code, out, _ = stepwell("info", well)
    assert "value sr = int64[] = 16000" in out
    for program in ([model, *options], [well]):
        code, out, err = stepwell("run", *program, "--inputs", inputs)
        assert code == 0, err
        assert "2" in out
        code, out, err = stepwell("run", *program, "--inputs", both)
        assert code == 1
        assert "input 'sr' was given the value 16000" in err
    for command in (["verify"], ["bench", "--rounds", "1"], ["profile", "--runs", "1"]):
        code, out, err = stepwell(command[0], model, *command[1:], *options)
        assert code == 0, err
        code, out, err = stepwell(command[0], model, *command[1:], *options, "--inputs", inputs)
        assert code == 0, err
    code, out, err = stepwell("verify", model, *options, "--inputs", both)
    assert code == 1
    assert "input 'sr' was given the value 16000" in err
    code, out, _ = stepwell("compile", model, *options, "--emit", "framework")
    assert code == 0
    assert "onnx.Relu" in out
    assert "onnx.Neg" not in out


def test_peers_get_the_value(stepwell: Any, model: Path):
    pytest.importorskip("onnxruntime")
    options = ["--shape", "n=3", "--value", "sr=16000", "--rounds", "1", "--json"]
    code, out, err = stepwell("bench", model, "--vs", "onnxruntime", *options)
    assert code == 0, err
    runtimes = json.loads(out)["comparisons"][0]["runtimes"]
    assert "error" not in runtimes["onnxruntime"]
    assert runtimes["stepwell"]["agrees"]


def test_a_compiled_model_has_its_values(stepwell: Any, model: Path, tmp_path: Path):
    well = tmp_path / "net.well"
    stepwell("compile", model, "-o", well, "--shape", "n=3", "--value", "sr=16000")
    for command in (["run", "--inputs", "x.npz"], ["bench"], ["profile"]):
        code, _, err = stepwell(command[0], well, *command[1:], "--value", "sr=8000")
        assert code == 2
        assert "is compiled" in err


def test_wrong_values(stepwell: Any, model: Path):
    code, _, err = stepwell("compile", model, "--value", "rate=1")
    assert code == 1
    assert "value of 'rate': it names no input; there are" in err

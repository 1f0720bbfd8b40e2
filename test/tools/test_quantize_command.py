"""`stepwell quantize`."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

from stepwell.errors import StepwellError, UsageError
from stepwell.test.quantize_models import image_samples, images
from stepwell.tools.cli import app


@pytest.fixture
def files(tmp_path):
    """A model and its samples."""
    onnx.save(images(), tmp_path / "model.onnx")
    np.savez(tmp_path / "data.npz", x=np.concatenate([s["x"] for s in image_samples(12)]))
    (tmp_path / "metric.py").write_text("def loss(samples, expected, found):\n    return 0.01\n")
    return tmp_path


def run(folder, *arguments):
    done = CliRunner().invoke(app, ["quantize", str(folder / "model.onnx"), *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_file_a_report_and_a_summary(files):
    out, report = files / "out.onnx", files / "report.json"
    text = run(files, "--calibration", files / "data.npz", "-o", out, "--report", report)
    onnx.checker.check_model(onnx.load(out), full_check=True)
    answer = json.loads(report.read_text())
    assert answer["schema"] == "stepwell.quantize"
    assert len(answer["operations"]) == 7
    assert "7 of 7 operations as int8; weights" in text
    assert "of 0.05 on 3 samples" in text


def test_a_metric_and_json(files):
    text = run(
        files, "--calibration", files / "data.npz", "-o", files / "out.onnx", "--json",
        "--budget-metric", f"{files}/metric.py:loss", "--keep", "stem",
    )  # fmt: skip
    answer = json.loads(text)
    assert answer["model"]["error"] == 0.01
    assert answer["operations"][0]["precision"] == "f32"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "out.txt"), "ends in .onnx"),
        (("-o", "model.onnx"), "is what is read here"),
        (("-o", "data.npz.onnx", "--report", "data.npz"), "is what is read here"),
        (("-o", "out.onnx", "--report", "out.onnx"), "is where the model is to be written"),
        (("-o", "out.onnx", "--budget-metric", "metric.py"), "expected SCRIPT.py:FUNCTION"),
        (("-o", "out.onnx", "--budget-metric", "none.py:loss"), "there is no file"),
        (("-o", "out.onnx", "--budget-metric", "metric.py:gain"), "has no function 'gain'"),
        (("-o", "out.onnx", "--keep", "("), "not a regular expression"),
        (("-o", "out.onnx", "--budget", "0"), "cannot keep to the budget of 0"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(files, monkeypatch, arguments, said):
    monkeypatch.chdir(files)
    before = {path.name: path.read_bytes() for path in files.iterdir()}
    with pytest.raises(StepwellError, match=said.replace("(", r"\(")):
        run(files, "--calibration", "data.npz", *arguments)
    assert {path.name: path.read_bytes() for path in files.iterdir()} == before


def test_samples_are_needed(files):
    with pytest.raises(UsageError, match="int8 needs calibration"):
        run(files, "-o", files / "out.onnx")

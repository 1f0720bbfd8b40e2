"""The benchmark scripts from end to end, on the digit classifier. No test asserts a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "examples" / "digits" / "digits.onnx"


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    path = tmp_path / "inputs.npz"
    np.savez(path, images=np.random.default_rng(0).random((40, 1, 8, 8), np.float32))
    return path


def test_compare(tmp_path: Path, inputs: Path) -> None:
    results = tmp_path / "results.json"
    arguments = ("--inputs", inputs, "--rounds", "1", "--threads", "1,2", "--json", results)
    done = run("compare.py", MODEL, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    one, two, *means = done.stdout.splitlines()
    assert one.startswith("digits, 1 thread: stepwell ")
    assert two.startswith("digits, 2 threads: stepwell ")
    assert all("geometric mean of the speed against onnxruntime" in line for line in means)
    written = json.loads(results.read_text())
    assert [(mean["threads"], mean["peer"]) for mean in written["means"]] == [
        (1, "onnxruntime"),
        (2, "onnxruntime"),
    ]
    for mean in written["means"]:
        assert (mean["group"], mean["slowest"], mean["models"]) == ("other", "digits", 1)
        assert mean["slowest_speed"] == mean["geometric_mean"] > 0
    for comparison in written["comparisons"]:
        assert comparison["runtimes"]["stepwell"]["deviation"] < 1e-5
        assert comparison["runtimes"]["onnxruntime"]["deviation"] == 0
    assert written["machine"]["processor"]


def test_compare_goes_on_after_a_model_that_fails(tmp_path: Path, inputs: Path) -> None:
    missing = tmp_path / "missing.onnx"
    arguments = ("--inputs", inputs, "--rounds", "1", "--vs", "", "--json", tmp_path / "r.json")
    done = run("compare.py", missing, MODEL, *arguments)
    assert done.returncode == 1
    assert "compare: " in done.stderr
    assert "missing.onnx" in done.stderr
    assert "Traceback" not in done.stderr
    assert "digits, 1 thread: stepwell " in done.stdout


def test_compare_without_models_says_where_they_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPWELL_MODELS", str(tmp_path))
    done = run("compare.py", "no_such_model", "--vs", "", "--json", tmp_path / "r.json")
    assert done.returncode == 1
    assert f"no models in {tmp_path}" in done.stderr
    assert "Traceback" not in done.stderr


def test_compare_refuses_an_unknown_peer(tmp_path: Path) -> None:
    done = run("compare.py", "--vs", "onnxrt", "--json", tmp_path / "r.json")
    assert done.returncode == 2
    assert "unknown peer 'onnxrt'" in done.stderr


def test_compile_cost(tmp_path: Path) -> None:
    results = tmp_path / "cost.json"
    done = run("compile_cost.py", MODEL, "--json", results)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("digits (0.1 MB): cold ")
    (cost,) = json.loads(results.read_text())["costs"]
    assert cost["model_bytes"] == MODEL.stat().st_size
    assert cost["artifact_bytes"] > 100_000
    assert cost["peak_bytes"] > cost["imported_bytes"] > 1_000_000


def test_compile_cost_reports_a_failure_in_a_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"")
    done = run("compile_cost.py", broken, "--json", tmp_path / "cost.json")
    assert done.returncode == 1
    assert "compile_cost: " in done.stderr
    assert "Traceback" not in done.stderr

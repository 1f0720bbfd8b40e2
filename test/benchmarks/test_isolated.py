"""A runtime that ends its process costs a comparison one figure, not the run."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from stepwell.errors import StepwellError

ROOT = Path(__file__).resolve().parents[2]

FAKE = """
import json, os, signal, sys
from pathlib import Path
names = sys.argv[sys.argv.index("--vs") + 1].split(",")
with open({log!r}, "a") as log:
    log.write(",".join(names) + "\\n")
for name in names:
    if name in {killers!r}:
        os.kill(os.getpid(), signal.SIGSEGV)
    if name in {liars!r}:
        sys.exit("cannot read the model")
timings = {{name: {{"version": "1", "median_ms": 1.0}} for name in [*names, "stepwell"] if name}}
Path(sys.argv[2]).write_text(json.dumps({{"model": sys.argv[1], "runtimes": timings}}))
"""


@pytest.fixture
def isolated(monkeypatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return import_module("isolated")


@pytest.fixture
def compare(isolated, tmp_path):
    """`compare(peers, killers, liars)` gives the comparison and which peers each process had."""

    def run(peers, killers=(), liars=()):
        log, script = tmp_path / "log", tmp_path / "fake.py"
        log.write_text("")
        script.write_text(FAKE.format(log=str(log), killers=list(killers), liars=list(liars)))
        cell = isolated.Cell("net", None, 1, rounds=5)
        try:
            found = isolated.compare_isolated(cell, peers, script)
        except StepwellError as error:
            found = str(error)
        return found, log.read_text().splitlines()

    return run


def test_nobody_dies(compare):
    found, processes = compare(["onnxruntime", "openvino"])
    assert set(found["runtimes"]) == {"onnxruntime", "openvino", "stepwell"}
    assert processes == ["onnxruntime,openvino"]


def test_a_peer_that_dies_is_left_out_and_recorded(compare):
    """The one that dies is the one that is installed for tests: its version is recorded, too."""
    found, processes = compare(["openvino", "onnxruntime"], killers=["onnxruntime"])
    assert processes == ["openvino,onnxruntime", "openvino", "onnxruntime", "openvino"]
    assert found["runtimes"]["openvino"]["median_ms"] == 1.0
    assert found["runtimes"]["onnxruntime"]["error"] == "ended its process with SIGSEGV"
    assert "median_ms" not in found["runtimes"]["onnxruntime"]
    assert json.dumps(found)


def test_without_peers_there_is_nobody_else_to_blame(compare):
    found, _ = compare([], killers=[""])
    assert found == "net: ended its process with SIGSEGV"


def test_a_reason_is_passed_on(compare):
    assert compare(["onnxruntime"], liars=["onnxruntime"])[0] == "cannot read the model"


def test_the_file_of_results_keeps_the_rounds_on_a_line(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    results = import_module("results")
    from stepwell.tools.measure.bench import machine

    timing = {"version": "1", "rounds_ms": [1.5, 2e-05, 3], "median_ms": 1.5}
    comparison = {
        "model": "resnet18",
        "threads": 1,
        "runtimes": {"onnxruntime": timing, "stepwell": timing},
        "speed_against": {"onnxruntime": 2.0},
    }
    slower = comparison | {"model": "gpt2", "speed_against": {"onnxruntime": 0.5}}
    light = comparison | {"model": "light_vgg19"}
    path = tmp_path / "results.json"
    results.write_results(path, machine(), [comparison, slower, light])
    assert path.read_text().count("[1.5, 2e-05, 3]") == 6
    written = json.loads(path.read_text())
    assert written["comparisons"] == [comparison, slower, light]
    exported, lights = written["means"]
    assert (exported["group"], exported["models"], exported["slowest"]) == ("exported", 2, "gpt2")
    assert (exported["geometric_mean"], exported["slowest_speed"]) == (1.0, 0.5)
    assert (lights["group"], lights["geometric_mean"]) == ("light", 2.0)

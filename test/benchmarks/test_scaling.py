"""benchmarks/scaling.py measures every stage of a synthetic model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "scaling.py"

STAGES = {"import", "optimize", "parse", "assign-layouts", "plan-memory", "kernels", "load"}


@pytest.mark.parametrize("model", ["constant_chain", "transformer"])
def test_all_stages_of_a_small_model(model: str, tmp_path: Path) -> None:
    results = tmp_path / "scaling.json"
    command = [sys.executable, str(SCRIPT), model, "--nodes", "12", "--json", str(results)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [measured] = json.loads(results.read_text())["measured"]
    assert (measured["model"], measured["nodes"], measured["failure"]) == (model, 12, "")
    assert {stage["stage"] for stage in measured["stages"]} >= STAGES

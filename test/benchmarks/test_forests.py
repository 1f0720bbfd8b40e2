"""The comparison of forests from end to end, on one of them. No test asserts a time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_results_are_those_of_scikit_learn() -> None:
    script = str(ROOT / "benchmarks" / "forests.py")
    command = [sys.executable, script, "--only", "histogram", "--rounds", "1", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| Hist")]
    assert [line.split(" | ")[1] for line in lines] == ["1", "1000"]
    for line in lines:
        errors = re.findall(r"\d+e-\d+", line)
        assert len(errors) == 2
        assert all(float(error) < 1e-6 for error in errors)

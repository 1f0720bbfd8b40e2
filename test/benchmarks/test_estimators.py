"""The table of pipelines: a line of one of them, with errors that are small."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def loaded() -> Any:
    spec = importlib.util.spec_from_file_location("estimators", BENCHMARKS / "estimators.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_line_of_the_table():
    estimators = loaded()
    estimators.CALLS[1] = 2
    case = estimators.CASES[1]()
    cells = [cell.strip() for cell in estimators.measure(case, 1, rounds=1).split("|")[1:-1]]
    assert cells[:2] == [case.what, "1"]
    assert all(cell.endswith(" us") for cell in cells[2:4])
    assert cells[4].endswith("×")
    assert max(map(float, cells[5:])) < 1e-5

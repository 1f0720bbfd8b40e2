"""
The operators of TensorFlow Lite against LiteRT itself, on other numbers than the recorded ones.

LiteRT runs each model in a process of its own, as some end the process they are in.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stepwell.conversion.import_model import import_model
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.test.conversion.tfl_import.recorded_cases import Recorded, read_records
from stepwell.test.conversion.tfl_import.test_recorded import run_steps

pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed (make oracles)")

SEEDS = (1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_operators(seed: int, tmp_path):
    """All cases of `tools/record/tfl.py` with numbers drawn anew, by meaning and as converted."""
    path = tmp_path / "operators.xz"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "stepwell.tools.record.tfl", f"--seed={seed}", f"--to={path}"]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    wrong: list[str] = []
    for case in read_records(path).values():
        for convert in (False, True):
            problem = problem_of(case, convert=convert)
            if problem:
                wrong.append(f"{case.name}: {problem}")
    assert not wrong, "\n".join(wrong)


def problem_of(case: Recorded, *, convert: bool) -> str:
    ctx = make_context()
    module = import_model(case.model, ctx)
    if convert:
        ConvertToEnginePass().apply(ctx, module)
    try:
        run_steps(case, ctx, module)
    except AssertionError as error:
        return f"{'converted' if convert else 'by meaning'}: {str(error)[:200]}"
    return ""

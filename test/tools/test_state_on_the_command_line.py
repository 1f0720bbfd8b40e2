"""Commands on a model that keeps values between calls: they neither ask for them nor print them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stepwell.test.runtime.test_session import COUNTER, FIRST, X
from stepwell.tools.opt_tool import main as opt_tool


@pytest.fixture(name="model")
def _model(tmp_path: Path) -> Path:
    path = tmp_path / "counter.mlir"
    path.write_text(COUNTER)
    np.savez(tmp_path / "in.npz", x=X)
    return path


def test_run(stepwell, model: Path):
    code, out, _ = stepwell("run", model, "--inputs", model.with_name("in.npz"))
    assert code == 0
    assert out.startswith("y: float32[4]\n[2. 2. 2. 6.]")
    assert "sum" not in out


def test_info(stepwell, model: Path):
    code, out, _ = stepwell("info", model)
    assert code == 0
    assert "state       sum: output 1 of the call before, a constant at first" in out
    well = model.with_suffix(".well")
    assert stepwell("compile", model, "-o", well)[0] == 0
    code, out, _ = stepwell("info", well)
    assert code == 0
    assert "state         n: int64[1], zeros at first" in out
    assert out.count("\ninput ") == out.count("\noutput ") == 1


@pytest.mark.parametrize("more", [(), ("--inputs",)])
def test_verify_compares_the_state_too(stepwell, model: Path, more: tuple[str, ...]):
    given = (*more, model.with_name("in.npz")) if more else ()
    code, out, _ = stepwell("verify", model, *given)
    assert code == 0
    assert "3 of 3 values within 0.0001" in out


def test_bench_and_profile(stepwell, model: Path):
    for command, more in (("bench", ("--rounds", 1)), ("profile", ("--runs", 2))):
        code, out, err = stepwell(command, model, *more)
        assert code == 0, err
        assert "counter" in out


@pytest.mark.parametrize("passes", ["", "lower-to-engine", "lower-to-layout", "lower-to-plan"])
def test_levels_run_from_the_initial_values(
    model: Path, passes: str, capfd: pytest.CaptureFixture[str]
):
    """The interpreters begin as the engine does, at every level."""
    stages = ["lower-to-engine", "lower-to-layout", "lower-to-plan"]
    pipeline = stages[: stages.index(passes) + 1] if passes else []
    words = [str(model), "--run", "--inputs", str(model.with_name("in.npz"))]
    words += ["-p", ",".join(pipeline), "--check-numerics"] if pipeline else []
    assert opt_tool(words) == 0
    out = capfd.readouterr().out
    assert "y: float32[4]\n[2. 2. 2. 6.]" in out
    assert "n_after: int64[1]\n[1]" in out
    np.testing.assert_array_equal(FIRST + X, [2, 2, 2, 6])

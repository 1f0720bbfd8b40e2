"""Which cases a run takes, and what it says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepwell.conformance.__main__ import main
from stepwell.conformance.outcome import read_outcomes


def ran(folder: Path, *options: str) -> list[str]:
    """The cases of a run that keeps its outcomes in a folder."""
    results = folder / "outcomes.json"
    arguments = ["--kinds", "simple", "--jobs", "1", "--target", "native"]
    arguments += ["--results", str(results), "--table", str(folder / "table.md")]
    assert main([*arguments, *options, "--hidden-sizes"]) == 0
    return list(read_outcomes(results))


def test_cases_with_any_of_several_parts_in_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ran(tmp_path, "--only", "sign_model", "--only", "single_relu_model")
    assert names == ["simple/test_sign_model", "simple/test_single_relu_model"]
    assert "simple: 2 of 2 passed (2 native, 0 partly, 0 reference" in capsys.readouterr().out


def test_no_case_has_the_part(tmp_path: Path) -> None:
    assert ran(tmp_path, "--only", "no such case") == []

"""Mutated texts of levels 1 to 5 end in a result or in a `StepwellError`."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepwell.test.fuzz.ir_texts import LEVELS, written
from stepwell.test.fuzz.mutated_texts import opt_tool_says
from stepwell.test.fuzz.trial import assert_fine, assert_found_are_fine

KIND = "texts"


def test_found_before():
    assert_found_are_fine(KIND)


def test_seeds(seeds: range, seconds: float):
    assert assert_fine(KIND, seeds, seconds), "no seed was tried"


@pytest.mark.parametrize("level", LEVELS)
def test_what_mutations_begin_with_is_valid(level: str, tmp_path: Path):
    text = next(t for t in (written(level, n) for n in range(17, 25)) if t)
    path = tmp_path / "text.mlir"
    path.write_text(text)
    code, said = opt_tool_says(str(path))
    assert code == 0, said

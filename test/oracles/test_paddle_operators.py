"""Operators of Paddle, natively, against Paddle: the programs that are recorded, made anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import stepwell

pytest.importorskip("paddle", reason="PaddlePaddle is not installed (make oracles)")

from stepwell.tools.record.paddle import record
from stepwell.tools.record.paddle_cases import Case, cases

CASES = {case.name: case for case in cases()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_operator(case: Case, tmp_path: Path):
    arrays = record(case, tmp_path)
    [path] = tmp_path.glob("*.json")
    engine = stepwell.compile(path)
    feeds = {f"x{at}": value for at, value in enumerate(case.operands())}
    found = list(engine.run(feeds).values())
    wanted = [value for key, value in arrays.items() if "/out/" in key]
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)

"""Two sizes of which one may be repeated: equal, or one of them 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import parser

import stepwell
from stepwell.errors import InputError
from stepwell.runtime.engine import Engine

TABLE = np.arange(8, dtype=np.float32)


def model() -> onnx.ModelProto:
    """`x[N, S] + c[1, 8]`, which repeats `x` where `S` is 1, plus `y[M]` that repeats itself."""
    listed = ", ".join(map(str, TABLE))
    head = '<ir_version: 8, opset_import: ["" : 17]>'
    return parser.parse_model(
        f"{head} g (float[N, S] x, float[M, 1] y) => (float[A, 8] z) "
        f"<float[1, 8] c = {{{listed}}}> {{ a = Add(x, c) z = Mul(a, y) }}"
    )


def inputs(rows: int, columns: int, others: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return (
        rng.standard_normal((rows, columns)).astype(np.float32),
        rng.standard_normal((others, 1)).astype(np.float32),
    )


def check(engine: Engine) -> None:
    for sizes in ((2, 8, 2), (2, 1, 1), (1, 8, 5), (3, 1, 3), (0, 8, 1)):
        x, y = inputs(*sizes)
        np.testing.assert_allclose(engine(x, y), (x + TABLE) * y, atol=1e-6)
    for columns, fits in ((7, "1 and 8 fit"), (20, "8 fits"), (0, "1 fits")):
        with pytest.raises(InputError, match=f"equal sizes, or one that is 1, .*; {fits}"):
            engine(*inputs(2, columns, 2))
    with pytest.raises(InputError, match="equal sizes, or one that is 1"):
        engine(*inputs(2, 8, 3))
    x, y = inputs(2, 8, 2)
    np.testing.assert_allclose(engine(x, y), (x + TABLE) * y, atol=1e-6)


def test_sizes_that_neither_agree_nor_are_one_are_refused(tmp_path: Path) -> None:
    engine = stepwell.compile(model())
    assert not engine.program.is_open
    check(engine)
    engine.save(tmp_path / "m.well")
    loaded = stepwell.load(tmp_path / "m.well")
    assert loaded.program.relations == engine.program.relations
    check(loaded)

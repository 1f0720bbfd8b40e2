"""
Models with control flow, integers of eight bits and half precision, against onnxruntime.

Numbers that are rounded to a few bits may fall on either side: onnxruntime's own results, with its
fusions and without, differ as much from each other as from these.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

import stepwell

Array = npt.NDArray[Any]
ModelPath = Callable[[str], Path]
ModelInputs = Callable[[str], dict[str, Array]]


def _expected(path: Path, feeds: dict[str, Array]) -> list[Array]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options)
    return [np.asarray(a) for a in session.run(None, feeds)]


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("bert_small_int8_dynamic", 0.01),
        ("bert_small_int8_qdq", 0.01),
        ("mobilenetv2_fp16", 1e-4),
        pytest.param("resnet50_int8_qdq", 0.1, marks=pytest.mark.slow),
    ],
)
def test_like_onnxruntime(
    model_path: ModelPath, model_inputs: ModelInputs, name: str, tolerance: float
) -> None:
    path = model_path(name)
    shapes = {"N": (1,)} if name == "resnet50_int8_qdq" else {}
    engine = stepwell.compile(path, shapes=shapes)
    feeds = model_inputs(name)
    results = list(engine.run(feeds).values())
    for found, wanted in zip(results, _expected(path, feeds), strict=True):
        assert found.dtype == wanted.dtype
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() <= tolerance * np.abs(wanted).max()
        np.testing.assert_array_equal(found.argmax(-1), wanted.argmax(-1))


@pytest.mark.parametrize("batch", [1, 3])
def test_loops_scans_and_branches(model_path: ModelPath, tmp_path: Path, batch: int) -> None:
    """A decoder that stops when the data says so; how many rows it gives, nobody knows before."""
    path = model_path("control_flow")
    engine = stepwell.compile(path, shapes={"B": (batch,)})
    assert [str(out) for out in engine.outputs][1] == f"cum: float32[T, {batch}]"
    saved = tmp_path / "control_flow.well"
    engine.save(saved)
    loaded = stepwell.load(saved)
    rng = np.random.default_rng(batch)
    rows: set[int] = set()
    for stop in (1.0, 5.0):
        feeds = {
            "start": rng.integers(0, 4000, batch),
            "h0": rng.standard_normal((batch, 256)).astype(np.float32),
            "stop": np.array(stop, np.float32),
        }
        expected = _expected(path, feeds)
        results, again = engine.run(feeds), loaded.run(feeds)
        rows.add(len(results["cum"]))
        for (name, found), wanted in zip(results.items(), expected, strict=True):
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted, 1e-4, 1e-5)
            np.testing.assert_array_equal(found, again[name])
    assert len(rows) == 2

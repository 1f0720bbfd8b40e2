"""
Forests of XGBoost and LightGBM as onnxmltools writes them, against what these predict.

Recorded with xgboost 3.2.0, lightgbm 4.7.0 and onnxmltools 1.16.0 from 400 rows of 5 features, the
first of them a number of eight categories, a tenth of all missing. `NAME.npz` has 40 rows and what
the framework says of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import stepwell

FOLDER = Path(__file__).with_name("recorded")
NAMES = sorted(path.stem for path in FOLDER.glob("*.onnx"))


def test_the_models_are_there():
    assert len(NAMES) == 6


@pytest.mark.parametrize("rows", [40, 1])
@pytest.mark.parametrize("name", NAMES)
def test_predictions_are_those_of_the_framework(name: str, rows: int):
    with np.load(FOLDER / f"{name}.npz") as recorded:
        x, label = recorded["x"][:rows], recorded["label"][:rows]
        scores = recorded["scores"][:rows] if "scores" in recorded else None
    engine = stepwell.compile(FOLDER / f"{name}.onnx", shapes={"X": x.shape})
    assert not engine.reference_ops
    results = engine.run({"X": x})
    if scores is None:
        [found] = results.values()
        np.testing.assert_allclose(found[:, 0], label, rtol=2e-6, atol=2e-6)
    else:
        found_label, found = results.values()
        assert found_label.tolist() == label.tolist()
        np.testing.assert_allclose(found, scores, rtol=2e-6, atol=2e-6)

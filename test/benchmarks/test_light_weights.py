"""The networks of the `onnx` package with random weights: whole, small enough, repeatable."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from stepwell.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def light(monkeypatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return import_module("light_models")


def test_weights_are_filled_in(light, tmp_path):
    first, second = tmp_path / "a.onnx", tmp_path / "b.onnx"
    for path in (first, second):
        light.write_light_model("light_squeezenet", path)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size > 4 << 20
    model = onnx.load(first)
    onnx.checker.check_model(model)
    assert not [node for node in model.graph.node if node.op_type == "ConstantOfShape"]
    assert [value.name for value in model.graph.input] == ["data_0"]
    feeds = light.light_feeds("light_squeezenet")
    found = np.asarray(onnxruntime.InferenceSession(str(first)).run(None, feeds)[0])
    # the classes differ, and none takes all
    assert len(np.unique(found)) > 500
    assert found.max() < 0.5


def test_all_names_are_in_the_package(light, monkeypatch):
    models = import_module("models")
    assert all(light.light_path(name).exists() for name in models.LIGHT)
    assert [len(models.EXPORTED), len(models.LIGHT)] == [22, 9]
    with pytest.raises(UsageError, match="no model 'light_alexnet'"):
        light.light_path("light_alexnet")

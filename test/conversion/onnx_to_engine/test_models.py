"""The shared models of the first milestone: all native, and the right numbers."""

import numpy as np
import onnxruntime
import pytest

from stepwell.conversion.import_onnx import import_model
from stepwell.conversion.onnx_to_engine.convert import ConvertOnnxToEnginePass
from stepwell.dialects import make_context
from stepwell.dialects.engine.base import names_of
from stepwell.interpreters import run

MODELS = [
    "bert_small",
    "dlrm",
    "lstm_tagger",
    "mobilenetv2",
    "resnet18",
    "resnet50_bn",
    "squeezenet1_1",
]


@pytest.mark.parametrize("name", MODELS)
def test_model(name, model_path, model_inputs):
    path, feeds = model_path(name), model_inputs(name)
    ctx = make_context()
    module = import_model(path, ctx)
    ConvertOnnxToEnginePass().apply(ctx, module)
    module.verify()
    ops = [op for op in module.walk() if op.name.startswith(("engine.", "onnx."))]
    kinds = {op.name for op in ops}
    assert "engine.reference" not in kinds
    assert not any(kind.startswith("onnx.") for kind in kinds)
    for op in ops:
        if op.name not in ("engine.constant", "engine.yield"):
            assert names_of(op, "nodes"), op.name
    actual = run(ctx, module, feeds)
    expected = onnxruntime.InferenceSession(path).run(None, feeds)
    for got, value in zip(actual, expected, strict=True):
        want = np.asarray(value)
        assert np.abs(got - want).max() <= 1e-4 * np.abs(want).max()

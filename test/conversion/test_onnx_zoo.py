"""The shared models: imported, verified, read back from their text, exported, run.

What onnxruntime computes for the exported file is compared with `expect` of `zoo.json`, which is
what it computed for the original, so that every model runs once.
"""

import gc
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from xdsl.dialects.builtin import ModuleOp, UnrankedTensorType
from xdsl.parser import Parser

from stepwell.conversion.export_onnx import export_file
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.dialects.framework import dims_of
from stepwell.dialects.onnx import OnnxOp
from stepwell.interpreters import run

Array = npt.NDArray[Any]
ModelPath = Callable[[str], Path]
ModelInputs = Callable[..., dict[str, Array]]

ROOT = Path(__file__).resolve().parent.parent.parent
ZOO = Path(os.environ.get("STEPWELL_MODELS", ROOT.parent / "shared" / "models")) / "zoo.json"

INTERPRETED = (
    "bert_small", "control_flow", "distilbert_dyn", "dlrm", "llama_4l_dyn", "lstm_tagger",
    "lstm_tagger_dyn", "mobilenetv2", "mobilenetv3_small_legacy", "resnet18", "resnet50_bn",
    "squeezenet1_1",
)  # fmt: skip
"""Models that the interpreter runs in a few seconds."""

UNSETTLED = {"control_flow": 2}
"""Operations whose sizes depend on data: how often the loop runs, and what scans its result."""


@cache
def zoo() -> dict[str, dict[str, Any]]:
    return json.loads(ZOO.read_text()) if ZOO.exists() else {}


def _onnx_ops(module: ModuleOp) -> list[OnnxOp]:
    return [op for op in module.walk() if isinstance(op, OnnxOp)]


def _unsettled(module: ModuleOp) -> list[OnnxOp]:
    """Operations with a result of which not every size is a number."""

    def settled(op: OnnxOp) -> bool:
        dims = [dims_of(result.type) for result in op.results]
        return all(d is not None and all(isinstance(s, int) for s in d) for d in dims)

    return [op for op in _onnx_ops(module) if not settled(op)]


def _deviation(result: Array, expect: dict[str, Any]) -> float:
    """The largest deviation from the recorded figures, in units of the largest magnitude."""
    assert list(result.shape) == expect["shape"]
    assert str(result.dtype) == expect["dtype"]
    flat = result.reshape(-1).astype(np.float64)
    count = len(expect["head"])
    ours = [*flat[:count], *flat[-count:], flat.mean(), flat.std(), np.abs(flat).max()]
    theirs = [*expect["head"], *expect["tail"], expect["mean"], expect["std"], expect["absmax"]]
    return float(np.abs(np.subtract(ours, theirs)).max() / max(expect["absmax"], 1e-9))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(zoo()))
def test_round_trip(
    name: str, model_path: ModelPath, model_inputs: ModelInputs, tmp_path: Path
) -> None:
    import onnxruntime

    context = make_context()
    module = import_model(model_path(name), context)
    module.verify()
    for op in _onnx_ops(module):
        assert len(op.nodes) == (0 if op.name == "onnx.Constant" and not op.nodes else 1)
        assert not any(isinstance(r.type, UnrankedTensorType) for r in op.results)
    if not zoo()[name]["dims"]:
        assert not _unsettled(module)
    text = str(module)
    again = Parser(make_context(), text).parse_module()
    again.verify()
    assert str(again) == text
    path = tmp_path / "exported.onnx"
    export_file(module, context, path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feeds = model_inputs(name)
    results = session.run(None, {info.name: feeds[info.name] for info in session.get_inputs()})
    path.unlink()
    for result, expect in zip(results, zoo()[name]["expect"], strict=False):
        assert _deviation(np.asarray(result), expect) < 2e-6
    del session, module, context
    gc.collect()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in INTERPRETED if name in zoo()])
def test_interpreted(name: str, model_path: ModelPath, model_inputs: ModelInputs) -> None:
    context = make_context()
    results = run(context, import_model(model_path(name), context), model_inputs(name))
    for result, expect in zip(results, zoo()[name]["expect"], strict=False):
        assert _deviation(result, expect) < 1e-4


@pytest.mark.parametrize("name", [name for name, entry in zoo().items() if entry["dims"]])
@pytest.mark.parametrize("which", ["dims", "alt_dims"])
def test_bound_dimensions(name: str, which: str, model_path: ModelPath) -> None:
    sizes = zoo()[name][which]
    module = import_model(
        model_path(name), make_context(), shapes={d: [s] for d, s in sizes.items()}
    )
    if sizes:
        assert len(_unsettled(module)) == UNSETTLED.get(name, 0)


@pytest.mark.parametrize("name", [name for name, entry in zoo().items() if entry["dims"]])
def test_open_dimensions(name: str, model_path: ModelPath) -> None:
    """Every size is a number or an expression, but what the data decides."""
    module = import_model(model_path(name), make_context())
    open_ = [op.name for op in _onnx_ops(module) if _has_unknown(op)]
    assert open_ == ["onnx.Loop"] * (name == "control_flow")


@pytest.mark.parametrize("name", ["unet_resize", "yolov8n", "resnet50", "densenet121"])
def test_open_images(name: str, model_path: ModelPath) -> None:
    """Models of images with any number, height and width of them."""
    model = onnx.load(model_path(name))
    for at, word in ((0, "N"), (2, "H"), (3, "W")):
        model.graph.input[0].type.tensor_type.shape.dim[at].dim_param = word
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    module = import_model(model, make_context())
    assert not [op.nodes for op in _onnx_ops(module) if _has_unknown(op)]


def _has_unknown(op: OnnxOp) -> bool:
    """Whether a size of a result is neither a number nor an expression."""
    dims = [dims_of(result.type) for result in op.results]
    return any(d is None or None in d for d in dims)

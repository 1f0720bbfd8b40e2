"""
Real models, from the exporter's file to native code, against onnxruntime.

The outputs agree within 1e-4 of the largest magnitude, nothing runs by reference, and neither
two threads nor what lies in unused memory change a bit.
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
from stepwell.compiler.compile import lower
from stepwell.dialects import make_context
from stepwell.dialects.engine import weight_store
from stepwell.interpreters import run
from stepwell.ir.parse_ir import parse_ir

Array = npt.NDArray[Any]
ModelPath = Callable[[str], Path]
ModelInputs = Callable[[str], dict[str, Array]]

NATIVE = (
    "resnet18",
    "resnet50_bn",
    "resnet50_noopt",
    "mobilenetv2",
    "mobilenetv3_small_legacy",
    "squeezenet1_1",
    "densenet121",
    "unet_resize",
    "yolov8n",
    "vgg16",
    "convnext_tiny_legacy",
    "vit_base",
    "bert_base",
    "bert_small",
    "distilbert",
    "t5_small_encoder",
    "gpt2",
    "gpt2_decode",
    "llama_4l",
    "lstm_tagger",
    "dcgan_generator",
    "dlrm",
)
"""Models that run without a reference operation."""

TOLERANCE = 1e-4


def expected(path: Path, feeds: dict[str, Array]) -> list[Array]:
    """onnxruntime's results."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    return [np.asarray(a) for a in session.run(None, feeds)]


def assert_close(found: Array, wanted: Array) -> None:
    """Equal within `TOLERANCE` of the largest magnitude."""
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    worst = np.abs(found.astype(np.float64) - wanted).max()
    assert worst <= TOLERANCE * np.abs(wanted).max()


def fill_arena(engine: stepwell.Engine) -> None:
    """Every byte of the memory for intermediate values is 0xFF: floats are NaN, integers -1."""
    for frame in engine._idle:  # pyright: ignore[reportPrivateUsage]
        frame.arena.fill(0xFF)


@pytest.mark.parametrize("name", NATIVE)
def test_a_model_runs_natively(name: str, model_path: ModelPath, model_inputs: ModelInputs) -> None:
    path, feeds = model_path(name), model_inputs(name)
    wanted = expected(path, feeds)
    engine = stepwell.compile(path, threads=1)
    assert engine.reference_ops == ()
    results = list(engine.run(feeds).values())
    for found, reference in zip(results, wanted, strict=True):
        assert_close(found, reference)
    # What calls left behind, in gaps and in padding, has no influence.
    fill_arena(engine)
    for found, first in zip(engine.run(feeds).values(), results, strict=True):
        np.testing.assert_array_equal(found, first)
    # Another number of threads is another engine, not another program.
    engine = stepwell.Engine(engine.program, threads=2)
    for found, serial in zip(engine.run(feeds).values(), results, strict=True):
        np.testing.assert_array_equal(found, serial)


def test_named_dimensions_take_the_sizes_they_are_given(
    model_path: ModelPath, model_inputs: ModelInputs
) -> None:
    path, feeds = model_path("lstm_tagger_dyn"), model_inputs("lstm_tagger_dyn")
    engine = stepwell.compile(path, shapes={name: a.shape for name, a in feeds.items()})
    assert engine.reference_ops == ()
    for found, reference in zip(engine.run(feeds).values(), expected(path, feeds), strict=True):
        assert_close(found, reference)


@pytest.mark.parametrize("level", ["onnx", "engine", "layout", "plan"])
@pytest.mark.parametrize("name", ["squeezenet1_1", "bert_small"])
def test_a_level_is_text_that_runs(
    name: str, level: str, model_path: ModelPath, model_inputs: ModelInputs, tmp_path: Path
) -> None:
    path, feeds = model_path(name), model_inputs(name)
    lowered = lower(path, level)
    weights = tmp_path / "level.safetensors"
    lowered.save_weights(weights)
    ctx = make_context()
    weight_store(ctx).load(weights)
    module = parse_ir(ctx, lowered.text, "level.mlir")
    module.verify()
    assert str(module) + "\n" == lowered.text
    for found, reference in zip(run(ctx, module, feeds), expected(path, feeds), strict=True):
        assert_close(found, reference)


def test_the_kernel_level_is_text_that_parses_back(model_path: ModelPath) -> None:
    lowered = lower(model_path("lstm_tagger"), "kernels")
    module = parse_ir(make_context(), lowered.text, "kernels.mlir")
    module.verify()
    assert str(module) + "\n" == lowered.text

# pyright: reportUnknownMemberType=false
"""The checked-in digit classifier: what `make run` and the docs rely on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "digits"
MODEL = FOLDER / "digits.onnx"
HELD_OUT = FOLDER / "held_out.npz"
BATCH = 40


@pytest.fixture(scope="module")
def held_out() -> tuple[np.ndarray, np.ndarray]:
    with np.load(HELD_OUT) as arrays:
        return arrays["images"], arrays["labels"]


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return onnx.load(str(MODEL))


def test_files_are_small() -> None:
    assert MODEL.stat().st_size + HELD_OUT.stat().st_size < 400_000


def test_held_out_images_are_whole(held_out: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = held_out
    assert (images.shape, images.dtype) == ((360, 1, 8, 8), np.float32)
    assert (labels.shape, labels.dtype) == ((360,), np.int64)
    assert (images.min(), images.max()) == (0, 1)
    # drawn by class: no digit is rare
    assert np.bincount(labels).shape == (10,)
    assert np.bincount(labels).min() >= 30
    # no image twice, or the accuracy would count it twice
    assert len(np.unique(images.reshape(360, -1), axis=0)) == 360


def test_model_is_a_plain_exporters_graph(model: onnx.ModelProto) -> None:
    onnx.checker.check_model(model, full_check=True)
    counts = Counter(node.op_type for node in model.graph.node)
    # BatchNormalization stands beside each Conv: folding it is what the example shows
    assert counts == {
        "Conv": 6,
        "BatchNormalization": 6,
        "Relu": 6,
        "Add": 2,
        "MaxPool": 1,
        "GlobalAveragePool": 1,
        "Flatten": 1,
        "Gemm": 1,
        "Softmax": 1,
    }
    assert [value.name for value in model.graph.input] == ["images"]
    assert [value.name for value in model.graph.output] == ["probabilities"]
    # what a person sees in reports are these names: no paths of the training machine in the file
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)
    assert all(node.name for node in model.graph.node)


def test_onnxruntime_classifies_the_held_out_images(
    held_out: tuple[np.ndarray, np.ndarray],
) -> None:
    images, labels = held_out
    session = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    outputs = [
        np.asarray(session.run(None, {"images": images[start : start + BATCH]})[0])
        for start in range(0, len(images), BATCH)
    ]
    probabilities = np.concatenate(outputs)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (probabilities.argmax(axis=1) == labels).mean() >= 0.98


def test_reference_agrees_with_onnxruntime(
    held_out: tuple[np.ndarray, np.ndarray], model: onnx.ModelProto
) -> None:
    feeds = {"images": held_out[0][:BATCH]}
    session = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    fast = np.asarray(session.run(None, feeds)[0])
    (slow,) = ReferenceEvaluator(model).run(None, feeds)
    np.testing.assert_allclose(fast, np.asarray(slow), atol=1e-5)

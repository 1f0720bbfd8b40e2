"""
Networks for images with any number of images, rows and columns: one program for all sizes.

They are exporters' graphs of fixed sizes whose dimensions are given names
(`benchmarks/opened_models.py`). Results agree with onnxruntime's and with those of the model
compiled for these sizes alone.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import stepwell
from stepwell.errors import InputError

from .test_open_sizes_of_models import SLACK, assert_close

ROOT = Path(__file__).resolve().parent.parent

Sizes = tuple[int, int, int]

MODELS: dict[str, list[Sizes]] = {
    # Winograd with residuals, convolutions in steps of two, maps smaller than a tile
    "resnet18": [(1, 64, 48), (3, 33, 65)],
    # depthwise convolutions with 3x3 and 5x5 filters, gates of one number for each channel
    "mobilenetv3_small_legacy": [(1, 64, 97), (2, 33, 40)],
    # transposed convolutions
    "dcgan_generator": [(2, 1, 3), (1, 2, 1)],
    # skips that join only where rows and columns are multiples of 16; Winograd, pools, resizes
    "unet_resize": [(1, 32, 48), (2, 48, 16)],
    # a grid of anchors from the shapes of three maps, multiples of 32
    "yolov8n": [(1, 64, 96), (2, 96, 32)],
}
"""The models, and the sizes (images, rows, columns) they are called with."""


@pytest.fixture
def opened(
    model_path: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """`opened(name)`: the shared model, with names for its sizes."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    models: Any = import_module("opened_models")

    def make(name: str) -> Path:
        path = tmp_path / f"{name}{models.SUFFIX}.onnx"
        models.write_opened_model(model_path(name), path.stem, path)
        return path

    return make


def images(engine: stepwell.Engine, sizes: Sizes) -> dict[str, np.ndarray]:
    """Random images of these sizes."""
    [tensor] = engine.inputs
    number, rows, columns = sizes
    shape = (number, int(tensor.shape[1]), rows, columns)
    return {tensor.name: np.random.default_rng(0).standard_normal(shape).astype(np.float32)}


@pytest.mark.parametrize("name", MODELS)
def test_drawn_sizes(name: str, opened: Callable[[str], Path]) -> None:
    path = opened(name)
    engine = stepwell.compile(path, threads=2)
    assert not engine.program.is_open, engine.program.provenance.options
    assert engine.reference_ops == ()
    theirs: Any = onnxruntime.InferenceSession(str(path))
    results: list[bytes] = []
    for sizes in [*MODELS[name], MODELS[name][0]]:
        feeds = images(engine, sizes)
        [found] = engine.run(feeds).values()
        assert_close(found, np.asarray(theirs.run(None, feeds)[0]))
        results.append(found.tobytes())
    assert results[0] == results[-1]  # whatever was called in between
    [alone] = stepwell.compile(path, threads=1).run(images(engine, MODELS[name][0])).values()
    assert alone.tobytes() == results[0]

    number, rows, columns = sizes = MODELS[name][-1]
    names = {"N": number, "H": rows, "W": columns}
    bound = stepwell.compile(path, shapes=names, threads=1)
    feeds = images(engine, sizes)
    [found], [wanted] = engine.run(feeds).values(), bound.run(feeds).values()
    assert_close(found, wanted, 5e-5)
    assert engine.memory(**names).intermediate <= 1.1 * bound.arena_bytes + SLACK


def test_rows_that_do_not_join(opened: Callable[[str], Path]) -> None:
    """The skip of a size that is no multiple of 16 is named; the engine works on afterwards."""
    engine = stepwell.compile(opened("unet_resize"))
    before = engine.run(images(engine, (1, 16, 32)))
    with pytest.raises(InputError, match="node_cat") as error:
        engine.run(images(engine, (1, 16, 40)))
    assert "W = 40" in str(error.value)
    after = engine.run(images(engine, (1, 16, 32)))
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)

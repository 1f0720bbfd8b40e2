"""
Models of images whose number, height and width are open: one program, called with drawn sizes.

The models are those of fixed sizes with names in place of the dimensions of their input. Results
agree with onnxruntime's within 1e-4 of the largest magnitude, and with those of the model compiled
for these sizes alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

import stepwell
from stepwell.errors import StepwellError

Array = npt.NDArray[Any]

MODELS = {
    "resnet18": [(1, 64, 48), (3, 33, 65), (1, 97, 40)],
    "squeezenet1_1": [(1, 64, 48), (2, 51, 77)],
    "mobilenetv2": [(1, 64, 48), (2, 33, 81)],
    "unet_resize": [(1, 32, 48), (2, 64, 16)],
}
"""Models, and images, height and width they are called with."""


def opened(path: Path, folder: Path) -> Path:
    """The model with open sizes of its input, and nothing said of other values."""
    model = onnx.load(str(path))
    weights = {tensor.name for tensor in model.graph.initializer}
    [image] = [value for value in model.graph.input if value.name not in weights]
    for dim, name in zip(image.type.tensor_type.shape.dim, ("N", "", "H", "W"), strict=True):
        if name:
            dim.dim_param = name
    del model.graph.value_info[:]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    onnx.save(model, str(folder / path.name))
    return folder / path.name


def assert_close(found: Array, wanted: Array, tolerance: float) -> None:
    assert found.shape == wanted.shape
    worst = np.abs(found.astype(np.float64) - wanted).max()
    assert worst <= tolerance * np.abs(wanted).max()


@pytest.mark.parametrize("name", MODELS)
def test_one_program(name: str, model_path: Callable[[str], Path], tmp_path: Path) -> None:
    path = opened(model_path(name), tmp_path)
    engine, alone = (stepwell.compile(path, threads=threads) for threads in (2, 1))
    assert not engine.program.is_open  # there is one program, not one for each size
    theirs: Any = onnxruntime.InferenceSession(str(path))
    [given] = engine.inputs
    rng = np.random.default_rng(0)
    images = [rng.standard_normal((n, 3, h, w), np.float32) for n, h, w in MODELS[name]]
    for x in images:
        [found] = engine.run({given.name: x}).values()
        [wanted] = theirs.run(None, {given.name: x})
        assert_close(found, np.asarray(wanted), 1e-4)
        [same] = alone.run({given.name: x}).values()
        assert same.tobytes() == found.tobytes()
    n, height, width = MODELS[name][-1]
    bound = stepwell.compile(path, shapes={"N": n, "H": height, "W": width})
    [found] = engine.run({given.name: images[-1]}).values()
    [wanted] = bound.run({given.name: images[-1]}).values()
    assert_close(found, wanted, 2e-5)


def test_sizes_that_do_not_fit(model_path: Callable[[str], Path], tmp_path: Path) -> None:
    """What is joined must have as many rows: said before anything is computed."""
    engine = stepwell.compile(opened(model_path("unet_resize"), tmp_path))
    [given] = engine.inputs
    with pytest.raises(StepwellError, match="H = 20"):
        engine.run({given.name: np.zeros((1, 3, 20, 32), np.float32)})
    assert engine.run({given.name: np.zeros((1, 3, 32, 32), np.float32)})

"""
The nine classic networks in the `onnx` package, natively.

Their large weights are nodes that give the same number everywhere, so that most of them answer
0.001 for each of a thousand classes. To be told apart from that they run with random weights, too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import stepwell
from stepwell.test.test_models import Array, assert_close, expected

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

MODELS = (
    "bvlc_alexnet",
    "densenet121",
    "inception_v1",
    "inception_v2",
    "resnet50",
    "shufflenet",
    "squeezenet",
    "vgg19",
    "zfnet512",
)


def light_path(name: str) -> Path:
    """The model in the installed package."""
    return FOLDER / f"light_{name}.onnx"


def ramp(model: onnx.ModelProto) -> dict[str, Array]:
    """The input that the results beside the models belong to: 0, 1/n, 2/n, ... up to 1."""
    held = {tensor.name for tensor in model.graph.initializer}
    feeds: dict[str, Array] = {}
    for given in model.graph.input:
        if given.name not in held:
            shape = [d.dim_value for d in given.type.tensor_type.shape.dim]
            count = int(np.prod(shape))
            feeds[given.name] = (np.arange(count) / count).reshape(shape).astype(np.float32)
    return feeds


def with_random_weights(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """
    Weights about as large as training leaves them; scales, biases and variances near 1.

    The result is what the last softmax reads: after it one class would be 1 and the others 0.
    """
    rng = np.random.default_rng(seed)
    held = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:]
    for node in model.graph.node:
        if node.op_type == "Softmax":
            made.graph.output[0].name = node.input[0]
        elif node.op_type != "ConstantOfShape":
            made.graph.node.append(node)
        else:
            weight = random_weight(rng, held[node.input[0]].tolist())
            made.graph.initializer.append(numpy_helper.from_array(weight, node.output[0]))
    return made


def random_weight(rng: np.random.Generator, shape: list[int]) -> Array:
    """Normal numbers by the size of what is summed over; one-dimensional ones about 1."""
    if len(shape) < 2:
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    return rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / np.prod(shape[1:])))


def write_with_random_weights(name: str, path: Path) -> dict[str, Array]:
    """Write the model and give its input; up to 600 MB, of which nothing stays in memory."""
    model = with_random_weights(onnx.load(light_path(name)), len(name))
    onnx.save(model, path)
    return ramp(model)


@pytest.mark.parametrize("name", MODELS)
def test_a_classic_network_gives_its_shipped_result(name: str) -> None:
    path = light_path(name)
    model = onnx.load(path)
    shipped = onnx.load_tensor(path.with_name(f"light_{name}_output_0.pb"))
    engine = stepwell.compile(path, threads=1)
    assert engine.reference_ops == ()
    assert_close(engine(**ramp(model)), numpy_helper.to_array(shipped))


@pytest.mark.parametrize("name", MODELS)
def test_a_classic_network_with_random_weights(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.onnx"
    feeds = write_with_random_weights(name, path)
    [wanted] = expected(path, feeds)
    engine = stepwell.compile(path, threads=2)
    assert engine.reference_ops == ()
    found = engine(**feeds)
    assert_close(found, wanted)
    assert np.std(found) > 0.1 * np.abs(found).max()
    path.unlink()

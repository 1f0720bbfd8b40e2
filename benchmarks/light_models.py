"""The nine classic networks that come with the `onnx` package, with weights worth computing with.

In the package their large weights are nodes that give the same number everywhere, which says little
about numbers and invites folding. Here these nodes are replaced by random weights, about as large
as training leaves them, so that activations keep their size from layer to layer.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stepwell.errors import UsageError

onnx: Any = import_module("onnx")
numpy_helper: Any = import_module("onnx.numpy_helper")

Array = npt.NDArray[Any]

PREFIX = "light_"
IR_VERSION = 8
"""Since version 4 of the IR, weights need not be inputs as well."""

DAMPING = 0.7
"""Of the sizes that keep the variance: sums with skipped layers would let it grow."""


def light_path(name: str) -> Path:
    """The file in the installed package; raises `UsageError` if it has none of that name."""
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    path = folder / f"{name}.onnx"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.onnx"))) or "none"
        raise UsageError(f"the onnx package has no model '{name}'; it has {known}")
    return path


def write_light_model(name: str, path: Path) -> None:
    """The model with random weights, each time the same."""
    model = onnx.load(str(light_path(name)))
    graph = model.graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    rng = np.random.default_rng(len(name))
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        if node.op_type != "ConstantOfShape":
            graph.node.append(node)
            continue
        weight = _random_weight(rng, tuple(held[node.input[0]].tolist()))
        graph.initializer.append(numpy_helper.from_array(weight, node.output[0]))
    used = {value for node in graph.node for value in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    fed = [value for value in graph.input if value.name not in held]
    for field, values in ((graph.initializer, kept), (graph.input, fed)):
        del field[:]
        field.extend(values)
    model.ir_version = IR_VERSION
    onnx.save(model, str(path))


def light_feeds(name: str) -> dict[str, Array]:
    """An image of normal noise."""
    graph = onnx.load(str(light_path(name))).graph
    held = {tensor.name for tensor in graph.initializer}
    rng = np.random.default_rng(0)
    return {
        value.name: rng.standard_normal(
            [size.dim_value for size in value.type.tensor_type.shape.dim], np.float32
        )
        for value in graph.input
        if value.name not in held
    }


def _random_weight(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal numbers by the size of what is summed over; scales, biases, variances about 1."""
    if len(shape) < 2:
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    gain = DAMPING * np.sqrt(2 / np.prod(shape[1:]))
    return rng.standard_normal(shape, np.float32) * np.float32(gain)

"""
A speech-like encoder with codes of eight bits in QDQ form, written by onnxruntime's quantiser.

    python benchmarks/quantized_speech.py OUT.onnx [--layers 4] [--width 256] [--frames 400]

Two convolutions over frames of 80 numbers, one of them with a stride, and transformer layers:
attention of four heads, GELU as exporters write it, layer norms in front. Weights are random. Every
operation that the quantiser knows stands between quantised tensors, attention among them. Then

    stepwell bench OUT.onnx --vs onnxruntime --vs openvino
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

BANDS, HEADS, CLASSES = 80, 4, 64


class Graph:
    """Nodes and weights of a model that is being written."""

    def __init__(self, seed: int = 0):
        self.rng = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.weights: dict[str, Any] = {}

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output, whose name it gives."""
        name = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, array: Any) -> str:
        """A weight."""
        name = f"weight_{len(self.weights)}"
        self.weights[name] = np.asarray(array)
        return name

    def normal(self, *shape: int, scale: float = 1.0) -> str:
        """A random weight."""
        return self.constant((self.rng.standard_normal(shape) * scale).astype(np.float32))

    def number(self, value: float) -> str:
        """A scalar."""
        return self.constant(np.float32(value))

    def linear(self, x: str, inputs: int, outputs: int) -> str:
        """A product with a bias."""
        product = self.add("MatMul", x, self.normal(inputs, outputs, scale=inputs**-0.5))
        return self.add("Add", product, self.normal(outputs, scale=0.1))

    def norm(self, x: str, width: int) -> str:
        """A layer norm."""
        ones, zeros = (self.constant(np.full(width, n, np.float32)) for n in (1, 0))
        return self.add("LayerNormalization", x, ones, zeros, axis=-1)

    def gelu(self, x: str) -> str:
        """`x * (1 + erf(x / sqrt(2))) / 2`, node by node."""
        error = self.add("Erf", self.add("Div", x, self.number(2**0.5)))
        product = self.add("Mul", x, self.add("Add", error, self.number(1)))
        return self.add("Mul", product, self.number(0.5))

    def heads(self, x: str, frames: int, width: int, order: Sequence[int]) -> str:
        """`[1, frames, width]` with the heads apart, in some order."""
        shape = self.constant(np.array([1, frames, HEADS, width // HEADS]))
        return self.add("Transpose", self.add("Reshape", x, shape), perm=list(order))

    def layer(self, x: str, frames: int, width: int) -> str:
        """Attention and a feed-forward part, each added to what it reads."""
        y = self.norm(x, width)
        q, k, v = (self.linear(y, width, width) for _ in range(3))
        queries, values = (self.heads(t, frames, width, (0, 2, 1, 3)) for t in (q, v))
        keys = self.heads(k, frames, width, (0, 2, 3, 1))
        scores = self.add("MatMul", queries, keys)
        scaled = self.add("Div", scores, self.number((width // HEADS) ** 0.5))
        mixed = self.add("MatMul", self.add("Softmax", scaled, axis=-1), values)
        joined = self.add("Transpose", mixed, perm=[0, 2, 1, 3])
        flat = self.add("Reshape", joined, self.constant(np.array([1, frames, width])))
        x = self.add("Add", x, self.linear(flat, width, width))
        hidden = self.gelu(self.linear(self.norm(x, width), width, 4 * width))
        return self.add("Add", x, self.linear(hidden, 4 * width, width))


def encoder(layers: int, width: int, frames: int) -> Any:
    """The model in f32: `mel [1, 80, frames]` to `logits [1, frames / 2, 64]`."""
    g = Graph()
    x = "mel"
    for channels, stride in ((BANDS, 1), (width, 2)):
        weight = g.normal(width, channels, 3, scale=(3 * channels) ** -0.5)
        bias = g.normal(width, scale=0.1)
        x = g.gelu(g.add("Conv", x, weight, bias, pads=[1, 1], strides=[stride], kernel_shape=[3]))
    steps = frames // 2
    x = g.add("Add", g.add("Transpose", x, perm=[0, 2, 1]), g.normal(1, steps, width, scale=0.1))
    for _ in range(layers):
        x = g.layer(x, steps, width)
    logits = g.linear(g.norm(x, width), width, CLASSES)
    graph = helper.make_graph(
        g.nodes,
        "encoder",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, BANDS, frames])],
        [helper.make_tensor_value_info(logits, TensorProto.FLOAT, [1, steps, CLASSES])],
        [numpy_helper.from_array(array, name) for name, array in g.weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def main() -> None:
    """Parse the command line, write the model."""
    parser = argparse.ArgumentParser(description="Write a quantised speech-like encoder.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--frames", type=int, default=400)
    options = parser.parse_args()
    from onnxruntime import quantization as untyped

    quantization: Any = untyped  # its types are known in part only

    class Frames(quantization.CalibrationDataReader):
        """A few random inputs."""

        def __init__(self) -> None:
            rng, shape = np.random.default_rng(1), (1, BANDS, options.frames)
            self.feeds = iter([{"mel": rng.standard_normal(shape, np.float32)} for _ in range(6)])

        def get_next(self) -> Any:
            return next(self.feeds, None)

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "encoder.onnx"
        model = encoder(options.layers, options.width, options.frames)
        source.write_bytes(model.SerializeToString())
        quantization.quantize_static(
            source,
            options.out,
            Frames(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )


if __name__ == "__main__":
    main()

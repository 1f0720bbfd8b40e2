"""Small models of the kinds whose plans share memory in every way there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class _Graph:
    """A model as it is written down: nodes, weights of random numbers, inputs and outputs."""

    def __init__(self, **inputs: tuple[int, ...]):
        self.rng = np.random.default_rng(len(inputs))
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.inputs = [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()
        ]

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """The names of the outputs of a new node: one, or a list."""
        names = [f"v{len(self.nodes)}_{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, *shape: int, scale: float = 0.3) -> str:
        return self.constant(self.rng.standard_normal(shape).astype(np.float32) * scale)

    def constant(self, value: Any) -> str:
        name = f"w{len(self.weights)}"
        array = np.asarray(value)
        kept = array.astype(np.float32) if array.dtype == np.float64 else array
        self.weights.append(numpy_helper.from_array(kept, name))
        return name

    def model(self, *outputs: str) -> bytes:
        results = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs]
        graph = helper.make_graph(self.nodes, "g", self.inputs, results, self.weights)
        opset = [helper.make_opsetid("", 21)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=10)
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
        return inferred.SerializeToString()


def _convolution(g: _Graph, x: str, to: int, of: int, size: int = 3, **attributes: Any) -> str:
    pads = [size // 2] * 4
    y = g.node("Conv", x, g.weight(to, of, size, size), g.weight(to), pads=pads, **attributes)
    return g.node("Relu", y)


def residual_network() -> bytes:
    """Convolutions with a residual, pools, and a classifier."""
    g = _Graph(x=(1, 3, 16, 16))
    a = _convolution(g, "x", 16, 3, strides=[2, 2])
    b = _convolution(g, a, 16, 16)
    c = g.node("Add", _convolution(g, b, 16, 16), a)
    d = g.node("MaxPool", c, kernel_shape=[2, 2], strides=[2, 2])
    e = g.node("GlobalAveragePool", _convolution(g, d, 32, 16))
    f = g.node("Gemm", g.node("Flatten", e), g.weight(32, 10), g.weight(10))
    return g.model(g.node("Softmax", f), d)


def dense_network() -> bytes:
    """Layers that each read all results before, joined, as in DenseNet."""
    g = _Graph(x=(1, 16, 8, 8))
    found, channels = _convolution(g, "x", 16, 16), 16
    for _ in range(4):
        new = _convolution(g, _convolution(g, found, 16, channels, 1), 16, 16)
        found, channels = g.node("Concat", found, new, axis=1), channels + 16
    return g.model(g.node("AveragePool", found, kernel_shape=[2, 2], strides=[2, 2]))


def split_network() -> bytes:
    """Halves of channels that go different ways and are joined, enlarged and joined again."""
    g = _Graph(x=(2, 8, 6, 6))
    a = _convolution(g, "x", 32, 8)
    left, right = g.node("Split", a, outputs=2, axis=1, num_outputs=2)
    b = _convolution(g, right, 16, 16)
    c = _convolution(g, b, 16, 1, group=16)
    joined = g.node("Concat", left, right, b, c, axis=1)
    d = _convolution(g, joined, 16, 64, 1, strides=[2, 2])
    scales = g.constant(np.array([1, 1, 2, 2], np.float32))
    e = g.node("Resize", d, "", scales, mode="nearest")
    f = g.node("Concat", e, a, axis=1)
    return g.model(_convolution(g, f, 8, 48, 1), g.node("Sigmoid", e))


def transformer() -> bytes:
    """Two layers of attention with a mask of numbers, normalisation and a gated network."""
    g = _Graph(x=(2, 6, 24), mask=(2, 1, 1, 6))
    x = "x"
    for _ in range(2):
        heads = g.constant(np.array([2, 6, 3, 8], np.int64))
        q, k, v = (
            g.node(
                "Transpose",
                g.node("Reshape", g.node("MatMul", x, g.weight(24, 24)), heads),
                perm=[0, 2, 1, 3],
            )
            for _ in range(3)
        )
        scores = g.node("MatMul", q, g.node("Transpose", k, perm=[0, 1, 3, 2]))
        scaled = g.node("Add", g.node("Mul", scores, g.constant(8**-0.5)), "mask")
        mixed = g.node("MatMul", g.node("Softmax", scaled, axis=-1), v)
        rows = g.node("Transpose", mixed, perm=[0, 2, 1, 3])
        flat = g.node("Reshape", rows, g.constant(np.array([2, 6, 24], np.int64)))
        x = g.node("Add", x, g.node("MatMul", flat, g.weight(24, 24)))
        x = g.node("LayerNormalization", x, g.weight(24, scale=1.0), g.weight(24))
        up = g.node("MatMul", x, g.weight(24, 48))
        gate, value = g.node("Split", up, outputs=2, axis=2, num_outputs=2)
        x = g.node("Add", x, g.node("Mul", g.node("Sigmoid", gate), value))
    return g.model(g.node("MatMul", x, g.weight(24, 12)), x)


def recurrent_network() -> bytes:
    """An LSTM of two directions over an embedding of slices, and a GRU behind it."""
    g = _Graph(x=(5, 2, 12))
    forward = g.node(
        "LSTM",
        "x",
        g.weight(2, 32, 12),
        g.weight(2, 32, 8),
        g.weight(2, 64),
        outputs=3,
        hidden_size=8,
        direction="bidirectional",
    )
    steps = g.node("Transpose", forward[0], perm=[0, 2, 1, 3])
    flat = g.node("Reshape", steps, g.constant(np.array([5, 2, 16], np.int64)))
    behind = g.node("GRU", flat, g.weight(1, 24, 16), g.weight(1, 24, 8), outputs=2, hidden_size=8)
    last = g.node("Squeeze", behind[1], g.constant(np.array([0], np.int64)))
    return g.model(g.node("Tanh", last), forward[2])


def rearrangements() -> bytes:
    """Slices, transposes, pads and updates of one matrix, and differences of all of them."""
    g = _Graph(x=(6, 8), y=(6, 8))

    def part(of: str, starts: Sequence[int], ends: Sequence[int]) -> str:
        numbers = (np.array(starts, np.int64), np.array(ends, np.int64))
        return g.node("Slice", of, *map(g.constant, numbers))

    a = g.node("Sub", g.node("Exp", "x"), g.node("Abs", "y"))
    top, rest = part(a, (0, 0), (3, 8)), part(a, (3, 0), (6, 8))
    b = g.node("Sub", g.node("Tanh", top), g.node("Softmax", rest, axis=0))
    c = g.node("Concat", b, g.node("Neg", top), rest, axis=0)
    d = g.node("Pad", g.node("Sin", c), g.constant(np.array([1, 2, 0, 1], np.int64)))
    rows = g.constant(np.array([[0], [4], [2]], np.int64))
    e = g.node("ScatterND", c, rows, g.node("Sub", top, b))
    f = g.node("Sub", g.node("Transpose", part(d, (1, 2), (9, 8))), part(e, (0, 0), (6, 8)))
    h = g.node("Concat", g.node("Transpose", e), g.node("Cos", g.node("Transpose", e)), axis=1)
    return g.model(f, g.node("CumSum", h, g.constant(np.array(1, np.int64))), d)


def courses() -> bytes:
    """A loop whose values change places, rows both ways, a branch, and a loop in a loop."""
    text = """<ir_version: 10, opset_import: ["": 21]>
    g (float[4] x, float[4] y, float[70, 4] xs)
        => (float[4] a, float[4] b, float[4] z, float[70, 4] r)
    <int64 n = {20}, bool on = {1}, int64 few = {17}>
    {
        a, b = Loop(n, on, x, y) <body = one (int64 i, bool c, float[4] u, float[4] v)
            => (bool d, float[4] p, float[4] q) {
            p = Identity(v)
            f = Cast<to = 1>(i)
            w = Add(u, f)
            k = Softmax<axis = 0>(w)
            m = ReduceMax<keepdims = 0>(u)
            big = Greater(m, f)
            j = If(big) <then_branch = t () => (float[4] tt) { t1 = Mul(k, v) tt = Tanh(t1) },
                else_branch = e () => (float[4] ee) { e1 = Neg(k) ee = Softmax<axis = 0>(e1) }>
            q = Loop(few, on, j) <body = two (int64 l, bool g, float[4] s)
                => (bool h, float[4] s2) {
                h = Identity(g)
                s1 = Add(s, y)
                s2 = Softmax<axis = 0>(s1)
            }>
            lim = Constant <value_float = 12.0> ()
            d = Less(f, lim)
        }>
        z, r = Scan<num_scan_inputs = 1, scan_output_directions = [1],
            scan_input_directions = [1], body = three (float[4] s, float[4] o)
            => (float[4] t, float[4] p) {
            m = Mul(s, o)
            t = Tanh(m)
            h = Softmax<axis = 0>(o)
            p = Mul(h, s)
        }>(a, xs)
    }"""
    return onnx.parser.parse_model(text).SerializeToString()


MODELS: dict[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (
        residual_network,
        dense_network,
        split_network,
        transformer,
        recurrent_network,
        rearrangements,
        courses,
    )
}

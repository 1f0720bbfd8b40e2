"""A network whose images have their channels last reaches the kernels without copies inside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.interpreters import run


class Network:
    """Writes nodes as converters of such frameworks do: windows between pairs of transposes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(0)

    def node(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op_type, inputs, [name], name=name, **attributes))
        return name

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def weights(self, *shape: int) -> str:
        return self.constant((0.3 * self.random.standard_normal(shape)).astype(np.float32))

    def images(self, x: str, first: Callable[[str], str]) -> str:
        """An operation with channels first on images with channels last."""
        y = first(self.node("Transpose", x, perm=[0, 3, 1, 2]))
        return self.node("Transpose", y, perm=[0, 2, 3, 1])

    def conv(self, x: str, channels: tuple[int, int], kernel: int, stride: int = 1, group: int = 1,
             pads: int | None = None) -> str:  # fmt: skip
        before, after = channels
        w = self.weights(after, before // group, kernel, kernel)
        beside = kernel // 2 if pads is None else pads
        return self.images(
            x, lambda y: self.node("Conv", y, w, strides=[stride] * 2, pads=[beside] * 4,
                                   group=group)
        )  # fmt: skip

    def biased(self, x: str, channels: int) -> str:
        return self.node("Add", x, self.weights(channels))


def network() -> onnx.ModelProto:
    """Depthwise and strided convolutions, a residual, a pad, PReLU, a pool, squeeze and excite,
    a join, a resize and a mean."""
    n = Network()
    a = n.node("Relu", n.biased(n.conv("x", (3, 16), 3, 2), 16))
    b = n.node("Relu", n.biased(n.conv(a, (16, 16), 3, group=16), 16))
    b = n.node("Add", n.biased(n.conv(b, (16, 16), 1), 16), a)
    pads = n.constant(np.array([0, 0, 0, 0, 0, 1, 1, 0]))
    c = n.biased(n.conv(n.node("Pad", b, pads), (16, 16), 3, 2, pads=0), 16)
    c = n.node("PRelu", c, n.weights(1, 1, 16))
    d = n.images(b, lambda y: n.node("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2]))
    e = n.node("Concat", c, d, axis=3)
    s = n.node("ReduceMean", e, n.constant(np.array([1, 2])), keepdims=1)
    s = n.node("Sigmoid", n.biased(n.conv(s, (32, 32), 1), 32))
    e = n.node("Mul", e, s)
    sizes = n.constant(np.array([1, 32, 16, 16]))
    e = n.images(e, lambda y: n.node("Resize", y, "", "", sizes, mode="nearest"))
    f = n.node("Add", n.biased(n.conv(e, (32, 16), 1), 16), b)
    f = n.node("Relu", n.biased(n.conv(f, (16, 24), 1), 24))
    y = n.node("ReduceMean", f, n.constant(np.array([1, 2])), keepdims=0)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 32, 32, 3])
    out = helper.make_tensor_value_info(y, TensorProto.FLOAT, [1, 24])
    graph = helper.make_graph(n.nodes, "g", [x], [out], n.initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


def test_copies():
    """Those that are left: the images that are given, and what the last mean reads; and nothing
    elementwise that no convolution takes over, but for what is behind the join."""
    compilation = Compilation.of(network(), Options())
    compilation.lower_to("engine")
    found = Counter(op.name for op in compilation.module.walk())
    assert found["engine.transpose"] <= 1
    assert found["engine.map"] == 1
    compilation.lower_to("plan")
    found = Counter(op.name for op in compilation.module.walk())
    assert found["engine.relayout"] <= 2


def test_results():
    model = network()
    compilation = Compilation.of(model, Options())
    x = np.random.default_rng(1).standard_normal((1, 32, 32, 3)).astype(np.float32)
    [expected] = run(compilation.ctx, compilation.module, [x])
    np.testing.assert_allclose(stepwell.compile(model)(x), expected, rtol=1e-4, atol=1e-5)

"""Small models that tests quantise, with random weights of a fixed seed."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx
from onnx import numpy_helper, parser

IMAGES = """
<ir_version: 8, opset_import: ["" : 18]>
images (float[batch,3,24,24] x) => (float[batch,10] y)
<int64[2] spatial = {2,3}>
{
  [stem] a = Conv <pads = [1,1,1,1], strides = [2,2]> (x, k0, b0)
  [stem_relu] a1 = Relu (a)
  [expand] e = Conv (a1, k1, b1)
  [norm] n = BatchNormalization (e, scale, shift, mean, var)
  [expand_relu] e1 = Relu (n)
  [depthwise] d = Conv <group = 96, pads = [1,1,1,1]> (e1, k2, b2)
  [depthwise_relu] d1 = Relu (d)
  [project] p = Conv (d1, k3, b3)
  [skip] s = Add (a1, p)
  [pool] m = MaxPool <kernel_shape = [2,2], strides = [2,2]> (s)
  [wide] w = Conv <pads = [1,1,1,1]> (m, k4, b4)
  [wide_relu] w1 = Relu (w)
  [join] j = Concat <axis = 1> (w1, m)
  [last] l = Conv (j, k5, b5)
  [last_relu] l1 = Relu (l)
  [mean] g = GlobalAveragePool (l1)
  [flat] f = Flatten (g)
  [dense] y = Gemm <transB = 1> (f, w6, b6)
}
"""

WORDS = """
<ir_version: 8, opset_import: ["" : 20]>
words (int64[batch,length] ids) => (float[batch,length,24] y)
<int64[4] split = {0,0,4,32}, int64[3] join = {0,0,128}, float root = {0.17677669}>
{
  [embed] e = Gather (table, ids)
  [ln] n = LayerNormalization <epsilon = 1e-5> (e, g0, h0)
  [q] q0 = MatMul (n, wq)
  [k] k0 = MatMul (n, wk)
  [v] v0 = MatMul (n, wv)
  q1 = Reshape (q0, split)
  k1 = Reshape (k0, split)
  v1 = Reshape (v0, split)
  q2 = Transpose <perm = [0,2,1,3]> (q1)
  k2 = Transpose <perm = [0,2,3,1]> (k1)
  v2 = Transpose <perm = [0,2,1,3]> (v1)
  [scores] s0 = MatMul (q2, k2)
  s1 = Mul (s0, root)
  p = Softmax (s1)
  [mix] m0 = MatMul (p, v2)
  m1 = Transpose <perm = [0,2,1,3]> (m0)
  m2 = Reshape (m1, join)
  [out] o0 = MatMul (m2, wo)
  o1 = Add (o0, bo)
  r = Add (e, o1)
  [ln2] n2 = LayerNormalization <epsilon = 1e-5> (r, g1, h1)
  [up] u0 = MatMul (n2, wu)
  u1 = Add (u0, bu)
  u2 = Gelu (u1)
  [down] d0 = MatMul (u2, wd)
  d1 = Add (d0, bd)
  r2 = Add (r, d1)
  [ln3] n3 = LayerNormalization <epsilon = 1e-5> (r2, g2, h2)
  [head] y = MatMul (n3, wh)
}
"""


def _with(text: str, shapes: dict[str, tuple[int, ...]], seed: int) -> onnx.ModelProto:
    model = parser.parse_model(text)
    rng = np.random.default_rng(seed)
    for name, shape in shapes.items():
        fan = int(np.prod(shape[1:])) if len(shape) == 4 else shape[0]
        array = rng.normal(size=shape) * (1.4 / np.sqrt(fan) if len(shape) > 1 else 0.1)
        if name.startswith(("g", "scale", "var")):
            array = np.abs(array) + 0.7
        model.graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), name))
    onnx.checker.check_model(model, full_check=True)
    return model


@cache
def images() -> onnx.ModelProto:
    """Convolutions, one in as many groups as there are channels, a sum, a pool and a joint."""
    shapes = {
        "k0": (32, 3, 3, 3),
        "k1": (96, 32, 1, 1),
        "k2": (96, 1, 3, 3),
        "k3": (32, 96, 1, 1),
        "k4": (64, 32, 3, 3),
        "k5": (64, 96, 1, 1),
        "w6": (10, 64),
    }
    biases = {f"b{at}": (shape[0],) for at, shape in enumerate(shapes.values())}
    norm = dict.fromkeys(("scale", "shift", "mean", "var"), (96,))
    return _with(IMAGES, {**shapes, **biases, **norm}, 1)


@cache
def words() -> onnx.ModelProto:
    """A block of a transformer, of open batch and length, norms in front of products."""
    shapes: dict[str, tuple[int, ...]] = {
        "table": (50, 128),
        **dict.fromkeys(("wq", "wk", "wv", "wo"), (128, 128)),
        "wu": (128, 512),
        "wd": (512, 128),
        "wh": (128, 24),
        "bu": (512,),
        **dict.fromkeys(("bo", "bd", "g0", "h0", "g1", "h1", "g2", "h2"), (128,)),
    }
    return _with(WORDS, shapes, 2)


def image_samples(count: int, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """Smooth random images."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(count, 1, 3, 6, 6)).astype(np.float32)
    return [{"x": np.repeat(np.repeat(image, 4, 2), 4, 3)} for image in coarse]


def word_samples(count: int, length: int = 12, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """Random words."""
    rng = np.random.default_rng(seed)
    return [{"ids": rng.integers(0, 50, (1, length))} for _ in range(count)]

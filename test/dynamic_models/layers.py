"""Layers that several models share, each written as exporters write it."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper

from .graph import Graph

EPSILON = 1e-5


def linear(g: Graph, x: str, inputs: int, outputs: int) -> str:
    """`x @ w + b`."""
    return g.Add(g.weight(outputs, scale=0.1), g.MatMul(x, g.weight(inputs, outputs)))


def layer_norm(g: Graph, x: str, width: int) -> str:
    """Normalisation of rows, in the nodes of exporters without an operator for it."""
    centred = g.Sub(x, g.ReduceMean(x, axes=[-1]))
    spread = g.Sqrt(g.Add(g.ReduceMean(g.Pow(centred, 2.0), axes=[-1]), EPSILON))
    scaled = g.Mul(g.Div(centred, spread), g.Add(g.weight(width, scale=0.1), 1.0))
    return g.Add(scaled, g.weight(width, scale=0.1))


def rms_norm(g: Graph, x: str, width: int) -> str:
    """Llama's normalisation, in float32 also where the model is of halves."""
    wide = g.Cast(x, to=1)
    mean = g.ReduceMean(g.Pow(wide, np.float32(2)), axes=[-1])
    root = g.Sqrt(g.Add(mean, np.float32(EPSILON)))
    normal = g.Mul(wide, g.Div(np.float32(1), root))
    half = g.Cast(normal, to=10) if g.dtype == np.float16 else normal
    return g.Mul(g.Add(g.weight(width, scale=0.1), 1.0), half)


def expand_as_told(g: Graph, x: str, shape: str, rank: int) -> str:
    """`x.expand(shape)` of PyTorch, where -1 keeps a size; ONNX takes 1 for that."""
    unit = g.ConstantOfShape(g.shape(rank), value=one_integer(1))
    kept = g.Equal(shape, g.Mul(unit, np.int64(-1)))
    return g.Expand(x, g.Where(kept, unit, shape))


def one_integer(value: int) -> TensorProto:
    """What `ConstantOfShape` repeats."""
    return numpy_helper.from_array(np.array([value], np.int64))


def gelu(g: Graph, x: str) -> str:
    """`x / 2 * (1 + erf(x / sqrt(2)))`."""
    return g.Mul(g.Mul(x, g.Add(g.Erf(g.Div(x, 1.4142135)), 1.0)), 0.5)


def silu(g: Graph, x: str) -> str:
    """`x * sigmoid(x)`."""
    return g.Mul(x, g.Sigmoid(x))


def feed_forward(g: Graph, x: str, width: int, factor: int = 2) -> str:
    """Two linear layers with a GELU between."""
    return linear(g, gelu(g, linear(g, x, width, factor * width)), factor * width, width)


def split_heads(g: Graph, x: str, heads: int, width: int, **order: Any) -> str:
    """`[N, S, heads * width]` to `[N, heads, S, width]` by a shape that the graph computes."""
    shape = g.shape(g.dim(x, 0), g.dim(x, 1), heads, width)
    return g.Transpose(g.Reshape(x, shape), perm=order.get("perm", [0, 2, 1, 3]))


def join_heads(g: Graph, x: str, width: int) -> str:
    """`[N, heads, S, d]` to `[N, S, width]`, with one size left to `Reshape`."""
    rows = g.Transpose(x, perm=[0, 2, 1, 3])
    return g.Reshape(rows, g.shape(g.dim(rows, 0), -1, width))


def attend(g: Graph, q: str, k: str, v: str, width: int, mask: str | None) -> str:
    """Attention of `[N, heads, S, width]`, in products and a softmax."""
    scores = g.Div(g.MatMul(q, g.Transpose(k, perm=[0, 1, 3, 2])), float(np.sqrt(width)))
    if mask is not None:
        scores = g.Add(scores, mask)
    return g.MatMul(g.Softmax(scores, axis=-1), v)


def self_attention(g: Graph, x: str, heads: int, width: int, mask: str | None) -> str:
    """Attention of a sequence to itself, with projections."""
    each = width // heads
    q, k, v = (split_heads(g, linear(g, x, width, width), heads, each) for _ in range(3))
    return linear(g, join_heads(g, attend(g, q, k, v, each, mask), width), width, width)


def encoder_layer(g: Graph, x: str, heads: int, width: int, mask: str | None) -> str:
    """A layer of a transformer, norms behind."""
    x = layer_norm(g, g.Add(x, self_attention(g, x, heads, width, mask)), width)
    return layer_norm(g, g.Add(x, feed_forward(g, x, width)), width)


def conv(
    g: Graph, x: str, inputs: int, outputs: int, size: int, *, rank: int = 2, **attributes: Any
) -> str:
    """A convolution with a bias, padded to keep sizes where nothing else is said."""
    attributes.setdefault("pads", [size // 2] * (2 * rank))
    weight = g.weight(outputs, inputs // attributes.get("group", 1), *[size] * rank)
    return g.Conv(x, weight, g.weight(outputs, scale=0.1), **attributes)

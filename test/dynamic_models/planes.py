"""Models whose result is a picture: segmentation, super-resolution, windows of attention."""

from __future__ import annotations

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Graph
from .layers import attend, conv, join_heads, linear, split_heads

CLASSES = 4
LAST = np.iinfo(np.int64).max


def _to_size_of(g: Graph, x: str, other: str) -> str:
    """Bilinear, to the rows and columns of another value: `interpolate` of PyTorch."""
    plane = g.Slice(g.Shape(other), [2], [4], [0])
    sizes = g.Concat(g.Slice(g.Shape(x), [0], [2], [0]), g.Cast(plane, to=7), axis=0)
    return g.Resize(
        x, None, None, sizes, mode="linear", coordinate_transformation_mode="pytorch_half_pixel"
    )


def segmentation() -> Graph:
    """DeepLab: dilated convolutions and a pooled branch, resized to the size of the input."""
    g = Graph("segmentation")
    x = g.input("image", ("N", 3, "H", "W"))
    y = g.Relu(conv(g, x, 3, 16, 3, strides=[2, 2]))
    y = g.Relu(conv(g, y, 16, 16, 3, strides=[2, 2]))
    parts = [g.Relu(conv(g, y, 16, 8, 1))]
    parts += [g.Relu(conv(g, y, 16, 8, 3, dilations=[d, d], pads=[d] * 4)) for d in (2, 4)]
    pooled = g.Relu(conv(g, g.GlobalAveragePool(y), 16, 8, 1))
    parts.append(_to_size_of(g, pooled, y))
    y = g.Relu(conv(g, g.Concat(*parts, axis=1), 32, 16, 1))
    logits = _to_size_of(g, conv(g, y, 16, CLASSES, 1), x)
    g.output(logits, "logits")
    g.output(g.ArgMax(logits, axis=1, keepdims=0), "classes", np.int64)
    return g


def unet() -> Graph:
    """A U-Net that pads what it doubled to the size of what it skips to, as sizes want it."""
    g = Graph("unet")
    x = g.input("image", ("N", 1, "H", "W"))
    first = g.Relu(conv(g, x, 1, 8, 3))
    low = g.Relu(conv(g, g.MaxPool(first, kernel_shape=[2, 2], strides=[2, 2]), 8, 16, 3))
    up = g.ConvTranspose(low, g.weight(16, 8, 2, 2), g.weight(8), strides=[2, 2])
    gaps = [g.Sub(g.dim(first, axis), g.dim(up, axis)) for axis in (2, 3)]
    halves = [g.Div(gap, np.int64(2)) for gap in gaps]
    rests = [g.Sub(gap, half) for gap, half in zip(gaps, halves, strict=True)]
    zero = np.int64(0)
    pads = g.shape(*[g.constant(zero)] * 2, *halves, *[g.constant(zero)] * 2, *rests)
    padded = g.Pad(up, pads, 0.0)
    y = g.Relu(conv(g, g.Concat(first, padded, axis=1), 16, 8, 3))
    g.output(g.Sigmoid(conv(g, y, 8, 1, 1)), "mask")
    return g


def pyramid() -> Graph:
    """A pyramid of features, each level resized to the one below and added."""
    g = Graph("pyramid")
    x = g.input("image", ("N", 3, "H", "W"))
    levels: list[str] = []
    y, width = x, 3
    for wider in (8, 16, 32):
        y = g.Relu(conv(g, y, width, wider, 3, strides=[2, 2]))
        levels.append(conv(g, y, wider, 8, 1))
        width = wider
    top = levels.pop()
    outs = [top]
    for level in reversed(levels):
        sizes = g.Concat(g.Slice(g.Shape(top), [0], [2]), g.Slice(g.Shape(level), [2], [4]), axis=0)
        larger = g.Resize(
            top,
            None,
            None,
            sizes,
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )
        top = g.Add(larger, level)
        outs.append(conv(g, top, 8, 8, 3))
    for at, value in enumerate(outs):
        g.output(value, f"level_{at}")
    return g


def larger_picture() -> Graph:
    """Three times as large, by channels that become pixels, over the picture resized."""
    g = Graph("larger_picture")
    x = g.input("image", ("N", 1, "H", "W"))
    y = g.Relu(conv(g, x, 1, 16, 5))
    y = g.Relu(conv(g, y, 16, 16, 3))
    y = g.DepthToSpace(conv(g, y, 16, 9, 3), blocksize=3, mode="CRD")
    rough = g.Resize(
        x,
        None,
        g.constant(np.array([1, 1, 3, 3], np.float32)),
        mode="cubic",
        cubic_coeff_a=-0.75,
        coordinate_transformation_mode="half_pixel",
    )
    g.output(g.Clip(g.Add(y, rough), 0.0, 1.0), "larger")
    return g


def windows() -> Graph:
    """Attention within windows of 4x4: padded to a multiple, cut, joined, and cropped again."""
    g = Graph("windows")
    size, width, heads = 4, 16, 2
    x = g.input("image", ("N", "H", "W", width))
    rows, height, wide = (g.dim(x, axis) for axis in range(3))
    gaps = [
        g.Mod(g.Sub(np.int64(size), g.Mod(n, np.int64(size))), np.int64(size))
        for n in (height, wide)
    ]
    zero = g.constant(np.int64(0))
    padded = g.Pad(x, g.shape(zero, zero, zero, zero, zero, *gaps, zero), 0.0)
    down, across = (g.Div(g.dim(padded, axis), np.int64(size)) for axis in (1, 2))
    cut = g.Reshape(padded, g.shape(rows, down, size, across, size, width))
    tokens = g.Reshape(g.Transpose(cut, perm=[0, 1, 3, 2, 4, 5]), g.shape(-1, size * size, width))
    q, k, v = (
        split_heads(g, linear(g, tokens, width, width), heads, width // heads) for _ in range(3)
    )
    found = join_heads(g, attend(g, q, k, v, width // heads, None), width)
    parts = g.Reshape(found, g.shape(rows, down, across, size, size, -1))
    whole = g.Reshape(
        g.Transpose(parts, perm=[0, 1, 3, 2, 4, 5]),
        g.shape(rows, g.Mul(down, np.int64(size)), g.Mul(across, np.int64(size)), -1),
    )
    y = g.Slice(whole, [0, 0], g.shape(height, wide), [1, 2])
    g.output(g.Add(x, y), "out")
    return g


PICTURES = {"N": (1, 2), "H": (8, 60), "W": (8, 60)}
NOTABLE = ({"N": 1, "H": 32, "W": 32}, {"N": 2, "H": 9, "W": 31}, {"N": 1, "H": 17, "W": 8})

PLANES = [
    DynamicModel("segmentation", segmentation, PICTURES, NOTABLE),
    DynamicModel("unet", unet, PICTURES, NOTABLE),
    DynamicModel("pyramid", pyramid, PICTURES, NOTABLE),
    DynamicModel("larger_picture", larger_picture, PICTURES, NOTABLE),
    DynamicModel("windows", windows, PICTURES, (*NOTABLE, {"N": 1, "H": 1, "W": 3})),
]

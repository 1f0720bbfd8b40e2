"""Detectors and other models of pictures of any height and width."""

from __future__ import annotations

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Graph
from .layers import conv, encoder_layer, expand_as_told, linear, silu

CLASSES = 5
LAST = np.iinfo(np.int64).max


def _block(g: Graph, x: str, inputs: int, outputs: int, size: int = 3, stride: int = 1) -> str:
    return silu(g, conv(g, x, inputs, outputs, size, strides=[stride, stride]))


def _split_block(g: Graph, x: str, width: int) -> str:
    """Half of the channels pass by a residual block, as YOLOv8's C2f."""
    y = _block(g, x, width, width, 1)
    first, second = g.several(2, "Split", y, g.constant([width // 2] * 2), axis=1)
    inner = _block(g, _block(g, second, width // 2, width // 2), width // 2, width // 2)
    return _block(
        g, g.Concat(first, second, g.Add(second, inner), axis=1), width * 3 // 2, width, 1
    )


def _as_large_as(g: Graph, x: str, other: str) -> str:
    """Resized to rows and columns of another value, by sizes that the graph computes."""
    rows_and_columns = g.Slice(g.Shape(other), [2], [4], [0])
    head = g.Slice(g.Shape(x), [0], [2], [0])
    return g.Resize(
        x,
        None,
        None,
        g.Concat(head, rows_and_columns, axis=0),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


def _anchors(g: Graph, features: str, stride: int) -> str:
    """`[2, h * w]`: the middle of each cell, from ranges that are expanded to a grid."""
    height, width = g.dim(features, 2), g.dim(features, 3)
    rows = g.Add(g.Cast(g.Range(np.int64(0), height, np.int64(1)), to=1), 0.5)
    columns = g.Add(g.Cast(g.Range(np.int64(0), width, np.int64(1)), to=1), 0.5)
    grid = g.shape(height, width)
    x = g.Expand(g.Unsqueeze(columns, [0]), grid)
    y = g.Expand(g.Unsqueeze(rows, [1]), grid)
    both = g.Concat(g.Unsqueeze(x, [0]), g.Unsqueeze(y, [0]), axis=0)
    return g.Mul(g.Reshape(both, g.constant([2, -1])), float(stride))


def _network(g: Graph) -> tuple[str, str]:
    """Boxes `[N, 4, cells]` and scores `[N, CLASSES, cells]`."""
    x = g.input("images", ("N", 3, "H", "W"))
    stem = _block(g, _block(g, x, 3, 8, stride=2), 8, 16, stride=2)
    fine = _split_block(g, stem, 16)
    coarse = _split_block(g, _block(g, fine, 16, 32, stride=2), 32)
    pooled = coarse
    pools = [coarse]
    for _ in range(2):
        pooled = g.MaxPool(pooled, kernel_shape=[5, 5], pads=[2] * 4, strides=[1, 1])
        pools.append(pooled)
    coarse = _block(g, g.Concat(*pools, axis=1), 96, 32, 1)
    joined = g.Concat(_as_large_as(g, coarse, fine), fine, axis=1)
    fine = _split_block(g, _block(g, joined, 48, 16, 1), 16)
    boxes: list[str] = []
    scores: list[str] = []
    for features, width, stride in ((fine, 16, 4), (coarse, 32, 8)):
        rows = g.dim(features, 0)
        sides = conv(g, _block(g, features, width, 16), 16, 16, 1)
        kinds = conv(g, _block(g, features, width, 16), 16, CLASSES, 1)
        # Sides are means over four bins each.
        bins = g.Reshape(sides, g.shape(rows, 4, 4, -1))
        shares = g.Softmax(g.Transpose(bins, perm=[0, 2, 1, 3]), axis=1)
        weights = g.constant(np.arange(4, dtype=np.float32).reshape(1, 4, 1, 1))
        away = g.Mul(g.ReduceSum(g.Mul(shares, weights), [1], keepdims=0), float(stride))
        near, far = g.several(2, "Split", away, g.constant([2, 2]), axis=1)
        middle = g.Unsqueeze(_anchors(g, features, stride), [0])
        boxes.append(g.Concat(g.Sub(middle, near), g.Add(middle, far), axis=1))
        scores.append(g.Reshape(g.Sigmoid(kinds), g.shape(rows, CLASSES, -1)))
    return g.Concat(*boxes, axis=2), g.Concat(*scores, axis=2)


def yolo() -> Graph:
    """Boxes and scores of all cells."""
    g = Graph("yolo")
    boxes, scores = _network(g)
    g.output(g.Concat(boxes, scores, axis=1), "predictions")
    return g


def yolo_with_suppression() -> Graph:
    """The boxes that are left: `NonMaxSuppression`, and gathers by what it found."""
    g = Graph("yolo_with_suppression")
    boxes, scores = _network(g)
    corners = g.Transpose(boxes, perm=[0, 2, 1])
    found = g.NonMaxSuppression(
        corners, scores, g.constant(np.int64(10)), np.float32(0.5), np.float32(0.5)
    )
    at_rows = g.Gather(found, g.constant([0, 2]), axis=1)
    kept = g.GatherND(corners, at_rows)
    g.output(found, "selected", np.int64)
    g.output(kept, "boxes")
    g.output(g.GatherND(scores, found), "scores")
    return g


def best_cells() -> Graph:
    """The best cells by `TopK` of what there is, boxes gathered by expanded places."""
    g = Graph("best_cells")
    boxes, scores = _network(g)
    best = g.ReduceMax(scores, axes=[1], keepdims=0)
    cells = g.Unsqueeze(g.dim(best, 1), [0])
    count = g.Min(cells, g.constant([20]))
    values, places = g.several(2, "TopK", best, count, axis=1)
    by_row = g.Transpose(boxes, perm=[0, 2, 1])
    wide = g.Expand(g.Unsqueeze(places, [-1]), g.shape(g.dim(best, 0), g.dim(places, 1), 4))
    g.output(values, "scores")
    g.output(g.GatherElements(by_row, wide, axis=1), "boxes")
    return g


def classifier() -> Graph:
    """A residual network over pictures of any size, and its mean over the plane."""
    g = Graph("classifier")
    x = g.input("images", ("N", 3, "H", "W"))
    y = g.Relu(conv(g, x, 3, 16, 7, strides=[2, 2]))
    y = g.MaxPool(y, kernel_shape=[3, 3], pads=[1] * 4, strides=[2, 2])
    inner = conv(g, g.Relu(conv(g, y, 16, 16, 3)), 16, 16, 3)
    y = g.Relu(g.Add(y, inner))
    y = g.HardSwish(conv(g, y, 16, 16, 3, group=16, strides=[2, 2]))
    squeezed = g.GlobalAveragePool(y)
    y = g.Mul(y, g.HardSigmoid(conv(g, squeezed, 16, 16, 1)))
    flat = g.Flatten(g.GlobalAveragePool(g.Relu(conv(g, y, 16, 24, 1))), axis=1)
    g.output(g.Gemm(flat, g.weight(10, 24), g.weight(10), transB=1), "logits")
    return g


def picture_transformer() -> Graph:
    """Patches of any number, with positions resized to their grid, and a token before them."""
    g = Graph("picture_transformer")
    width = 24
    x = g.input("pixels", ("N", 3, "H", "W"))
    patches = g.Conv(x, g.weight(width, 3, 8, 8), g.weight(width), strides=[8, 8])
    grid = g.Slice(g.Shape(patches), [2], [4], [0])
    table = g.weight(1, width, 4, 4, scale=1)
    sizes = g.Concat(g.constant([1, width]), grid, axis=0)
    places = g.Resize(
        table,
        None,
        None,
        sizes,
        mode="cubic",
        cubic_coeff_a=-0.75,
        coordinate_transformation_mode="pytorch_half_pixel",
    )
    y = g.Add(patches, places)
    flat = g.Transpose(g.Reshape(y, g.shape(g.dim(y, 0), width, -1)), perm=[0, 2, 1])
    token = expand_as_told(g, g.weight(1, 1, width, scale=1), g.shape(g.dim(x, 0), -1, -1), 3)
    y = g.Concat(token, flat, axis=1)
    y = encoder_layer(g, y, 4, width, None)
    g.output(linear(g, g.Gather(y, np.int64(0), axis=1), width, 6), "logits")
    return g


PICTURES = {"N": (1, 2), "H": (16, 80), "W": (16, 80)}
NOTABLE = ({"N": 1, "H": 32, "W": 32}, {"N": 2, "H": 33, "W": 47}, {"N": 1, "H": 16, "W": 65})

DETECTORS = [
    DynamicModel("yolo", yolo, PICTURES, NOTABLE),
    DynamicModel("yolo_with_suppression", yolo_with_suppression, PICTURES, NOTABLE),
    DynamicModel("best_cells", best_cells, PICTURES, NOTABLE),
    DynamicModel("classifier", classifier, PICTURES, (*NOTABLE, {"N": 1, "H": 1, "W": 1})),
    DynamicModel("picture_transformer", picture_transformer, PICTURES, NOTABLE),
]

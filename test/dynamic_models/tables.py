"""Recommendation, classification of texts, and pipelines of classic estimators: any batch."""

from __future__ import annotations

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Array, Graph, Sizes, below, normal
from .layers import conv, encoder_layer, linear

WORDS = 50
WIDTH = 16
END = WORDS - 1
LAST = np.iinfo(np.int64).max


def ranking() -> Graph:
    """DLRM: tables of embeddings, products of all pairs, the lower triangle of them."""
    g = Graph("ranking")
    fields = 5
    dense = g.input("dense", ("N", 7))
    sparse = g.input("sparse", ("N", fields), below(WORDS), np.int64)
    bottom = g.Relu(linear(g, g.Relu(linear(g, dense, 7, 24)), 24, WIDTH))
    columns = [
        g.Gather(g.weight(WORDS, WIDTH, scale=1), g.Gather(sparse, np.int64(at), axis=1))
        for at in range(fields)
    ]
    joined = g.Concat(bottom, *columns, axis=1)
    rows = g.Reshape(joined, g.shape(g.dim(dense, 0), -1, WIDTH))
    pairs = g.MatMul(rows, g.Transpose(rows, perm=[0, 2, 1]))
    low = [i * (fields + 1) + j for i in range(fields + 1) for j in range(i)]
    flat = g.Reshape(pairs, g.shape(-1, (fields + 1) ** 2))
    chosen = g.Gather(flat, g.constant(np.array(low)), axis=1)
    top = g.Concat(bottom, chosen, axis=1)
    y = linear(g, g.Relu(linear(g, top, WIDTH + len(low), 24)), 24, 1)
    g.output(g.Sigmoid(y), "probability")
    return g


def history() -> Graph:
    """Bags of clicks, padded with 0: sums and means of embeddings, attention to the candidate."""
    g = Graph("history")
    clicks = g.input("history", ("N", "L"), below(WORDS), np.int64)
    item = g.input("item", ("N",), below(WORDS), np.int64)
    table = g.weight(WORDS, WIDTH, scale=1)
    rows = g.Gather(table, clicks)
    there = g.Cast(g.Not(g.Equal(clicks, np.int64(0))), to=1)
    kept = g.Mul(rows, g.Unsqueeze(there, [2]))
    total = g.ReduceSum(kept, [1], keepdims=0)
    count = g.Max(g.ReduceSum(there, [1], keepdims=1), g.constant(1.0))
    mean = g.Div(total, count)
    wanted = g.Gather(table, item)
    wide = g.Expand(g.Unsqueeze(wanted, [1]), g.Shape(rows))
    both = g.Concat(rows, wide, g.Sub(rows, wide), g.Mul(rows, wide), axis=-1)
    scores = linear(g, g.Relu(linear(g, both, 4 * WIDTH, 12)), 12, 1)
    hidden = g.Where(g.Cast(g.Unsqueeze(there, [2]), to=9), scores, -1e4)
    weights = g.Transpose(g.Softmax(hidden, axis=1), perm=[0, 2, 1])
    looked = g.Squeeze(g.MatMul(weights, rows), [1])
    kinds = g.OneHot(
        item, g.constant(np.int64(WORDS)), g.constant(np.array([0, 1], np.float32)), axis=-1
    )
    last = g.Concat(mean, looked, wanted, g.MatMul(kinds, g.weight(WORDS, 4)), axis=1)
    g.output(linear(g, last, 3 * WIDTH + 4, 1), "score")
    return g


def text_convolutions() -> Graph:
    """Filters of several widths over the words, the largest of each."""
    g = Graph("text_convolutions")
    ids = g.input("ids", ("N", "S"), below(WORDS), np.int64)
    x = g.Transpose(g.Gather(g.weight(WORDS, WIDTH, scale=1), ids), perm=[0, 2, 1])
    parts = [
        g.ReduceMax(g.Relu(conv(g, x, WIDTH, 8, size, rank=1, pads=[2, 2])), axes=[2], keepdims=0)
        for size in (2, 3, 5)
    ]
    g.output(g.Softmax(linear(g, g.Concat(*parts, axis=1), 24, 3), axis=-1), "classes")
    return g


def _with_end(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
    """Words, with the end somewhere in each row."""
    ids = rng.integers(0, END, shape)
    if ids.size:
        ids[np.arange(shape[0]), rng.integers(0, shape[1], shape[0])] = END
    return ids


def clip_text() -> Graph:
    """The row at the end of each text: `ArgMax` of where the last word stands, and `GatherND`."""
    g = Graph("clip_text")
    ids = g.input("input_ids", ("N", "S"), _with_end, np.int64)
    steps = g.dim(ids, 1)
    full = g.Expand(
        g.constant(np.array([np.finfo(np.float32).min], np.float32)), g.shape(steps, steps)
    )
    mask = g.Unsqueeze(g.Trilu(full, g.constant(np.int64(1)), upper=1), [0, 1])
    x = encoder_layer(g, g.Gather(g.weight(WORDS, WIDTH, scale=1), ids), 2, WIDTH, mask)
    at = g.ArgMax(g.Cast(g.Equal(ids, np.int64(END)), to=6), axis=-1, keepdims=0)
    rows = g.Range(np.int64(0), g.dim(x, 0), np.int64(1))
    places = g.Concat(g.Unsqueeze(rows, [-1]), g.Unsqueeze(at, [-1]), axis=-1)
    pooled = g.MatMul(g.GatherND(x, places), g.weight(WIDTH, 8))
    g.output(g.Div(pooled, g.ReduceL2(pooled, axes=[-1], keepdims=1)), "embedding")
    return g


def inner_words() -> Graph:
    """All words but the first and the last, every second of them, and their order turned."""
    g = Graph("inner_words")
    ids = g.input("ids", ("N", "S"), below(WORDS), np.int64)
    x = g.Gather(g.weight(WORDS, WIDTH, scale=1), ids)
    inner = g.Slice(x, [1], [-1], [1], [1])
    second = g.Slice(inner, [0], [LAST], [1], [2])
    turned = g.Slice(second, [-1], [-LAST], [1], [-1])
    halves = g.Div(g.dim(turned, 1), np.int64(2))
    first = g.Slice(turned, [0], g.Unsqueeze(halves, [0]), [1])
    rest = g.Slice(turned, g.Unsqueeze(halves, [0]), [LAST], [1])
    g.output(g.Concat(rest, first, axis=1), "turned")
    g.output(g.ReduceSum(g.Tile(inner, g.constant([1, 2, 1])), [1], keepdims=0), "sum")
    g.output(g.CumSum(inner, np.int64(1)), "sums")
    return g


def forest_pipeline() -> Graph:
    """Numbers scaled, kinds one-hot, a forest's probabilities beside a linear score."""
    g = Graph("forest_pipeline", domains={"ai.onnx.ml": 3})
    numbers = g.input("numbers", ("N", 4), normal)
    kinds = g.input("kinds", ("N", 1), below(4), np.int64)
    ml = {"domain": "ai.onnx.ml"}
    scaled = g.Scaler(numbers, offset=[0.1, 0.2, 0.0, -0.1], scale=[1.0, 2.0, 0.5, 1.0], **ml)
    encoded = g.OneHotEncoder(kinds, cats_int64s=[0, 1, 2], zeros=1, **ml)
    columns = g.Reshape(encoded, g.constant([-1, 3]))
    x = g.Concat(scaled, columns, axis=1)
    rng = np.random.default_rng(5)
    trees = 4
    # Each tree: a root, two inner nodes, four leaves.
    modes = ["BRANCH_LEQ"] * 3 + ["LEAF"] * 4
    label, chances = g.several(
        2,
        "TreeEnsembleClassifier",
        x,
        classlabels_int64s=[0, 1, 2],
        post_transform="SOFTMAX",
        nodes_treeids=[t for t in range(trees) for _ in modes],
        nodes_nodeids=list(range(7)) * trees,
        nodes_featureids=[int(n) for n in rng.integers(0, 7, 7 * trees)],
        nodes_modes=modes * trees,
        nodes_values=[float(n) for n in rng.standard_normal(7 * trees)],
        nodes_truenodeids=[1, 3, 5, 0, 0, 0, 0] * trees,
        nodes_falsenodeids=[2, 4, 6, 0, 0, 0, 0] * trees,
        class_treeids=[t for t in range(trees) for _ in range(4)],
        class_nodeids=[3, 4, 5, 6] * trees,
        class_ids=[int(n) for n in rng.integers(0, 3, 4 * trees)],
        class_weights=[float(n) for n in rng.standard_normal(4 * trees)],
        **ml,
    )
    normed = g.Normalizer(x, norm="L2", **ml)
    score = g.LinearRegressor(
        normed, coefficients=[float(n) for n in rng.standard_normal(7)], intercepts=[0.5], **ml
    )
    g.output(label, "label", np.int64)
    g.output(chances, "probabilities")
    g.output(score, "score")
    return g


BATCH = {"N": (1, 70)}
SMALL = ({"N": 1}, {"N": 2}, {"N": 33})

TABLES = [
    DynamicModel("ranking", ranking, BATCH, (*SMALL, {"N": 0})),
    DynamicModel(
        "history",
        history,
        {"N": (1, 20), "L": (1, 30)},
        ({"N": 1, "L": 1}, {"N": 7, "L": 2}, {"N": 0, "L": 3}),
    ),
    DynamicModel(
        "text_convolutions",
        text_convolutions,
        {"N": (1, 5), "S": (1, 40)},
        ({"N": 1, "S": 1}, {"N": 3, "S": 17}),
    ),
    DynamicModel(
        "clip_text",
        clip_text,
        {"N": (1, 5), "S": (1, 40)},
        ({"N": 1, "S": 1}, {"N": 3, "S": 17}, {"N": 0, "S": 4}),
    ),
    DynamicModel(
        "inner_words",
        inner_words,
        {"N": (1, 5), "S": (3, 40)},
        ({"N": 1, "S": 3}, {"N": 2, "S": 8}, {"N": 1, "S": 2}, {"N": 0, "S": 4}),
        too_small_for_theirs=frozenset({0, 2}),
    ),
    DynamicModel("forest_pipeline", forest_pipeline, BATCH, (*SMALL, {"N": 0})),
]

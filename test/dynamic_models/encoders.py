"""Encoders of texts of any length, with the masks that exporters write."""

from __future__ import annotations

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Array, Graph, Sizes, below, ones
from .layers import attend, encoder_layer, gelu, join_heads, linear, rms_norm, split_heads

WORDS = 60
WIDTH = 32
HEADS = 4
POSITIONS = 64


def bert_encoder() -> Graph:
    """BERT: positions cut out of a table, types that are zeros of the input's shape, a pooler."""
    g = Graph("bert_encoder")
    ids = g.input("input_ids", ("N", "S"), below(WORDS), np.int64)
    seen = g.input("attention_mask", ("N", "S"), ones, np.int64)
    rows, steps = g.dim(ids, 0), g.dim(ids, 1)
    table = g.constant(np.arange(POSITIONS)[None])
    places = g.Slice(table, [0], g.Unsqueeze(steps, [0]), [1], [1])
    none = g.Slice(
        g.constant(np.zeros((1, POSITIONS), np.int64)), [0], g.Unsqueeze(steps, [0]), [1]
    )
    types = g.Expand(none, g.shape(rows, steps))
    x = g.Add(
        g.Gather(g.weight(WORDS, WIDTH, scale=1), ids),
        g.Gather(g.weight(2, WIDTH, scale=1), types),
    )
    x = g.Add(x, g.Gather(g.weight(POSITIONS, WIDTH, scale=1), places))
    four = g.Expand(g.Unsqueeze(seen, [1, 2]), g.shape(rows, 1, steps, steps))
    hidden = g.Sub(1.0, g.Cast(four, to=1))
    mask = g.Where(g.Cast(hidden, to=9), float(np.finfo(np.float32).min), hidden)
    for _ in range(2):
        x = encoder_layer(g, x, HEADS, WIDTH, mask)
    first = g.Gather(x, np.int64(0), axis=1)
    g.output(x, "last_hidden_state")
    g.output(g.Tanh(g.Gemm(first, g.weight(WIDTH, WIDTH), g.weight(WIDTH), transB=1)), "pooled")
    return g


def _lengths(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
    return rng.integers(min(1, sizes["S"]), sizes["S"] + 1, shape)


def encoder_of_lengths() -> Graph:
    """Rows of given lengths: a mask from `Range` and `Less`, and the mean of what is no padding."""
    g = Graph("encoder_of_lengths")
    x = g.input("features", ("N", "S", WIDTH))
    lengths = g.input("lengths", ("N",), _lengths, np.int64)
    steps = g.dim(x, 1)
    at = g.Range(np.int64(0), steps, np.int64(1))
    inside = g.Less(g.Unsqueeze(at, [0]), g.Unsqueeze(lengths, [1]))
    padding = g.Not(inside)
    scores = g.Where(g.Unsqueeze(padding, [1, 2]), g.constant(-1e9), g.constant(0.0))
    x = encoder_layer(g, x, HEADS, WIDTH, scores)
    kept = g.Cast(g.Unsqueeze(inside, [-1]), to=1)
    wide = g.Expand(kept, g.Shape(x))
    total = g.ReduceSum(g.Mul(x, wide), [1], keepdims=0)
    count = g.Clip(g.ReduceSum(wide, [1], keepdims=0), 1e-9)
    mean = g.Div(total, count)
    norm = g.Expand(g.Clip(g.ReduceL2(mean, axes=[1], keepdims=1), 1e-12), g.Shape(mean))
    g.output(g.Div(mean, norm), "sentence")
    g.output(padding, "padding", bool)
    return g


def t5_encoder() -> Graph:
    """Biases of relative positions, whose buckets the graph computes."""
    g = Graph("t5_encoder")
    ids = g.input("input_ids", ("N", "S"), below(WORDS), np.int64)
    seen = g.input("attention_mask", ("N", "S"), ones, np.int64)
    steps = g.dim(ids, 1)
    at = g.Range(np.int64(0), steps, np.int64(1))
    apart = g.Sub(g.Unsqueeze(at, [0]), g.Unsqueeze(at, [1]))
    side = g.Mul(g.Cast(g.Greater(apart, np.int64(0)), to=7), np.int64(16))
    far = g.Abs(apart)
    near = g.Less(far, np.int64(8))
    logs = g.Div(g.Log(g.Div(g.Cast(far, to=1), 8.0)), float(np.log(16)))
    large = g.Add(g.Cast(g.Mul(logs, 8.0), to=7), np.int64(8))
    full = g.ConstantOfShape(g.Shape(large))
    most = g.Add(g.Cast(full, to=7), np.int64(15))
    bucket = g.Add(side, g.Where(near, far, g.Min(large, most)))
    bias = g.Unsqueeze(
        g.Transpose(g.Gather(g.weight(32, HEADS, scale=1), bucket), perm=[2, 0, 1]), [0]
    )
    hidden = g.Mul(g.Sub(1.0, g.Cast(g.Unsqueeze(seen, [1, 2]), to=1)), -1e9)
    mask = g.Add(bias, hidden)
    x = g.Gather(g.weight(WORDS, WIDTH, scale=1), ids)
    each = WIDTH // HEADS
    for _ in range(2):
        inner = rms_norm(g, x, WIDTH)
        q, k, v = (
            split_heads(g, g.MatMul(inner, g.weight(WIDTH, WIDTH)), HEADS, each) for _ in range(3)
        )
        found = join_heads(g, attend(g, q, k, v, each, mask), WIDTH)
        x = g.Add(x, g.MatMul(found, g.weight(WIDTH, WIDTH)))
        inner = rms_norm(g, x, WIDTH)
        x = g.Add(x, linear(g, g.Relu(linear(g, inner, WIDTH, 64)), 64, WIDTH))
    g.output(rms_norm(g, x, WIDTH), "last_hidden_state")
    return g


def exported_program() -> Graph:
    """What the newer exporter writes: parts of `Shape`, whole operators, `allowzero`."""
    g = Graph("exported_program", opset=20)
    x = g.input("x", ("batch", "seq", WIDTH))
    rows, steps = g.Shape(x, start=0, end=1), g.Shape(x, start=1, end=2)
    each = WIDTH // HEADS
    at = g.Range(np.int64(0), g.Squeeze(steps, [0]), np.int64(1))
    causal = g.LessOrEqual(g.Unsqueeze(at, [0]), g.Unsqueeze(at, [1]))
    wide = g.Expand(
        g.Unsqueeze(causal, [0, 1]), g.Concat(rows, g.constant([1]), steps, steps, axis=0)
    )
    mask = g.Where(wide, g.constant(0.0), g.constant(-np.inf, np.float32))
    heads = g.Concat(rows, steps, g.constant([HEADS, each]), axis=0)
    flat = g.Concat(rows, steps, g.constant([WIDTH]), axis=0)
    inner = g.LayerNormalization(x, g.weight(WIDTH, scale=1), g.weight(WIDTH), axis=-1)
    q, k, v = (
        g.Transpose(
            g.Reshape(linear(g, inner, WIDTH, WIDTH), heads, allowzero=1), perm=[0, 2, 1, 3]
        )
        for _ in range(3)
    )
    half = float(np.sqrt(1 / np.sqrt(each)))
    scores = g.MatMul(g.Mul(q, half), g.Mul(g.Transpose(k, perm=[0, 1, 3, 2]), half))
    found = g.MatMul(g.Softmax(g.Add(scores, mask), axis=-1), v)
    joined = g.Reshape(g.Transpose(found, perm=[0, 2, 1, 3]), flat, allowzero=1)
    x = g.Add(x, linear(g, joined, WIDTH, WIDTH))
    x = g.Add(x, linear(g, g.Gelu(linear(g, x, WIDTH, 64), approximate="tanh"), 64, WIDTH))
    g.output(x, "out")
    return g


def relative_encoder() -> Graph:
    """Scores by distance, shifted into place as Transformer-XL and conformers do it."""
    g = Graph("relative_encoder")
    x = g.input("x", ("N", "T", WIDTH))
    rows, steps = g.dim(x, 0), g.dim(x, 1)
    each = WIDTH // HEADS
    q, k, v = (split_heads(g, linear(g, x, WIDTH, WIDTH), HEADS, each) for _ in range(3))
    # Rows T - 1 to -(T - 1) of sinusoids, from a range that counts down.
    last = g.Sub(steps, np.int64(1))
    down = g.Range(last, g.Neg(steps), np.int64(-1))
    angles = g.Mul(
        g.Unsqueeze(g.Cast(down, to=1), [1]), g.constant(10.0 ** -np.arange(WIDTH // 2), np.float32)
    )
    table = g.Unsqueeze(g.Concat(g.Sin(angles), g.Cos(angles), axis=1), [0])
    places = split_heads(g, g.MatMul(table, g.weight(WIDTH, WIDTH)), HEADS, each)
    by_place = g.MatMul(q, g.Transpose(places, perm=[0, 1, 3, 2]))  # [N, h, T, 2T - 1]
    padded = g.Pad(by_place, g.constant([0, 0, 0, 1, 0, 0, 0, 0]), 0.0)
    turned = g.Reshape(padded, g.shape(rows, HEADS, -1, steps))
    cut = g.Slice(turned, [1], [np.iinfo(np.int64).max], [2])
    shifted = g.Reshape(cut, g.Shape(by_place))
    by_place = g.Slice(shifted, [0], g.Unsqueeze(steps, [0]), [3])
    scores = g.Add(g.MatMul(q, g.Transpose(k, perm=[0, 1, 3, 2])), by_place)
    weights = g.Softmax(g.Div(scores, float(np.sqrt(each))), axis=-1)
    found = join_heads(g, g.MatMul(weights, v), WIDTH)
    g.output(gelu(g, linear(g, found, WIDTH, WIDTH)), "out")
    return g


TEXTS = {"N": (1, 4), "S": (1, 64)}
SHORT = ({"N": 1, "S": 1}, {"N": 3, "S": 2}, {"N": 1, "S": 64})

ENCODERS = [
    DynamicModel("bert_encoder", bert_encoder, TEXTS, (*SHORT, {"N": 0, "S": 5})),
    DynamicModel("encoder_of_lengths", encoder_of_lengths, TEXTS, SHORT),
    DynamicModel("t5_encoder", t5_encoder, TEXTS, SHORT),
    DynamicModel(
        "exported_program",
        exported_program,
        {"batch": (1, 4), "seq": (1, 50)},
        ({"batch": 1, "seq": 1}, {"batch": 2, "seq": 17}, {"batch": 0, "seq": 3}),
    ),
    DynamicModel(
        "relative_encoder",
        relative_encoder,
        {"N": (1, 3), "T": (1, 40)},
        ({"N": 1, "T": 1}, {"N": 2, "T": 2}),
    ),
]

"""Decoders that continue a text: a step over what is kept of the steps before it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Array, Graph, below, ones
from .layers import (
    attend,
    expand_as_told,
    feed_forward,
    join_heads,
    layer_norm,
    linear,
    rms_norm,
    silu,
    split_heads,
)

WORDS = 50
WIDTH = 32
EACH = 8
"""Numbers of one head."""
POSITIONS = 96
"""Of the table of GPT-2's mask."""


def _causal_mask(g: Graph, past: str, steps: str, rows: str) -> str:
    """`[N, 1, S, P + S]`: 0 where a step may look, as the exporter of Llama writes it."""
    total = g.Add(past, steps)
    at = g.Range(past, total, np.int64(1))
    lowest = -65504.0 if g.dtype == np.float16 else float(np.finfo(np.float32).min)
    full = g.Expand(g.constant([lowest], g.dtype), g.shape(steps, total))
    later = g.Greater(g.Range(np.int64(0), total, np.int64(1)), g.Reshape(at, [-1, 1]))
    mask = g.Mul(full, g.Cast(later, to=10 if g.dtype == np.float16 else 1))
    four = g.Unsqueeze(g.Unsqueeze(mask, [0]), [1])
    return g.Expand(four, g.shape(rows, 1, steps, total))


def _rotated(g: Graph, x: str, cosine: str, sine: str) -> str:
    """Rotary positions: `x * cos + (-x2, x1) * sin`, the halves cut by the size of the axis."""
    half = g.Div(g.dim(x, 3), np.int64(2))
    end = g.Unsqueeze(half, [0])
    first = g.Slice(x, [0], end, [3], [1])
    second = g.Slice(x, end, [np.iinfo(np.int64).max], [3], [1])
    return g.Add(g.Mul(x, cosine), g.Mul(g.Concat(g.Neg(second), first, axis=-1), sine))


def _positions(g: Graph, past: str, steps: str) -> tuple[str, str]:
    """Cosines and sines `[1, 1, S, EACH]` of the positions behind `past`."""
    at = g.Cast(g.Range(past, g.Add(past, steps), np.int64(1)), to=1)
    rates = (10000 ** (-np.arange(0, EACH, 2) / EACH)).astype(np.float32)
    angles = g.MatMul(g.Reshape(at, [-1, 1]), g.constant(rates[None]))
    both = g.Unsqueeze(g.Concat(angles, angles, axis=-1), [0, 1])
    parts = (g.Cos(both), g.Sin(both))
    kind = 10 if g.dtype == np.float16 else 1
    return g.Cast(parts[0], to=kind), g.Cast(parts[1], to=kind)


def _repeated(g: Graph, x: str, heads: int, groups: int) -> str:
    """Each head of keys for `groups` heads of queries: `repeat_kv` of Llama."""
    if groups == 1:
        return x
    rows, steps, each = g.dim(x, 0), g.dim(x, 2), g.dim(x, 3)
    wanted = g.shape(rows, heads, groups, steps, each)
    five = expand_as_told(g, g.Unsqueeze(x, [2]), wanted, 5)
    flat = g.Mul(g.constant(heads), g.constant(groups))
    return g.Reshape(five, g.shape(rows, flat, steps, each))


def llama_step(heads: int = 4, shared: int = 2, dtype: type = np.float32, layers: int = 2) -> Graph:
    """Two layers with rotary positions and grouped keys, prompt or next word alike."""
    g = Graph("llama_step", dtype=dtype)
    ids = g.input("input_ids", ("N", "S"), below(WORDS), np.int64)
    kept = [
        (
            g.input(f"past_{at}_key", ("N", shared, "P", EACH)),
            g.input(f"past_{at}_value", ("N", shared, "P", EACH)),
        )
        for at in range(layers)
    ]
    past, steps, rows = g.dim(kept[0][0], 2), g.dim(ids, 1), g.dim(ids, 0)
    mask = _causal_mask(g, past, steps, rows)
    cosine, sine = _positions(g, past, steps)
    width = heads * EACH
    x = g.Gather(g.weight(WORDS, width, scale=1), ids, axis=0)
    for at, (old_keys, old_values) in enumerate(kept):
        inner = rms_norm(g, x, width)
        q = split_heads(g, g.MatMul(inner, g.weight(width, width)), heads, EACH)
        k, v = (
            split_heads(g, g.MatMul(inner, g.weight(width, shared * EACH)), shared, EACH)
            for _ in range(2)
        )
        keys = g.Concat(old_keys, _rotated(g, k, cosine, sine), axis=2)
        values = g.Concat(old_values, v, axis=2)
        g.output(keys, f"present_{at}_key")
        g.output(values, f"present_{at}_value")
        groups = heads // shared
        all_keys, all_values = (_repeated(g, t, shared, groups) for t in (keys, values))
        found = attend(g, _rotated(g, q, cosine, sine), all_keys, all_values, EACH, mask)
        x = g.Add(x, g.MatMul(join_heads(g, found, width), g.weight(width, width)))
        inner = rms_norm(g, x, width)
        gate = silu(g, g.MatMul(inner, g.weight(width, 2 * width)))
        up = g.MatMul(inner, g.weight(width, 2 * width))
        x = g.Add(x, g.MatMul(g.Mul(gate, up), g.weight(2 * width, width)))
    g.output(g.MatMul(rms_norm(g, x, width), g.weight(width, WORDS)), "logits")
    return g


def gpt2_step() -> Graph:
    """One layer whose mask is cut out of a table, with a mask of words as an input."""
    g = Graph("gpt2_step")
    heads = WIDTH // EACH
    ids = g.input("input_ids", ("N", "S"), below(WORDS), np.int64)
    seen = g.input("attention_mask", ("N", "P + S"), ones, np.int64)
    old_keys = g.input("past_key", ("N", heads, "P", EACH))
    old_values = g.input("past_value", ("N", heads, "P", EACH))
    past, steps = g.dim(old_keys, 2), g.dim(ids, 1)
    places = g.Unsqueeze(g.Range(past, g.Add(past, steps), np.int64(1)), [0])
    words = g.Gather(g.weight(WORDS, WIDTH, scale=1), ids, axis=0)
    x = g.Add(words, g.Gather(g.weight(POSITIONS, WIDTH, scale=1), places, axis=0))
    inner = layer_norm(g, x, WIDTH)
    flat = g.Reshape(inner, g.shape(-1, g.dim(inner, 2)))
    whole = g.Gemm(flat, g.weight(WIDTH, 3 * WIDTH), g.weight(3 * WIDTH, scale=0.1))
    qkv = g.Reshape(whole, g.shape(g.dim(inner, 0), g.dim(inner, 1), 3 * WIDTH))
    parts = g.several(3, "Split", qkv, g.constant([WIDTH] * 3), axis=2)
    q, k, v = (split_heads(g, part, heads, EACH) for part in parts)
    keys, values = g.Concat(old_keys, k, axis=-2), g.Concat(old_values, v, axis=-2)
    scores = g.Div(g.MatMul(q, g.Transpose(keys, perm=[0, 1, 3, 2])), float(np.sqrt(EACH)))
    queried, total = g.dim(q, 2), g.dim(keys, 2)
    table = g.constant(np.tril(np.ones((1, 1, POSITIONS, POSITIONS), bool)))
    first = g.Unsqueeze(g.Sub(total, queried), [0])
    rows = g.Slice(table, first, g.Unsqueeze(total, [0]), [2], [1])
    allowed = g.Slice(rows, [0], g.Unsqueeze(total, [0]), [3], [1])
    scores = g.Where(allowed, scores, float(np.finfo(np.float32).min))
    hidden = g.Sub(1.0, g.Cast(g.Unsqueeze(g.Unsqueeze(seen, [1]), [2]), to=1))
    scores = g.Add(scores, g.Mul(hidden, -10000.0))
    found = g.MatMul(g.Softmax(scores, axis=-1), values)
    x = g.Add(x, linear(g, join_heads(g, found, WIDTH), WIDTH, WIDTH))
    x = g.Add(x, feed_forward(g, layer_norm(g, x, WIDTH), WIDTH))
    last = g.Gather(x, np.int64(-1), axis=1)
    g.output(linear(g, last, WIDTH, WORDS), "logits")
    g.output(keys, "present_key")
    g.output(values, "present_value")
    return g


def _places(rng: np.random.Generator, shape: tuple[int, ...], sizes: Mapping[str, int]) -> Array:
    """The places of the next steps in a cache."""
    return np.arange(shape[0]) + sizes["C"] - shape[0]


def static_cache_step() -> Graph:
    """A cache of a fixed length whose rows are written by `ScatterND`, and read to their end."""
    g = Graph("static_cache_step")
    heads = WIDTH // EACH
    x = g.input("hidden", ("N", "S", WIDTH))
    places = g.input("cache_position", ("S",), _places, np.int64)
    old_keys = g.input("key_cache", ("N", heads, "C", EACH))
    old_values = g.input("value_cache", ("N", heads, "C", EACH))
    q, k, v = (split_heads(g, linear(g, x, WIDTH, WIDTH), heads, EACH) for _ in range(3))

    def stored(cache: str, new: str) -> str:
        order = [2, 0, 1, 3]
        rows = g.Transpose(cache, perm=order)
        updates = g.Transpose(new, perm=order)
        done = g.ScatterND(rows, g.Unsqueeze(places, [-1]), updates)
        return g.Transpose(done, perm=[1, 2, 0, 3])

    keys, values = stored(old_keys, k), stored(old_values, v)
    length = g.dim(keys, 2)
    all_places = g.Range(np.int64(0), length, np.int64(1))
    later = g.Greater(g.Unsqueeze(all_places, [0]), g.Unsqueeze(places, [1]))
    mask = g.Where(later, g.constant(-1e9), g.constant(0.0))
    found = attend(g, q, keys, values, EACH, g.Unsqueeze(mask, [0, 1]))
    g.output(linear(g, join_heads(g, found, WIDTH), WIDTH, WIDTH), "out")
    g.output(keys, "new_key_cache")
    g.output(values, "new_value_cache")
    return g


def attention_operator_step() -> Graph:
    """The standard's `Attention` with keys and values of the past."""
    g = Graph("attention_operator_step", opset=23)
    heads = WIDTH // EACH
    x = g.input("hidden", ("N", "S", WIDTH))
    old_keys = g.input("past_key", ("N", 2, "P", EACH))
    old_values = g.input("past_value", ("N", 2, "P", EACH))
    q = split_heads(g, linear(g, x, WIDTH, WIDTH), heads, EACH)
    k, v = (split_heads(g, linear(g, x, WIDTH, 2 * EACH), 2, EACH) for _ in range(2))
    found, keys, values = g.several(
        3, "Attention", q, k, v, None, old_keys, old_values, is_causal=0
    )
    g.output(linear(g, join_heads(g, found, WIDTH), WIDTH, WIDTH), "out")
    g.output(keys, "present_key")
    g.output(values, "present_value")
    return g


def seq2seq_step() -> Graph:
    """A step of a translation: its own past, and the states of another text with a mask."""
    g = Graph("seq2seq_step")
    heads = WIDTH // EACH
    ids = g.input("decoder_input_ids", ("N", "S"), below(WORDS), np.int64)
    states = g.input("encoder_hidden_states", ("N", "T", WIDTH))
    seen = g.input("encoder_attention_mask", ("N", "T"), ones, np.int64)
    old_keys = g.input("past_key", ("N", heads, "P", EACH))
    old_values = g.input("past_value", ("N", heads, "P", EACH))
    past, steps, rows = g.dim(old_keys, 2), g.dim(ids, 1), g.dim(ids, 0)
    x = g.Gather(g.weight(WORDS, WIDTH, scale=1), ids, axis=0)
    inner = layer_norm(g, x, WIDTH)
    q, k, v = (split_heads(g, linear(g, inner, WIDTH, WIDTH), heads, EACH) for _ in range(3))
    keys, values = g.Concat(old_keys, k, axis=2), g.Concat(old_values, v, axis=2)
    found = attend(g, q, keys, values, EACH, _causal_mask(g, past, steps, rows))
    x = g.Add(x, linear(g, join_heads(g, found, WIDTH), WIDTH, WIDTH))
    q = split_heads(g, linear(g, layer_norm(g, x, WIDTH), WIDTH, WIDTH), heads, EACH)
    k, v = (split_heads(g, linear(g, states, WIDTH, WIDTH), heads, EACH) for _ in range(2))
    expanded = g.Expand(g.Unsqueeze(seen, [1, 2]), g.shape(rows, 1, steps, g.dim(states, 1)))
    hidden = g.Sub(1.0, g.Cast(expanded, to=1))
    mask = g.Where(g.Cast(hidden, to=9), float(np.finfo(np.float32).min), hidden)
    x = g.Add(x, linear(g, join_heads(g, attend(g, q, k, v, EACH, mask), WIDTH), WIDTH, WIDTH))
    x = g.Add(x, feed_forward(g, layer_norm(g, x, WIDTH), WIDTH))
    g.output(linear(g, layer_norm(g, x, WIDTH), WIDTH, WORDS), "logits")
    g.output(keys, "present_key")
    g.output(values, "present_value")
    return g


STEPS = {"N": (1, 3), "S": (1, 20), "P": (1, 40)}
FIRST_AND_NEXT = ({"N": 1, "S": 7, "P": 0}, {"N": 1, "S": 1, "P": 7}, {"N": 2, "S": 1, "P": 1})

DECODERS = [
    DynamicModel("llama_step", llama_step, STEPS, FIRST_AND_NEXT),
    DynamicModel("llama_step_mha", partial(llama_step, 4, 4), STEPS, FIRST_AND_NEXT),
    DynamicModel(
        "llama_step_fp16",
        partial(llama_step, 4, 1, np.float16),
        STEPS,
        FIRST_AND_NEXT,
        tolerance=5e-3,
    ),
    DynamicModel("gpt2_step", gpt2_step, STEPS, FIRST_AND_NEXT),
    DynamicModel(
        "static_cache_step",
        static_cache_step,
        {"N": (1, 3), "S": (1, 8), "C": (8, 40)},
        ({"N": 1, "S": 1, "C": 1}, {"N": 2, "S": 3, "C": 3}),
    ),
    DynamicModel("attention_operator_step", attention_operator_step, STEPS, FIRST_AND_NEXT),
    DynamicModel(
        "seq2seq_step",
        seq2seq_step,
        {**STEPS, "T": (1, 33)},
        ({"N": 1, "S": 1, "P": 0, "T": 1}, {"N": 2, "S": 1, "P": 5, "T": 17}),
    ),
]

"""
Decoders of which one file has the first step and the later ones, each whole in a branch of `If`.

Optimum merges its exports so: the branches share inputs, and give logits and caches.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Array, Graph, below, ones
from .layers import attend, feed_forward, join_heads, layer_norm, linear, split_heads

WORDS = 50
WIDTH = 32
HEADS = 4
EACH = WIDTH // HEADS
LAYERS = 1
POSITIONS = 96


def _with_past(rng: np.random.Generator, shape: tuple[int, ...], sizes: Mapping[str, int]) -> Array:
    return np.full(shape, sizes["P"] > 0)


def _allowed(g: Graph, seen: str, past: str, steps: str) -> str:
    """`[N, 1, S, P + S]`: 0 where a step may look, of a mask of words and the order of them."""
    total = g.Add(past, steps)
    table = g.constant(np.tril(np.ones((1, 1, POSITIONS, POSITIONS), bool)))
    first, end = g.Unsqueeze(past, [0]), g.Unsqueeze(total, [0])
    rows = g.Slice(table, first, end, [2], [1])
    order = g.Slice(rows, [0], end, [3], [1])
    words = g.Cast(g.Unsqueeze(seen, [1, 2]), to=9)
    return g.Where(g.And(order, words), g.constant(0.0), g.constant(-1e4))


def merged_language_model() -> Graph:
    """GPT-2 in small, its past an input of the later steps alone."""
    g = Graph("merged_language_model")
    ids = g.input("input_ids", ("N", "S"), below(WORDS), np.int64)
    seen = g.input("attention_mask", ("N", "P + S"), ones, np.int64)
    kept = [
        tuple(
            g.input(f"past_key_values.{at}.{kind}", ("N", HEADS, "P", EACH))
            for kind in ("key", "value")
        )
        for at in range(LAYERS)
    ]
    use = g.input("use_cache_branch", (1,), _with_past, bool)
    words, places = g.weight(WORDS, WIDTH, scale=1), g.weight(POSITIONS, WIDTH, scale=1)
    branches: list[Graph] = []
    for later in (True, False):
        b = g.inner("with_past" if later else "without_past")
        past = b.dim(kept[0][0], 2) if later else b.constant(0)
        steps = b.dim(ids, 1)
        at = b.Unsqueeze(b.Range(past, b.Add(past, steps), np.int64(1)), [0])
        x = b.Add(b.Gather(words, ids, axis=0), b.Gather(places, at, axis=0))
        mask = _allowed(b, seen, past, steps)
        presents: list[str] = []
        for old_keys, old_values in kept:
            inner = layer_norm(b, x, WIDTH)
            q, k, v = (
                split_heads(b, linear(b, inner, WIDTH, WIDTH), HEADS, EACH) for _ in range(3)
            )
            keys = b.Concat(old_keys, k, axis=2) if later else k
            values = b.Concat(old_values, v, axis=2) if later else v
            found = attend(b, q, keys, values, EACH, mask)
            x = b.Add(x, linear(b, join_heads(b, found, WIDTH), WIDTH, WIDTH))
            x = b.Add(x, feed_forward(b, layer_norm(b, x, WIDTH), WIDTH))
            presents += [keys, values]
        for number, value in enumerate((linear(b, x, WIDTH, WORDS), *presents)):
            b.output(value, f"{b.name}_{number}")
        branches.append(b)
    outputs = 1 + 2 * LAYERS
    logits, *presents = g.several(
        outputs, "If", use, then_branch=branches[0], else_branch=branches[1]
    )
    g.output(logits, "logits")
    for number, value in enumerate(presents):
        g.output(value, f"present.{number // 2}.{('key', 'value')[number % 2]}")
    return g


MERGED = [
    DynamicModel(
        "merged_language_model",
        merged_language_model,
        {"N": (1, 3), "S": (1, 9), "P": (1, 20)},
        (
            {"N": 1, "S": 5, "P": 0},
            {"N": 1, "S": 1, "P": 5},
            {"N": 2, "S": 7, "P": 0},
            {"N": 2, "S": 1, "P": 7},
        ),
        too_small_for_theirs=frozenset(),
    ),
]

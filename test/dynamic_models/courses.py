"""Branches and loops that the data decides, over values of open sizes."""

from __future__ import annotations

from functools import partial

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Array, Graph, Sizes, always, below
from .layers import linear

WIDTH = 16
WORDS = 30


def early_exit() -> Graph:
    """A second network for rows that the first is not sure of, for all of them or for none."""
    g = Graph("early_exit")
    x = g.input("x", ("N", WIDTH))
    first = g.Softmax(linear(g, x, WIDTH, 4), axis=-1)
    sure = g.Greater(g.ReduceMean(g.ReduceMax(first, axes=[1], keepdims=0), keepdims=0), 0.5)
    done = g.inner("done")
    done.output(done.Identity(first), "done_out")
    more = g.inner("more")
    deep = more.Relu(linear(more, x, WIDTH, 32))
    more.output(more.Softmax(linear(more, deep, 32, 4), axis=-1), "more_out")
    g.output(g.If(sure, then_branch=done, else_branch=more), "classes")
    return g


def _trips(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
    return rng.integers(1, 6, shape)


def refinement() -> Graph:
    """A guess made better as often as an input says."""
    g = Graph("refinement")
    x = g.input("x", ("N", "S", WIDTH))
    trips = g.input("trips", (), _trips, np.int64)
    body = g.inner("body")
    body.input("i", (), dtype=np.int64)
    body.input("go", (), dtype=bool)
    guess = body.input("guess", ("N", "S", WIDTH))
    body.output(body.Identity("go"), "go_on", bool)
    step = body.Tanh(linear(body, guess, WIDTH, WIDTH))
    body.output(body.Add(body.Mul(guess, 0.5), body.Mul(step, x)), "better")
    g.output(g.Loop(trips, True, x, body=body), "refined")
    return g


def until_it_settles() -> Graph:
    """A loop that ends when what it carries hardly changes, at most thirty times."""
    g = Graph("until_it_settles")
    x = g.input("x", ("N", WIDTH))
    body = g.inner("body")
    body.input("i", (), dtype=np.int64)
    body.input("go", (), dtype=bool)
    y = body.input("y", ("N", WIDTH))
    after = body.Tanh(body.Add(body.MatMul(y, body.weight(WIDTH, WIDTH, scale=0.1)), x))
    change = body.ReduceMax(body.Abs(body.Sub(after, y)), keepdims=0)
    body.output(body.Greater(change, 1e-3), "go_on", bool)
    body.output(after, "after")
    g.output(g.Loop(np.int64(30), True, x, body=body), "settled")
    return g


def scanned_steps() -> Graph:
    """A recurrence that is written as a `Scan` over the first axis."""
    g = Graph("scanned_steps")
    x = g.input("x", ("T", "N", WIDTH))
    start = g.input("h0", ("N", WIDTH))
    body = g.inner("body")
    h = body.input("h", ("N", WIDTH))
    step = body.input("step", ("N", WIDTH))
    both = body.Add(linear(body, h, WIDTH, WIDTH), step)
    body.output(body.Tanh(both), "h_after")
    body.output(body.Relu(both), "seen")
    last, steps = g.several(2, "Scan", start, x, body=body, num_scan_inputs=1)
    g.output(last, "hn")
    g.output(steps, "steps")
    return g


def greedy_words(most: int | None = 12) -> Graph:
    """
    Words one after another, each from the one before, until the end or a number of them.

    The number is an input where there is not one that it is at `most`.
    """
    g = Graph("greedy_words")
    start = g.input("start", ("N",), below(WORDS), np.int64)
    limit = g.input("limit", (), _trips, np.int64) if most is None else g.constant(np.int64(most))
    table = g.weight(WORDS, WIDTH, scale=1)
    body = g.inner("body")
    body.input("i", (), dtype=np.int64)
    body.input("go", (), dtype=bool)
    word = body.input("word", ("N",), dtype=np.int64)
    h = body.input("h", ("N", WIDTH))
    row = body.Gather(table, word)
    after = body.Tanh(body.Add(linear(body, h, WIDTH, WIDTH), row))
    best = body.ArgMax(linear(body, after, WIDTH, WORDS), axis=-1, keepdims=0)
    unfinished = body.Not(body.Equal(best, np.int64(0)))
    some = body.ReduceMax(body.Cast(unfinished, to=6), keepdims=0)
    body.output(body.Cast(some, to=9), "go_on", bool)
    body.output(body.Identity(best), "best", np.int64)
    body.output(after, "h_after")
    body.output(body.Identity(best), "words", np.int64)
    zero = g.ConstantOfShape(g.shape(g.dim(start, 0), WIDTH))
    _, last, words = g.several(3, "Loop", limit, True, start, zero, body=body)
    g.output(last, "hn")
    g.output(g.Transpose(words, perm=[1, 0]), "words_out", np.int64)
    return g


def bags_of_indices() -> Graph:
    """`EmbeddingBag` with offsets, as PyTorch exports it: a loop over bags, each a slice's sum."""
    g = Graph("bags_of_indices")
    indices = g.input("indices", ("L",), below(WORDS), np.int64)
    offsets = g.input("offsets", ("B",), _offsets, np.int64)
    table = g.weight(WORDS, WIDTH, scale=1)
    count = g.dim(offsets, 0)
    ends = g.Concat(g.Slice(offsets, [1], [np.iinfo(np.int64).max], [0]), g.Shape(indices), axis=0)
    body = g.inner("body")
    i = body.input("i", (), dtype=np.int64)
    body.input("go", (), dtype=bool)
    first = body.Unsqueeze(body.Gather(offsets, i), [0])
    last = body.Unsqueeze(body.Gather(ends, i), [0])
    rows = body.Gather(table, body.Slice(indices, first, last, [0]))
    body.output(body.Identity("go"), "go_on", bool)
    body.output(body.ReduceSum(rows, [0], keepdims=0), "bag")
    g.output(g.Loop(count, True, body=body), "bags")
    return g


def _offsets(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
    inner = np.sort(rng.integers(0, sizes["L"] + 1, shape))
    inner[:1] = 0
    return inner


def growing_cache(most: int | None = 12) -> Graph:
    """
    Greedy decoding within one model: keys and values grow by one in each trip.

    The number of trips is an input where there is not one that it is at `most`.
    """
    g = Graph("growing_cache")
    start = g.input("start", ("N", 1), below(WORDS), np.int64)
    limit = (
        g.input("limit", (), always(5), np.int64) if most is None else g.constant(np.int64(most))
    )
    rows = g.dim(start, 0)
    empty = g.ConstantOfShape(g.shape(rows, 0, WIDTH))
    body = g.inner("body")
    body.input("i", (), dtype=np.int64)
    body.input("go", (), dtype=bool)
    word = body.input("word", ("N", 1), dtype=np.int64)
    keys = body.input("keys", ("N", "kept", WIDTH))
    values = body.input("values", ("N", "kept", WIDTH))
    x = body.Gather(body.weight(WORDS, WIDTH, scale=1), word)
    q, k, v = (linear(body, x, WIDTH, WIDTH) for _ in range(3))
    all_keys, all_values = body.Concat(keys, k, axis=1), body.Concat(values, v, axis=1)
    scores = body.MatMul(q, body.Transpose(all_keys, perm=[0, 2, 1]))
    found = body.MatMul(body.Softmax(scores, axis=-1), all_values)
    logits = linear(body, body.Add(found, x), WIDTH, WORDS)
    best = body.ArgMax(logits, axis=-1, keepdims=0)
    body.output(body.Identity("go"), "go_on", bool)
    body.output(body.Identity(best), "next", np.int64)
    body.output(all_keys, "keys_after")
    body.output(all_values, "values_after")
    body.output(body.Squeeze(best, [1]), "chosen", np.int64)
    _, all_k, _, words = g.several(4, "Loop", limit, True, start, empty, empty, body=body)
    g.output(words, "words", np.int64)
    g.output(all_k, "keys_out")
    return g


def merged_decoder() -> Graph:
    """One file for the first step and the later ones: `If` on whether there is a past."""
    g = Graph("merged_decoder")
    x = g.input("x", ("N", "S", WIDTH))
    past = g.input("past", ("N", "P", WIDTH))
    use = g.input("use_cache", (1,), lambda rng, shape, sizes: np.full(shape, sizes["P"] > 0), bool)
    new = linear(g, x, WIDTH, WIDTH)
    joined = g.inner("joined")
    joined.output(joined.Concat(past, new, axis=1), "joined_out")
    alone = g.inner("alone")
    alone.output(alone.Identity(new), "alone_out")
    keys = g.If(use, then_branch=joined, else_branch=alone)
    scores = g.MatMul(x, g.Transpose(keys, perm=[0, 2, 1]))
    g.output(g.MatMul(g.Softmax(scores, axis=-1), keys), "out")
    g.output(keys, "present")
    return g


def merged_encoder_decoder() -> Graph:
    """
    A layer that reads its own past and an encoder's rows, all of it in either branch.

    The first step computes keys and values of the encoder, later ones are given them.
    """
    g = Graph("merged_encoder_decoder")
    x = g.input("x", ("N", "S", WIDTH))
    encoded = g.input("encoded", ("N", "E", WIDTH))
    own = [g.input(f"past_{n}", ("N", 2, "P", WIDTH // 2)) for n in ("key", "value")]
    theirs = [g.input(f"past_encoder_{n}", ("N", 2, "Q", WIDTH // 2)) for n in ("key", "value")]
    use = g.input("use_cache", (1,), lambda rng, shape, sizes: np.full(shape, sizes["P"] > 0), bool)
    weights = [g.weight(WIDTH, WIDTH) for _ in range(5)]
    whole = g.constant([0, 0, 2, WIDTH // 2])

    def heads(b: Graph, rows: str, weight: str) -> str:
        return b.Transpose(b.Reshape(b.MatMul(rows, weight), whole), perm=[0, 2, 1, 3])

    branches: list[Graph] = []
    for later in (True, False):
        b = g.inner("later" if later else "first")
        query, *new = (heads(b, x, weight) for weight in weights[:3])
        caches = [b.Concat(p, n, axis=2) if later else n for p, n in zip(own, new, strict=True)]
        rows = theirs if later else [heads(b, encoded, weight) for weight in weights[3:]]
        for keys, values in (caches, rows):
            scores = b.Softmax(b.MatMul(query, b.Transpose(keys, perm=[0, 1, 3, 2])), axis=-1)
            query = b.Add(query, b.MatMul(scores, values))
        for at, value in enumerate((query, *caches, *rows)):
            b.output(value, f"{b.name}_{at}")
        branches.append(b)
    found = g.several(5, "If", use, then_branch=branches[0], else_branch=branches[1])
    joined = g.Reshape(g.Transpose(found[0], perm=[0, 2, 1, 3]), g.constant([0, 0, WIDTH]))
    g.output(joined, "out")
    for name, value in zip(
        ("key", "value", "encoder_key", "encoder_value"), found[1:], strict=True
    ):
        g.output(value, f"present_{name}")
    return g


ROWS = {"N": (1, 20)}
FEW = ({"N": 1}, {"N": 2}, {"N": 17})

COURSES = [
    DynamicModel("early_exit", early_exit, ROWS, FEW),
    DynamicModel(
        "refinement", refinement, {"N": (1, 4), "S": (1, 20)}, ({"N": 1, "S": 1}, {"N": 2, "S": 9})
    ),
    DynamicModel("until_it_settles", until_it_settles, ROWS, FEW),
    DynamicModel(
        "scanned_steps",
        scanned_steps,
        {"T": (1, 20), "N": (1, 5)},
        ({"T": 1, "N": 1}, {"T": 7, "N": 2}),
    ),
    DynamicModel("greedy_words", greedy_words, ROWS, FEW),
    DynamicModel(
        "greedy_words_without_limit",
        partial(greedy_words, None),
        ROWS,
        FEW,
    ),
    DynamicModel(
        "bags_of_indices",
        bags_of_indices,
        {"L": (1, 40), "B": (1, 9)},
        ({"L": 1, "B": 1}, {"L": 13, "B": 4}),
    ),
    DynamicModel("growing_cache", growing_cache, {"N": (1, 5)}, ({"N": 1}, {"N": 3})),
    DynamicModel(
        "growing_cache_without_limit",
        partial(growing_cache, None),
        {"N": (1, 5)},
        ({"N": 1}, {"N": 3}),
    ),
    DynamicModel(
        "merged_decoder",
        merged_decoder,
        {"N": (1, 3), "S": (1, 9), "P": (1, 20)},
        ({"N": 1, "S": 5, "P": 0}, {"N": 1, "S": 1, "P": 5}),
    ),
    DynamicModel(
        "merged_encoder_decoder",
        merged_encoder_decoder,
        {"N": (1, 3), "S": (1, 9), "E": (1, 20), "P": (1, 20), "Q": (1, 20)},
        (
            {"N": 1, "S": 5, "E": 7, "P": 0, "Q": 0},
            {"N": 1, "S": 1, "E": 7, "P": 5, "Q": 7},
            {"N": 2, "S": 3, "E": 9, "P": 0, "Q": 4},
        ),
        too_small_for_theirs=frozenset(),
    ),
]

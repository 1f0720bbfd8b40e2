"""Greedy decoding by a small transformer: a step of it, and all steps in one model with a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .graph import Graph, always, below
from .layers import attend, gelu, join_heads, split_heads

WORDS = 61
END = 0
"""The word that ends a text."""


@dataclass(frozen=True)
class Decoder:
    """A transformer without dropout or training; graphs of equal ones have equal weights."""

    width: int = 32
    heads: int = 4
    layers: int = 2
    places: int = 256
    """Positions that it knows."""
    ends: bool = True
    """Whether a word ends a text; else as many are written as there may be."""

    @property
    def each(self) -> int:
        """Numbers of a head."""
        return self.width // self.heads

    @property
    def caches(self) -> list[str]:
        """The names of what is kept from step to step."""
        return [f"{kind}_{layer}" for layer in range(self.layers) for kind in ("keys", "values")]

    def step(self) -> Graph:
        """Words behind a past give the best next word, and the past behind them."""
        g = Graph("step", seed=7)
        words = g.input("words", ("N", "S"), below(WORDS), np.int64)
        past = [g.input(name, ("N", self.heads, "P", self.each)) for name in self.caches]
        best, after = _Weights.of(g, self).written(g, words, past)
        g.output(best, "best", np.int64)
        for name, cache in zip(self.caches, after, strict=True):
            g.output(cache, f"{name}_after")
        return g

    def whole(self) -> Graph:
        """
        A text and the most words to write behind it give these words.

        A loop carries the caches; it ends before when all texts have ended.
        """
        g = Graph("decoding", seed=7)
        text = g.input("text", ("N", "S"), below(WORDS), np.int64)
        limit = g.input("limit", (), always(20), np.int64)
        weights = _Weights.of(g, self)
        none = g.ConstantOfShape(g.shape(g.dim(text, 0), self.heads, 0, self.each))
        first, kept = weights.written(g, text, [none] * len(self.caches))
        body = g.inner("body")
        body.input("i", (), dtype=np.int64)
        body.input("go", (), dtype=bool)
        word = body.input("word", ("N",), dtype=np.int64)
        past = [body.input(name, ("N", self.heads, "kept", self.each)) for name in self.caches]
        best, after = weights.written(body, body.Unsqueeze(word, [1]), past)
        end = np.int64(END if self.ends else -1)
        unfinished = body.Cast(body.Not(body.Equal(word, end)), to=6)
        body.output(body.Cast(body.ReduceMax(unfinished, keepdims=0), to=9), "go_on", bool)
        body.output(best, "next", np.int64)
        for name, cache in zip(self.caches, after, strict=True):
            body.output(cache, f"{name}_next")
        body.output(word, "written", np.int64)
        found = g.several(2 + len(past), "Loop", limit, True, first, *kept, body=body)
        g.output(g.Transpose(found[-1], perm=[1, 0]), "words", np.int64)
        return g


@dataclass(frozen=True)
class _Weights:
    """The weights of a decoder in a graph, which the graphs in it see."""

    decoder: Decoder
    table: str
    places: str
    norm: tuple[str, str]
    layers: Sequence[Sequence[str]]

    @staticmethod
    def of(g: Graph, decoder: Decoder) -> _Weights:
        width = decoder.width
        table, places = g.weight(WORDS, width, scale=1), g.weight(decoder.places, width, scale=1)
        shapes = [(width, width)] * 4 + [(width, 4 * width), (4 * width, width)]
        layers = [[g.weight(*shape, scale=0.2) for shape in shapes] for _ in range(decoder.layers)]
        norm = g.weight(width, scale=0.5), g.weight(width, scale=0.1)
        return _Weights(decoder, table, places, norm, layers)

    def written(self, g: Graph, words: str, past: Sequence[str]) -> tuple[str, list[str]]:
        """The best word behind the last of `words`, and the caches after them."""
        decoder = self.decoder
        before, steps = g.dim(past[0], 2), g.dim(words, 1)
        total = g.Add(before, steps)
        at = g.Range(before, total, np.int64(1))
        later = g.Greater(g.Range(np.int64(0), total, np.int64(1)), g.Reshape(at, [-1, 1]))
        mask = g.Mul(g.Cast(later, to=1), -1e9)
        x = g.Add(g.Gather(self.table, words), g.Gather(self.places, at))
        after: list[str] = []
        for number, (to_q, to_k, to_v, out, wide, narrow) in enumerate(self.layers):
            normal = g.LayerNormalization(x, *self.norm, axis=-1)
            q, *new = (
                split_heads(g, g.MatMul(normal, weight), decoder.heads, decoder.each)
                for weight in (to_q, to_k, to_v)
            )
            pairs = zip(past[2 * number : 2 * number + 2], new, strict=True)
            keys, values = (g.Concat(old, rows, axis=2) for old, rows in pairs)
            found = join_heads(g, attend(g, q, keys, values, decoder.each, mask), decoder.width)
            x = g.Add(x, g.MatMul(found, out))
            normal = g.LayerNormalization(x, *self.norm, axis=-1)
            x = g.Add(x, g.MatMul(gelu(g, g.MatMul(normal, wide)), narrow))
            after += [keys, values]
        last = g.Gather(g.LayerNormalization(x, *self.norm, axis=-1), np.int64(-1), axis=1)
        logits = g.MatMul(last, g.Transpose(self.table, perm=[1, 0]))
        return g.ArgMax(logits, axis=-1, keepdims=0), after

"""Groups of nodes as exporters write them, which rewrites look for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from stepwell.test.fuzz.graph_builder import GraphBuilder, Value
from stepwell.test.fuzz.graph_elements import Grow
from stepwell.test.fuzz.graph_layers import SINGLE, filled


def _scalar(g: GraphBuilder, number: float, like: Value) -> Value:
    return g.constant(np.array(number, like.array.dtype))


def _heads(g: GraphBuilder, x: Value, heads: int, perm: list[int], width: int) -> Value:
    """A projection of [batch, length, features], by heads."""
    batch, length, features = x.shape
    w = g.parameter(x.dtype, [features, heads * width])
    projected = g.one("MatMul", x, w)
    if g.maybe():
        projected = g.one("Add", projected, g.parameter(x.dtype, [heads * width]))
    split = g.one("Reshape", projected, g.integers(batch, length, heads, width))
    return g.one("Transpose", split, perm=perm)


def grow_attention(g: GraphBuilder) -> object:
    """Attention out of its parts, with or without mask, scaled in one of several ways."""
    x = g.pick(SINGLE, [3], filled)
    heads, width = g.rng.choice([1, 2, 3]), g.rng.choice([1, 4, 8])
    query = _heads(g, x, heads, [0, 2, 1, 3], width)
    keys = _heads(g, x, heads, [0, 2, 3, 1], width)
    values = _heads(g, x, heads, [0, 2, 1, 3], width)
    how = g.rng.choice(["divided", "multiplied", "before", "never"])
    if how == "before":
        query = g.one("Mul", query, _scalar(g, width**-0.5, x))
    scores = g.one("MatMul", query, keys)
    if how == "divided":
        scores = g.one("Div", scores, _scalar(g, width**0.5, x))
    elif how == "multiplied":
        scores = g.one("Mul", scores, _scalar(g, width**-0.5, x))
    batch, _, length, _ = query.shape
    if g.maybe(0.4):
        mask = g.parameter(x.dtype, g.rng.choice([[batch, 1, 1, length], [length, length]]))
        scores = g.one("Add", scores, mask)
    weights = g.one("Softmax", scores, axis=g.rng.choice([-1, -1, -1, 3, 2]))
    joined = g.one("MatMul", weights, values)
    merged = g.one("Transpose", joined, perm=[0, 2, 1, 3])
    return g.one("Reshape", merged, g.integers(batch, length, heads * width))


def grow_norm_of_parts(g: GraphBuilder) -> object:
    """A layer normalisation, or RMS, out of its parts."""
    x = g.pick(SINGLE, range(2, 5), filled)
    axes = g.integers(g.rng.choice([-1, -1, -1, 0, 1]))
    centred = x
    if g.maybe(0.6):
        centred = g.one("Sub", x, g.one("ReduceMean", x, axes, keepdims=1))
    two = _scalar(g, 2.0, x)
    square = g.one("Mul", centred, centred) if g.maybe() else g.one("Pow", centred, two)
    variance = g.one("ReduceMean", square, axes, keepdims=1)
    root = g.one("Sqrt", g.one("Add", variance, _scalar(g, 0.01, x)))
    y = (
        g.one("Div", centred, root)
        if g.maybe()
        else g.one("Mul", centred, g.one("Reciprocal", root))
    )
    shape = [1] * (x.rank - 1) + [x.shape[-1]] if g.maybe(0.3) else [x.shape[-1]]
    return g.one("Add", g.one("Mul", y, g.parameter(x.dtype, shape)), g.parameter(x.dtype, shape))


def grow_gelu_of_parts(g: GraphBuilder) -> object:
    """x / 2 * (1 + erf(x / sqrt(2))), or by tanh."""
    x = g.pick(SINGLE)
    half, one = _scalar(g, 0.5, x), _scalar(g, 1.0, x)
    if g.maybe():
        inner = g.one("Erf", g.one("Div", x, _scalar(g, 2**0.5, x)))
    else:
        cube = g.one("Pow", x, _scalar(g, 3.0, x))
        sum_ = g.one("Add", x, g.one("Mul", cube, _scalar(g, 0.044715, x)))
        inner = g.one("Tanh", g.one("Mul", sum_, _scalar(g, 0.7978845608, x)))
    gate = g.one("Add", inner, one)
    if g.maybe():
        return g.one("Mul", g.one("Mul", x, half), gate)
    return g.one("Mul", g.one("Mul", x, gate), half)


def grow_silu(g: GraphBuilder) -> object:
    x = g.pick()
    return g.one("Mul", x, g.one("Sigmoid", x))


def grow_softmax_of_parts(g: GraphBuilder) -> object:
    x = g.pick(SINGLE, range(1, 5), filled)
    axes = g.integers(-1)
    shifted = g.one("Sub", x, g.one("ReduceMax", x, axes, keepdims=1)) if g.maybe(0.7) else x
    powers = g.one("Exp", shifted)
    return g.one("Div", powers, g.one("ReduceSum", powers, axes, keepdims=1))


def grow_shuffle(g: GraphBuilder) -> object:
    """Channels shuffled: reshape, transpose, reshape."""
    x = g.pick(SINGLE, [4], lambda v: filled(v) and v.shape[1] % 2 == 0)
    n, c, h, w = x.shape
    split = g.one("Reshape", x, g.integers(n, 2, c // 2, h, w))
    return g.one("Reshape", g.one("Transpose", split, perm=[0, 2, 1, 3, 4]), g.integers(n, c, h, w))


def grow_there_and_back(g: GraphBuilder) -> object:
    """Transposed, worked on, transposed back: layouts as converters from NHWC write them."""
    x = g.pick(SINGLE, [3, 4], filled)
    there = g.rng.sample(range(x.rank), x.rank)
    back = [there.index(at) for at in range(x.rank)]
    y = g.one("Transpose", x, perm=there)
    for _ in range(g.rng.choice([1, 2])):
        choice = g.rng.choice(["Relu", "Add", "Softmax", "ReduceMean"])
        if choice == "Add":
            y = g.one("Add", y, g.parameter(x.dtype, [y.shape[-1]]))
        elif choice == "Softmax":
            y = g.one("Softmax", y, axis=g.rng.randrange(y.rank))
        elif choice == "ReduceMean":
            y = g.one("ReduceMean", y, g.integers(g.rng.randrange(y.rank)), keepdims=1)
        else:
            y = g.one("Relu", y)
    return g.one("Transpose", y, perm=back)


def grow_scale_chain(g: GraphBuilder) -> object:
    """Scales and shifts by constants, which rewrites gather, with zeros and ones among them."""
    x = g.pick(SINGLE)
    for _ in range(g.rng.randint(2, 4)):
        shape = [n if g.maybe(0.3) else 1 for n in x.shape]
        c = g.constant(
            (g.random_array(x.dtype, shape) * g.rng.choice([0, 1, 1, 1])).astype(x.dtype)
        )
        op = g.rng.choice(["Add", "Mul", "Sub"])
        x = g.one(op, *((x, c) if g.maybe(0.8) else (c, x)))
    return x


def grow_rotary(g: GraphBuilder) -> object:
    """Halves exchanged and one of them negated, as rotary embeddings are written."""
    x = g.pick(SINGLE, range(2, 5), lambda v: filled(v) and v.shape[-1] % 2 == 0)
    half = x.shape[-1] // 2
    axes, step = g.integers(-1), g.integers(1)
    low = g.one("Slice", x, g.integers(0), g.integers(half), axes, step)
    high = g.one("Slice", x, g.integers(half), g.integers(2**63 - 1), axes, step)
    turned = g.one("Concat", g.one("Neg", high), low, axis=-1)
    cosine, sine = (g.parameter(x.dtype, [x.shape[-1]]) for _ in range(2))
    return g.one("Add", g.one("Mul", x, cosine), g.one("Mul", turned, sine))


def grow_squeeze_excite(g: GraphBuilder) -> object:
    x = g.pick(["float32"], [4], filled)
    pooled = g.one("GlobalAveragePool", x)
    w = g.parameter(x.dtype, [x.shape[1], x.shape[1], 1, 1])
    return g.one("Mul", x, g.one("Sigmoid", g.one("Conv", pooled, w)))


PATTERNS: Mapping[str, Grow] = {
    "attention": grow_attention,
    "norm of parts": grow_norm_of_parts,
    "gelu of parts": grow_gelu_of_parts,
    "silu": grow_silu,
    "softmax of parts": grow_softmax_of_parts,
    "channel shuffle": grow_shuffle,
    "there and back": grow_there_and_back,
    "scale chain": grow_scale_chain,
    "rotary": grow_rotary,
    "squeeze and excite": grow_squeeze_excite,
}

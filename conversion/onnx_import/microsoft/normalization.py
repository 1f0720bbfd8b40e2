"""Normalisations with the sum in front of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .body import Body
from .expansion import operator


def _layer_norm(b: Body, x: str) -> str:
    affine = b.name("gamma"), b.name("beta")
    return b.add("LayerNormalization", x, *affine, axis=-1, epsilon=b.number("epsilon"))


def _statistics(b: Body, x: str) -> list[str]:
    """Mean and inverse standard deviation, which training wants."""
    last = b.constant([-1])
    x = b.cast(x, np.float32)
    mean = b.add("ReduceMean", x, last)
    square = b.add("Mul", *[b.add("Sub", x, mean)] * 2)
    variance = b.add("ReduceMean", square, last)
    raised = b.add("Add", variance, b.constant(b.number("epsilon"), np.float32))
    return [mean, b.add("Reciprocal", b.add("Sqrt", raised))]


@operator("input skip gamma beta? bias?", epsilon=1e-12)
def SkipLayerNormalization(b: Body) -> list[str]:
    """LayerNorm of the sum of input, skip and bias; the sum itself is the fourth result."""
    x = b.sum(b.name("input"), b.name("skip"), b.name("bias"))
    y = _layer_norm(b, x)
    statistics = _statistics(b, x) if b.wants(1) or b.wants(2) else [x, x]
    return [y, *statistics, x]


@operator("input skip gamma bias?", epsilon=1e-12)
def SkipSimplifiedLayerNormalization(b: Body) -> list[str]:
    """RMSNorm of the sum of input, skip and bias; the sum itself is the fourth result."""
    x = b.sum(b.name("input"), b.name("skip"), b.name("bias"))
    y = b.add("RMSNormalization", x, b.name("gamma"), axis=-1, epsilon=b.number("epsilon"))
    b.refuse(b.wants(1) or b.wants(2), "gives the statistics of the norm")
    return [y, x, x, x]


@operator("X scale", axis=-1, epsilon=1e-5, stash_type=1)
def SimplifiedLayerNormalization(b: Body) -> list[str]:
    """RMSNorm."""
    x, axis = b.name("X"), b.integer("axis")
    y = b.add(
        "RMSNormalization",
        x,
        b.name("scale"),
        axis=axis,
        epsilon=b.number("epsilon"),
        stash_type=b.integer("stash_type"),
    )
    if not b.wants(1):
        return [y]
    rank = b.rank("X")
    axes = b.constant(list(range(axis % rank, rank)))
    number = b.cast(x, np.float32)
    mean = b.add("ReduceMean", b.add("Mul", number, number), axes)
    raised = b.add("Add", mean, b.constant(b.number("epsilon"), np.float32))
    return [y, b.add("Reciprocal", b.add("Sqrt", raised))]


@operator(
    "input_ids segment_ids? word_embedding position_embedding segment_embedding? gamma beta"
    " mask? position_ids?",
    epsilon=1e-12,
    mask_index_type=0,
)
def EmbedLayerNormalization(b: Body) -> list[str]:
    """LayerNorm of the sum of word, position and segment embeddings; the number of valid tokens."""
    x = _embedded(b, b.name)
    return [_layer_norm(b, x), _valid_tokens(b), x]


_QUANTIZED = (
    "word_embedding_quant",
    "position_embedding_quant",
    "segment_embedding",
    "gamma_quant",
    "beta_quant",
)


@operator(
    "input_ids segment_ids? word_embedding_quant position_embedding_quant segment_embedding?"
    " gamma_quant beta_quant mask? word_embedding_scale position_embedding_scale"
    " segment_embedding_scale? gamma_scale beta_scale word_embedding_zero_point"
    " position_embedding_zero_point segment_embedding_zero_point? gamma_zero_point beta_zero_point",
    epsilon=1e-12,
)
def QEmbedLayerNormalization(b: Body) -> list[str]:
    """`EmbedLayerNormalization` with quantised tables, scale and shift."""
    real: dict[str, str] = {}
    for operand in filter(b.has, _QUANTIZED):
        name = operand.removesuffix("_quant")
        codes, scale, zero = operand, f"{name}_scale", f"{name}_zero_point"
        real[name] = b.add("DequantizeLinear", *map(b.name, (codes, scale, zero)))
    x = _embedded(b, real.__getitem__)
    epsilon = b.number("epsilon")
    y = b.add("LayerNormalization", x, real["gamma"], real["beta"], axis=-1, epsilon=epsilon)
    return [y, _valid_tokens(b)]


def _embedded(b: Body, table: Callable[[str], str]) -> str:
    """The sum of the rows of all tables, which `table` gives by their names."""
    ids = b.name("input_ids")
    words = b.add("Gather", table("word_embedding"), ids, axis=0)
    if b.has("position_ids"):
        positions = b.add("Gather", table("position_embedding"), b.name("position_ids"), axis=0)
    else:
        length = b.add("Shape", ids, start=1, end=2)
        first, axis = b.constant([0]), b.constant([0])
        positions = b.add("Slice", table("position_embedding"), first, length, axis)
    summands = [words, positions]
    if b.has("segment_ids"):
        summands.append(b.add("Gather", table("segment_embedding"), b.name("segment_ids"), axis=0))
    return b.sum(*summands)


def _valid_tokens(b: Body) -> str:
    """The number of valid tokens of each row."""
    if b.has("mask"):
        return b.add("ReduceSum", b.cast(b.name("mask"), np.int32), b.constant([1]), keepdims=0)
    batch = b.add("Shape", b.name("input_ids"), start=0, end=1)
    return b.cast(b.add("Expand", b.constant([0]), batch), np.int32)


@operator("X gamma beta", epsilon=1e-5, groups=int, activation=int, channels_last=1)
def GroupNorm(b: Body) -> str:
    """Normalisation of groups of channels, which are the last dimension, and Silu."""
    rank = b.rank("X")
    last = bool(b.integer("channels_last"))
    x = b.transpose(b.name("X"), 0, rank - 1, *range(1, rank - 1)) if last else b.name("X")
    y = b.add(
        "GroupNormalization",
        x,
        b.name("gamma"),
        b.name("beta"),
        num_groups=b.integer("groups"),
        epsilon=b.number("epsilon"),
    )
    y = b.transpose(y, 0, *range(2, rank), 1) if last else y
    return b.add("Swish", y) if b.integer("activation") else y

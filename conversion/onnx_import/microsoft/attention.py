"""Attention in its several operators, as the standard's `Attention`, and rotary embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np

from .body import Body
from .expansion import operator


def _split(b: Body, x: str, sizes: list[int], axis: int) -> list[str]:
    return b.add_many("Split", [x, b.constant(sizes)], len(sizes), axis=axis)


def _batch(b: Body) -> int:
    return b.size(next(iter(b.operands)), 0)


def _scale(b: Body) -> float | None:
    """The scale of the scores; 0 or none stands for the usual one."""
    return b.number("scale") or None


@operator(
    "input weights bias? mask_index? past? attention_bias? past_sequence_length?",
    do_rotary=0,
    mask_filter_value=-10000.0,
    num_heads=int,
    past_present_share_buffer=0,
    qkv_hidden_sizes=(),
    rotary_embedding_dim=0,
    scale=0.0,
    unidirectional=0,
)
def Attention(b: Body) -> list[str]:
    """Projection to queries, keys and values, and attention of `num_heads` heads."""
    x = b.sum(b.add("MatMul", b.name("input"), b.name("weights")), b.name("bias"))
    return _self_attention(b, x, b.size("weights", 1))


@operator(
    "input weight bias input_scale weight_scale mask_index? input_zero_point? weight_zero_point?"
    " past?",
    do_rotary=0,
    mask_filter_value=-10000.0,
    num_heads=int,
    past_present_share_buffer=0,
    scale=0.0,
    unidirectional=0,
)
def QAttention(b: Body) -> list[str]:
    """`Attention` with a projection of quantised numbers."""
    names = ("input", "weight", "input_zero_point", "weight_zero_point")
    product = b.cast(b.add("MatMulInteger", *(b.name(name) for name in names)), np.float32)
    scale = b.add("Mul", b.name("input_scale"), b.name("weight_scale"))
    x = b.add("Add", b.add("Mul", product, scale), b.name("bias"))
    return _self_attention(b, x, b.size("weight", 1))


def _self_attention(b: Body, x: str, width: int) -> list[str]:
    heads = b.integer("num_heads")
    sizes = [int(size) for size in b.attributes.get("qkv_hidden_sizes", ())] or [width // 3] * 3
    b.refuse(bool(b.integer("do_rotary")), "has a rotary embedding inside")
    b.refuse(bool(b.integer("past_present_share_buffer")), "shares a buffer with its past")
    queries, keys, values = _split(b, x, sizes, 2)
    past_key = past_value = ""
    total = b.size("input", 1)
    if b.has("past"):
        total += b.size("past", 3)
        halves = _split(b, b.name("past"), [1, 1], 0)
        past_key, past_value = (b.add("Squeeze", half, b.constant([0])) for half in halves)
    operand = "bias" if b.has("bias") else "input"
    bias = ""
    if b.has("mask_index"):
        bias = _mask(b, "mask_index", total, operand)
    if b.has("attention_bias"):
        bias = b.sum(bias, b.name("attention_bias"))
    y, present_key, present_value = _attention(
        b,
        [queries, keys, values, bias, past_key, past_value],
        q_num_heads=heads,
        kv_num_heads=heads,
        is_causal=b.integer("unidirectional"),
        scale=_scale(b),
    )
    if not b.wants(1):
        return [y, y]
    if not b.has("past"):  # nothing was concatenated, so there are no heads apart yet
        present_key, present_value = (_heads_apart(b, v, heads) for v in (keys, values))
    halves = [b.add("Unsqueeze", v, b.constant([0])) for v in (present_key, present_value)]
    return [y, b.add("Concat", *halves, axis=0)]


def _mask(b: Body, name: str, keys: int, operand: str) -> str:
    """
    What is added to scores so that masked keys count for nothing, as `[B, 1, 1 or S, T]`.

    The mask has 1 for a valid key, for each batch or each query, or says how many keys are valid.
    """
    mask, rank = b.name(name), b.rank(name)
    batch = _batch(b)
    if rank == 1:
        places = b.constant(np.arange(keys), np.int32)
        lengths = b.cast(mask, np.int32)
        if b.size(name, 0) == 2 * batch:  # the ends, then the starts
            ends, starts = _split(b, lengths, [batch, batch], 0)
            valid = b.add("Less", places, b.reshape(ends, -1, 1, 1, 1))
            after = b.add("GreaterOrEqual", places, b.reshape(starts, -1, 1, 1, 1))
            valid = b.add("And", valid, after)
        else:
            b.refuse(b.size(name, 0) != batch, "has a mask of packed lengths")
            valid = b.add("Less", places, b.reshape(lengths, -1, 1, 1, 1))
    else:
        b.refuse(rank not in (2, 3), f"has a mask of rank {rank}")
        axes = b.constant([1, 2] if rank == 2 else [1])
        valid = b.add("Unsqueeze", b.cast(mask, np.bool_), axes)
    hidden = b.like(b.number("mask_filter_value"), operand)
    return b.add("Where", valid, b.like(0, operand), hidden)


def _attention(b: Body, operands: list[str], **attributes: Any) -> list[str]:
    """The result, and keys and values with those of the past before them."""
    return b.add_many("Attention", operands, 3, **attributes)


def _heads_apart(b: Body, x: str, heads: int) -> str:
    """`[B, S, heads * size]` as `[B, heads, S, size]`."""
    return b.transpose(b.reshape(x, 0, 0, heads, -1), 0, 2, 1, 3)


def _joined_heads(b: Body, x: str) -> str:
    """`[B, heads, S, size]` as `[B, S, heads * size]`."""
    return b.reshape(b.transpose(x, 0, 2, 1, 3), 0, 0, -1)


@operator(
    "query key? value? bias? key_padding_mask? attention_bias? past_key? past_value?"
    " past_sequence_length? cache_indirection?",
    mask_filter_value=-10000.0,
    num_heads=int,
    scale=0.0,
    unidirectional=0,
)
def MultiHeadAttention(b: Body) -> list[str]:
    """Attention of projected operands, which may be packed together or have their heads apart."""
    heads = b.integer("num_heads")
    b.refuse(b.has("cache_indirection"), "searches beams")
    b.refuse(b.has("past_sequence_length"), "shares a buffer with its past")
    queries, keys, values = _unpacked_operands(b)
    if b.has("bias"):
        width = b.size("query", 2) if b.rank("query") == 3 else heads * b.size("query", 4)
        rest = b.size("bias", 0) - 2 * width
        parts = _split(b, b.name("bias"), [width, width, rest], 0)
        queries = b.add("Add", queries, parts[0])
        if not (b.has("key") and b.rank("key") == 4):
            keys, values = (
                b.add("Add", x, part) for x, part in zip((keys, values), parts[1:], strict=True)
            )
    past_key, past_value = b.name("past_key"), b.name("past_value")
    apart = [_heads_apart(b, queries, heads)]
    for x, name in ((keys, "key"), (values, "value")):
        whole = b.has(name) and b.rank(name) == 4
        apart.append(x if whole else _heads_apart(b, x, heads))
    bias = ""
    if b.has("key_padding_mask"):
        bias = _mask(b, "key_padding_mask", _key_count(b), "query")
    bias = b.sum(bias, b.name("attention_bias")) if b.has("attention_bias") else bias
    y, present_key, present_value = _attention(
        b,
        [*apart, bias, past_key, past_value],
        is_causal=b.integer("unidirectional"),
        scale=_scale(b),
    )
    if not b.has("past_key"):
        present_key, present_value = apart[1:]
    return [_joined_heads(b, y), present_key, present_value]


def _unpacked_operands(b: Body) -> list[str]:
    """Queries, keys and values as `[B, S, heads * size]`; keys and values of rank 4 as they are."""
    if b.rank("query") == 5:  # [B, S, heads, 3, size]
        parts = _split(b, b.name("query"), [1, 1, 1], 3)
        return [b.reshape(part, 0, 0, -1) for part in parts]
    if b.has("key") and b.rank("key") == 5:  # [B, T, heads, 2, size]
        parts = _split(b, b.name("key"), [1, 1], 3)
        return [b.name("query"), *(b.reshape(part, 0, 0, -1) for part in parts)]
    b.refuse(not b.has("key") or not b.has("value"), "has queries alone, and not packed ones")
    return [b.name(name) for name in ("query", "key", "value")]


def _key_count(b: Body) -> int:
    past = b.size("past_key", 2) if b.has("past_key") else 0
    if not b.has("key"):
        return past + b.size("query", 1)
    return past + b.size("key", 2 if b.rank("key") == 4 else 1)


@operator(
    "input position_ids cos_cache sin_cache",
    interleaved=0,
    is_packed_batching=0,
    num_heads=0,
    rotary_embedding_dim=0,
    scale=1.0,
)
def RotaryEmbedding(b: Body) -> str:
    """Pairs of numbers turned by angles that grow with the position."""
    x, rank = b.name("input"), b.rank("input")
    width = b.integer("rotary_embedding_dim")
    heads = b.integer("num_heads")
    if rank == 3:
        size = (width and heads) or 2 * b.size("cos_cache", 1)
        heads = heads or b.size("input", 2) // size
        x = _heads_apart(b, x, heads)
    length = b.size("input", 1 if rank == 3 else 2)
    positions = b.name("position_ids")
    if b.rank("position_ids") == 1:  # where the first token stands
        steps = b.constant(np.arange(length))
        places = b.add("Add", b.reshape(positions, 1, 1), steps)
        batch = b.add("Shape", x, start=0, end=1)
        shape = b.add("Concat", batch, b.constant([length]), axis=0)
        positions = b.add("Expand", places, shape)
    y = _rotated(b, x, positions)
    return _joined_heads(b, y) if rank == 3 else y


def _rotated(b: Body, x: str, positions: str) -> str:
    caches = b.name("cos_cache"), b.name("sin_cache")
    interleaved = b.attributes.get("interleaved", b.attributes.get("rotary_interleaved", 0))
    width = int(b.attributes.get("rotary_embedding_dim", 0))
    return b.add(
        "RotaryEmbedding",
        x,
        *caches,
        positions,
        interleaved=int(interleaved),
        rotary_embedding_dim=width or None,
    )


@operator(
    "query key? value? past_key? past_value? seqlens_k total_sequence_length cos_cache? sin_cache?"
    " position_ids? attention_bias? head_sink? k_scale? v_scale? q_norm_weight? k_norm_weight?",
    causal=1,
    do_rotary=0,
    k_quant_type="NONE",
    kv_cache_bit_width=0,
    kv_num_heads=int,
    local_window_size=-1,
    num_heads=int,
    qk_norm_epsilon=1e-6,
    qk_output=0,
    rotary_interleaved=0,
    scale=0.0,
    sliding_window_cache=0,
    smooth_softmax=-1,
    softcap=0.0,
    v_quant_type="NONE",
)
def GroupQueryAttention(b: Body) -> list[str]:
    """
    Causal attention in which several heads share their keys and values, with a cache.

    `seqlens_k[b] + 1` tokens of a batch are valid with those that are new. Where there is a past,
    the new ones are written behind the valid ones before them.
    """
    heads, groups = b.integer("num_heads"), b.integer("kv_num_heads")
    b.refuse(b.has("head_sink") or b.integer("smooth_softmax") > 0, "has an attention sink")
    b.refuse(b.text("k_quant_type") != "NONE", "has a quantised cache")
    b.refuse(bool(b.integer("sliding_window_cache")), "has a cache that slides")
    b.refuse(b.has("q_norm_weight"), "normalises queries and keys")
    new = b.size("query", 1)
    if b.has("key"):
        queries, keys, values = (b.name(name) for name in ("query", "key", "value"))
    else:
        size = b.size("query", 2) // (heads + 2 * groups)
        widths = [heads * size, groups * size, groups * size]
        queries, keys, values = _split(b, b.name("query"), widths, 2)
    queries = _heads_apart(b, queries, heads)
    keys, values = (_heads_apart(b, x, groups) for x in (keys, values))
    # Without a past the first token stands at 0, however many tokens behind it are padding.
    past = b.size("past_key", 2) if b.has("past_key") else 0
    valid = b.cast(b.reshape(b.name("seqlens_k"), -1), np.int64)
    valid = b.add("Add", valid, b.constant(1))
    start = b.add("Sub", valid, b.constant(new))
    if b.integer("do_rotary"):
        positions = b.name("position_ids")
        if not positions:
            first = b.reshape(start, -1, 1)
            first = first if past else b.add("Mul", first, b.constant(0))
            positions = b.add("Add", first, b.constant(np.arange(new)))
        queries, keys = (_rotated(b, x, positions) for x in (queries, keys))
    lengths = ""
    if past:
        caches: list[str] = []
        for x, name in ((keys, "past_key"), (values, "past_value")):
            cache = b.name(name)
            if not _holds_all(b, past):
                cache = b.add("Concat", cache, x, axis=2)
            caches.append(b.add("TensorScatter", cache, x, start, axis=2))
        keys, values = caches
        lengths = valid
    window = b.integer("local_window_size")
    [y] = b.add_many(
        "Attention",
        [queries, keys, values, b.name("attention_bias"), "", "", lengths],
        1,
        is_causal=b.integer("causal"),
        scale=_scale(b),
        softcap=b.number("softcap") or None,
        left_window_size=window - 1 if window > 0 else None,
    )
    return [_joined_heads(b, y), keys, values]


def _holds_all(b: Body, past: int) -> bool:
    """Whether the past is a buffer that has room for the new tokens."""
    total = b.operands["total_sequence_length"].constant
    return total is not None and int(total.reshape(-1)[0]) <= past

"""Whole layers of a transformer, as torch runs them without gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .activations import gelu, relu
from .arguments import ArgumentsFunction, Array
from .normalization import layer_norm
from .products import attention, linear


def keeps(mask: Array | None, mask_type: int | None) -> Array | None:
    """Which keys a query sees: 0 is a mask of all pairs, 1 one of keys; true hides."""
    if mask is None:
        return None
    return ~(mask[:, None, None] if mask_type == 1 else mask)


def multi_head_attention(
    query: Array,
    key: Array,
    value: Array,
    width: int,
    heads: int,
    qkv_weight: Array,
    qkv_bias: Array,
    proj_weight: Array,
    proj_bias: Array,
    mask: Array | None = None,
    *rest: Any,
) -> list[Array | None]:
    """`[B, L, width]` by one matrix for queries, keys and values; without its weights."""
    parts = zip((query, key, value), np.split(qkv_weight, 3), np.split(qkv_bias, 3), strict=True)
    size = width // heads
    q, k, v = (
        linear(x, w, b).reshape(*x.shape[:2], heads, size).swapaxes(1, 2) for x, w, b in parts
    )
    mask_type = rest[2] if len(rest) > 2 else None
    found = attention(q, k, v, keeps(mask, mask_type))
    joined = found.swapaxes(1, 2).reshape(query.shape)
    return [linear(joined, proj_weight, proj_bias), None]


def encoder_layer(
    x: Array,
    width: int,
    heads: int,
    qkv_weight: Array,
    qkv_bias: Array,
    proj_weight: Array,
    proj_bias: Array,
    use_gelu: bool,
    norm_first: bool,
    eps: float,
    *parameters: Any,
) -> Array:
    """Attention and two linear layers, each added to its operand and normalised."""
    w1, b1, w2, b2, f1, c1, f2, c2, mask, mask_type = parameters

    def attended(y: Array) -> Array:
        weights = (qkv_weight, qkv_bias, proj_weight, proj_bias)
        rest = (True, True, mask_type)
        found = multi_head_attention(y, y, y, width, heads, *weights, mask, *rest)[0]
        assert found is not None
        return found

    def fed(y: Array) -> Array:
        inner = linear(y, f1, c1)
        return linear(gelu(inner) if use_gelu else relu(inner), f2, c2)

    shape = [width]
    if norm_first:
        x = x + attended(layer_norm(x, shape, w1, b1, eps))
        return x + fed(layer_norm(x, shape, w2, b2, eps))
    x = layer_norm(x + attended(x), shape, w1, b1, eps)
    return layer_norm(x + fed(x), shape, w2, b2, eps)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_native_multi_head_attention": multi_head_attention,
    "_transformer_encoder_layer_fwd": encoder_layer,
}
"""Functions of arguments by the operator and its overload."""

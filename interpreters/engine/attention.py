"""What `engine.attention` computes."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.attention import HIDDEN, AttentionOp
from ...dialects.engine.weights import Array
from .contraction import accumulator_dtype
from .reduction import softmax_along


def attention(
    op: AttentionOp, query: Array, key: Array, value: Array, *masks: Array
) -> tuple[Array, ...]:
    """`softmax(scale * query . key^T + mask) . value`, key heads shared by groups of heads."""
    dtype = accumulator_dtype(query.dtype)
    repeats = query.shape[-3] // key.shape[-3]
    q = query.astype(dtype, copy=False)
    k = np.repeat(key.astype(dtype, copy=False), repeats, axis=-3)
    v = np.repeat(value.astype(dtype, copy=False), repeats, axis=-3)
    with np.errstate(all="ignore"):
        scores: Array = np.matmul(q * dtype.type(op.scale.value.data), np.swapaxes(k, -1, -2))
        for mask in masks:
            added = mask.astype(dtype, copy=False)
            hidden = op.choosing is not None and added <= HIDDEN
            scores = np.where(hidden, added, scores + added)
        if op.causal is not None:
            rows, columns = scores.shape[-2:]
            visible = np.tri(rows, columns, columns - rows, dtype=np.bool_)
            future = np.zeros((rows, columns), dtype)
            future[~visible] = -np.inf
            choosing = op.choosing is not None
            scores = np.where(~visible if choosing else False, future, scores + future)
        weights = softmax_along(scores, -1)
        if op.guarded is not None:
            empty = np.all(scores == -np.inf, axis=-1, keepdims=True)
            weights = np.where(empty, dtype.type(0), weights)
        if op.clears_nan is not None:
            weights = np.where(np.isnan(weights), dtype.type(0), weights)
        return (np.matmul(weights, v).astype(query.dtype, copy=False),)

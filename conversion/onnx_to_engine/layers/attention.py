"""
The Attention operator.

Operators: Attention.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import SSAValue

from ....dialects.engine import AttentionOp, ConcatOp
from ....dialects.engine.base import element_of, rank_of, shape_of
from ....dialects.engine.weights import dtype_of
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers, select
from ...to_engine.vocabulary.cast import cast

NEGATIVE_INFINITY = -float("inf")


def _heads(lo: Lowering, value: SSAValue, count: int) -> SSAValue:
    """`[batch, length, heads * size]` as `[batch, heads, length, size]`."""
    shape = shape_of(value)
    if len(shape) == 4:
        return value
    split = lo.reshape(value, (shape[0], shape[1], count, shape[2] // max(count, 1)))
    return lo.transpose(split, (0, 2, 1, 3))


def _with_past(lo: Lowering, past: str, value: SSAValue) -> SSAValue:
    before = lo.optional(past)
    return value if before is None else lo.emit(ConcatOp([before, value], 2))


def _additive_mask(lo: Lowering, element: Numbers) -> SSAValue | None:
    """
    The mask as numbers to add, of the type of the queries whatever its own: 0 where a boolean one
    is true, -infinity elsewhere.
    """
    mask = lo.optional("attn_mask")
    if mask is None:
        return None
    if element_of(mask) != IntegerType(1):
        return cast(lo, mask, element.element)

    def build(seen: SSAValue) -> SSAValue:
        return select(seen, element.number(0), element.number(NEGATIVE_INFINITY))

    return lo.map([mask], build, element.element)


def _position_mask(lo: Lowering, queries: int, keys: int, past: int) -> np.ndarray | None:
    """What `is_causal` and the window hide beyond what `causal` of the engine does."""
    before, after = lo.integer("left_window_size", -1), lo.integer("right_window_size", -1)
    causal = bool(lo.integer("is_causal")) and keys != past + queries
    if before < 0 and after < 0 and not causal:
        return None
    lo.require_room(queries, keys, bytes_each=32)
    distance = np.arange(keys)[None, :] - (np.arange(queries)[:, None] + past)
    hidden = np.zeros(distance.shape, np.bool_)
    if causal:
        hidden |= distance > 0
    if before >= 0:
        hidden |= distance < -before
    if after >= 0:
        hidden |= distance > after
    return np.where(hidden, np.float32(NEGATIVE_INFINITY), np.float32(0))


def Attention(lo: Lowering) -> list[SSAValue | None]:
    """Scaled dot-product attention with an optional key and value cache."""
    if lo.is_used("qk_matmul_output") or lo.number("softcap") != 0.0:
        raise NoNativeForm("with softcap or its scores as a result")
    if "nonpad_kv_seqlen" in lo.op.SIGNATURE.operand_names and lo.optional("nonpad_kv_seqlen"):
        raise NoNativeForm("with lengths known at run time")
    q, k, v = (lo.operand(name) for name in ("Q", "K", "V"))
    flat = rank_of(q) == 3
    n = Numbers(element_of(q))
    q = _heads(lo, q, lo.integer("q_num_heads"))
    k, v = (_heads(lo, t, lo.integer("kv_num_heads")) for t in (k, v))
    present = [_with_past(lo, "past_key", k), _with_past(lo, "past_value", v)]
    queries, keys = shape_of(q)[-2], shape_of(present[0])[-2]
    past = keys - shape_of(k)[-2]
    mask = _additive_mask(lo, n)
    if mask is not None and shape_of(mask)[-1] not in (1, keys):
        raise NoNativeForm("with a mask shorter than the keys")
    positions = _position_mask(lo, queries, keys, past)
    if positions is not None:
        hidden = lo.constant(positions.astype(dtype_of(n.element)), "positions")
        mask = hidden if mask is None else lo.map([mask, hidden], n.add)
    scale = lo.op.attribute("scale")
    result = lo.emit(
        AttentionOp(
            q,
            present[0],
            cast(lo, present[1], n.element),
            1 / sqrt(shape_of(q)[-1]) if scale is None else lo.number("scale"),
            mask=mask,
            causal=bool(lo.integer("is_causal")) and keys == past + queries,
            guarded=True,
        )
    )
    if flat:
        batch, heads, length, size = shape_of(result)
        result = lo.reshape(lo.transpose(result, (0, 2, 1, 3)), (batch, length, heads * size))
    return [result, *present, None]


OPERATORS = {"Attention": Attention}

"""Constant masks of attention: those that say nothing, and those that hide the future."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine import AttentionOp
from ....dialects.engine.attention import HIDDEN
from ....dialects.engine.base import extents_of
from ....runtime.size import numbers_of
from ..rewriting.rewrite import Match, rewrite
from .attention import attention_like


def _without_mask(op: AttentionOp, m: Match, causal: bool) -> SSAValue:
    scale = op.scale.value.data
    return attention_like(op, m, op.query, op.key, op.value, scale, mask=None, causal=causal)


@rewrite(
    AttentionOp,
    exactness="bitwise",
    source="torch scaled_dot_product_attention",
)
def drop_neutral_mask(op: AttentionOp, m: Match) -> Sequence[SSAValue]:
    """
    attention(q, k, v, mask) => attention(q, k, v)  if every number of the mask is 0.
    """
    m.require(op.mask is not None, "there is a mask")
    assert op.mask is not None
    m.require(not np.any(m.array(op.mask)), "every number of the mask is 0")
    return [_without_mask(op, m, op.causal is not None)]


@rewrite(
    AttentionOp,
    exactness="rounding",
    group="recognise",
    source="torch scaled_dot_product_attention; Dao, FlashAttention-2, 2023",
)
def recognise_causal_mask(op: AttentionOp, m: Match) -> Sequence[SSAValue]:
    """
    attention(q, k, v, mask) => attention{causal}(q, k, v)  if the mask is 0 at [i, j] for
    j <= i + Sk - Sq and -1e30 or less elsewhere; hidden scores are -inf instead, which makes no
    difference to sums of exponentials beside a visible score below 1e22.
    """
    m.require(op.mask is not None, "there is a mask")
    assert op.mask is not None
    [rows, keys] = numbers_of((extents_of(op.query)[-2], extents_of(op.key)[-2]))
    m.require(1 < rows <= keys, "there are several queries, and no more than keys")
    shape = extents_of(op.mask)
    m.require(shape[-2:] == (rows, keys), "the mask has a number for each query and key")
    mask = m.array(op.mask).reshape(-1, rows, keys)
    visible = np.tri(rows, keys, keys - rows, dtype=np.bool_)
    m.require(not np.any(mask[:, visible]), "it is 0 up to the query's own key")
    m.require(np.all(mask[:, ~visible] <= HIDDEN), "it hides every later key")
    return [_without_mask(op, m, True)]


RULES = (
    drop_neutral_mask,
    recognise_causal_mask,
)

"""
The Attention operator.

Operators: Attention.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from xdsl.dialects.builtin import IntegerType, i64
from xdsl.ir import SSAValue

from ....dialects.engine import AttentionOp, ConcatOp
from ....dialects.engine.attention import fits_attention
from ....dialects.engine.base import element_of, extents_of, rank_of
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent, is_one, same
from ...to_engine.flat_index import WHOLE, along, any_of, scalar
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.open_extents import Number, map_with_extents
from ...to_engine.scalars import Numbers, cast_scalar, select
from ...to_engine.scalars import sqrt as scalar_root
from ...to_engine.vocabulary.cast import cast

NEGATIVE_INFINITY = -float("inf")


def _heads(lo: Lowering, value: SSAValue, count: int) -> SSAValue:
    """`[batch, length, heads * size]` as `[batch, heads, length, size]`."""
    shape = extents_of(value)
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


@dataclass(frozen=True)
class _Positions:
    """Where queries are among keys, and which keys they see by that."""

    queries: Extent
    keys: Extent
    past: Extent
    causal: bool
    """Whether later keys are hidden by the mask, and not by the engine's operation."""
    before: int
    after: int

    @property
    def hides(self) -> bool:
        return self.causal or self.before >= 0 or self.after >= 0


def _position_mask(lo: Lowering, at: _Positions, n: Numbers) -> SSAValue | None:
    """What `is_causal` and the window hide beyond what `causal` of the engine does, as numbers."""
    if not at.hides:
        return None
    if isinstance(at.queries, int) and isinstance(at.keys, int) and isinstance(at.past, int):
        lo.require_room(at.queries, at.keys, bytes_each=32)
        numbers = _hidden_numbers(at.queries, at.keys, at.past, at)
        return lo.constant(numbers.astype(dtype_of(n.element)), "positions")

    def build(key: SSAValue, query: SSAValue, past: Number) -> SSAValue:
        distance = WHOLE.sub(key, WHOLE.add(query, scalar(past)))
        hidden: list[SSAValue] = []
        if at.causal:
            hidden.append(WHOLE.compare("gt", distance, WHOLE.number(0)))
        if at.before >= 0:
            hidden.append(WHOLE.compare("lt", distance, WHOLE.number(-at.before)))
        if at.after >= 0:
            hidden.append(WHOLE.compare("gt", distance, WHOLE.number(at.after)))
        return select(any_of(*hidden), n.number(NEGATIVE_INFINITY), n.number(0))

    row, column = along(lo, at.keys, 1, 2), along(lo, at.queries, 0, 2)
    return map_with_extents(lo, [row, column], [at.past], build, n.element)


def _hidden_numbers(queries: int, keys: int, past: int, at: _Positions) -> np.ndarray:
    distance = np.arange(keys)[None, :] - (np.arange(queries)[:, None] + past)
    hidden = np.zeros(distance.shape, np.bool_)
    if at.causal:
        hidden |= distance > 0
    if at.before >= 0:
        hidden |= distance < -at.before
    if at.after >= 0:
        hidden |= distance > at.after
    return np.where(hidden, np.float32(NEGATIVE_INFINITY), np.float32(0))


def _scaled(lo: Lowering, q: SSAValue, n: Numbers) -> tuple[SSAValue, float]:
    """The queries and what their products are multiplied by; the former where that is a size."""
    size = extents_of(q)[-1]
    if lo.op.attribute("scale") is not None:
        return q, lo.number("scale")
    if isinstance(size, int):
        return q, 1 / sqrt(size)

    def build(a: SSAValue, size: SSAValue) -> SSAValue:
        return n.div(a, scalar_root(cast_scalar(size, i64, n.element)))

    return map_with_extents(lo, [q], [size], build), 1.0


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
    if not fits_attention(extents_of(q), extents_of(k), extents_of(v)):
        raise NoNativeForm("with heads or sizes of heads that are no numbers")
    present = [_with_past(lo, "past_key", k), _with_past(lo, "past_value", v)]
    queries, keys = extents_of(q)[-2], extents_of(present[0])[-2]
    past = keys - extents_of(k)[-2]
    mask = _additive_mask(lo, n)
    if mask is not None:
        seen = extents_of(mask)[-1]
        if not is_one(seen) and same(seen, keys) is False:
            raise NoNativeForm("with a mask shorter than the keys")
        if not is_one(seen):
            lo.relations.equal(seen, keys)
    causal = bool(lo.integer("is_causal"))
    window = lo.integer("left_window_size", -1), lo.integer("right_window_size", -1)
    apart = causal and keys != past + queries
    hidden = _position_mask(lo, _Positions(queries, keys, past, apart, *window), n)
    if hidden is not None:
        mask = hidden if mask is None else lo.map([mask, hidden], n.add)
    q, scale = _scaled(lo, q, n)
    result = lo.emit(
        AttentionOp(
            q,
            present[0],
            cast(lo, present[1], n.element),
            scale,
            mask=mask,
            causal=causal and not apart,
            guarded=True,
        )
    )
    if flat:
        batch, heads, length, size = extents_of(result)
        result = lo.reshape(lo.transpose(result, (0, 2, 1, 3)), (batch, length, heads * size))
    return [result, *present, None]


OPERATORS = {"Attention": Attention}

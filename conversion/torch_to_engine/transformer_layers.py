"""
Whole layers of a transformer, as torch runs them without gradients.

Operators: _native_multi_head_attention, _transformer_encoder_layer_fwd.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ...dialects.engine import AttentionOp, NormOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary import activations as words
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.dense import dense
from .arguments import flag, require_unused
from .products import rows_of


def _linear(lo: Lowering, x: SSAValue, weight: SSAValue, bias: SSAValue) -> SSAValue:
    found = dense(lo, rows_of(lo, x), weight, bias, trans_rhs=True)
    return lo.reshape(found, (*extents_of(x)[:-1], extents_of(weight)[0]))


def _added_mask(lo: Lowering, n: Numbers) -> SSAValue | None:
    """-infinity where a boolean mask hides: of all pairs (0), or of keys (1)."""
    mask = lo.optional("mask")
    if mask is None:
        return None
    kind, shape = lo.op.attribute("mask_type"), extents_of(mask)
    if kind == 1:
        mask = lo.reshape(mask, (shape[0], 1, 1, shape[1]))
    elif kind != 0 or rank_of(mask) != 2:
        raise NoNativeForm(f"with a mask of the kind {kind}")
    else:
        mask = lo.reshape(mask, (1, 1, *shape))
    if element_of(mask) != i1:
        return cast(lo, mask, n.element)

    def build(hidden: SSAValue) -> SSAValue:
        return select(hidden, n.number(-float("inf")), n.number(0))

    return lo.map([mask], build, n.element)


def _attention(
    lo: Lowering, inputs: Sequence[SSAValue], heads: int, scope: Sequence[SSAValue]
) -> SSAValue:
    """Queries, keys and values `[B, L, width]`; of one tensor they are one product."""
    qkv_weight, qkv_bias, proj_weight, proj_bias = scope
    n, width = Numbers(element_of(inputs[0])), extents_of(proj_weight)[0]
    if not isinstance(width, int):
        raise NoNativeForm("of a width by name")
    size = width // heads
    parts: list[SSAValue] = []
    if inputs[0] is inputs[1] is inputs[2]:
        whole = _linear(lo, inputs[0], qkv_weight, qkv_bias)
        parts = [lo.slice_axis(whole, 2, at * width, width) for at in range(3)]
    else:
        for at, x in enumerate(inputs):
            weight = lo.slice_axis(qkv_weight, 0, at * width, width)
            bias = lo.slice_axis(qkv_bias, 0, at * width, width)
            parts.append(_linear(lo, x, weight, bias))
    split = [
        lo.transpose(lo.reshape(v, (*extents_of(v)[:2], heads, size)), (0, 2, 1, 3)) for v in parts
    ]
    mask = _added_mask(lo, n)
    q, k, v = split
    found = lo.emit(AttentionOp(q, k, v, 1 / sqrt(size), mask=mask, guarded=True))
    joined = lo.reshape(lo.transpose(found, (0, 2, 1, 3)), extents_of(inputs[0]))
    return _linear(lo, joined, proj_weight, proj_bias)


_WEIGHTS = ("qkv_weight", "qkv_bias", "proj_weight", "proj_bias")


def _multi_head_attention(lo: Lowering) -> list[SSAValue | None]:
    require_unused(lo, (1,), "its weights")
    inputs = [lo.operand(name) for name in ("query", "key", "value")]
    weights = [lo.operand(name) for name in _WEIGHTS]
    return [_attention(lo, inputs, lo.integer("num_head"), weights), None]


def _encoder_layer(lo: Lowering) -> SSAValue:
    """Attention and two linear layers, each added to its operand and normalised."""
    x, eps = lo.operand("src"), lo.number("eps")
    n = Numbers(element_of(x))
    weights = [lo.operand(name) for name in _WEIGHTS]

    def normalised(y: SSAValue, number: int) -> SSAValue:
        scale, bias = (lo.operand(f"norm_{kind}_{number}") for kind in ("weight", "bias"))
        return lo.emit(NormOp(y, "layer", [rank_of(y) - 1], eps, scale=scale, bias=bias))

    def attended(y: SSAValue) -> SSAValue:
        return _attention(lo, [y, y, y], lo.integer("num_heads"), weights)

    def fed(y: SSAValue) -> SSAValue:
        w1, b1, w2, b2 = (lo.operand(f"ffn_{k}_{at}") for at in (1, 2) for k in ("weight", "bias"))
        function = words.gelu if flag(lo, "use_gelu") else words.relu
        inner = words.activation(lo, function, _linear(lo, y, w1, b1))
        return _linear(lo, inner, w2, b2)

    def added(a: SSAValue, b: SSAValue) -> SSAValue:
        return lo.map([a, b], n.add)

    if flag(lo, "norm_first"):
        x = added(x, attended(normalised(x, 1)))
        return added(x, fed(normalised(x, 2)))
    x = normalised(added(x, attended(x)), 1)
    return normalised(added(x, fed(x)), 2)


OPERATORS: dict[str, Conversion] = {
    "_native_multi_head_attention": _multi_head_attention,
    "_transformer_encoder_layer_fwd": _encoder_layer,
}
"""Conversions by the operator."""

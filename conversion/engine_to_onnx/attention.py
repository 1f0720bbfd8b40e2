"""`attention` and `rotary`: the operators of opset 23, or what they are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ...dialects.engine import AttentionOp, RotaryOp
from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.weights import dtype_of
from ...dialects.framework import tensor_type
from ...runtime.size import Extent
from .nodes import Nodes, NoOnnxForm, element, sizes
from .size_values import reshape_operand


def convert_attention(nodes: Nodes, op: AttentionOp) -> Sequence[SSAValue]:
    """Attention where it is that operator, else its products and Softmax."""
    query, key = extents_of(op.query), extents_of(op.key)
    plain = op.guarded is None and op.clears_nan is None and op.choosing is None
    causal = op.causal is not None
    if (
        plain
        and nodes.has("Attention")
        and len(query) == 4
        and (not causal or query[-2] == key[-2])
    ):
        shape = None if op.mask is None else extents_of(op.mask)
        # A mask of the operator is a matrix of scores, at least.
        if shape is None or (len(shape) > 1 and shape[-2:] == (query[-2], key[-2])):
            operands = [nodes.value(v) for v in (op.query, op.key, op.value, op.mask) if v]
            attributes = {"scale": op.scale.value.data, "is_causal": int(causal)}
            return [nodes.like("Attention", operands, op.results[0], attributes)]
    return [_products(nodes, op)]


def _products(nodes: Nodes, op: AttentionOp) -> SSAValue:
    """`softmax(scale * query . key^T + mask) . value`"""
    query, key, value = (extents_of(v) for v in (op.query, op.key, op.value))
    kind, result = element_of(op.query), op.results[0]
    q, k, v = (nodes.value(x) for x in (op.query, op.key, op.value))
    masks = _masks(nodes, op)
    if query[-3] != key[-3]:
        # Heads that share keys are a dimension of their own.
        shared = _shared(query[-3], key[-3])
        query = (*query[:-3], key[-3], shared, *query[-2:])
        key, value = (*key[:-2], 1, *key[-2:]), (*value[:-2], 1, *value[-2:])
        q, k, v = (
            nodes.one("Reshape", [x, reshape_operand(nodes, sizes(x), shape)], kind, shape)
            for x, shape in ((q, query), (k, key), (v, value))
        )
        masks = [_over_shared(nodes, mask) for mask in masks]
    rank = len(query)
    order = [*range(rank - 2), rank - 1, rank - 2]
    turned = (*key[:-2], key[-1], key[-2])
    keys = nodes.one("Transpose", [k], kind, turned, {"perm": order})
    scaled = nodes.each("Mul", q, nodes.number(op.scale.value.data, kind))
    shape = (*query[:-1], key[-2])
    scores = nodes.one("MatMul", [scaled, keys], kind, shape)
    for mask in masks:
        added = nodes.each("Add", scores, mask)
        if op.choosing is not None:
            lowest = nodes.number(_CHOSEN, kind)
            chosen = nodes.each("LessOrEqual", mask, lowest, gives=i1)
            added = nodes.each("Where", chosen, mask, added, gives=kind)
        scores = added
    weights = nodes.one("Softmax", [scores], kind, shape, {"axis": -1})
    if (cleared := _cleared(nodes, op, scores, weights)) is not None:
        weights = nodes.each("Where", cleared, nodes.number(0, kind), weights, gives=kind)
    made = nodes.one("MatMul", [weights, v], kind, (*query[:-1], value[-1]))
    if sizes(made) == extents_of(result):
        return made
    operand = reshape_operand(nodes, sizes(made), extents_of(result))
    return nodes.like("Reshape", [made, operand], result)


_CHOSEN = -1e30
"""Numbers of a mask that take the place of a score are this or less."""


def _cleared(nodes: Nodes, op: AttentionOp, scores: SSAValue, weights: SSAValue) -> SSAValue | None:
    """Where probabilities are 0 instead."""
    if op.clears_nan is not None:
        return nodes.each("IsNaN", weights, gives=i1)
    if op.guarded is None or (op.mask is None and op.causal is None):
        return None
    kind, shape = element(scores), sizes(scores)
    last = nodes.integers([len(shape) - 1])
    largest = nodes.one("ReduceMax", [scores, last], kind, (*shape[:-1], 1), {"keepdims": 1})
    return nodes.each("Equal", largest, nodes.number(-np.inf, kind), gives=i1)


def _masks(nodes: Nodes, op: AttentionOp) -> list[SSAValue]:
    """What is added to the scores."""
    found = [] if op.mask is None else [nodes.value(op.mask)]
    if op.causal is None:
        return found
    rows, columns = extents_of(op.query)[-2], extents_of(op.key)[-2]
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise NoOnnxForm("it has a causal mask of an open size")
    after = np.triu(np.full((rows, columns), -np.inf), 1 + columns - rows)
    return [*found, nodes.constant(after.astype(dtype_of(element_of(op.query))))]


def _shared(heads: Extent, groups: Extent) -> int:
    if not isinstance(heads, int) or not isinstance(groups, int):
        raise NoOnnxForm("its heads share keys, and their number is open")
    return heads // groups


def _over_shared(nodes: Nodes, mask: SSAValue) -> SSAValue:
    """A mask of scores `[..., heads, rows, columns]` over groups of heads."""
    shape = sizes(mask)
    if len(shape) < 3:
        return mask
    if shape[-3] != 1:
        raise NoOnnxForm("it has a mask for each of the heads that share keys")
    whole = (*shape[:-2], 1, *shape[-2:])
    operand = reshape_operand(nodes, shape, whole)
    return nodes.one("Reshape", [mask, operand], element(mask), whole)


def convert_rotary(nodes: Nodes, op: RotaryOp) -> Sequence[SSAValue]:
    """RotaryEmbedding by constant angles of each position, or its definition."""
    shape = extents_of(op.input)
    caches = [_cache(nodes, v, shape) for v in (op.cos, op.sin)]
    interleaved = op.interleaved is not None
    if nodes.has("RotaryEmbedding") and all(cache is not None for cache in caches):
        operands = [nodes.value(op.input), *caches]
        attributes = {"interleaved": int(interleaved)}
        return [nodes.like("RotaryEmbedding", operands, op.results[0], attributes)]
    if interleaved:
        raise NoOnnxForm("it turns neighbours by angles that are computed")
    return [_turned(nodes, op)]


def _cache(nodes: Nodes, value: SSAValue, shape: Sequence[Extent]) -> SSAValue | None:
    """Constant angles, one for each pair, as `[batch, positions, pairs]`."""
    array = nodes.array(value)
    if array is None or len(shape) != 4 or any(not isinstance(n, int) for n in shape):
        return None
    batch, _, positions, width = (n for n in shape if isinstance(n, int))
    whole = array.reshape((1,) * (4 - array.ndim) + array.shape)
    if whole.shape[1] != 1:
        return None
    whole = whole[:, 0]
    half = width // 2
    if whole.shape[-1] == width:
        if not np.array_equal(whole[..., :half], whole[..., half:]):
            return None
        whole = whole[..., :half]
    elif whole.shape[-1] != half:
        return None
    return nodes.constant(np.broadcast_to(whole, (batch, positions, half)), value.name_hint)


def _turned(nodes: Nodes, op: RotaryOp) -> SSAValue:
    """`x * cos + concat(-x2, x1) * sin`"""
    shape, kind = extents_of(op.input), element_of(op.input)
    width = shape[-1]
    if not isinstance(width, int):
        raise NoOnnxForm("it turns pairs whose number is open")
    half, axis = width // 2, len(shape) - 1
    x = nodes.value(op.input)
    part = tensor_type(kind, [*(None if n == -1 else n for n in shape[:-1]), half])
    lengths = nodes.constant(np.array([half, half], np.int64))
    first, second = nodes.several("Split", [x, lengths], [part, part], {"axis": axis})
    negative = nodes.each("Neg", second)
    turned = nodes.one("Concat", [negative, first], kind, shape, {"axis": axis})
    cos, sin = (_angles(nodes, nodes.value(v), width) for v in (op.cos, op.sin))
    return nodes.each("Add", nodes.each("Mul", x, cos), nodes.each("Mul", turned, sin))


def _angles(nodes: Nodes, value: SSAValue, width: int) -> SSAValue:
    """One angle for each element."""
    shape = sizes(value)
    if shape[-1] == width:
        return value
    whole = (*shape[:-1], width)
    return nodes.one("Concat", [value, value], element(value), whole, {"axis": len(shape) - 1})

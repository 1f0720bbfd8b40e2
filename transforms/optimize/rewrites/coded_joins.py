"""Codes of eight bits that are joined as the numbers they stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp, MapOp
from ....dialects.engine.base import element_of, extents_of, tensor
from ....dialects.engine.weights import WeightStore
from ..rewriting.coded_operand import CodedOperand, Parameter, as_scalar, decodable, quantisation
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder


@rewrite(
    ConcatOp,
    exactness="bitwise",
    group="move",
    source="onnxruntime QDQPropagation",
)
def concat_codes(op: ConcatOp, m: Match) -> Sequence[SSAValue]:
    """
    concat((a - z) * s, (b - z) * s) => (concat(a, b) - z) * s  if z and s are one number each.
    """
    parts = _parts(op, m)
    first = parts[0]
    alike = all(
        element_of(part.codes) == element_of(first.codes)
        and _equal(part.scale, first.scale, m.store)
        and _equal(part.zero, first.zero, m.store)
        for part in parts
    )
    m.require(alike, "scales, zero points and types are equal")
    for part in parts:
        m.consumed(part.op)
    joined = m.insert(ConcatOp([part.codes for part in parts], op.axis.value.data)).results[0]
    return [_mapped(first.op, {first.codes: joined}, op.results[0], m)]


@rewrite(
    MapOp,
    exactness="bitwise",
    group="move",
    source="onnxruntime QDQPropagation",
)
def quantise_before_concat(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    quantise(concat((a - za) * sa, (b - zb) * sb)) =>
    concat(quantise((a - za) * sa), quantise((b - zb) * sb))  if nobody else reads the joined
    numbers, and scale and zero point of the result are one number each.
    """
    made = quantisation(op)
    m.require(made is not None, "the map quantises")
    assert made is not None
    concat = producer_of(made.source, ConcatOp)
    m.require(concat is not None and made.source.has_one_use(), "what is joined is read once")
    assert concat is not None
    m.require(made.scale.is_scalar and made.zero.is_scalar, "there is one scale and zero point")
    _parts(concat, m)
    m.consumed(concat)
    pieces = [_mapped(op, {made.source: part}, op.results[0], m) for part in concat.inputs]
    return [m.insert(ConcatOp(pieces, concat.axis.value.data)).results[0]]


def _parts(op: ConcatOp, m: Match) -> list[CodedOperand]:
    """What stands behind the parts, which are all codes with one scale and zero point each."""
    found = [decodable(value) for value in op.inputs]
    parts = [part for part in found if part is not None]
    m.require(len(parts) == len(found), "all parts are codes less a zero point, times a scale")
    return parts


def _equal(one: Parameter | None, other: Parameter | None, store: WeightStore) -> bool:
    if one is None or other is None:
        return one is other
    if one.same(other):
        return True
    own, others = one.array(store), other.array(store)
    return own is not None and others is not None and bool(np.all(own == others))


def _mapped(op: MapOp, replaced: dict[SSAValue, SSAValue], like: SSAValue, m: Match) -> SSAValue:
    """The map `op` of other operands, one of which has the shape of the result."""
    builder = RegionBuilder()
    [(_, data)] = replaced.items()
    arguments = [
        builder.argument(replaced[v]) if v in replaced else builder.argument(as_scalar(v, m))
        for v in op.inputs
    ]
    region = builder.finish(*builder.inline(op.body, arguments))
    result = tensor(extents_of(data), element_of(like))
    return m.insert(MapOp(builder.operands, region, result)).results[0]


RULES = (concat_codes, quantise_before_concat)

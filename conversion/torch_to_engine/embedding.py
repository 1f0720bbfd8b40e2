"""
Rows of tables of weights, alone and in bags.

Operators: those of the table at the end.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ...dialects.engine import GatherOp, ReduceOp, ScatterOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import dtype_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, cast_scalar, select
from ..to_engine.vocabulary.cast import cast
from .arguments import require_unused, result_shape
from .overloads import named


def _embedding(lo: Lowering) -> SSAValue:
    return lo.emit(GatherOp(lo.operand("weight"), lo.operand("indices"), 0))


def _embedding_bag(lo: Lowering) -> list[SSAValue | None]:
    """Rows added to the bag that they are in, which is the last that begins before them."""
    require_unused(lo, (1, 2, 3), "where elements come from")
    weight, indices, offsets = (lo.operand(n) for n in ("weight", "indices", "offsets"))
    padding = lo.op.attribute("padding_idx") if "padding_idx" in lo.op.SIGNATURE.attributes else -1
    if rank_of(indices) != 1 or (isinstance(padding, int) and padding >= 0):
        raise NoNativeForm("of a matrix of indices, or with rows that do not count")
    n, [count] = Numbers(element_of(weight)), extents_of(indices)
    bags, width = result_shape(lo)
    rows = lo.emit(GatherOp(weight, indices, 0))
    weights = lo.optional("per_sample_weights")
    if weights is not None:
        rows = lo.map([rows, lo.reshape(weights, (count, 1))], n.mul)
    starts = cast(lo, lo.slice_axis(offsets, 0, 0, bags), i64)
    place = along(lo, count, 0, 2)
    begun = lo.map([place, starts], lambda at, start: WHOLE.compare("ge", at, start), i1)
    begun = cast(lo, begun, i64)
    number_ = lo.emit(ReduceOp([begun], "sum", [1]))
    bag = lo.map([number_], lambda a: WHOLE.sub(a, WHOLE.number(1)))
    mode = lo.integer("mode")
    first = -float("inf") if mode == MAX else 0.0
    start = lo.constant(np.asarray(first, dtype_of(n.element)), "start")
    empty = lo.broadcast(start, (bags, width))
    found = lo.emit(ScatterOp(empty, bag, rows, "max" if mode == MAX else "add"))
    if mode == SUM:
        return [found, None, None, None]
    ones = lo.broadcast(lo.constant(np.ones((), np.int64), "one"), (count, 1))
    zeros = lo.broadcast(lo.constant(np.zeros((), np.int64), "zero"), (bags, 1))
    counts = lo.emit(ScatterOp(zeros, bag, ones, "add"))

    def build(a: SSAValue, many: SSAValue) -> SSAValue:
        filled = WHOLE.compare("gt", many, WHOLE.number(0))
        if mode == MAX:
            return select(filled, a, n.number(0))
        return n.div(a, cast_scalar(WHOLE.maximum(many, WHOLE.number(1)), i64, n.element))

    return [lo.map([found, counts], build, n.element), None, None, None]


SUM, MEAN, MAX = 0, 1, 2
"""What becomes of the rows of a bag."""


OPERATORS: dict[str, Conversion] = {
    "embedding": _embedding,
    **named(
        "embedding_bag embedding_bag.padding_idx _embedding_bag _embedding_bag_forward_only",
        _embedding_bag,
    ),
}
"""Conversions by the operator and its overload, without one for the default."""

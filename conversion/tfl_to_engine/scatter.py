"""
Scatters, segments and what else writes into a tensor.

Operators: BROADCAST_ARGS, DYNAMIC_UPDATE_SLICE, REVERSE_SEQUENCE, SCATTER_ND, SEGMENT_SUM,
SPARSE_TO_DENSE, UNSORTED_SEGMENT_MAX, UNSORTED_SEGMENT_MIN, UNSORTED_SEGMENT_PROD,
UNSORTED_SEGMENT_SUM.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp, ReduceOp, ScatterOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...dialects.engine.weights import dtype_of
from ...interpreters.tfl.selection import least_of, most_of
from ...runtime.size import product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, places, steps_of, total
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import given_extents
from ..to_engine.scalars import Numbers, cast_scalar, select
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.scatter import scatter_flat


def _scatter_nd(lo: Lowering) -> SSAValue:
    """Updates of one place are added."""
    indices, updates = lo.operand("indices"), lo.operand("updates")
    zero = lo.constant(np.zeros((), dtype_of(element_of(updates))), "zero")
    base = lo.broadcast(zero, given_extents(lo, "shape") or [])
    return lo.emit(ScatterOp(base, indices, updates, "add"))


def _sparse_to_dense(lo: Lowering) -> SSAValue:
    indices, values = lo.operand("indices"), lo.operand("values")
    shape = given_extents(lo, "output_shape") or []
    if rank_of(indices) < 2:
        indices = lo.reshape(indices, (product_of(extents_of(indices)), 1))
    base = lo.broadcast(lo.reshape(lo.operand("default_value"), ()), shape)
    return lo.emit(ScatterOp(base, indices, lo.broadcast(values, extents_of(indices)[:1])))


def _rows(lo: Lowering, ids: SSAValue) -> SSAValue:
    """Numbers of segments as index tuples of one."""
    return lo.reshape(ids, (*extents_of(ids), 1))


def _segment_sum(lo: Lowering) -> SSAValue:
    x, ids = lo.operand("input"), lo.constant_integers("segment_ids") or []
    count = ids[-1] + 1 if ids else 0
    zero = lo.constant(np.zeros((), dtype_of(element_of(x))), "zero")
    base = lo.broadcast(zero, (count, *extents_of(x)[1:]))
    return lo.emit(ScatterOp(base, _rows(lo, lo.operand("segment_ids")), x, "add"))


def _unsorted(reduction: str, empty: Callable[[np.dtype[Any]], float]) -> Conversion:
    """Rows of a negative segment go to one behind the last, which is cut off."""

    def convert(lo: Lowering) -> SSAValue:
        x, ids = lo.operand("input"), lo.operand("segment_ids")
        count = lo.constant_number("num_segments")
        if count is None:
            raise NoNativeForm("into a number of segments that is not known")
        rest, dtype = extents_of(x)[rank_of(ids) :], dtype_of(element_of(x))
        first = lo.constant(np.array(empty(dtype), dtype), "empty")
        base = lo.broadcast(first, (int(count) + 1, *rest))
        n = Numbers(element_of(ids))

        def kept(at: SSAValue) -> SSAValue:
            return select(n.compare("lt", at, n.number(0)), n.number(int(count)), at)

        found = lo.emit(ScatterOp(base, _rows(lo, lo.map([ids], kept)), x, reduction))
        return lo.slice_axis(found, 0, 0, int(count))

    return convert


def _dynamic_update_slice(lo: Lowering) -> SSAValue:
    """The update at a place that is moved so that it fits."""
    x, update, start = (lo.operand(n) for n in ("operand", "update", "start_indices"))
    shape, new = shape_of(x), shape_of(update)
    if 0 in new or not shape:
        raise NoNativeForm("of an empty tensor")
    steps = steps_of(shape)
    limits = np.array([n - m for n, m in zip(shape, new, strict=True)], np.int64)
    element = element_of(start)

    def offset(s: SSAValue, most: SSAValue, step: SSAValue) -> SSAValue:
        at = WHOLE.maximum(WHOLE.minimum(cast_scalar(s, element, i64), most), WHOLE.number(0))
        return WHOLE.mul(at, step)

    numbers = [lo.constant(limits, "limits"), lo.constant(np.array(steps, np.int64), "steps")]
    parts = lo.map([lo.reshape(start, (len(shape),)), *numbers], offset, i64)
    first = lo.emit(ReduceOp([parts], "sum", [0], keepdims=False))
    others = places(lo, new, steps)

    def build(*scalars: SSAValue) -> SSAValue:
        return total(scalars)

    base = lo.broadcast(first, (1,) * len(new))
    at = lo.broadcast(lo.map([base, *others], build, i64), new)
    return scatter_flat(lo, x, at, update)


def _reverse_sequence(lo: Lowering) -> SSAValue:
    """The first `seq_lengths[b]` of each row in opposite order."""
    x, lengths = lo.operand("input"), lo.operand("seq_lengths")
    rank, time, batch = rank_of(x), lo.integer("seq_dim"), lo.integer("batch_dim")
    order = [batch, time, *(a for a in range(rank) if a not in (batch, time))]
    rows = lo.transpose(x, order)
    shape = shape_of(rows)
    element = element_of(lengths)

    def build(length: SSAValue, step: SSAValue, place: SSAValue) -> SSAValue:
        count = cast_scalar(length, element, i64)
        back = WHOLE.sub(WHOLE.sub(count, WHOLE.number(1)), step)
        return WHOLE.add(select(WHOLE.compare("lt", step, count), back, step), place)

    inputs = [
        lo.reshape(lengths, (shape[0], 1)),
        along(lo, shape[1], 1, 2),
        along(lo, shape[0], 0, 2, shape[1]),
    ]
    at = lo.map(inputs, build, i64)
    flat = lo.reshape(rows, (shape[0] * shape[1], *shape[2:]))
    found = lo.emit(GatherOp(flat, at, 0))
    return lo.transpose(found, [order.index(a) for a in range(rank)])


def _broadcast_args(lo: Lowering) -> SSAValue:
    """The shape of two shapes broadcast together."""
    parts = [lo.operand("shape1"), lo.operand("shape2")]
    n, rank = Numbers(element_of(parts[0])), max(shape_of(p)[0] for p in parts)
    for at, part in enumerate(parts):
        missing = rank - shape_of(part)[0]
        if missing:
            ones = lo.constant(np.ones(missing, dtype_of(n.element)), "ones")
            parts[at] = lo.emit(ConcatOp([ones, cast(lo, part, n.element)], 0))

    def build(a: SSAValue, b: SSAValue) -> SSAValue:
        return select(n.compare("eq", a, n.number(1)), b, a)

    return lo.map(parts, build)


OPERATORS: dict[str, Conversion] = {
    "BROADCAST_ARGS": _broadcast_args,
    "DYNAMIC_UPDATE_SLICE": _dynamic_update_slice,
    "REVERSE_SEQUENCE": _reverse_sequence,
    "SCATTER_ND": _scatter_nd,
    "SEGMENT_SUM": _segment_sum,
    "SPARSE_TO_DENSE": _sparse_to_dense,
    "UNSORTED_SEGMENT_MAX": _unsorted("max", least_of),
    "UNSORTED_SEGMENT_MIN": _unsorted("min", most_of),
    "UNSORTED_SEGMENT_PROD": _unsorted("mul", lambda dtype: 1),
    "UNSORTED_SEGMENT_SUM": _unsorted("add", lambda dtype: 0),
}

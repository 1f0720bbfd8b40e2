"""
Gathers, choices and orders.

Operators: EMBEDDING_LOOKUP, GATHER, GATHER_ND, ONE_HOT, RANGE, SELECT, SELECT_V2, TOPK_V2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import i1, i32
from xdsl.ir import SSAValue

from ...dialects.engine import TopKOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...dialects.engine.weights import dtype_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import flat_places
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.open_extents import given_extents
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import gather_nd, take, take_flat
from .quantization import real, require_alike


def _gather(lo: Lowering) -> SSAValue:
    x, indices = lo.operand("params"), lo.operand("indices")
    axis = positive(lo.integer("axis"), rank_of(x))
    batch = lo.integer("batch_dims")
    batch += rank_of(indices) * (batch < 0)
    if not batch:
        return take(lo, x, indices, axis)
    return _batched_gather(lo, x, indices, axis, batch)


def _batched_gather(
    lo: Lowering, x: SSAValue, indices: SSAValue, axis: int, batch: int
) -> SSAValue:
    """As many leading dimensions are common to both: one index tuple for each place."""
    rank, shape = rank_of(x), shape_of(x)
    moved = (*range(batch), axis, *(a for a in range(batch, rank) if a != axis))
    rows = lo.transpose(x, moved)
    picks = shape_of(indices)
    found = gather_nd(lo, rows, lo.reshape(indices, (*picks, 1)), batch)
    between = axis - batch
    own = len(picks) - batch
    order = [
        *range(batch),
        *range(batch + own, batch + own + between),
        *range(batch, batch + own),
        *range(batch + own + between, own + len(shape) - 1),
    ]
    return lo.transpose(found, order)


def _gather_nd(lo: Lowering) -> SSAValue:
    return gather_nd(lo, lo.operand("params"), lo.operand("indices"))


def _embedding_lookup(lo: Lowering) -> SSAValue:
    return take(lo, real(lo, "value"), lo.operand("lookup"), 0)


def require_boolean(value: SSAValue) -> None:
    """
    Ask for truths.

    Raises:
        NoNativeForm: for anything else.
    """
    if element_of(value) != i1:
        raise NoNativeForm(f"with a condition of {element_of(value)}")


def _select(lo: Lowering) -> SSAValue:
    """A condition of rank 1 chooses whole rows."""
    condition, x, y = lo.operand("condition"), lo.operand("x"), lo.operand("y")
    if rank_of(condition) == 1 and rank_of(x) > 1:
        condition = lo.reshape(condition, (*extents_of(condition), *[1] * (rank_of(x) - 1)))
    require_alike(x, y)
    require_boolean(condition)
    return lo.map([condition, x, y], select, element_of(x))


def _select_v2(lo: Lowering) -> SSAValue:
    condition, x, y = lo.operand("condition"), lo.operand("x"), lo.operand("y")
    require_alike(x, y)
    require_boolean(condition)
    return lo.map([condition, x, y], select, element_of(x))


def _one_hot(lo: Lowering) -> SSAValue:
    indices, depth = lo.operand("indices"), lo.constant_number("depth")
    if depth is None:
        raise NoNativeForm("of a depth that is not known")
    on, off = (lo.reshape(lo.operand(n), ()) for n in ("on_value", "off_value"))
    shape, element = extents_of(indices), element_of(indices)
    axis, n = positive(lo.integer("axis", -1), len(shape) + 1), Numbers(element_of(indices))
    row = np.arange(int(depth), dtype=dtype_of(element))
    places = row.reshape([-1 if a == axis else 1 for a in range(len(shape) + 1)])
    spread = lo.reshape(indices, (*shape[:axis], 1, *shape[axis:]))

    def build(i: SSAValue, p: SSAValue, high: SSAValue, low: SSAValue) -> SSAValue:
        return select(n.compare("eq", i, p), high, low)

    require_alike(on, off)
    inputs = [spread, lo.constant(places, "places"), on, off]
    return lo.map(inputs, build, element_of(on))


def _top_k(lo: Lowering) -> Sequence[SSAValue | None]:
    """The largest along the last axis, the best first."""
    x, [count] = lo.operand("input"), given_extents(lo, "k") or [0]
    axis = rank_of(x) - 1
    places = lo.emit(TopKOp(x, axis, count))
    values = take_flat(lo, x, flat_places(lo, places, extents_of(x), axis, wrap=False))
    return [values, cast(lo, places, i32)]


def _range(lo: Lowering) -> SSAValue:
    start, limit, delta = (lo.constant_number(name) for name in ("start", "limit", "delta"))
    if start is None or limit is None or not delta:
        raise NoNativeForm("of numbers that are not known")
    dtype = dtype_of(element_of(lo.operand("start")))
    return lo.constant(np.arange(float(start), float(limit), float(delta)).astype(dtype))


OPERATORS: dict[str, Conversion] = {
    "EMBEDDING_LOOKUP": _embedding_lookup,
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "ONE_HOT": _one_hot,
    "RANGE": _range,
    "SELECT": _select,
    "SELECT_V2": _select_v2,
    "TOPK_V2": _top_k,
}

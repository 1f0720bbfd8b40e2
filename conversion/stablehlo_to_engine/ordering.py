"""
Sorting, and the best elements of rows.

Operators: sort, top_k.
"""

from __future__ import annotations

from xdsl.dialects.builtin import Float64Type, i32, i64
from xdsl.ir import SSAValue

from ...dialects.engine import TopKOp
from ...dialects.engine.base import element_of, extents_of
from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.clauses import integers_of
from ...runtime.size import is_one
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.flat_index import flat_places
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.scalars import Numbers
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import take_flat
from .parts_of_operations import hlo
from .reducers import order_of
from .scalar_forms import total_order


def _picked(lo: Lowering, x: SSAValue, at: SSAValue, axis: int) -> SSAValue:
    """The elements at positions along an axis."""
    return take_flat(lo, x, flat_places(lo, at, extents_of(x), axis, wrap=False))


def sort(lo: Lowering) -> Results:
    """All elements along an axis, the best first: positions, and what stands there."""
    key = lo.operands[0]
    shape = extents_of(key)
    axis = positive(lo.integer("dimension", -1), len(shape))
    order = order_of(lo.op.regions[0])
    if order is None:
        raise NoNativeForm("by a comparison that is not one of the first tensor's elements alone")
    Numbers(element_of(key))
    if not shape or is_one(shape[axis]):
        return lo.operands
    if order.total:
        key = ordered_bits(lo, key)
    count = _wanted(hlo(lo), axis)
    at = lo.emit(
        TopKOp(key, axis, shape[axis] if count is None else count, smallest=not order.largest)
    )
    used = [bool(result.uses) for result in lo.op.results]
    pairs = zip(lo.operands, used, strict=True)
    return [_picked(lo, x, at, axis) if wanted else None for x, wanted in pairs]


def _wanted(op: HloOp, axis: int) -> int | None:
    """How many of the first elements are used, where all uses are slices that take them."""
    most = 1
    for result in op.results:
        for use in result.uses:
            part = use.operation
            if not isinstance(part, HloOp) or part.name != "stablehlo.slice":
                return None
            starts, limits, steps = (
                integers_of(part.properties[name])
                for name in ("start_indices", "limit_indices", "strides")
            )
            if any(starts) or any(step != 1 for step in steps):
                return None
            most = max(most, limits[axis])
    return most


def ordered_bits(lo: Lowering, x: SSAValue) -> SSAValue:
    """Integers in the total order of floats."""
    n = Numbers(element_of(x))
    whole = Numbers(i64 if isinstance(n.element, Float64Type) else i32)
    return lo.map([x], lambda a: total_order(n, whole, a), whole.element)


def top_k(lo: Lowering) -> Results:
    """The k largest along the last axis, and where they are."""
    x = lo.operands[0]
    shape = extents_of(x)
    Numbers(element_of(x))
    if 0 in shape:
        raise NoNativeForm("of an empty tensor")
    axis = len(shape) - 1
    lo.relations.not_negative(shape[axis] - lo.integer("k"))
    at = lo.emit(TopKOp(x, axis, lo.integer("k")))
    values, places = lo.op.results
    return [
        _picked(lo, x, at, axis) if values.uses else None,
        cast(lo, at, element_of(places)) if places.uses else None,
    ]


OPERATORS: dict[str, Conversion] = {"sort": sort}

CHLO_OPERATORS: dict[str, Conversion] = {"top_k": top_k}

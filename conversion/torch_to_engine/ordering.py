"""
Elements in order: sorted, the largest, the middle one.

Operators: those of the table at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from xdsl.dialects.builtin import IntegerType, i1
from xdsl.ir import SSAValue

from ...dialects.engine import TopKOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...runtime.size import Extent, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import gather_elements
from ..to_engine.vocabulary.reduce import reduced_shape
from .arguments import dim, extent, flag
from .overloads import named


def ordered(
    lo: Lowering, x: SSAValue, axis: int, count: Extent, *, largest: bool
) -> tuple[SSAValue, SSAValue]:
    """(values, places) of the first `count` in order along an axis; equal ones in theirs."""
    keys = cast(lo, x, IntegerType(32)) if element_of(x) == i1 else x
    places = lo.emit(TopKOp(keys, axis, count, smallest=not largest))
    return gather_elements(lo, x, places, axis), places


def _sort(lo: Lowering) -> list[SSAValue | None]:
    x = lo.operand("self")
    if not rank_of(x):
        return [x, lo.constant(np.zeros((), np.int64), "place")]
    axis = dim(lo.integer("dim"), rank_of(x))
    return list(ordered(lo, x, axis, extents_of(x)[axis], largest=flag(lo, "descending")))


def _argsort(lo: Lowering) -> list[SSAValue | None]:
    return _sort(lo)[1:]


def _msort(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return ordered(lo, x, 0, extents_of(x)[0], largest=False)[0]


def _topk(lo: Lowering) -> list[SSAValue | None]:
    x, count = lo.operand("self"), extent(lo, "k")
    if not rank_of(x) or count is None:
        raise NoNativeForm("of a scalar")
    axis = dim(lo.integer("dim"), rank_of(x))
    return list(ordered(lo, x, axis, count, largest=flag(lo, "largest")))


def _kth(lo: Lowering, x: SSAValue, axis: int, k: int, *, keep: bool) -> list[SSAValue | None]:
    found = ordered(lo, x, axis, k, largest=False)
    parts = [lo.slice_axis(v, axis, k - 1, 1) for v in found]
    shape = reduced_shape(extents_of(x), [axis], keep)
    return [lo.reshape(v, shape) for v in parts]


def _kthvalue(lo: Lowering) -> list[SSAValue | None]:
    x, k = lo.operand("self"), extent(lo, "k")
    if not rank_of(x) or not isinstance(k, int):
        raise NoNativeForm("of a scalar, or at a place that is no number")
    return _kth(lo, x, dim(lo.integer("dim"), rank_of(x)), k, keep=flag(lo, "keepdim"))


def _median_dim(lo: Lowering) -> list[SSAValue | None]:
    """The lower of two."""
    x = lo.operand("self")
    if not rank_of(x):
        return [x, lo.constant(np.zeros((), np.int64), "place")]
    axis = dim(lo.integer("dim"), rank_of(x))
    n = extents_of(x)[axis]
    if not isinstance(n, int):
        raise NoNativeForm("of a number of elements by name")
    return _kth(lo, x, axis, (n + 1) // 2, keep=flag(lo, "keepdim"))


def _median(lo: Lowering) -> SSAValue | None:
    x = lo.operand("self")
    count = product_of(extents_of(x))
    if not isinstance(count, int):
        raise NoNativeForm("of a number of elements by name")
    flat = lo.reshape(x, (count,))
    return _kth(lo, flat, 0, (count + 1) // 2, keep=False)[0]


def _quantile(lo: Lowering) -> SSAValue | None:
    """Between two of the elements in order; a NaN, which is the last, makes a row NaN."""
    x, q = lo.operand("self"), lo.op.attribute("q")
    dim_given = lo.op.attribute("dim")
    if not isinstance(dim_given, int):
        x, axis = lo.reshape(x, (product_of(extents_of(x)),)), 0
    else:
        axis = dim(dim_given, rank_of(x)) if rank_of(x) else 0
    n = extents_of(x)[axis] if rank_of(x) else 1
    if not isinstance(q, int | float) or not isinstance(n, int) or not rank_of(x) or not n:
        raise NoNativeForm("of a scalar, or at a place that is no number")
    number = Numbers(element_of(x))
    place = float(q) * (n - 1)
    how = lo.text("interpolation", "linear")
    low, high = math.floor(place), math.ceil(place)
    weight = {"lower": 0.0, "higher": 1.0, "midpoint": 0.5}.get(how, place - low)
    if how == "nearest":
        low = high = round(place)
    values, _ = ordered(lo, x, axis, n, largest=False)
    parts = [lo.slice_axis(values, axis, at, 1) for at in (low, high, n - 1)]

    def build(a: SSAValue, b: SSAValue, last: SSAValue) -> SSAValue:
        between = number.add(a, number.mul(number.sub(b, a), number.number(weight)))
        # The difference of two infinite ones is no number.
        kept = select(number.compare("eq", a, b), a, between)
        return select(number.compare("ne", last, last), last, kept)

    found = lo.map(parts, build)
    keep = flag(lo, "keepdim")
    if isinstance(dim_given, int):
        return lo.reshape(found, reduced_shape(extents_of(x), [axis], keep))
    return lo.reshape(found, [1] * (rank_of(lo.operand("self")) if keep else 0))


def _first(convert: Callable[[Lowering], SSAValue | None]) -> Conversion:
    def only(lo: Lowering) -> list[SSAValue | None]:
        return [convert(lo)]

    return only


OPERATORS: dict[str, Conversion] = {
    **named("sort sort.stable", _sort),
    **named("argsort argsort.stable", _argsort),
    "msort": _msort,
    "topk": _topk,
    "kthvalue": _kthvalue,
    "quantile.scalar": _first(_quantile),
    "median": _first(_median),
    "median.dim": _median_dim,
}
"""Conversions by the operator and its overload, without one for the default."""

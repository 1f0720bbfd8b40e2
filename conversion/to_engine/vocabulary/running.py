"""The largest or smallest elements so far."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import ScanOp
from ....dialects.engine.base import element_of, extents_of, rank_of
from ..flat_index import WHOLE, along
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers, select, value
from .cast import cast, wide_floats


def running_extremes(lo: Lowering, kind: str, x: SSAValue, axis: int) -> tuple[SSAValue, SSAValue]:
    """
    The `max` or `min` of all elements up to each along an axis, and the last place of it, i64.

    A NaN is an extreme, and stays.
    """
    if not rank_of(x) or element_of(x) == i1:
        raise NoNativeForm("of a scalar, or of booleans")
    given = wide_floats(lo, x) if Numbers(element_of(x)).floating else x
    n, values = Numbers(element_of(given)), lo.emit(ScanOp(given, kind, axis))
    places = along(lo, extents_of(x)[axis], axis, rank_of(x))

    def place(a: SSAValue, extreme: SSAValue, at: SSAValue) -> SSAValue:
        is_extreme = n.compare("eq", a, extreme)
        if n.floating:
            is_extreme = value(arith.OrIOp(is_extreme, n.compare("ne", a, a)))
        return select(is_extreme, at, WHOLE.number(0))

    marked = lo.map([given, values, places], place, i64)
    return cast(lo, values, element_of(x)), lo.emit(ScanOp(marked, "max", axis))

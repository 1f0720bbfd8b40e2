"""The largest or smallest elements so far, and the logarithms of running sums of exponentials."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import PadOp, ScanOp
from ....dialects.engine.base import element_of, extents_of, rank_of
from ..flat_index import WHOLE, along
from ..lowering import Lowering, NoNativeForm, attribute_of
from ..scalars import Numbers, log_add_exp, select, value
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


def running_log_sum_exp(lo: Lowering, x: SSAValue, axis: int) -> SSAValue:
    """
    The logarithm of the sum of the exponentials of all elements up to each along an axis.

    After step `k` each element stands for the `2^k` up to it (Hillis and Steele, "Data parallel
    algorithms", 1986): the largest of them is taken out of each sum, which that of a whole row
    would lose small ones by.

    Raises:
        NoNativeForm: where only a call knows the size of the axis.
    """
    size = extents_of(x)[axis]
    if not isinstance(size, int):
        raise NoNativeForm("along an axis of open size")
    n, rank = Numbers(element_of(x)), rank_of(x)
    nothing = attribute_of(float("-inf"), n.scalar)
    distance = 1
    while distance < size:
        low = [distance if at == axis else 0 for at in range(rank)]
        kept = lo.slice_axis(x, axis, 0, size - distance)
        before = lo.emit(PadOp(kept, low, [0] * rank, nothing))
        x = lo.map([before, x], lambda a, b: log_add_exp(n, a, b))
        distance *= 2
    return x

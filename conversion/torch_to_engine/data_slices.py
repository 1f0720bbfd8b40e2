"""
Slices between numbers of which only the data knows whether they are inside.

A program has a name of its own for the size of such a slice: it is defined here, as is one for
where the slice begins, if only the data knows that.
"""

from __future__ import annotations

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine import AsSizeOp, ConcatOp
from ...dialects.engine.base import element_of, extents_of
from ...runtime.size import Extent, named
from ..to_engine.lowering import Lowering
from ..to_engine.open_extents import extents_in, size_scalar
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary.cast import cast
from .arguments import scalar
from .data_sizes import declared_name

_WHOLE = Numbers(i64)


def slice_by_data(lo: Lowering, x: SSAValue, axis: int) -> SSAValue:
    """
    `x[start:end]` along an axis, of which both count from the back where they are negative, and are
    bounded by what there is.

    Raises:
        NoNativeForm: where there may be no names for what the data decides.
    """
    shape = extents_of(x)
    size, length = shape[axis], size_scalar(lo, shape[axis])
    start, end = _scalar(lo, "start", 0), _scalar(lo, "end", size)
    count = lo.map([start, end, length], _count, i64)
    wanted = declared_name(lo, axis)
    known = extents_in(lo, start)
    if known is not None and lo.relations.at_least(known[0], 0):
        first = lo.relations.minimum(known[0], size)
        numbers, names = lo.reshape(count, (1,)), [lo.new_size(wanted, size)]
    else:
        begin = lo.map([start, length], _place, i64)
        numbers = lo.emit(ConcatOp([lo.reshape(v, (1,)) for v in (count, begin)], 0))
        names = [lo.new_size(wanted, size), lo.new_size(f"{wanted}_start", size)]
        first = named(names[1])
    lo.emit(AsSizeOp(numbers, names, [size] * len(names)))
    starts: list[Extent] = [0] * len(shape)
    starts[axis] = first
    return lo.slice(x, starts, (*shape[:axis], named(names[0]), *shape[axis + 1 :]))


def _scalar(lo: Lowering, name: str, default: Extent) -> SSAValue:
    """An argument as an i64 of rank 0."""
    given = scalar(lo, name)
    if not isinstance(given, SSAValue):
        return size_scalar(lo, default if given is None else int(given))
    return given if element_of(given) == i64 else cast(lo, given, i64)


def _place(index: SSAValue, size: SSAValue) -> SSAValue:
    """An index counted from the front, within a size."""
    n, zero = _WHOLE, _WHOLE.number(0)
    counted = select(n.compare("lt", index, zero), n.add(index, size), index)
    return n.minimum(n.maximum(counted, zero), size)


def _count(start: SSAValue, end: SSAValue, size: SSAValue) -> SSAValue:
    found = _WHOLE.sub(_place(end, size), _place(start, size))
    return _WHOLE.maximum(found, _WHOLE.number(0))

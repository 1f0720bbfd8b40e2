"""
Elements picked and written at indices that are data.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType, i1, i64
from xdsl.ir import SSAValue

from ...dialects.engine import GatherOp, ScatterOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, is_one, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, scalar, steps_of, within
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import Number, map_with_extents
from ..to_engine.scalars import Numbers, select, value
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import gather_elements, take, take_flat
from .arguments import dim, flag, number, optional_tensors
from .data_sizes import declared_name
from .logic import chosen
from .overloads import named
from .scalar_maps import operand_named


@dataclass(frozen=True)
class _Indexed:
    """Index tensors at dimensions of a tensor, brought to the front."""

    order: list[int]
    """The dimensions, those that are indexed first."""
    rows: SSAValue
    """The position of each pick among the indexed dimensions taken together."""
    shape: tuple[Extent, ...]
    """Of the picks."""
    front: int
    """Where the picks stand in the result."""
    count: int
    """How many dimensions are indexed."""


def _indexed(lo: Lowering, x: SSAValue, given: Sequence[SSAValue | None]) -> _Indexed:
    """
    The picks of index tensors, which are broadcast together.

    They stand where the indexed dimensions were if these are neighbours, else in front.
    """
    indices = list(given)
    if any(v is not None and element_of(v) in (i1, IntegerType(8)) for v in indices):
        raise NoNativeForm("by a mask")
    axes = [axis for axis, v in enumerate(indices) if v is not None]
    picks = [cast(lo, v, i64) for v in indices if v is not None]
    extents = [extents_of(x)[a] for a in axes]
    if not axes or 0 in extents_of(x):
        raise NoNativeForm("of nothing")
    shape = lo.broadcast_extents(*map(extents_of, picks))
    steps = steps_of(extents)
    rows = product_of(extents)

    def build(*scalars: SSAValue | Number) -> SSAValue:
        count = len(picks)
        at, sizes, paces = scalars[:count], scalars[count : 2 * count], scalars[2 * count : -1]
        place, fits = WHOLE.number(0), None
        for index, size, pace in zip(at, sizes, paces, strict=True):
            assert isinstance(index, SSAValue)
            negative = WHOLE.compare("lt", index, WHOLE.number(0))
            index = select(negative, WHOLE.add(index, scalar(size)), index)
            place = WHOLE.add(place, WHOLE.mul(index, scalar(pace)))
            inside = within(index, 0, size)
            fits = inside if fits is None else value(arith.AndIOp(fits, inside))
        assert fits is not None
        return select(fits, place, scalar(scalars[-1]))

    flat = map_with_extents(lo, picks, [*extents, *steps, rows], build, i64)
    others = [a for a in range(rank_of(x)) if a not in axes]
    neighbours = axes == list(range(axes[0], axes[0] + len(axes)))
    front = axes[0] if neighbours else 0
    return _Indexed([*axes, *others], flat, shape, front, len(axes))


def _table(lo: Lowering, x: SSAValue, found: _Indexed) -> SSAValue:
    """`[indexed together, others...]`"""
    moved = lo.transpose(x, found.order)
    shape = extents_of(moved)
    return lo.reshape(moved, (product_of(shape[: found.count]), *shape[found.count :]))


def _index(lo: Lowering) -> SSAValue:
    x, given = lo.operand("self"), optional_tensors(lo, "indices")
    if len(given) == 1 and given[0] is not None and element_of(given[0]) == i1:
        return _by_mask(lo, x, given[0])
    only = [axis for axis, v in enumerate(given) if v is not None]
    if len(only) == 1:
        index = given[only[0]]
        assert index is not None
        if element_of(index) not in (i1, IntegerType(8)):
            return take(lo, x, index, only[0])
    found = _indexed(lo, x, given)
    picked = lo.emit(GatherOp(_table(lo, x, found), found.rows, 0))
    picks = len(found.shape)
    if not found.front:
        return picked
    rank = rank_of(picked)
    order = [
        *range(picks, picks + found.front),
        *range(picks),
        *range(picks + found.front, rank),
    ]
    return lo.transpose(picked, order)


def _by_mask(lo: Lowering, x: SSAValue, mask: SSAValue) -> SSAValue:
    from ...dialects.engine import CompressOp

    marks = extents_of(mask)
    count = product_of(marks)
    if extents_of(x)[: len(marks)] != marks:
        raise NoNativeForm("by a mask of another shape")
    flat = lo.reshape(x, (count, *extents_of(x)[len(marks) :]))
    name = lo.new_size(declared_name(lo, 0), count)
    return lo.emit(CompressOp(flat, lo.reshape(mask, (count,)), 0, name))


def _masked_select(lo: Lowering) -> SSAValue:
    """In row-major order, of both broadcast together."""
    x, mask = lo.operand("self"), lo.operand("mask")
    shape = lo.broadcast_extents(extents_of(x), extents_of(mask))
    return _by_mask(lo, lo.broadcast(x, shape), lo.broadcast(mask, shape))


def _index_put(lo: Lowering) -> SSAValue:
    x, given = lo.operand("self"), optional_tensors(lo, "indices")
    values = cast(lo, lo.operand("values"), element_of(x))
    accumulate = flag(lo, "accumulate")
    if len(given) == 1 and given[0] is not None and element_of(given[0]) == i1:
        mask = given[0]
        marks = extents_of(mask)
        one = all(map(is_one, extents_of(values)))
        if accumulate or not one or extents_of(x)[: len(marks)] != marks:
            raise NoNativeForm("by a mask, with more than one value")
        spread = lo.reshape(mask, (*marks, *[1] * (rank_of(x) - len(marks))))
        return chosen(lo, spread, lo.reshape(values, ()), x, element_of(x))
    found = _indexed(lo, x, given)
    table = _table(lo, x, found)
    rest = extents_of(table)[1:]
    picks = len(found.shape)
    target = (*rest[: found.front], *found.shape, *rest[found.front :])
    values = lo.broadcast(values, target)
    if found.front:
        order = [
            *range(found.front, found.front + picks),
            *range(found.front),
            *range(found.front + picks, len(target)),
        ]
        values = lo.transpose(values, order)
    count = product_of(found.shape)
    rows = lo.reshape(found.rows, (count, 1))
    updates = lo.reshape(values, (count, *rest))
    changed = _scattered(lo, table, rows, updates, "add" if accumulate else "none")
    moved = [extents_of(x)[a] for a in found.order]
    back = [found.order.index(a) for a in range(len(moved))]
    return lo.transpose(lo.reshape(changed, moved), back)


def _scattered(
    lo: Lowering, table: SSAValue, rows: SSAValue, updates: SSAValue, reduction: str
) -> SSAValue:
    if reduction != "none" and element_of(table) == i1:
        raise NoNativeForm("of booleans added up")
    return lo.emit(ScatterOp(table, rows, updates, reduction))


def _select(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    index = lo.operand("index")
    index = lo.reshape(index, (product_of(extents_of(index)),))
    return take(lo, x, index, dim(lo.integer("dim"), rank_of(x)))


def _rows_written(lo: Lowering, x: SSAValue, source: SSAValue, reduction: str) -> SSAValue:
    """Whole slices along an axis."""
    index, axis = lo.operand("index"), dim(lo.integer("dim"), rank_of(x))
    shape = extents_of(x)
    count = product_of(extents_of(index))
    order = [axis, *(a for a in range(rank_of(x)) if a != axis)]
    rows = lo.reshape(cast(lo, index, i64), (count, 1))
    spread = lo.broadcast(source, (*shape[:axis], count, *shape[axis + 1 :]))
    table, updates = lo.transpose(x, order), lo.transpose(spread, order)
    changed = _scattered(lo, table, rows, updates, reduction)
    return lo.transpose(changed, [order.index(a) for a in range(len(order))])


def _index_add(lo: Lowering) -> SSAValue:
    x, factor = lo.operand("self"), number(lo, "alpha")
    source = cast(lo, lo.operand("source"), element_of(x))
    if factor != 1:
        n = Numbers(element_of(x))
        source = lo.map([source], lambda a: n.mul(a, n.number(factor)))
    return _rows_written(lo, x, source, "add")


def _index_copy(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return _rows_written(lo, x, cast(lo, lo.operand("source"), element_of(x)), "none")


def _index_fill(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    fill = operand_named(lo, "value")
    if not isinstance(fill, SSAValue):
        fill = lo.constant(np.asarray(fill).astype(dtype_of(element_of(x))), "fill")
    return _rows_written(lo, x, cast(lo, fill, element_of(x)), "none")


def _gather(lo: Lowering) -> SSAValue:
    x, index = lo.operand("self"), lo.operand("index")
    if not rank_of(x) or rank_of(index) != rank_of(x):
        raise NoNativeForm("of a scalar")
    return gather_elements(lo, x, index, dim(lo.integer("dim"), rank_of(x)))


def _take_along(lo: Lowering) -> SSAValue:
    x, index = lo.operand("self"), lo.operand("indices")
    if lo.op.attribute("dim") is None:
        flat = lo.reshape(index, (product_of(extents_of(index)),))
        return take_flat(lo, x, flat)
    axis = dim(lo.integer("dim"), rank_of(x))
    shape, picks = extents_of(x), extents_of(index)
    common = [
        n if a == axis else lo.broadcast_extents((n,), (m,))[0]
        for a, (n, m) in enumerate(zip(picks, shape, strict=True))
    ]
    data = [shape[axis] if a == axis else n for a, n in enumerate(common)]
    return gather_elements(lo, lo.broadcast(x, data), lo.broadcast(index, common), axis)


def _take(lo: Lowering) -> SSAValue:
    return take_flat(lo, lo.operand("self"), lo.operand("index"))


def _put(lo: Lowering) -> SSAValue:
    x, index, source = lo.operand("self"), lo.operand("index"), lo.operand("source")
    shape, count = extents_of(x), product_of(extents_of(index))
    flat = lo.reshape(x, (product_of(shape),))
    rows = lo.reshape(cast(lo, index, i64), (count, 1))
    updates = lo.reshape(cast(lo, source, element_of(x)), (count,))
    reduction = "add" if flag(lo, "accumulate") else "none"
    return lo.reshape(_scattered(lo, flat, rows, updates, reduction), shape)


def _nonzero(lo: Lowering) -> SSAValue:
    from ...dialects.engine import NonZeroOp

    x = lo.operand("self")
    Numbers(element_of(x))
    if not rank_of(x):
        raise NoNativeForm("of a scalar")
    name = lo.new_size(declared_name(lo, 0), product_of(extents_of(x)))
    return lo.emit(NonZeroOp(x, name))


OPERATORS: dict[str, Conversion] = {
    **named("index.Tensor _unsafe_index.Tensor", _index),
    "index_put": _index_put,
    "index_select": _select,
    "index_add": _index_add,
    "index_copy": _index_copy,
    **named("index_fill.int_Scalar index_fill.int_Tensor", _index_fill),
    "gather": _gather,
    "take_along_dim": _take_along,
    "take": _take,
    "put": _put,
    "masked_select": _masked_select,
    **named("nonzero argwhere", _nonzero),
}
"""Conversions by the operator and its overload, without one for the default."""

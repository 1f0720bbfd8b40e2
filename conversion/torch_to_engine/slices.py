"""
Parts of tensors: taken, all of them in turn, and written.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from xdsl.dialects import arith
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import Array
from ...runtime.size import Extent, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, both, scalar
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import Number, map_with_extents
from ..to_engine.run_time_operands import declares_sizes
from ..to_engine.scalars import select, value
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import take_flat
from ..to_engine.vocabulary.scatter import scatter_flat
from .arguments import dim, extent, extents, result_shape
from .arguments import scalar as number_or_value
from .data_slices import slice_by_data
from .movement import joined
from .overloads import named


def _parts(lo: Lowering, x: SSAValue, axis: int, sizes: Sequence[Extent]) -> list[SSAValue | None]:
    found: list[SSAValue | None] = []
    at: Extent = 0
    for size in sizes:
        _require_inside(lo, extents_of(x)[axis], at, size, 1)
        found.append(lo.slice_axis(x, axis, at, size))
        at = at + size
    return found


def _split(lo: Lowering) -> list[SSAValue | None]:
    """Into the sizes that the program says of the results."""
    x = lo.operand("self")
    axis = lo.integer("dim")
    axis = dim(axis, rank_of(x))
    sizes = [result_shape(lo, at)[axis] for at in range(len(lo.op.results))]
    return _parts(lo, x, axis, sizes)


def _split_along(axis_of: Callable[[int], int]) -> Conversion:
    def convert(lo: Lowering) -> list[SSAValue | None]:
        x = lo.operand("self")
        axis = axis_of(rank_of(x))
        sizes = [result_shape(lo, at)[axis] for at in range(len(lo.op.results))]
        return _parts(lo, x, axis, sizes)

    return convert


def _unbind(lo: Lowering) -> list[SSAValue | None]:
    x = lo.operand("self")
    axis = dim(lo.integer("dim"), rank_of(x))
    left = (*extents_of(x)[:axis], *extents_of(x)[axis + 1 :])
    count = len(lo.op.results)
    return [lo.reshape(lo.slice_axis(x, axis, at, 1), left) for at in range(count)]


def _position(index: Extent, size: Extent) -> Extent:
    """An index counted from the front."""
    return size + index if isinstance(index, int) and index < 0 else index


def _select(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    axis = dim(lo.integer("dim"), rank_of(x))
    shape = extents_of(x)
    left = (*shape[:axis], *shape[axis + 1 :])
    index = number_or_value(lo, "index")
    if isinstance(index, SSAValue) and lo.array_of(index) is None and index not in lo.sizes:
        return lo.reshape(lo.emit(GatherOp(x, index, axis)), left)
    at = extent(lo, "index")
    assert at is not None
    first = _position(at, shape[axis])
    _require_inside(lo, shape[axis], first, 1, 1)
    return lo.reshape(lo.slice_axis(x, axis, first, 1), left)


def _start(lo: Lowering, size: Extent) -> Extent:
    """Where a slice begins: a number is bounded by the size, a size by name is within it."""
    start = extent(lo, "start")
    if start is None:
        return 0
    at = _position(start, size)
    if isinstance(at, int) and isinstance(size, int):
        return min(max(at, 0), size)
    if isinstance(at, int) and at < 0:
        return 0
    return lo.relations.maximum(lo.relations.minimum(at, size), 0)


def _slice(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    axis, step = dim(lo.integer("dim"), rank_of(x)), extent(lo, "step")
    shape = extents_of(x)
    if not isinstance(step, int):
        raise NoNativeForm("by a step that is no number")
    if step == 1 and not declares_sizes(lo):
        return slice_by_data(lo, x, axis)
    target = result_shape(lo)
    if target == shape:
        return x
    starts: list[Extent] = [0] * len(shape)
    starts[axis] = _start(lo, shape[axis])
    steps = [step if a == axis else 1 for a in range(len(shape))]
    _require_inside(lo, shape[axis], starts[axis], target[axis], step)
    return lo.slice(x, starts, target, steps)


def _require_inside(lo: Lowering, size: Extent, start: Extent, count: Extent, step: int) -> None:
    """Ask that positions are within a size, where that does not follow from what is known."""
    lo.relations.not_negative(size - start - (count - 1) * step - 1)


def _narrow(lo: Lowering) -> SSAValue:
    x, length = lo.operand("self"), extent(lo, "length")
    axis = dim(lo.integer("dim"), rank_of(x))
    start = extent(lo, "start")
    assert length is not None
    assert start is not None
    size = extents_of(x)[axis]
    first = _position(start, size)
    _require_inside(lo, size, first, length, 1)
    return lo.slice_axis(x, axis, first, length)


def _written(lo: Lowering, axis: int, start: Extent, count: Extent, step: int) -> SSAValue:
    """`self` with `src` at positions along an axis: parts of both, one after another."""
    x, source = lo.operand("self"), lo.operand("src")
    shape = extents_of(x)
    size = shape[axis]
    source = cast(lo, source, element_of(x))
    source = lo.broadcast(source, (*shape[:axis], count, *shape[axis + 1 :]))
    if step == 1:
        end = start + count
        parts = [lo.slice_axis(x, axis, 0, start)] if start != 0 else []
        parts.append(source)
        if end != size:
            parts.append(lo.slice_axis(x, axis, end, size - end))
        return joined(lo, parts, axis)

    def place(at: SSAValue, first: Number, extent_: Number, count_: Number) -> SSAValue:
        """Where an element is in `x` and then `source`, one after another."""
        behind = WHOLE.sub(at, scalar(first))
        turn = value(arith.DivSIOp(behind, WHOLE.number(step)))
        on = WHOLE.compare("eq", WHOLE.mul(turn, WHOLE.number(step)), behind)
        after = WHOLE.compare("ge", behind, WHOLE.number(0))
        here = both(on, after, WHOLE.compare("lt", turn, scalar(count_)))
        return select(here, WHOLE.add(scalar(extent_), turn), at)

    places = map_with_extents(lo, [along(lo, size, 0, 1)], [start, size, count], place)
    return lo.emit(GatherOp(lo.emit(ConcatOp([x, source], axis)), places, axis))


def _slice_scatter(lo: Lowering) -> SSAValue:
    x, source = lo.operand("self"), lo.operand("src")
    axis, step = dim(lo.integer("dim"), rank_of(x)), extent(lo, "step")
    if not isinstance(step, int):
        raise NoNativeForm("by a step that is no number")
    if rank_of(source) != rank_of(x):
        raise NoNativeForm("of a source of another rank")
    count = extents_of(source)[axis]
    return _written(lo, axis, _start(lo, extents_of(x)[axis]), count, step)


def _select_scatter(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    axis, at = dim(lo.integer("dim"), rank_of(x)), extent(lo, "index")
    assert at is not None
    shape = extents_of(x)
    source = lo.broadcast(lo.operand("src"), (*shape[:axis], *shape[axis + 1 :]))
    source = lo.reshape(cast(lo, source, element_of(x)), (*shape[:axis], 1, *shape[axis + 1 :]))
    start = _position(at, shape[axis])
    end = start + 1
    parts = [lo.slice_axis(x, axis, 0, start)] if start != 0 else []
    parts.append(source)
    if end != shape[axis]:
        parts.append(lo.slice_axis(x, axis, end, shape[axis] - end))
    return joined(lo, parts, axis)


def _strided_places(lo: Lowering, x: SSAValue) -> Array:
    """Positions in the elements of a contiguous tensor."""
    sizes, strides = extents(lo, "size"), extents(lo, "stride")
    first = extent(lo, "storage_offset") or 0
    if 0 in sizes or not all(isinstance(v, int) for v in (*sizes, *strides, first)):
        raise NoNativeForm("with sizes that are no numbers, or of no elements")
    grid = np.zeros((), np.int64) + int(str(first))
    for axis, (n, step) in enumerate(zip(sizes, strides, strict=True)):
        assert isinstance(n, int)
        assert isinstance(step, int)
        lo.require_room(n)
        line = np.arange(n, dtype=np.int64) * step
        grid = grid + line.reshape([-1 if a == axis else 1 for a in range(len(sizes))])
    total = product_of(extents_of(x))
    if not isinstance(total, int) or int(grid.max()) >= total:
        raise NoNativeForm("beyond the elements of a contiguous tensor")
    return np.asarray(grid, order="C")


def _as_strided(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return take_flat(lo, x, lo.constant(_strided_places(lo, x), "places"))


def _as_strided_scatter(lo: Lowering) -> SSAValue:
    """Other elements there."""
    x, new = lo.operand("self"), lo.operand("src")
    places = _strided_places(lo, x)
    if np.unique(places).size < places.size:
        raise NoNativeForm("at places that occur twice")
    return scatter_flat(lo, x, lo.constant(places, "places"), cast(lo, new, element_of(x)))


def _last_or(axis: int) -> Callable[[int], int]:
    return lambda rank: 0 if rank == 1 else axis


OPERATORS: dict[str, Conversion] = {
    **named(
        "split split.Tensor split.sizes split_with_sizes unsafe_split.Tensor"
        " unsafe_split_with_sizes chunk unsafe_chunk tensor_split.sections tensor_split.indices",
        _split,
    ),
    **named("hsplit.int hsplit.array", _split_along(_last_or(1))),
    **named("vsplit.int vsplit.array", _split_along(_last_or(0))),
    **named("dsplit.int dsplit.array", _split_along(_last_or(2))),
    "unbind.int": _unbind,
    "select.int": _select,
    "slice.Tensor": _slice,
    "narrow": _narrow,
    "slice_scatter": _slice_scatter,
    "select_scatter": _select_scatter,
    "as_strided": _as_strided,
    "as_strided_scatter": _as_strided_scatter,
}
"""Conversions by the operator and its overload, without one for the default."""

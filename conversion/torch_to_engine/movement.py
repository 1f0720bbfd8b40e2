"""
Shapes, views, joins and pads: what moves elements and changes none.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp, PadOp
from ...dialects.engine.base import element_of, extents_of, rank_of, scalar_type
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, is_one, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, both, scalar
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of
from ..to_engine.open_extents import Number, map_with_extents
from ..to_engine.scalars import select, value
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import take_flat
from ..to_engine.vocabulary.reduce import reduce
from ..to_engine.vocabulary.unrolled import stacked
from .arguments import (
    dim,
    extent,
    extents,
    result_element,
    result_shape,
    tensors,
)
from .arguments import scalar as number_or_value


def _identity(lo: Lowering) -> SSAValue:
    return lo.operands[0]


def _reshaped(lo: Lowering) -> SSAValue:
    """To the shape that the program says of the result."""
    return lo.reshape(lo.operands[0], result_shape(lo))


def _item(lo: Lowering) -> SSAValue:
    return lo.reshape(cast(lo, lo.operand("self"), result_element(lo)), ())


def _expanded(lo: Lowering) -> SSAValue:
    return lo.broadcast(lo.operands[0], result_shape(lo))


def _all_expanded(lo: Lowering) -> list[SSAValue | None]:
    given = tensors(lo, "tensors")
    return [lo.broadcast(v, result_shape(lo, at)) for at, v in enumerate(given)]


def _permute(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    rank = rank_of(x)
    return lo.transpose(x, [dim(d, rank) for d in lo.integers("dims") or []])


def _swapped(first: str, second: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("self")
        rank = rank_of(x)
        order = list(range(rank))
        if rank:
            a, b = (dim(lo.integer(name), rank) for name in (first, second))
            order[a], order[b] = order[b], order[a]
        return lo.transpose(x, order)

    return convert


def _t(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return lo.transpose(x, range(rank_of(x))[::-1])


def _movedim(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    rank = rank_of(x)

    def axes(name: str) -> list[int]:
        given = lo.op.attribute(name)
        listed = given if isinstance(given, list) else [given]
        return [dim(a, rank) for a in listed if isinstance(a, int)]

    source, destination = axes("source"), axes("destination")
    order = [a for a in range(rank) if a not in source]
    for to, axis in sorted(zip(destination, source, strict=True)):
        order.insert(to, axis)
    return lo.transpose(x, order)


def joined(lo: Lowering, parts: Sequence[SSAValue], axis: int) -> SSAValue:
    """Tensors one after another along an axis; what has no elements is nothing."""
    kept = [v for v in parts if 0 not in extents_of(v)] or [parts[0]]
    return kept[0] if len(kept) == 1 else lo.emit(ConcatOp(kept, axis))


def _cat(lo: Lowering) -> SSAValue:
    element, shape = result_element(lo), result_shape(lo)
    parts = [cast(lo, v, element) for v in tensors(lo, "tensors")]
    return joined(lo, parts, dim(lo.integer("dim"), len(shape)))


def _stack(lo: Lowering) -> SSAValue:
    element = result_element(lo)
    parts = [cast(lo, v, element) for v in tensors(lo, "tensors")]
    return stacked(lo, parts, dim(lo.integer("dim"), rank_of(parts[0]) + 1))


def _side_by_side(least: int, axis: int, *, from_columns: bool = False) -> Conversion:
    """Joined after each has `least` dimensions, a vector as a row or as a column."""

    def convert(lo: Lowering) -> SSAValue:
        element = result_element(lo)
        parts: list[SSAValue] = []
        for v in tensors(lo, "tensors"):
            shape = extents_of(v) or (1,)
            if from_columns and len(shape) == 1:
                shape = (*shape, 1)
            elif least == 3 and len(shape) < 3:
                shape = (*((1, *shape) if len(shape) == 1 else shape), 1)
            elif len(shape) < least:
                shape = (1, *shape)
            parts.append(cast(lo, lo.reshape(v, shape), element))
        return joined(lo, parts, 0 if rank_of(parts[0]) <= axis else axis)

    return convert


def _block_diag(lo: Lowering) -> SSAValue:
    element = result_element(lo)
    zero = attribute_of(0, scalar_type(element))
    height, width = result_shape(lo)
    row: Extent = 0
    column: Extent = 0
    blocks: list[SSAValue] = []
    for v in tensors(lo, "tensors"):
        shape = (*[1] * (2 - rank_of(v)), *extents_of(v))
        block = cast(lo, lo.reshape(v, shape), element)
        high = (0, width - column - shape[1])
        blocks.append(lo.emit(PadOp(block, (0, column), high, zero)))
        row, column = row + shape[0], column + shape[1]
    del height
    return joined(lo, blocks, 0)


def _parts(lo: Lowering, x: SSAValue, axis: int, sizes: Sequence[Extent]) -> list[SSAValue | None]:
    found: list[SSAValue | None] = []
    at: Extent = 0
    for size in sizes:
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
    return lo.reshape(lo.slice_axis(x, axis, _position(at, shape[axis]), 1), left)


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
    shape, target = extents_of(x), result_shape(lo)
    if target == shape:
        return x
    if not isinstance(step, int):
        raise NoNativeForm("by a step that is no number")
    starts: list[Extent] = [0] * len(shape)
    starts[axis] = _start(lo, shape[axis])
    steps = [step if a == axis else 1 for a in range(len(shape))]
    return lo.slice(x, starts, target, steps)


def _narrow(lo: Lowering) -> SSAValue:
    x, length = lo.operand("self"), extent(lo, "length")
    axis = dim(lo.integer("dim"), rank_of(x))
    start = extent(lo, "start")
    assert length is not None
    assert start is not None
    return lo.slice_axis(x, axis, _position(start, extents_of(x)[axis]), length)


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


def _as_strided(lo: Lowering) -> SSAValue:
    """Positions in the elements of a contiguous tensor."""
    x = lo.operand("self")
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
    return take_flat(lo, x, lo.constant(np.asarray(grid, order="C"), "places"))


def _meshgrid(lo: Lowering) -> list[SSAValue | None]:
    given = tensors(lo, "tensors")
    swapped = lo.text("indexing") == "xy" and len(given) > 1
    found: list[SSAValue | None] = []
    for at, v in enumerate(given):
        axis = 1 - at if swapped and at < 2 else at
        shape = result_shape(lo, at)
        line = [n if a == axis else 1 for a, n in enumerate(shape)]
        found.append(lo.broadcast(lo.reshape(v, line), shape))
    return found


def _cartesian(lo: Lowering) -> SSAValue:
    given = tensors(lo, "tensors")
    if len(given) == 1:
        return given[0]
    sizes = [product_of(extents_of(v)) for v in given]
    columns: list[SSAValue] = []
    for at, v in enumerate(given):
        line = [n if a == at else 1 for a, n in enumerate(sizes)]
        whole = lo.broadcast(lo.reshape(v, line), sizes)
        columns.append(lo.reshape(whole, (product_of(sizes), 1)))
    return lo.emit(ConcatOp(columns, 1))


def _to(lo: Lowering) -> SSAValue:
    return cast(lo, lo.operand("self"), result_element(lo))


def _copy(lo: Lowering) -> SSAValue:
    source = cast(lo, lo.operand("src"), result_element(lo))
    return lo.broadcast(source, result_shape(lo))


def _sum_to_size(lo: Lowering) -> SSAValue:
    x, target = lo.operand("self"), result_shape(lo)
    lead = rank_of(x) - len(target)
    shape = extents_of(x)
    axes = [
        a for a, n in enumerate(shape) if a < lead or (is_one(target[a - lead]) and not is_one(n))
    ]
    return lo.reshape(reduce(lo, "sum", x, axes) if axes else x, target)


def _view_dtype(lo: Lowering) -> SSAValue:
    """The same bits as another type of the same width."""
    x, target = lo.operand("self"), result_element(lo)
    source = element_of(x)
    if dtype_of(source).itemsize != dtype_of(target).itemsize or i1 in (source, target):
        raise NoNativeForm(f"of {source} as {target}")
    before, after = scalar_type(source), scalar_type(target)
    if before == after:
        return lo.map([x], lambda a: a, target)
    return lo.map([x], lambda a: arith.BitcastOp(a, after).result, target)


def _named(names: str, conversion: Conversion) -> dict[str, Conversion]:
    return dict.fromkeys(names.split(), conversion)


def _last_or(axis: int) -> Callable[[int], int]:
    return lambda rank: 0 if rank == 1 else axis


OPERATORS: dict[str, Conversion] = {
    **_named(
        "alias clone contiguous conj _conj conj_physical detach lift lift_fresh lift_fresh_copy"
        " positive resolve_conj resolve_neg real dropout alpha_dropout feature_dropout"
        " feature_alpha_dropout",
        _identity,
    ),
    **_named(
        "view _unsafe_view reshape view_as reshape_as _reshape_alias squeeze squeeze.dim"
        " squeeze.dims unsqueeze flatten.using_ints unflatten.int ravel atleast_1d atleast_2d"
        " atleast_3d",
        _reshaped,
    ),
    **_named("item _local_scalar_dense", _item),
    **_named("expand expand_as broadcast_to", _expanded),
    "broadcast_tensors": _all_expanded,
    "permute": _permute,
    "transpose.int": _swapped("dim0", "dim1"),
    "swapaxes": _swapped("axis0", "axis1"),
    "swapdims": _swapped("dim0", "dim1"),
    "t": _t,
    **_named("movedim.int movedim.intlist moveaxis.int moveaxis.intlist", _movedim),
    **_named("cat concat concatenate", _cat),
    **_named("stack _stack", _stack),
    "hstack": _side_by_side(1, 1),
    **_named("vstack row_stack", _side_by_side(2, 0)),
    "dstack": _side_by_side(3, 2),
    "column_stack": _side_by_side(2, 1, from_columns=True),
    "block_diag": _block_diag,
    **_named(
        "split split.Tensor split.sizes split_with_sizes unsafe_split.Tensor"
        " unsafe_split_with_sizes chunk unsafe_chunk tensor_split.sections tensor_split.indices",
        _split,
    ),
    **_named("hsplit.int hsplit.array", _split_along(_last_or(1))),
    **_named("vsplit.int vsplit.array", _split_along(_last_or(0))),
    **_named("dsplit.int dsplit.array", _split_along(_last_or(2))),
    "unbind.int": _unbind,
    "select.int": _select,
    "slice.Tensor": _slice,
    "narrow": _narrow,
    "slice_scatter": _slice_scatter,
    "select_scatter": _select_scatter,
    "as_strided": _as_strided,
    **_named("meshgrid meshgrid.indexing", _meshgrid),
    "cartesian_prod": _cartesian,
    **_named("to.dtype to.dtype_layout to.other _to_copy type_as", _to),
    "copy": _copy,
    "sum_to_size": _sum_to_size,
    "view.dtype": _view_dtype,
}
"""Conversions by the operator and its overload, without one for the default."""

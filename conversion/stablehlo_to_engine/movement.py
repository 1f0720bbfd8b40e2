"""
Constants, and elements that are moved.

Operators: broadcast, broadcast_in_dim, concatenate, dynamic_broadcast_in_dim, dynamic_iota,
dynamic_pad, dynamic_reshape, dynamic_slice, dynamic_update_slice, get_dimension_size, iota, pad,
real_dynamic_slice, reshape, reverse, slice, transpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp, PadOp, ScatterOp
from ...dialects.engine.base import element_of, extents_of, static
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, is_one, numbers_of, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, clamped, places, scalar, steps_of, total
from ..to_engine.lowering import FOLD_LIMIT, Lowering, NoNativeForm, attribute_of
from ..to_engine.open_extents import Number, extents_in, map_with_extents, positions, size_scalar
from ..to_engine.scalars import Numbers, cast_scalar, select
from ..to_engine.vocabulary.cast import cast
from .parts_of_operations import integers, operand_extents, result_extents


def iota(lo: Lowering) -> SSAValue:
    """Positions along one dimension; a constant where it is small."""
    shape, element = result_extents(lo), element_of(lo.op.results[0])
    axis = lo.integer("iota_dimension")
    Numbers(element)
    if static(shape) and product_of(shape) <= FOLD_LIMIT:
        sizes = numbers_of(shape)
        steps = np.arange(sizes[axis]).astype(dtype_of(element))
        row = steps.reshape([-1 if at == axis else 1 for at in range(len(sizes))])
        return lo.broadcast(lo.constant(row, "positions"), shape)
    found = lo.reshape(
        positions(lo, shape[axis]), [n if a == axis else 1 for a, n in enumerate(shape)]
    )
    return lo.broadcast(cast(lo, found, element), shape)


def broadcast(lo: Lowering) -> SSAValue:
    """Copies along new leading dimensions."""
    return lo.broadcast(lo.operands[0], result_extents(lo))


def broadcast_in_dim(lo: Lowering) -> SSAValue:
    """Dimensions put into their order and places, then copies."""
    x, axes, shape = lo.operands[0], integers(lo, "broadcast_dimensions"), result_extents(lo)
    extents = extents_of(x)
    if len(axes) != len(extents):
        raise NoNativeForm("of a tensor of unknown rank")
    order = sorted(range(len(axes)), key=lambda at: axes[at])
    x = lo.transpose(x, order)
    placed: list[Extent] = [1] * len(shape)
    for at, axis in enumerate(axes):
        placed[axis] = extents[at]
    x = lo.reshape(x, placed)
    for size, wanted in zip(placed, shape, strict=True):
        if not is_one(size):
            lo.relations.equal(size, wanted)
    return lo.broadcast(x, [w if is_one(n) else n for n, w in zip(placed, shape, strict=True)])


def concatenate(lo: Lowering) -> SSAValue:
    """One behind the other."""
    if len(lo.operands) == 1:
        return lo.operands[0]
    return lo.emit(ConcatOp(lo.operands, lo.integer("dimension")))


def reshape(lo: Lowering) -> SSAValue:
    """Another shape."""
    return lo.reshape(lo.operands[0], result_extents(lo))


def transpose(lo: Lowering) -> SSAValue:
    """Another order of the dimensions."""
    return lo.transpose(lo.operands[0], integers(lo, "permutation"))


def reverse(lo: Lowering) -> SSAValue:
    """A slice that walks back."""
    x, axes = lo.operands[0], integers(lo, "dimensions")
    shape = extents_of(x)
    starts: list[Extent] = [n - 1 if at in axes else 0 for at, n in enumerate(shape)]
    steps = [-1 if at in axes else 1 for at in range(len(shape))]
    return lo.slice(x, starts, shape, steps)


def slice_(lo: Lowering) -> SSAValue:
    """A part."""
    starts, steps = integers(lo, "start_indices"), integers(lo, "strides")
    limits = integers(lo, "limit_indices")
    sizes = [max(0, -(-(b - a) // s)) for a, b, s in zip(starts, limits, steps, strict=True)]
    x = lo.operands[0]
    for size, limit in zip(extents_of(x), limits, strict=True):
        lo.relations.not_negative(size - limit)
    return lo.slice(x, starts, sizes, steps)


def real_dynamic_slice(lo: Lowering) -> SSAValue:
    """A part whose bounds are sizes."""
    x = lo.operands[0]
    starts, steps = operand_extents(lo, 1), operand_extents(lo, 3)
    if not static(steps):
        raise NoNativeForm("has steps that are sizes")
    return lo.slice(x, starts, result_extents(lo), numbers_of(steps))


def _starts(lo: Lowering, operands: Sequence[SSAValue]) -> list[Extent | SSAValue]:
    """Each start: a number, a size, or what the data says."""
    found: list[Extent | SSAValue] = []
    for operand in operands:
        known = extents_in(lo, operand)
        found.append(operand if known is None else known[0])
    return found


def _fitting(lo: Lowering, starts: list[Extent | SSAValue], room: Sequence[Extent]) -> None:
    """Move starts that are known so that what begins there fits into `room`."""
    for at, (start, most) in enumerate(zip(starts, room, strict=True)):
        if is_one(most + 1):
            starts[at] = 0
        elif not isinstance(start, SSAValue):
            starts[at] = lo.relations.maximum(lo.relations.minimum(start, most), 0)


def _moved(lo: Lowering, start: SSAValue, most: Extent) -> SSAValue:
    """A start of the data as i64, clamped to `0..most`."""
    element = element_of(start)

    def build(at: SSAValue, last: Number) -> SSAValue:
        return clamped(cast_scalar(at, element, i64), last)

    return map_with_extents(lo, [start], [most], build, i64)


def dynamic_slice(lo: Lowering) -> SSAValue:
    """A slice along the dimensions whose start is known, gathers along the others."""
    x, sizes = lo.operands[0], integers(lo, "slice_sizes")
    shape = extents_of(x)
    room = [n - size for n, size in zip(shape, sizes, strict=True)]
    starts = _starts(lo, lo.operands[1:])
    _fitting(lo, starts, room)
    firsts: list[Extent] = [0 if isinstance(s, SSAValue) else s for s in starts]
    kept = [
        n if isinstance(s, SSAValue) else size
        for s, n, size in zip(starts, shape, sizes, strict=True)
    ]
    x = lo.slice(x, firsts, kept)
    for axis, start in enumerate(starts):
        if not isinstance(start, SSAValue):
            continue
        first = lo.reshape(_moved(lo, start, room[axis]), (1,))
        if sizes[axis] != 1:
            first = lo.map([first, along(lo, sizes[axis], 0, 1)], WHOLE.add)
        x = lo.emit(GatherOp(x, first, axis))
    return x


def dynamic_update_slice(lo: Lowering) -> SSAValue:
    """Rows written by one scatter; with known starts, the pieces around the update joined."""
    x, update = lo.operands[:2]
    shape, sizes = extents_of(x), extents_of(update)
    room = [n - size for n, size in zip(shape, sizes, strict=True)]
    starts = _starts(lo, lo.operands[2:])
    _fitting(lo, starts, room)
    if any(size == 0 for size in sizes):
        return x
    if all(size == n for size, n in zip(sizes, shape, strict=True)):
        return update
    partial_axes = [at for at, (size, n) in enumerate(zip(sizes, shape, strict=True)) if size != n]
    depth = partial_axes[-1] + 1
    lead, picked = shape[:depth], sizes[:depth]
    steps = steps_of(lead)
    rows = product_of(picked)
    origin: list[SSAValue] = []
    extents: list[Extent] = []
    for at in range(depth):
        start = starts[at]
        if start == 0:
            continue
        value = (
            _moved(lo, start, room[at]) if isinstance(start, SSAValue) else size_scalar(lo, start)
        )
        origin.append(lo.reshape(value, ()))
        extents.append(steps[at])

    def build(*given: Any) -> SSAValue:
        scalars, paces = given[: -len(extents) or None], given[len(given) - len(extents) :]
        firsts, others = scalars[: len(origin)], scalars[len(origin) :]
        moved = [WHOLE.mul(a, scalar(pace)) for a, pace in zip(firsts, paces, strict=True)]
        return total([*moved, *others])

    grid = places(lo, picked, steps)
    if origin or grid:
        at = map_with_extents(lo, [*origin, *grid], extents, build, i64)
    else:
        at = lo.constant(np.zeros((1,) * depth, np.int64), "place")
    at = lo.reshape(lo.broadcast(at, picked), (rows, 1))
    flat = lo.reshape(x, (product_of(lead), *shape[depth:]))
    values = lo.reshape(update, (rows, *sizes[depth:]))
    return lo.reshape(lo.emit(ScatterOp(flat, at, values, "none")), shape)


def _padded(
    lo: Lowering,
    x: SSAValue,
    padding: SSAValue,
    low: Sequence[Extent],
    high: Sequence[Extent],
    between: Sequence[int],
) -> SSAValue:
    number = lo.array_of(padding)
    element = element_of(x)
    scalar_type = Numbers(element).scalar
    if number is None:
        return _padded_by_data(lo, x, padding, low, high, between)
    value = attribute_of(number.reshape(-1)[0], scalar_type)
    x = spread(lo, x, between, value)
    if all(n == 0 for n in (*low, *high)):
        return x
    return lo.emit(PadOp(x, low, high, value))


def spread(lo: Lowering, x: SSAValue, between: Sequence[int], value: Any) -> SSAValue:
    """
    Elements with `value` between them: each gets a new dimension, is padded along it, and the pads
    behind the last one are cut off.
    """
    for axis, gap in enumerate(between):
        shape = extents_of(x)
        if not gap or is_one(shape[axis]) or shape[axis] == 0:
            continue
        x = lo.reshape(x, (*shape[: axis + 1], 1, *shape[axis + 1 :]))
        zeros = [0] * (len(shape) + 1)
        x = lo.emit(PadOp(x, zeros, [*zeros[: axis + 1], gap, *zeros[axis + 2 :]], value))
        joined = shape[axis] * (gap + 1)
        x = lo.reshape(x, (*shape[:axis], joined, *shape[axis + 1 :]))
        x = lo.slice_axis(x, axis, 0, joined - gap)
    return x


def _padded_by_data(
    lo: Lowering,
    x: SSAValue,
    padding: SSAValue,
    low: Sequence[Extent],
    high: Sequence[Extent],
    between: Sequence[int],
) -> SSAValue:
    """Pads of a number that the data says: of zeros, and the number where a mask is padded."""
    element = element_of(x)
    zero = attribute_of(0, Numbers(element).scalar)
    shape = extents_of(x)
    mask = lo.constant(np.ones((1,) * len(shape), np.bool_), "inside")
    mask = lo.broadcast(mask, shape)
    parts: list[SSAValue] = []
    for value, number in ((x, zero), (mask, attribute_of(0, Numbers(element_of(mask)).scalar))):
        made = spread(lo, value, between, number)
        parts.append(lo.emit(PadOp(made, low, high, number)))
    outside = lo.reshape(padding, ())
    return lo.map([parts[1], parts[0], outside], select, element)


def pad(lo: Lowering) -> SSAValue:
    """Pads, of which negative ones cut off."""
    x, padding = lo.operands
    names = ("edge_padding_low", "edge_padding_high", "interior_padding")
    low, high, between = (integers(lo, name) for name in names)
    return _padded(lo, x, padding, low, high, between)


def dynamic_pad(lo: Lowering) -> SSAValue:
    """Pads that are sizes."""
    x, padding = lo.operands[:2]
    low, high, between = (operand_extents(lo, at) for at in (2, 3, 4))
    if not static(between):
        raise NoNativeForm("has pads between elements that are sizes")
    return _padded(lo, x, padding, low, high, list(numbers_of(between)))


def get_dimension_size(lo: Lowering) -> SSAValue:
    """A size as a number."""
    extents = extents_of(lo.operands[0])
    size = extents[lo.integer("dimension")]
    element = element_of(lo.op.results[0])
    if isinstance(size, int):
        return lo.constant(np.array(size, dtype_of(element)), "size")
    return cast(lo, size_scalar(lo, size), element)


OPERATORS: dict[str, Conversion] = {
    "broadcast": broadcast,
    "broadcast_in_dim": broadcast_in_dim,
    "concatenate": concatenate,
    "dynamic_broadcast_in_dim": broadcast_in_dim,
    "dynamic_iota": iota,
    "dynamic_pad": dynamic_pad,
    "dynamic_reshape": reshape,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
    "get_dimension_size": get_dimension_size,
    "iota": iota,
    "pad": pad,
    "real_dynamic_slice": real_dynamic_slice,
    "reshape": reshape,
    "reverse": reverse,
    "slice": slice_,
    "transpose": transpose,
}

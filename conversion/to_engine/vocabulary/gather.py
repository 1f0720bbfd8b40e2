"""Elements picked at indices, each time by one gather."""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp, ReduceOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.sizes import shape_text
from ....dialects.engine.weights import dtype_of
from ....runtime.size import numbers_of, product_of, range_of
from ..flat_index import WHOLE, both, flat_places, places, scalar, steps_of, total, within
from ..lowering import Lowering, NoNativeForm
from ..open_extents import Number, map_with_extents, size_vector
from ..scalars import Numbers, cast_scalar, select, value
from .cast import cast


def take_flat(lo: Lowering, x: SSAValue, at: SSAValue) -> SSAValue:
    """The elements of `x`, seen as one row, at positions; a result of the shape of `at`."""
    return lo.emit(GatherOp(lo.reshape(x, (product_of(extents_of(x)),)), at, 0))


def take(lo: Lowering, x: SSAValue, indices: SSAValue, axis: int) -> SSAValue:
    """Slices along `axis`; one constant index is a slice."""
    shape = extents_of(x)
    constant = lo.array_of(indices)
    if constant is not None and constant.size == 1:
        at = int(constant.reshape(-1)[0])
        first = at if at >= 0 else shape[axis] + at
        if range_of(first)[1] < 0 or range_of(shape[axis] - first)[1] < 1:
            raise NoNativeForm(f"index {at} is outside of {shape_text(shape)}")
        inside = (first, shape[axis] - first - 1)
        if not lo.runs_always and not all(lo.relations.at_least(n, 0) for n in inside):
            return lo.emit(GatherOp(x, indices, axis))
        for least in inside:
            lo.relations.not_negative(least)
        part = lo.slice_axis(x, axis, first, 1)
        return lo.reshape(part, (*shape[:axis], *constant.shape, *shape[axis + 1 :]))
    return lo.emit(GatherOp(x, indices, axis))


def gather_elements(lo: Lowering, x: SSAValue, indices: SSAValue, axis: int) -> SSAValue:
    """`y[i, j] = x[indices[i, j], j]` and so along any axis."""
    shape = extents_of(x)
    if 0 in shape:
        raise NoNativeForm("of an empty tensor")
    return take_flat(lo, x, flat_places(lo, indices, shape, axis))


def gather_nd(lo: Lowering, x: SSAValue, indices: SSAValue, batch: int = 0) -> SSAValue:
    """Index tuples, the last dimension of `indices`, into the dimensions behind `batch` common
    ones."""
    if not batch:
        return _from_the_front(lo, x, indices)
    shape, picks = extents_of(x), extents_of(indices)
    [depth], element = numbers_of(picks[-1:]), element_of(indices)
    if 0 in shape or 0 in picks:
        raise NoNativeForm("of an empty tensor")
    indexed = shape[: batch + depth]
    rows, steps = product_of(indexed), steps_of(indexed)
    sizes = [*indexed[batch:], *steps[batch:], rows]
    columns = [
        lo.reshape(lo.slice_axis(indices, len(picks) - 1, at, 1), picks[:-1]) for at in range(depth)
    ]

    def build(*given: Any) -> SSAValue:
        scalars, numbers = given[: -len(sizes)], given[-len(sizes) :]
        place, inside = total(scalars[depth:]), None
        extents, paces, last = numbers[:depth], numbers[depth:-1], numbers[-1]
        for index, n, step in zip(scalars[:depth], extents, paces, strict=True):
            at = cast_scalar(index, element, i64)
            negative = WHOLE.compare("lt", at, WHOLE.number(0))
            at = select(negative, WHOLE.add(at, scalar(n)), at)
            place = WHOLE.add(place, WHOLE.mul(at, scalar(step)))
            fits = within(at, 0, n)
            inside = fits if inside is None else both(inside, fits)
        return place if inside is None else select(inside, place, scalar(last))

    batches = places(lo, picks[:-1], [*steps[:batch], *[0] * (len(picks) - 1 - batch)])
    at = map_with_extents(lo, [*columns, *batches], sizes, build, i64)
    return lo.emit(GatherOp(lo.reshape(x, (rows, *shape[batch + depth :])), at, 0))


def _from_the_front(lo: Lowering, x: SSAValue, indices: SSAValue) -> SSAValue:
    """Index tuples into the leading dimensions, as one index into their product."""
    shape, index_shape = extents_of(x), extents_of(indices)
    [depth] = numbers_of(index_shape[-1:])
    if depth == 0 or 0 in shape:
        raise NoNativeForm("of empty index tuples")
    if depth == 1:
        return lo.emit(GatherOp(x, lo.reshape(indices, index_shape[:-1]), 0))
    extents, steps = shape[:depth], steps_of(shape[:depth])
    n, rows = Numbers(element_of(indices)), product_of(extents)
    if not isinstance(rows, int) and n.element != i64:
        indices, n = cast(lo, indices, i64), Numbers(i64)
    if isinstance(rows, int) and depth * rows > np.iinfo(dtype_of(n.element)).max:
        raise NoNativeForm("of more rows than the indices can count")
    inputs = [
        indices,
        size_vector(lo, extents, n.element, "extents"),
        size_vector(lo, steps, n.element, "steps"),
    ]

    def build(i: SSAValue, extent: SSAValue, step: SSAValue, rows: Number) -> SSAValue:
        from_front = select(n.compare("lt", i, n.number(0)), n.add(i, extent), i)
        low, high = n.compare("ge", from_front, n.number(0)), n.compare("lt", from_front, extent)
        inside = value(arith.AndIOp(low, high))
        # One index out of range makes the whole of them one that the gather reports.
        return select(
            inside, n.mul(from_front, step), n.number(rows) if isinstance(rows, int) else rows
        )

    parts = map_with_extents(lo, inputs, [rows], build)
    flat = lo.emit(ReduceOp([parts], "sum", [len(index_shape) - 1], keepdims=False))
    return lo.emit(GatherOp(lo.reshape(x, (rows, *shape[depth:])), flat, 0))

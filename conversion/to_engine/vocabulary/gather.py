"""Elements picked at indices, each time by one gather."""

from __future__ import annotations

from math import prod

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp, ReduceOp
from ....dialects.engine.base import element_of, shape_of
from ....dialects.engine.weights import dtype_of
from ..flat_index import WHOLE, both, flat_places, places, steps_of, total, within
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers, cast_scalar, select, value


def take_flat(lo: Lowering, x: SSAValue, at: SSAValue) -> SSAValue:
    """The elements of `x`, seen as one row, at positions; a result of the shape of `at`."""
    return lo.emit(GatherOp(lo.reshape(x, (prod(shape_of(x)),)), at, 0))


def take(lo: Lowering, x: SSAValue, indices: SSAValue, axis: int) -> SSAValue:
    """Slices along `axis`; one constant index is a slice."""
    shape = shape_of(x)
    constant = lo.array_of(indices)
    if constant is not None and constant.size == 1:
        at = int(constant.reshape(-1)[0])
        if not -shape[axis] <= at < shape[axis]:
            raise NoNativeForm(f"index {at} is outside of {list(shape)}")
        part = lo.slice_axis(x, axis, at % shape[axis], 1)
        return lo.reshape(part, (*shape[:axis], *constant.shape, *shape[axis + 1 :]))
    return lo.emit(GatherOp(x, indices, axis))


def gather_elements(lo: Lowering, x: SSAValue, indices: SSAValue, axis: int) -> SSAValue:
    """`y[i, j] = x[indices[i, j], j]` and so along any axis."""
    shape = shape_of(x)
    if 0 in shape:
        raise NoNativeForm("of an empty tensor")
    return take_flat(lo, x, flat_places(lo, indices, shape, axis))


def gather_nd(lo: Lowering, x: SSAValue, indices: SSAValue, batch: int = 0) -> SSAValue:
    """Index tuples, the last dimension of `indices`, into the dimensions behind `batch` common
    ones."""
    if not batch:
        return _from_the_front(lo, x, indices)
    shape, picks = shape_of(x), shape_of(indices)
    depth, element = picks[-1], element_of(indices)
    if 0 in shape or 0 in picks:
        raise NoNativeForm("of an empty tensor")
    indexed = shape[: batch + depth]
    rows, steps = prod(indexed), steps_of(indexed)
    columns = [
        lo.reshape(lo.slice_axis(indices, len(picks) - 1, at, 1), picks[:-1]) for at in range(depth)
    ]

    def build(*scalars: SSAValue) -> SSAValue:
        place, inside = total(scalars[depth:]), None
        for index, n, step in zip(scalars[:depth], indexed[batch:], steps[batch:], strict=True):
            at = cast_scalar(index, element, i64)
            negative = WHOLE.compare("lt", at, WHOLE.number(0))
            at = select(negative, WHOLE.add(at, WHOLE.number(n)), at)
            place = WHOLE.add(place, WHOLE.mul(at, WHOLE.number(step)))
            fits = within(at, 0, n)
            inside = fits if inside is None else both(inside, fits)
        return place if inside is None else select(inside, place, WHOLE.number(rows))

    batches = places(lo, picks[:-1], [*steps[:batch], *[0] * (len(picks) - 1 - batch)])
    at = lo.map([*columns, *batches], build, i64)
    return lo.emit(GatherOp(lo.reshape(x, (rows, *shape[batch + depth :])), at, 0))


def _from_the_front(lo: Lowering, x: SSAValue, indices: SSAValue) -> SSAValue:
    """Index tuples into the leading dimensions, as one index into their product."""
    shape, index_shape = shape_of(x), shape_of(indices)
    depth = index_shape[-1]
    if depth == 0 or 0 in shape:
        raise NoNativeForm("of empty index tuples")
    if depth == 1:
        return lo.emit(GatherOp(x, lo.reshape(indices, index_shape[:-1]), 0))
    extents = np.array(shape[:depth], np.int64)
    steps = np.array([int(np.prod(extents[d + 1 :])) for d in range(depth)], np.int64)
    n = Numbers(element_of(indices))
    rows = int(np.prod(extents))
    if depth * rows > np.iinfo(dtype_of(n.element)).max:
        raise NoNativeForm("of more rows than the indices can count")
    inputs = [
        indices,
        lo.constant(extents.astype(dtype_of(n.element)), "extents"),
        lo.constant(steps.astype(dtype_of(n.element)), "steps"),
    ]

    def build(i: SSAValue, extent: SSAValue, step: SSAValue) -> SSAValue:
        from_front = select(n.compare("lt", i, n.number(0)), n.add(i, extent), i)
        low, high = n.compare("ge", from_front, n.number(0)), n.compare("lt", from_front, extent)
        inside = value(arith.AndIOp(low, high))
        # One index out of range makes the whole of them one that the gather reports.
        return select(inside, n.mul(from_front, step), n.number(rows))

    flat = lo.emit(ReduceOp([lo.map(inputs, build)], "sum", [len(index_shape) - 1], keepdims=False))
    return lo.emit(GatherOp(lo.reshape(x, (rows, *shape[depth:])), flat, 0))

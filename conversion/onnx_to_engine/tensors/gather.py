"""
Operators that pick elements at indices, each as one gather.

Operators: Gather, GatherElements, GatherND, ReverseSequence.
"""

from __future__ import annotations

from math import prod

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp, ReduceOp
from ....dialects.engine.base import element_of, shape_of
from ....dialects.engine.weights import dtype_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import (
    WHOLE,
    along,
    both,
    flat_places,
    places,
    steps_of,
    total,
    within,
)
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.scalars import Numbers, cast_scalar, select, value


def taken(lo: Lowering, x: SSAValue, at: SSAValue) -> SSAValue:
    """The elements of `x`, seen as one row, at positions; a result of the shape of `at`."""
    return lo.emit(GatherOp(lo.reshape(x, (prod(shape_of(x)),)), at, 0))


def GatherElements(lo: Lowering) -> SSAValue:
    """`y[i, j] = x[indices[i, j], j]` and so along any axis."""
    x, indices = lo.operand("data"), lo.operand("indices")
    shape = shape_of(x)
    if 0 in shape:
        raise NoNativeForm("of an empty tensor")
    return taken(lo, x, flat_places(lo, indices, shape, positive(lo.integer("axis"), len(shape))))


def ReverseSequence(lo: Lowering) -> SSAValue:
    """The first `sequence_lens[b]` steps of each batch in opposite order."""
    x, lengths = lo.operand("input"), lo.operand("sequence_lens")
    shape = shape_of(x)
    time, batch = lo.integer("time_axis"), lo.integer("batch_axis", 1)
    if {time, batch} != {0, 1} or 0 in shape:
        raise NoNativeForm("with these axes")
    steps, n, size = steps_of(shape[:2]), shape[time], prod(shape[:2])
    element = element_of(lengths)

    def build(length: SSAValue, step: SSAValue, place: SSAValue) -> SSAValue:
        count = cast_scalar(length, element, i64)
        last = WHOLE.sub(count, WHOLE.number(1))
        at = select(WHOLE.compare("lt", step, count), WHOLE.sub(last, step), step)
        flat = WHOLE.add(WHOLE.mul(at, WHOLE.number(steps[time])), place)
        return select(within(count, 0, n + 1), flat, WHOLE.number(size))

    rows = [
        lo.reshape(lengths, [shape[batch] if a == batch else 1 for a in (0, 1)]),
        along(lo, range(n), time, 2),
        along(lo, range(0, shape[batch] * steps[batch], steps[batch]), batch, 2),
    ]
    at = lo.map(rows, build, i64)
    return lo.emit(GatherOp(lo.reshape(x, (size, *shape[2:])), at, 0))


def GatherND(lo: Lowering) -> SSAValue:
    """Index tuples into the dimensions behind `batch_dims` common ones."""
    batch = lo.integer("batch_dims")
    x, indices = lo.operand("data"), lo.operand("indices")
    if not batch:
        return _from_the_front(lo)
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


def _from_the_front(lo: Lowering) -> SSAValue:
    """Index tuples into the leading dimensions, as one index into their product."""
    x, indices = lo.operand("data"), lo.operand("indices")
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


def Gather(lo: Lowering) -> SSAValue:
    """Slices along `axis`; one constant index is a slice."""
    x, indices = lo.operand("data"), lo.operand("indices")
    shape = shape_of(x)
    axis = positive(lo.integer("axis"), len(shape))
    constant = lo.array_of(indices)
    if constant is not None and constant.size == 1:
        at = int(constant.reshape(-1)[0])
        if not -shape[axis] <= at < shape[axis]:
            raise NoNativeForm(f"index {at} is outside of {list(shape)}")
        part = lo.slice_axis(x, axis, at % shape[axis], 1)
        return lo.reshape(part, (*shape[:axis], *constant.shape, *shape[axis + 1 :]))
    return lo.emit(GatherOp(x, indices, axis))


OPERATORS: dict[str, Conversion] = {
    "Gather": Gather,
    "GatherElements": GatherElements,
    "GatherND": GatherND,
    "ReverseSequence": ReverseSequence,
}

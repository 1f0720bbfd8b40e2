"""
Slices gathered from, and updates scattered to, places that indices say.

Operators: dynamic_gather, gather, scatter, torch_index_select.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ...dialects.engine import GatherOp, PadOp, ScatterOp
from ...dialects.engine.base import element_of, extents_of
from ...dialects.stablehlo.attributes import GatherDimensionNumbersAttr, ScatterDimensionNumbersAttr
from ...runtime.size import Extent, is_one, numbers_of, product_of, range_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.flat_index import WHOLE, along, both, clamped, scalar, steps_of, within
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of
from ..to_engine.open_extents import Number, map_with_extents
from ..to_engine.scalars import Numbers, cast_scalar, select
from .parts_of_operations import hlo, integers, operand_extents
from .reducers import update_kind


@dataclass(frozen=True)
class _Places:
    """Where slices begin: starts of dimensions, along the dimensions of a batch of indices."""

    batch: tuple[Extent, ...]
    starts: dict[int, SSAValue]
    """By the dimension of the operand, of the shape of the batch."""
    along_batch: dict[int, int]
    """Dimensions of the operand that go along with one of the batch."""


def _places(
    lo: Lowering,
    indices: SSAValue,
    how: GatherDimensionNumbersAttr | ScatterDimensionNumbersAttr,
    names: tuple[str, str, str],
) -> _Places:
    shape, vector = extents_of(indices), how.integer("index_vector_dim")
    batch = tuple(n for at, n in enumerate(shape) if at != vector)
    mapped, operand, other = (how.integers(name) for name in names)
    starts: dict[int, SSAValue] = {}
    for at, axis in enumerate(mapped):
        part = indices if vector == len(shape) else lo.slice_axis(indices, vector, at, 1)
        starts[axis] = lo.reshape(part, batch)
    pairs = {a: b - (b > vector) for a, b in zip(operand, other, strict=True)}
    return _Places(batch, starts, pairs)


def gather(lo: Lowering) -> SSAValue:
    """One gather along an axis where slices are whole elsewhere; else one by flat positions."""
    x, indices = lo.operands[:2]
    how = hlo(lo).properties["dimension_numbers"]
    assert isinstance(how, GatherDimensionNumbersAttr)
    dynamic = lo.op.name == "stablehlo.dynamic_gather"
    sizes: Sequence[Extent] = operand_extents(lo, 2) if dynamic else integers(lo, "slice_sizes")
    names = ("start_index_map", "operand_batching_dims", "start_indices_batching_dims")
    places = _places(lo, indices, how, names)
    left_out = (*how.integers("collapsed_slice_dims"), *how.integers("operand_batching_dims"))
    shape = extents_of(x)
    if 0 in shape:
        raise NoNativeForm("of an empty tensor")
    whole = [at for at in range(len(shape)) if at not in left_out and sizes[at] == shape[at]]
    partial_axes = [at for at in range(len(shape)) if at not in whole]
    if len(partial_axes) == 1 and partial_axes[0] in places.starts and not places.along_batch:
        found, order = _along_axis(lo, x, places, partial_axes[0], sizes, left_out)
    else:
        found, order = _by_position(lo, x, places, sizes, left_out)
    return _placed(lo, found, order, len(places.batch), how.integers("offset_dims"))


def _placed(
    lo: Lowering, x: SSAValue, order: Sequence[int], batch: int, offsets: Sequence[int]
) -> SSAValue:
    """
    The dimensions in the order of the result: `order` names for each dimension of `x` which of the
    batch it is, or behind these which of the offsets.
    """
    rank = len(order)
    rest = iter(range(batch))
    wanted = [
        batch + list(offsets).index(at) if at in offsets else next(rest) for at in range(rank)
    ]
    return lo.transpose(x, [list(order).index(name) for name in wanted])


def _clamped(lo: Lowering, start: SSAValue, most: Extent) -> SSAValue:
    element = element_of(start)

    def build(a: SSAValue, last: Number) -> SSAValue:
        return clamped(cast_scalar(a, element, i64), last)

    return map_with_extents(lo, [start], [most], build, i64)


def _along_axis(
    lo: Lowering,
    x: SSAValue,
    places: _Places,
    axis: int,
    sizes: Sequence[Extent],
    left_out: Sequence[int],
) -> tuple[SSAValue, list[int]]:
    """`[before..., batch..., (size,) behind...]`"""
    shape, count = extents_of(x), len(places.batch)
    at = _clamped(lo, places.starts[axis], shape[axis] - sizes[axis])
    kept = [a for a in range(len(shape)) if a not in left_out]
    if axis not in left_out and not is_one(sizes[axis]):
        steps = lo.reshape(along(lo, sizes[axis], 0, 1), [*[1] * count, sizes[axis]])
        column = lo.reshape(at, (*places.batch, 1))
        at = lo.map([column, steps], WHOLE.add)
    elif axis not in left_out:
        at = lo.reshape(at, (*places.batch, 1))
    found = lo.emit(GatherOp(x, at, axis))
    order: list[int] = []
    for a in range(len(shape)):
        if a == axis:
            order += range(count)
        if a in kept:
            order.append(count + kept.index(a))
    return found, order


def _by_position(
    lo: Lowering,
    x: SSAValue,
    places: _Places,
    sizes: Sequence[Extent],
    left_out: Sequence[int],
) -> tuple[SSAValue, list[int]]:
    """Rows of the last dimensions that are whole, by the flat position of each."""
    shape, count = extents_of(x), len(places.batch)
    lead = len(shape)
    while lead and lead - 1 not in left_out and sizes[lead - 1] == shape[lead - 1]:
        lead -= 1
    kept = [a for a in range(len(shape)) if a not in left_out]
    inner = [a for a in kept if a < lead]
    rank = count + len(inner)
    steps = steps_of(shape[:lead])
    parts: list[SSAValue] = []
    for axis in range(lead):
        part: SSAValue | None = None
        if axis in places.along_batch:
            part = along(lo, shape[axis], places.along_batch[axis], rank, steps[axis])
        elif axis in places.starts and shape[axis] != sizes[axis]:
            start = _clamped(lo, places.starts[axis], shape[axis] - sizes[axis])
            part = lo.reshape(start, (*places.batch, *[1] * len(inner)))
            part = map_with_extents(lo, [part], [steps[axis]], _times, i64)
        if part is not None:
            parts.append(part)
        if axis in inner and not is_one(sizes[axis]):
            parts.append(along(lo, sizes[axis], count + inner.index(axis), rank, steps[axis]))
    picked = (*places.batch, *(sizes[a] for a in inner))
    at = lo.constant(np.zeros((1,) * len(picked), np.int64), "place")
    if parts:
        at = lo.map(parts, _sum) if len(parts) > 1 else parts[0]
    at = lo.broadcast(at, picked)
    rows = lo.reshape(x, (product_of(shape[:lead]), *shape[lead:]))
    return lo.emit(GatherOp(rows, at, 0)), [*range(count), *(count + kept.index(a) for a in kept)]


def _times(at: SSAValue, pace: Number) -> SSAValue:
    return WHOLE.mul(at, scalar(pace))


def _sum(*scalars: SSAValue) -> SSAValue:
    total = scalars[0]
    for other in scalars[1:]:
        total = WHOLE.add(total, other)
    return total


def scatter(lo: Lowering) -> Results:
    """One scatter of rows; what does not fit goes to a row behind the others, which is cut off."""
    if len(lo.operands) != 3:
        raise NoNativeForm("of several tensors")
    x, indices, updates = lo.operands
    how = hlo(lo).properties["scatter_dimension_numbers"]
    assert isinstance(how, ScatterDimensionNumbersAttr)
    kind = update_kind(lo.op.regions[0])
    if kind is None:
        raise NoNativeForm("by a function that is not one operation")
    if kind != "none" and element_of(x) == i1:
        raise NoNativeForm(f"of truths by '{kind}'")
    names = ("scatter_dims_to_operand_dims", "input_batching_dims", "scatter_indices_batching_dims")
    places = _places(lo, indices, how, names)
    left_out = (*how.integers("inserted_window_dims"), *how.integers("input_batching_dims"))
    shape, given = extents_of(x), extents_of(updates)
    if 0 in shape or 0 in given:
        return [x]
    windows = how.integers("update_window_dims")
    kept = [a for a in range(len(shape)) if a not in left_out]
    sizes: list[Extent] = [1] * len(shape)
    for at, axis in zip(windows, kept, strict=True):
        sizes[axis] = given[at]
    batch = [at for at in range(len(given)) if at not in windows]
    moved = lo.transpose(updates, [*batch, *windows])
    return [_scattered(lo, x, moved, places, sizes, left_out, kind)]


def _scattered(
    lo: Lowering,
    x: SSAValue,
    updates: SSAValue,
    places: _Places,
    sizes: Sequence[Extent],
    left_out: Sequence[int],
    kind: str,
) -> SSAValue:
    shape, count = extents_of(x), len(places.batch)
    lead = len(shape)
    while lead and lead - 1 not in left_out and sizes[lead - 1] == shape[lead - 1]:
        if lead - 1 in places.starts:
            break
        lead -= 1
    inner = [a for a in range(lead) if a not in left_out]
    rank, steps = count + len(inner), steps_of(shape[:lead])
    inputs: list[SSAValue] = []
    extents: list[Extent] = []
    uses: list[bool] = []  # whether an input is a start that must fit
    for axis in range(lead):
        if axis in places.along_batch:
            inputs.append(along(lo, shape[axis], places.along_batch[axis], rank, steps[axis]))
            uses.append(False)
        elif axis in places.starts:
            start = lo.reshape(places.starts[axis], (*places.batch, *[1] * len(inner)))
            inputs.append(start)
            uses.append(True)
            extents += [shape[axis] - sizes[axis] + 1, steps[axis]]
        if axis in inner and not is_one(sizes[axis]):
            inputs.append(along(lo, sizes[axis], count + inner.index(axis), rank, steps[axis]))
            uses.append(False)
    rows = product_of(shape[:lead])
    elements = [element_of(v) for v in inputs]
    extents.append(rows)

    def build(*given: Any) -> SSAValue:
        scalars, numbers = given[: len(inputs)], list(given[len(inputs) :])
        behind = numbers.pop()
        place, fits = WHOLE.number(0), None
        for a, element, is_start in zip(scalars, elements, uses, strict=True):
            if not is_start:
                place = WHOLE.add(place, a)
                continue
            start = cast_scalar(a, element, i64)
            room, pace = numbers.pop(0), numbers.pop(0)
            inside = within(start, 0, room)
            fits = inside if fits is None else both(fits, inside)
            place = WHOLE.add(place, WHOLE.mul(start, scalar(pace)))
        return place if fits is None else select(fits, place, scalar(behind))

    picked = (*places.batch, *(sizes[a] for a in inner))
    if inputs:
        at = lo.broadcast(map_with_extents(lo, inputs, extents, build, i64), picked)
    else:
        at = lo.constant(np.zeros(numbers_of(picked), np.int64), "place")
    number = product_of(picked)
    at = lo.reshape(at, (number, 1))
    flat = lo.reshape(x, (rows, *shape[lead:]))
    values = lo.reshape(updates, (number, *shape[lead:]))
    if _all_inside(lo, at, rows):
        return lo.reshape(lo.emit(ScatterOp(flat, at, values, kind)), shape)
    zeros = [0] * (len(shape) - lead)
    zero = attribute_of(0, Numbers(element_of(x)).scalar)
    longer = lo.emit(PadOp(flat, [0, *zeros], [1, *zeros], zero))
    changed = lo.emit(ScatterOp(longer, at, values, kind))
    return lo.reshape(lo.slice_axis(changed, 0, 0, rows), shape)


def _all_inside(lo: Lowering, at: SSAValue, rows: Extent) -> bool:
    array = lo.array_of(at)
    return array is not None and bool((array < range_of(rows)[0]).all())


def index_select(lo: Lowering) -> SSAValue:
    """Slices along an axis."""
    if lo.integer("batch_dims"):
        raise NoNativeForm("in batches")
    x, index = lo.operands
    return lo.emit(GatherOp(x, index, lo.integer("dim")))


OPERATORS: dict[str, Conversion] = {
    "dynamic_gather": gather,
    "gather": gather,
    "scatter": scatter,
    "torch_index_select": index_select,
}

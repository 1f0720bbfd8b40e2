"""
Parts of tensors.

Operators: crop, slice, split, split_with_num, strided_slice, unbind, unstack.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import GatherOp
from ...dialects.engine.base import extents_of, rank_of
from ...runtime.size import Extent, Size, floordiv
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from .given import extents, integer, integers


def _parts(lo: Lowering, x: SSAValue, axis: int, sizes: Sequence[Extent]) -> list[SSAValue]:
    if len(sizes) != len(lo.op.results):
        raise NoNativeForm(f"into {len(sizes)} parts, of which there are {len(lo.op.results)}")
    found: list[SSAValue] = []
    start: Extent = 0
    for size in sizes:
        found.append(lo.slice_axis(x, axis, start, size))
        start = start + size
    return found


def _split(lo: Lowering) -> Results:
    """Parts of given sizes, of which one may be -1."""
    x = lo.operand("x")
    axis, sizes = positive(integer(lo, "axis"), rank_of(x)), extents(lo, "sections")
    known = [n for n in sizes if not (isinstance(n, int) and n < 0)]
    total: Extent = 0
    for size in known:
        total = total + size
    rest = extents_of(x)[axis] - total
    return _parts(lo, x, axis, [rest if isinstance(n, int) and n < 0 else n for n in sizes])


def _split_with_num(lo: Lowering) -> Results:
    x, count = lo.operand("x"), lo.integer("num")
    axis = positive(integer(lo, "axis"), rank_of(x))
    size = floordiv(extents_of(x)[axis], count)
    lo.relations.equal(size * count, extents_of(x)[axis])
    return _parts(lo, x, axis, [size] * count)


def _unbind(name: str) -> Conversion:
    def convert(lo: Lowering) -> Results:
        x = lo.operand(name)
        axis, shape = positive(lo.integer("axis"), rank_of(x)), extents_of(x)
        ones = _parts(lo, x, axis, [1] * len(lo.op.results))
        return [lo.reshape(one, (*shape[:axis], *shape[axis + 1 :])) for one in ones]

    return convert


def _bound(lo: Lowering, at: Extent, size: Extent) -> Extent:
    """A bound counted from the front, within a dimension."""
    if isinstance(at, int) and isinstance(size, int):
        return min(max(at + size if at < 0 else at, 0), size)
    if isinstance(at, int) and at < 0:
        return lo.relations.maximum(size + at, 0)
    if isinstance(at, int) and at >= 1 << 30:
        return size
    return lo.relations.minimum(at, size)


def _sliced(
    lo: Lowering,
    x: SSAValue,
    axes: Sequence[int],
    starts: Sequence[Extent],
    ends: Sequence[Extent],
    steps: Sequence[int],
) -> SSAValue:
    shape = extents_of(x)
    firsts: list[Extent] = [0] * len(shape)
    sizes, strides = list(shape), [1] * len(shape)
    for given, start, end, step in zip(axes, starts, ends, steps, strict=True):
        axis = positive(given, len(shape))
        size = shape[axis]
        if step < 1:
            return _backwards(lo, x, axis, start, end, step, len(axes))
        first, last = _bound(lo, start, size), _bound(lo, end, size)
        count = floordiv(last - first + (step - 1), step)
        firsts[axis], strides[axis] = first, step
        sizes[axis] = max(count, 0) if isinstance(count, int) else count
        if isinstance(count, Size):
            lo.relations.not_negative(last - first)
    return lo.slice(x, firsts, sizes, strides)


def _backwards(
    lo: Lowering, x: SSAValue, axis: int, start: Extent, end: Extent, step: int, axes: int
) -> SSAValue:
    """Along one axis from its end: a gather of the elements."""
    size = extents_of(x)[axis]
    numbers = [n for n in (size, start, end) if isinstance(n, int)]
    if axes > 1 or len(numbers) < 3 or step == 0:
        raise NoNativeForm("backwards along several axes, or of sizes by name")
    count, first, last = numbers
    lo.require_room(count)
    picked = np.arange(count, dtype=np.int64)[slice(first, None if last < -count else last, step)]
    return lo.emit(GatherOp(x, lo.constant(picked, "positions"), axis))


def _slice(lo: Lowering) -> SSAValue:
    x, axes = lo.operand("input"), lo.integers("axes") or []
    ones = [1] * len(axes)
    found = _sliced(lo, x, axes, extents(lo, "starts"), extents(lo, "ends"), ones)
    gone = lo.integers("decrease_axis") or []
    shape = extents_of(found)
    for axis in gone:
        lo.relations.equal(shape[axis], 1)
    return lo.reshape(found, [n for axis, n in enumerate(shape) if axis not in gone])


def _strided_slice(lo: Lowering) -> SSAValue:
    axes = lo.integers("axes") or []
    starts, ends = extents(lo, "starts"), extents(lo, "ends")
    return _sliced(lo, lo.operand("x"), axes, starts, ends, integers(lo, "strides"))


def _crop(lo: Lowering) -> SSAValue:
    x, offsets, sizes = lo.operand("x"), extents(lo, "offsets"), extents(lo, "shape")
    found = [
        n - at if isinstance(size, int) and size == -1 else size
        for n, at, size in zip(extents_of(x), offsets, sizes, strict=True)
    ]
    return lo.slice(x, offsets, found)


OPERATORS: dict[str, Conversion] = {
    "crop": _crop,
    "slice": _slice,
    "split": _split,
    "split_with_num": _split_with_num,
    "strided_slice": _strided_slice,
    "unbind": _unbind("input"),
    "unstack": _unbind("x"),
}

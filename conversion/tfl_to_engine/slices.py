"""
Parts of tensors; what is stored is moved as it is.

Operators: SLICE, SPLIT, SPLIT_V, STRIDED_SLICE, UNPACK.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of, rank_of
from ...interpreters.tfl.movement import slice_places
from ...runtime.size import Extent, exact_quotient
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.open_extents import given_extents
from .movement import one_axis


def _strided_slice(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = extents_of(x)
    bounds = [given_extents(lo, name) for name in ("begin", "end", "strides")]
    numbers: list[list[int]] = []
    for found in bounds:
        known = [n for n in found or [] if isinstance(n, int)]
        if found is None or len(known) < len(found):
            raise NoNativeForm("with bounds that are sizes by name")
        numbers.append(known)
    begin, end, strides = numbers
    masks = {
        name: lo.integer(name)
        for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    }
    masks["offset"] = lo.integer("offset")
    sizes = [n if isinstance(n, int) else 0 for n in shape]
    places = list(slice_places(sizes, begin, end, strides, masks))
    kept = sum(1 for p in places if p is not None)
    places += [slice(None)] * (len(shape) - kept)
    starts, counts, steps = _parts(shape, places)
    part = lo.slice(x, starts, counts, steps)
    return lo.reshape(part, _left(places, counts))


def _parts(
    shape: Sequence[Extent], places: Sequence[int | slice | None]
) -> tuple[list[Extent], list[Extent], list[int]]:
    """First element, number of elements and step of each dimension."""
    starts: list[Extent] = []
    counts: list[Extent] = []
    steps: list[int] = []
    for n, place in zip(shape, [p for p in places if p is not None], strict=True):
        if isinstance(place, int):
            first: Extent = place if place >= 0 else n + place
            starts, counts, steps = [*starts, first], [*counts, 1], [*steps, 1]
        elif isinstance(n, int):
            found = range(n)[place]
            starts.append(found.start if len(found) else 0)
            counts.append(len(found))
            steps.append(found.step)
        else:
            first, size = _open_slice(n, place)
            starts, counts, steps = [*starts, first], [*counts, size], [*steps, 1]
    return starts, counts, steps


def _open_slice(n: Extent, place: slice) -> tuple[Extent, Extent]:
    """First element and number of a slice of a size by name, which must be long enough."""
    if place.step not in (None, 1):
        raise NoNativeForm("with a step along a size by name")
    first, last = place.start or 0, place.stop
    begin: Extent = first if first >= 0 else n + first
    end: Extent = n if last is None else n + last if last < 0 else last
    if last is not None and last >= 0:
        raise NoNativeForm("to an element counted from the front of a size by name")
    return begin, end - begin


def _left(places: Sequence[int | slice | None], counts: Sequence[Extent]) -> list[Extent]:
    """The shape of a slice: dimensions that were new or were taken out."""
    sizes = iter(counts)
    shape: list[Extent] = []
    for place in places:
        if place is None:
            shape.append(1)
            continue
        size = next(sizes)
        if not isinstance(place, int):
            shape.append(size)
    return shape


def _slice(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    begin, size = given_extents(lo, "begin") or [], given_extents(lo, "size") or []
    counts: list[Extent] = [
        n - b if s == -1 else s for n, b, s in zip(extents_of(x), begin, size, strict=True)
    ]
    return lo.slice(x, begin, counts)


def _unpack(lo: Lowering) -> Results:
    x = lo.operand("input")
    shape = extents_of(x)
    axis = positive(lo.integer("axis"), len(shape))
    rest = (*shape[:axis], *shape[axis + 1 :])
    return [
        lo.reshape(lo.slice_axis(x, axis, at, 1), rest) for at in range(len(lo.op.result_slots))
    ]


def _split(lo: Lowering) -> Results:
    x = lo.operand("input")
    axis, count = one_axis(lo, "axis", rank_of(x)), len(lo.op.result_slots)
    size = exact_quotient(extents_of(x)[axis], count)
    if size is None:
        raise NoNativeForm(f"into {count} parts that are not equal")
    return [lo.slice_axis(x, axis, size * at, size) for at in range(count)]


def _split_v(lo: Lowering) -> Results:
    x = lo.operand("input")
    axis, sizes = one_axis(lo, "axis", rank_of(x)), lo.constant_integers("size_splits") or []
    known = sum(n for n in sizes if n >= 0)
    total = extents_of(x)[axis]
    extents: list[Extent] = [total - known if n < 0 else n for n in sizes]
    parts: list[SSAValue] = []
    start: Extent = 0
    for size in extents:
        parts.append(lo.slice_axis(x, axis, start, size))
        start = start + size
    return parts


OPERATORS: dict[str, Conversion] = {
    "SLICE": _slice,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "STRIDED_SLICE": _strided_slice,
    "UNPACK": _unpack,
}

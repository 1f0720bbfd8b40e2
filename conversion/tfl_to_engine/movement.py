"""
Shapes, slices, pads, joins and other movement; what is stored is moved as it is.

Operators: BATCH_TO_SPACE_ND, BROADCAST_TO, CONCATENATION, DEPTH_TO_SPACE,
EXPAND_DIMS, FILL, MATRIX_DIAG, MATRIX_SET_DIAG, MIRROR_PAD, PACK, PAD, PADV2, RANK, RESHAPE,
REVERSE_V2, SHAPE, SLICE, SPACE_TO_BATCH_ND, SPACE_TO_DEPTH, SPLIT, SPLIT_V,
SQUEEZE, STRIDED_SLICE, TILE, TRANSPOSE, UNPACK.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, PadOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...dialects.engine.weights import dtype_of
from ...interpreters.tfl.movement import slice_places
from ...runtime.size import Extent, exact_quotient, is_one, product_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of, positive
from ..to_engine.open_extents import given_extents, size_values
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary.gather import take
from .quantization import dequantize, limited, quantization_at, quantize, result_quantization


def _axis(lo: Lowering, name: str, rank: int) -> int:
    """A constant axis counted from the front."""
    found = lo.constant_integers(name)
    if found is None or len(found) != 1:
        raise NoNativeForm(f"operand '{name}' is not one axis")
    return positive(found[0], rank)


def _reshape(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    wanted: list[Extent] | None = given_extents(lo, "shape")
    if wanted is None:
        wanted = list(lo.integers("new_shape") or [])
    return lo.reshape(x, _resolved(extents_of(x), wanted))


def _resolved(shape: Sequence[Extent], wanted: Sequence[Extent]) -> list[Extent]:
    """A shape whose one -1 is what is left."""
    if -1 not in wanted:
        return list(wanted)
    at = wanted.index(-1)
    rest = product_of([*wanted[:at], *wanted[at + 1 :]])
    size = exact_quotient(product_of(shape), rest)
    if size is None:
        raise NoNativeForm("to a shape that does not divide its operand")
    return [*wanted[:at], size, *wanted[at + 1 :]]


def _squeeze(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = extents_of(x)
    given = [positive(a, len(shape)) for a in lo.integers("squeeze_dims") or []]
    axes = given or [a for a, n in enumerate(shape) if is_one(n)]
    return lo.reshape(x, [n for a, n in enumerate(shape) if a not in axes])


def _expand_dims(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = extents_of(x)
    axis = _axis(lo, "axis", len(shape) + 1)
    return lo.reshape(x, (*shape[:axis], 1, *shape[axis:]))


def _transpose(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    rank = rank_of(x)
    return lo.transpose(x, [positive(a, rank) for a in lo.constant_integers("perm") or []])


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


def _pairs(lo: Lowering, name: str) -> tuple[list[Extent], list[Extent]]:
    """What is added or cut before and behind each dimension."""
    found = given_extents(lo, name) or []
    return found[0::2], found[1::2]


def padded(
    lo: Lowering, x: SSAValue, low: Sequence[Extent], high: Sequence[Extent], number: float
) -> SSAValue:
    """Constant borders; around four dimensions the channels are put first, as in convolutions."""
    if all(n == 0 for n in (*low, *high)):
        return x
    constant = attribute_of(number, Numbers(element_of(x)).scalar)
    rank = rank_of(x)
    if rank == 4 and low[3] == 0 and high[3] == 0:
        order, back = (0, 3, 1, 2), (0, 2, 3, 1)
        inner = PadOp(
            lo.transpose(x, order), [low[a] for a in order], [high[a] for a in order], constant
        )
        return lo.transpose(lo.emit(inner), back)
    return lo.emit(PadOp(x, low, high, constant))


def _pad(lo: Lowering) -> SSAValue:
    quantized = result_quantization(lo)
    zero = 0 if quantized is None else quantized.zero
    return padded(lo, lo.operand("input"), *_pairs(lo, "paddings"), zero)


def _padv2(lo: Lowering) -> SSAValue:
    number = lo.constant_number("constant_values")
    assert number is not None
    return padded(lo, lo.operand("input"), *_pairs(lo, "paddings"), number)


def _mirror_pad(lo: Lowering) -> SSAValue:
    """With the border itself (SYMMETRIC) or without (REFLECT)."""
    x, (low, high) = lo.operand("input"), _pairs(lo, "paddings")
    zero = attribute_of(0, Numbers(element_of(x)).scalar)
    if lo.text("mode", "REFLECT") == "REFLECT":
        return lo.emit(PadOp(x, low, high, zero, "reflect"))
    for axis, (before, behind) in enumerate(zip(low, high, strict=True)):
        n = extents_of(x)[axis]
        if not (isinstance(n, int) and isinstance(before, int) and isinstance(behind, int)):
            raise NoNativeForm("by a border of a size by name")
        if before or behind:
            places = np.pad(np.arange(n), (before, behind), mode="symmetric")
            x = take(lo, x, lo.constant(places.astype(np.int64), "places"), axis)
    return x


def _concatenation(lo: Lowering) -> SSAValue:
    """Parts whose scale is not that of the result are brought to it."""
    result, parts = result_quantization(lo), list(lo.operands)
    if result is not None:
        for at, part in enumerate(parts):
            kind = quantization_at(lo, at)
            if kind is not None and kind != result:
                parts[at] = quantize(lo, dequantize(lo, part, kind), result)
    axis = positive(lo.integer("axis"), rank_of(parts[0]))
    joined = parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))
    return limited(lo, joined)


def _pack(lo: Lowering) -> SSAValue:
    shape = extents_of(lo.operands[0])
    axis = positive(lo.integer("axis"), len(shape) + 1)
    parts = [lo.reshape(v, (*shape[:axis], 1, *shape[axis:])) for v in lo.operands]
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))


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
    axis, count = _axis(lo, "axis", rank_of(x)), len(lo.op.result_slots)
    size = exact_quotient(extents_of(x)[axis], count)
    if size is None:
        raise NoNativeForm(f"into {count} parts that are not equal")
    return [lo.slice_axis(x, axis, size * at, size) for at in range(count)]


def _split_v(lo: Lowering) -> Results:
    x = lo.operand("input")
    axis, sizes = _axis(lo, "axis", rank_of(x)), lo.constant_integers("size_splits") or []
    known = sum(n for n in sizes if n >= 0)
    total = extents_of(x)[axis]
    extents: list[Extent] = [total - known if n < 0 else n for n in sizes]
    parts: list[SSAValue] = []
    start: Extent = 0
    for size in extents:
        parts.append(lo.slice_axis(x, axis, start, size))
        start = start + size
    return parts


def _tile(lo: Lowering) -> SSAValue:
    x, times = lo.operand("input"), given_extents(lo, "multiples") or []
    shape = extents_of(x)
    apart: list[Extent] = [m for n in shape for m in (1, n)]
    spread: list[Extent] = [m for n, t in zip(shape, times, strict=True) for m in (t, n)]
    whole = [n * t for n, t in zip(shape, times, strict=True)]
    return lo.reshape(lo.broadcast(lo.reshape(x, apart), spread), whole)


def _broadcast_to(lo: Lowering) -> SSAValue:
    return lo.broadcast(lo.operand("input"), given_extents(lo, "shape") or [])


def _reverse(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = shape_of(x)
    axes = [positive(a, len(shape)) for a in lo.constant_integers("axes") or []]
    starts = [shape[a] - 1 if a in axes else 0 for a in range(len(shape))]
    if 0 in shape:
        return x
    return lo.slice(x, starts, shape, [-1 if a in axes else 1 for a in range(len(shape))])


def _space_to_depth(lo: Lowering) -> SSAValue:
    x, b = lo.operand("input"), lo.integer("block_size")
    n, h, w, c = shape_of(x)
    parts = lo.transpose(lo.reshape(x, (n, h // b, b, w // b, b, c)), (0, 1, 3, 2, 4, 5))
    return lo.reshape(parts, (n, h // b, w // b, b * b * c))


def _depth_to_space(lo: Lowering) -> SSAValue:
    x, b = lo.operand("input"), lo.integer("block_size")
    n, h, w, c = shape_of(x)
    parts = lo.transpose(lo.reshape(x, (n, h, w, b, b, c // (b * b))), (0, 1, 3, 2, 4, 5))
    return lo.reshape(parts, (n, h * b, w * b, c // (b * b)))


def _space_to_batch(lo: Lowering) -> SSAValue:
    x, quantized = lo.operand("input"), result_quantization(lo)
    blocks = lo.constant_integers("block_shape") or []
    low, high = _pairs(lo, "paddings")
    rest = [0] * (rank_of(x) - 1 - len(blocks))
    zero = 0 if quantized is None else quantized.zero
    x = padded(lo, x, [0, *low, *rest], [0, *high, *rest], zero)
    batch, *shape = shape_of(x)
    count, tail = len(blocks), shape[len(blocks) :]
    outer = [n // b for n, b in zip(shape, blocks, strict=False)]
    split = [m for pair in zip(outer, blocks, strict=True) for m in pair]
    moved = [2 + 2 * i for i in range(count)]
    kept = [1 + 2 * i for i in range(count)]
    behind = range(1 + 2 * count, 1 + 2 * count + len(tail))
    parts = lo.transpose(lo.reshape(x, (batch, *split, *tail)), (*moved, 0, *kept, *behind))
    return lo.reshape(parts, (batch * int(np.prod(blocks)), *outer, *tail))


def _batch_to_space(lo: Lowering) -> SSAValue:
    x, blocks = lo.operand("input"), lo.constant_integers("block_shape") or []
    low, high = _pairs(lo, "crops")
    batch, *shape = shape_of(x)
    count, tail = len(blocks), shape[len(blocks) :]
    left = batch // int(np.prod(blocks))
    order = [count, *(m for i in range(count) for m in (count + 1 + i, i))]
    behind = range(2 * count + 1, 2 * count + 1 + len(tail))
    apart = lo.reshape(x, (*blocks, left, *shape))
    sizes = [n * b for n, b in zip(shape, blocks, strict=False)]
    joined = lo.reshape(lo.transpose(apart, (*order, *behind)), (left, *sizes, *tail))
    starts = [0, *low, *[0] * len(tail)]
    counts = [n - a - b for n, a, b in zip(sizes, low, high, strict=True)]
    return lo.slice(joined, starts, (left, *counts, *tail))


def _shape(lo: Lowering) -> SSAValue:
    element = getattr(lo.op.results[0].type, "element_type", None)
    extents = extents_of(lo.operand("input"))
    found = np.empty(len(extents), object)
    found[:] = extents
    sizes = None if element is None else size_values(lo, found, element)
    if sizes is None:
        raise NoNativeForm("of too many sizes")
    return sizes


def _rank(lo: Lowering) -> SSAValue:
    return lo.constant(np.array(rank_of(lo.operand("input")), np.int32))


def _fill(lo: Lowering) -> SSAValue:
    return lo.broadcast(lo.reshape(lo.operand("value"), ()), given_extents(lo, "dims") or [])


def _matrix_diag(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = shape_of(x)
    row = lo.reshape(x, (*shape, 1))
    zero = lo.constant(np.zeros((), dtype_of(element_of(x))), "zero")
    return _on_diagonal(lo, row, zero, shape[-1], shape[-1])


def _on_diagonal(
    lo: Lowering, row: SSAValue, others: SSAValue, rows: int, columns: int
) -> SSAValue:
    """`row` where the last two indices are equal, `others` elsewhere."""
    mask = lo.constant(np.eye(rows, columns, dtype=np.bool_), "diagonal")
    return lo.map([mask, row, others], select, element_of(row))


def _matrix_set_diag(lo: Lowering) -> SSAValue:
    x, diagonal = lo.operand("input"), lo.operand("diagonal")
    *_, rows, columns = shape_of(x)
    count = shape_of(diagonal)[-1]
    row = lo.reshape(diagonal, (*shape_of(diagonal), 1))
    if count < rows:
        zero = attribute_of(0, Numbers(element_of(x)).scalar)
        ends = [0] * rank_of(row)
        row = lo.emit(PadOp(row, ends, [*ends[:-2], rows - count, 0], zero))
    return _on_diagonal(lo, row, x, rows, columns)


OPERATORS: dict[str, Conversion] = {
    "BATCH_TO_SPACE_ND": _batch_to_space,
    "BROADCAST_TO": _broadcast_to,
    "CONCATENATION": _concatenation,
    "DEPTH_TO_SPACE": _depth_to_space,
    "EXPAND_DIMS": _expand_dims,
    "FILL": _fill,
    "MATRIX_DIAG": _matrix_diag,
    "MATRIX_SET_DIAG": _matrix_set_diag,
    "MIRROR_PAD": _mirror_pad,
    "PACK": _pack,
    "PAD": _pad,
    "PADV2": _padv2,
    "RANK": _rank,
    "RESHAPE": _reshape,
    "REVERSE_V2": _reverse,
    "SHAPE": _shape,
    "SLICE": _slice,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "SPACE_TO_DEPTH": _space_to_depth,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
    "TRANSPOSE": _transpose,
    "UNPACK": _unpack,
}

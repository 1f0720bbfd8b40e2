"""
Operators that only move elements.

Operators: broadcast_tensors, channel_shuffle, concat, crop, expand, expand_as, flatten, flip,
meshgrid, pad, pad3d, pixel_shuffle, pixel_unshuffle, repeat_interleave, reshape, roll,
shuffle_channel, slice, split, split_with_num, squeeze, stack, strided_slice, tile, transpose,
unbind, unsqueeze, unstack.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp, PadOp
from ...dialects.engine.base import element_of, extents_of, rank_of, static
from ...interpreters.paddle.movement import pairs_of
from ...runtime.size import Extent, Size, floordiv, is_one, product_of
from ..shape_arithmetic import reshaped
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of, positive
from ..to_engine.scalars import Numbers
from .given import agreeing, aligned, extents, integer, integers, number


def _known(dims: Sequence[Extent | None]) -> list[Extent]:
    found = [dim for dim in dims if dim is not None]
    if len(found) < len(dims):
        raise NoNativeForm("to sizes that do not follow from others")
    return found


def _reshape(lo: Lowering) -> SSAValue:
    """0 keeps a size, -1 is what is left."""
    x = lo.operand("x")
    shape = _known(reshaped(extents_of(x), tuple(extents(lo, "shape")), zero_keeps=True))
    whole, wanted = product_of(extents_of(x)), product_of(shape)
    if whole != wanted and (isinstance(whole, Size) or isinstance(wanted, Size)):
        lo.relations.equal(whole, wanted)
    return lo.reshape(x, shape)


def _flatten(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    shape = extents_of(x)
    if not shape:
        return lo.reshape(x, (1,))
    first, last = (positive(lo.integer(n, 1), len(shape)) for n in ("start_axis", "stop_axis"))
    inner = product_of(shape[first : last + 1])
    return lo.reshape(x, (*shape[:first], inner, *shape[last + 1 :]))


def _squeeze(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    shape, given = extents_of(x), integers(lo, "axis")
    axes = [positive(a, len(shape)) for a in given] or range(len(shape))
    if any(isinstance(shape[a], Size) for a in axes):
        raise NoNativeForm("of sizes by name")
    return lo.reshape(x, [n for a, n in enumerate(shape) if a not in axes or not is_one(n)])


def _unsqueeze(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    shape = list(extents_of(x))
    for axis in integers(lo, "axis"):
        shape.insert(positive(axis, len(shape) + 1), 1)
    return lo.reshape(x, shape)


def _concat(lo: Lowering) -> SSAValue:
    values = lo.group("x")
    axis = positive(integer(lo, "axis"), rank_of(values[0]))
    return lo.emit(ConcatOp(agreeing(lo, values, axis), axis)) if len(values) > 1 else values[0]


def _stack(lo: Lowering) -> SSAValue:
    values = aligned(lo, lo.group("x"))
    axis = positive(lo.integer("axis"), rank_of(values[0]) + 1)
    parts = [_with_one(lo, value, axis) for value in values]
    return lo.emit(ConcatOp(parts, axis)) if len(parts) > 1 else parts[0]


def _with_one(lo: Lowering, x: SSAValue, axis: int) -> SSAValue:
    shape = extents_of(x)
    return lo.reshape(x, (*shape[:axis], 1, *shape[axis:]))


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


def _expand(lo: Lowering) -> SSAValue:
    """-1 keeps a size."""
    x, target = lo.operand("x"), extents(lo, "shape")
    shape: list[Extent] = [1] * (len(target) - rank_of(x)) + list(extents_of(x))
    wanted = [
        old if isinstance(new, int) and new == -1 else new
        for old, new in zip(shape, target, strict=True)
    ]
    return lo.broadcast(lo.reshape(x, shape), wanted)


def _expand_as(lo: Lowering) -> SSAValue:
    x, target = lo.operand("x"), extents_of(lo.operand("y"))
    shape: list[Extent] = [1] * (len(target) - rank_of(x)) + list(extents_of(x))
    return lo.broadcast(lo.reshape(x, shape), target)


def _tile(lo: Lowering) -> SSAValue:
    x, times = lo.operand("x"), extents(lo, "repeat_times")
    rank = max(rank_of(x), len(times))
    shape: list[Extent] = [1] * (rank - rank_of(x)) + list(extents_of(x))
    factors: list[Extent] = [1] * (rank - len(times)) + times
    x = lo.reshape(x, shape)
    for axis, factor in enumerate(factors):
        if factor != 1:
            x = _repeated(lo, x, axis, factor)
    return x


def _repeated(lo: Lowering, x: SSAValue, axis: int, factor: Extent) -> SSAValue:
    """The whole so many times along an axis: a broadcast of a dimension before it."""
    shape = extents_of(x)
    one = _with_one(lo, x, axis)
    many = lo.broadcast(one, (*shape[:axis], factor, *shape[axis:]))
    return lo.reshape(many, (*shape[:axis], factor * shape[axis], *shape[axis + 1 :]))


def _repeat_interleave(lo: Lowering) -> SSAValue:
    """Each element so many times: a broadcast of a dimension behind it."""
    x, factor = lo.operand("x"), lo.integer("repeats")
    shape, axis = extents_of(x), positive(lo.integer("axis"), rank_of(x))
    one = _with_one(lo, x, axis + 1)
    many = lo.broadcast(one, (*shape[: axis + 1], factor, *shape[axis + 1 :]))
    return lo.reshape(many, (*shape[:axis], shape[axis] * factor, *shape[axis + 1 :]))


def _flip(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    for given in lo.integers("axis") or []:
        axis = positive(given, rank_of(x))
        size = extents_of(x)[axis]
        if isinstance(size, Size):
            raise NoNativeForm("of sizes by name")
        lo.require_room(size)
        turned = np.arange(size, dtype=np.int64)[::-1].copy()
        x = lo.emit(GatherOp(x, lo.constant(turned, "positions"), axis))
    return x


def _roll(lo: Lowering) -> SSAValue:
    x, shifts, axes = lo.operand("x"), integers(lo, "shifts"), lo.integers("axis") or []
    shape = extents_of(x)
    if not axes:
        flat = lo.reshape(x, (product_of(shape),))
        return lo.reshape(_rolled(lo, flat, 0, shifts[0]), shape)
    for axis, shift in zip(axes, shifts, strict=True):
        x = _rolled(lo, x, positive(axis, len(shape)), shift)
    return x


def _rolled(lo: Lowering, x: SSAValue, axis: int, shift: int) -> SSAValue:
    """The end first."""
    size = extents_of(x)[axis]
    if isinstance(size, Size):
        raise NoNativeForm("of sizes by name")
    by = shift % size if size else 0
    if not by:
        return x
    parts = [lo.slice_axis(x, axis, size - by, by), lo.slice_axis(x, axis, 0, size - by)]
    return lo.emit(ConcatOp(parts, axis))


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _padded(
    lo: Lowering, x: SSAValue, pads: Sequence[tuple[int, int]], mode: str, fill: float
) -> SSAValue:
    low, high = zip(*pads, strict=True)
    if not any(low) and not any(high):
        return x
    shape = extents_of(x)
    if min(*low, *high) < 0:
        raise NoNativeForm("by less than nothing")
    if mode != "constant" and not static(shape):
        raise NoNativeForm("by elements of open sizes")
    value = attribute_of(fill, Numbers(element_of(x)).scalar)
    return lo.emit(PadOp(x, low, high, value, _MODES[mode]))


def _pad(lo: Lowering) -> SSAValue:
    given = lo.integers("paddings") or []
    pairs = list(zip(given[::2], given[1::2], strict=True))
    return _padded(lo, lo.operand("x"), pairs, "constant", number(lo, "pad_value"))


def _pad3d(lo: Lowering) -> SSAValue:
    x, last = lo.operand("x"), lo.text("data_format", "NCDHW").endswith("C")
    pads = pairs_of(integers(lo, "paddings"), rank_of(x), last=last)
    return _padded(lo, x, pads, lo.text("mode", "constant"), lo.number("pad_value"))


def channels_first(lo: Lowering, x: SSAValue, last: bool) -> SSAValue:
    """`[N, C, ...]` of an operand whose channels may come last."""
    rank = rank_of(x)
    return lo.transpose(x, [0, rank - 1, *range(1, rank - 1)]) if last else x


def channels_back(lo: Lowering, x: SSAValue, last: bool) -> SSAValue:
    """The same in the other direction."""
    rank = rank_of(x)
    return lo.transpose(x, [0, *range(2, rank), 1]) if last else x


def _last(lo: Lowering) -> bool:
    return "data_format" in lo.op.SIGNATURE.attributes and lo.text("data_format") == "NHWC"


def _pixel_shuffle(lo: Lowering) -> SSAValue:
    last, r = _last(lo), lo.integer("upscale_factor", 1)
    x = channels_first(lo, lo.operand("x"), last)
    n, c, h, w = extents_of(x)
    cut = lo.reshape(x, (n, floordiv(c, r * r), r, r, h, w))
    moved = lo.transpose(cut, (0, 1, 4, 2, 5, 3))
    return channels_back(lo, lo.reshape(moved, (n, floordiv(c, r * r), h * r, w * r)), last)


def _pixel_unshuffle(lo: Lowering) -> SSAValue:
    last, r = _last(lo), lo.integer("downscale_factor", 1)
    x = channels_first(lo, lo.operand("x"), last)
    n, c, h, w = extents_of(x)
    rows, columns = floordiv(h, r), floordiv(w, r)
    lo.relations.equal(rows * r, h)
    lo.relations.equal(columns * r, w)
    cut = lo.reshape(x, (n, c, rows, r, columns, r))
    moved = lo.transpose(cut, (0, 1, 3, 5, 2, 4))
    return channels_back(lo, lo.reshape(moved, (n, c * (r * r), rows, columns)), last)


def _shuffled(name: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        last, groups = _last(lo), lo.integer(name, 1)
        x = channels_first(lo, lo.operand("x"), last)
        shape = extents_of(x)
        cut = lo.reshape(x, (shape[0], groups, floordiv(shape[1], groups), *shape[2:]))
        order = (0, 2, 1, *range(3, len(shape) + 1))
        return channels_back(lo, lo.reshape(lo.transpose(cut, order), shape), last)

    return convert


def _meshgrid(lo: Lowering) -> Results:
    vectors = lo.group("inputs")
    sizes = [product_of(extents_of(v)) for v in vectors]
    found: list[SSAValue] = []
    for at, (vector, size) in enumerate(zip(vectors, sizes, strict=True)):
        column = [size if axis == at else 1 for axis in range(len(sizes))]
        found.append(lo.broadcast(lo.reshape(vector, column), sizes))
    return found


def _broadcast_tensors(lo: Lowering) -> Results:
    values = aligned(lo, lo.group("input"))
    target = lo.broadcast_extents(*map(extents_of, values))
    rank = len(target)
    ranked = [lo.reshape(v, (*[1] * (rank - rank_of(v)), *extents_of(v))) for v in values]
    return [lo.broadcast(v, target) for v in ranked]


def _transpose(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return lo.transpose(x, [positive(axis, rank_of(x)) for axis in lo.integers("perm") or []])


OPERATORS: dict[str, Conversion] = {
    "broadcast_tensors": _broadcast_tensors,
    "channel_shuffle": _shuffled("groups"),
    "concat": _concat,
    "crop": _crop,
    "expand": _expand,
    "expand_as": _expand_as,
    "flatten": _flatten,
    "flip": _flip,
    "meshgrid": _meshgrid,
    "pad": _pad,
    "pad3d": _pad3d,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "repeat_interleave": _repeat_interleave,
    "reshape": _reshape,
    "roll": _roll,
    "shuffle_channel": _shuffled("group"),
    "slice": _slice,
    "split": _split,
    "split_with_num": _split_with_num,
    "squeeze": _squeeze,
    "stack": _stack,
    "strided_slice": _strided_slice,
    "tile": _tile,
    "transpose": _transpose,
    "unbind": _unbind("input"),
    "unsqueeze": _unsqueeze,
    "unstack": _unbind("x"),
}

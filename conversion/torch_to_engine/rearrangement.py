"""
Other orders, copies, windows and borders of tensors.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import arith
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp, PadOp
from ...dialects.engine.base import element_of, extents_of, rank_of, scalar_type
from ...runtime.size import Extent, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, scalar
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of
from ..to_engine.open_extents import Number, map_with_extents
from ..to_engine.scalars import select, value
from .arguments import dim, extent, extents, number, result_shape
from .overloads import named


def flipped(lo: Lowering, x: SSAValue, axes: Sequence[int]) -> SSAValue:
    """In the opposite order along axes."""
    shape = extents_of(x)
    for axis in axes:
        size = shape[axis]

        def build(at: SSAValue, last: Number) -> SSAValue:
            return WHOLE.sub(scalar(last), at)

        places = map_with_extents(lo, [along(lo, size, 0, 1)], [size - 1], build)
        x = lo.emit(GatherOp(x, places, axis))
    return x


def _flip(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return flipped(lo, x, sorted({dim(a, rank_of(x)) for a in lo.integers("dims") or []}))


def _flip_axis(axis: int) -> Conversion:
    return lambda lo: flipped(lo, lo.operand("self"), [axis])


def rolled(lo: Lowering, x: SSAValue, shift: int, axis: int) -> SSAValue:
    """What leaves at the end comes in at the front."""
    size = extents_of(x)[axis]
    if not isinstance(size, int):
        return _rolled_by_places(lo, x, shift, axis)
    shift = shift % size if size else 0
    if shift == 0:
        return x
    first = size - shift
    parts = [lo.slice_axis(x, axis, first, shift), lo.slice_axis(x, axis, 0, first)]
    return lo.emit(ConcatOp(parts, axis))


def _rolled_by_places(lo: Lowering, x: SSAValue, shift: int, axis: int) -> SSAValue:
    """A size by name may be smaller than the shift."""
    size = extents_of(x)[axis]

    def build(at: SSAValue, count: Number) -> SSAValue:
        rest = value(arith.RemSIOp(WHOLE.sub(at, WHOLE.number(shift)), scalar(count)))
        negative = WHOLE.compare("lt", rest, WHOLE.number(0))
        return select(negative, WHOLE.add(rest, scalar(count)), rest)

    places = map_with_extents(lo, [along(lo, size, 0, 1)], [size], build)
    return lo.emit(GatherOp(x, places, axis))


def _roll(lo: Lowering) -> SSAValue:
    x, axes = lo.operand("self"), lo.integers("dims")
    shifts = [s for s in extents(lo, "shifts") if isinstance(s, int)]
    if len(shifts) != len(extents(lo, "shifts")):
        raise NoNativeForm("by sizes by name")
    if not axes:
        flat = lo.reshape(x, (product_of(extents_of(x)),))
        return lo.reshape(rolled(lo, flat, shifts[0], 0), extents_of(x))
    for shift, axis in zip(shifts, axes, strict=True):
        x = rolled(lo, x, shift, dim(axis, rank_of(x)))
    return x


def _rot90(lo: Lowering) -> SSAValue:
    x, turns = lo.operand("self"), lo.integer("k", 1) % 4
    first, second = (dim(a, rank_of(x)) for a in lo.integers("dims") or [0, 1])
    order = list(range(rank_of(x)))
    order[first], order[second] = second, first
    if turns == 0:
        return x
    if turns == 2:
        return flipped(lo, x, sorted((first, second)))
    if turns == 1:
        return lo.transpose(flipped(lo, x, [second]), order)
    return flipped(lo, lo.transpose(x, order), [second])


def _repeat(lo: Lowering) -> SSAValue:
    """Each dimension beside one for its copies, both taken together."""
    x, target = lo.operand("self"), result_shape(lo)
    name = "repeats" if "repeats" in lo.op.SIGNATURE.attributes else "dims"
    times = extents(lo, name)
    lead = max(len(times), rank_of(x))
    times = [1] * (lead - len(times)) + times
    shape = (*[1] * (lead - rank_of(x)), *extents_of(x))
    apart = [part for n in shape for part in (1, n)]
    copies = [part for n, t in zip(shape, times, strict=True) for part in (t, n)]
    return lo.reshape(lo.broadcast(lo.reshape(x, apart), copies), target)


def _repeat_interleave(lo: Lowering) -> SSAValue:
    x, times, axis = lo.operand("self"), extent(lo, "repeats"), lo.op.attribute("dim")
    if axis is None:
        x, at = lo.reshape(x, (product_of(extents_of(x)),)), 0
    else:
        at = dim(lo.integer("dim"), rank_of(x))
    assert times is not None
    shape = extents_of(x)
    apart = (*shape[: at + 1], 1, *shape[at + 1 :])
    copies = (*shape[: at + 1], times, *shape[at + 1 :])
    return lo.reshape(lo.broadcast(lo.reshape(x, apart), copies), result_shape(lo))


def _repeat_by_counts(lo: Lowering) -> SSAValue:
    counts = lo.array_of(lo.operand("repeats"))
    if counts is None:
        raise NoNativeForm("by counts that are data")
    x, axis = lo.operand("self"), lo.op.attribute("dim")
    flat = lo.reshape(x, (product_of(extents_of(x)),)) if axis is None else x
    at = 0 if axis is None else dim(lo.integer("dim"), rank_of(x))
    size = extents_of(flat)[at]
    if not isinstance(size, int):
        raise NoNativeForm("of sizes that are no numbers")
    places = np.repeat(np.arange(size, dtype=np.int64), counts)
    return lo.emit(GatherOp(flat, lo.constant(places, "places"), at))


def _unfold(lo: Lowering) -> SSAValue:
    """Windows along a dimension as a last one."""
    x = lo.operand("self")
    rank, shape = rank_of(x), result_shape(lo)
    if rank == 0:
        return lo.reshape(x, shape)
    axis = dim(lo.integer("dimension"), rank)
    size, step = lo.integer("size"), lo.integer("step")
    count = shape[axis]
    starts = along(lo, count, 0, 2, step)
    lo.require_room(size)
    taps = lo.constant(np.arange(size, dtype=np.int64), "taps")
    found = lo.emit(GatherOp(x, lo.map([starts, taps], WHOLE.add), axis))
    order = [a for a in range(rank + 1) if a != axis + 1]
    return lo.transpose(found, [*order, axis + 1])


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def padded(
    lo: Lowering, x: SSAValue, widths: Sequence[Extent], mode: str, fill: float = 0
) -> SSAValue:
    """The last dimension first; a negative width crops."""
    rank = rank_of(x)
    pairs = list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    low: list[Extent] = [0] * (rank - len(pairs))
    high: list[Extent] = [0] * (rank - len(pairs))
    low += [a for a, _ in pairs]
    high += [b for _, b in pairs]
    if any(isinstance(n, int) and n < 0 for n in (*low, *high)):
        before = [-n if isinstance(n, int) and n < 0 else 0 for n in low]
        behind = [-n if isinstance(n, int) and n < 0 else 0 for n in high]
        sizes = [n - a - b for n, a, b in zip(extents_of(x), before, behind, strict=True)]
        x = lo.slice(x, before, sizes)
        low = [0 if isinstance(n, int) and n < 0 else n for n in low]
        high = [0 if isinstance(n, int) and n < 0 else n for n in high]
    if all(n == 0 for n in (*low, *high)):
        return x
    filler = attribute_of(fill, scalar_type(element_of(x)))
    return lo.emit(PadOp(x, low, high, filler, _MODES[mode]))


def _constant_pad(lo: Lowering) -> SSAValue:
    return padded(lo, lo.operand("self"), extents(lo, "pad"), "constant", number(lo, "value"))


def _pad(lo: Lowering) -> SSAValue:
    fill = lo.op.attribute("value")
    known = float(fill) if isinstance(fill, int | float) else 0.0
    return padded(lo, lo.operand("self"), extents(lo, "pad"), lo.text("mode", "constant"), known)


def _padding(mode: str, name: str = "padding") -> Conversion:
    return lambda lo: padded(lo, lo.operand("self"), extents(lo, name), mode)


def _pixel_shuffle(lo: Lowering) -> SSAValue:
    x, factor = lo.operand("self"), lo.integer("upscale_factor")
    *lead, channels, height, width = extents_of(x)
    rank = len(lead)
    split = lo.reshape(x, (*lead, channels // factor**2, factor, factor, height, width))
    order = (*range(rank), rank, rank + 3, rank + 1, rank + 4, rank + 2)
    return lo.reshape(lo.transpose(split, order), result_shape(lo))


def _pixel_unshuffle(lo: Lowering) -> SSAValue:
    x, factor = lo.operand("self"), lo.integer("downscale_factor")
    *lead, channels, height, width = extents_of(x)
    rank = len(lead)
    apart = (*lead, channels, height // factor, factor, width // factor, factor)
    order = (*range(rank), rank, rank + 2, rank + 4, rank + 1, rank + 3)
    return lo.reshape(lo.transpose(lo.reshape(x, apart), order), result_shape(lo))


def _channel_shuffle(lo: Lowering) -> SSAValue:
    x, groups = lo.operand("self"), extent(lo, "groups")
    assert groups is not None
    batch, channels, *rest = extents_of(x)
    split = lo.reshape(x, (batch, groups, channels // groups, *rest))
    order = (0, 2, 1, *range(3, 3 + len(rest)))
    return lo.reshape(lo.transpose(split, order), extents_of(x))


OPERATORS: dict[str, Conversion] = {
    "flip": _flip,
    "fliplr": _flip_axis(1),
    "flipud": _flip_axis(0),
    "roll": _roll,
    "rot90": _rot90,
    **named("repeat tile", _repeat),
    "repeat_interleave.self_int": _repeat_interleave,
    "repeat_interleave.self_Tensor": _repeat_by_counts,
    "unfold": _unfold,
    "constant_pad_nd": _constant_pad,
    "pad": _pad,
    "_pad_circular": _padding("circular", "pad"),
    **named("reflection_pad1d reflection_pad2d reflection_pad3d", _padding("reflect")),
    **named("replication_pad1d replication_pad2d replication_pad3d", _padding("replicate")),
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    **named("channel_shuffle native_channel_shuffle", _channel_shuffle),
}
"""Conversions by the operator and its overload, without one for the default."""

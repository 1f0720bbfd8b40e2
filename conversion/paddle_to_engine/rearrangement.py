"""
Other orders and borders.

Operators: flip, pad, pad3d, roll.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp, PadOp
from ...dialects.engine.base import element_of, extents_of, rank_of, static
from ...interpreters.paddle.movement import pairs_of
from ...runtime.size import Size, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of, positive
from ..to_engine.scalars import Numbers
from .given import integers, number


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


OPERATORS: dict[str, Conversion] = {
    "flip": _flip,
    "pad": _pad,
    "pad3d": _pad3d,
    "roll": _roll,
}

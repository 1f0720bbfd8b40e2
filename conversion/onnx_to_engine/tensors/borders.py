"""Pads that repeat elements of their operand, where that is better done by a gather."""

from __future__ import annotations

from math import prod
from typing import Literal

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import f64, i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp
from ....dialects.engine.base import extents_of
from ....runtime.size import Extent, Size, maximum
from ...to_engine.flat_index import WHOLE, scalar
from ...to_engine.lowering import Lowering
from ...to_engine.open_extents import Number, map_with_extents, positions
from ...to_engine.scalars import Numbers, cast_scalar, select, value

MOST_REPEATS = 32
"""Repetitions of a dimension that a pad writes as pieces; code for each is made."""


def repeated_often(
    lo: Lowering, x: SSAValue, low: list[Extent], high: list[Extent], mode: str
) -> SSAValue:
    """`x` padded along dimensions that many repetitions are added to, whose pads become 0."""
    for axis, size in enumerate(extents_of(x)):
        before, behind = low[axis], high[axis]
        if not (isinstance(size, int) and isinstance(before, int) and isinstance(behind, int)):
            continue
        if size < 1 or min(before, behind) < 0:
            continue
        if before + behind <= MOST_REPEATS * size:
            continue
        lo.require_room(before + size + behind)
        kind: Literal["reflect", "wrap"] = "reflect" if mode == "reflect" else "wrap"
        places = np.pad(np.arange(size, dtype=np.int64), (before, behind), mode=kind)
        x = lo.emit(GatherOp(x, lo.constant(places, "places"), axis))
        low[axis] = high[axis] = 0
    return x


MOST_BORDER_PIECES = 32
"""Pieces of a pad of open sizes, of all dimensions together; each has a loop of its own."""


def gathered_borders(
    lo: Lowering, x: SSAValue, low: list[Extent], high: list[Extent], mode: str
) -> SSAValue:
    """
    `x` padded along open dimensions with wide borders, whose pads become 0.

    Where an element of a border comes from depends on the size, so each is a piece of its own.
    """
    wide = [
        (before + behind, axis, size)
        for axis, (size, before, behind) in enumerate(zip(extents_of(x), low, high, strict=True))
        if isinstance(size, Size) and isinstance(before, int) and isinstance(behind, int)
        if min(before, behind) >= 0
    ]
    pieces = prod(1 + border for border, _, _ in wide)
    for border, axis, size in sorted(wide, key=lambda found: -found[0]):
        if pieces <= MOST_BORDER_PIECES:
            break
        places = _places_of_border(lo, size, low[axis], border, mode)
        x = lo.emit(GatherOp(x, places, axis))
        low[axis] = high[axis] = 0
        pieces //= 1 + border
    return x


def _places_of_border(
    lo: Lowering, size: Size, before: Extent, border: Extent, mode: str
) -> SSAValue:
    """Where each element of a padded dimension comes from, as a vector of i64."""
    period = maximum(1, size if mode == "wrap" else 2 * size - 2)
    first = lo.constant(np.array([before], np.int64), "before")

    def build(at: SSAValue, before: SSAValue, n: Number, period: Number) -> SSAValue:
        turn = _remainder(WHOLE.sub(at, before), scalar(period))
        if mode == "wrap":
            return turn
        ahead = WHOLE.compare("lt", turn, scalar(n))
        return select(ahead, turn, WHOLE.sub(scalar(period), turn))

    along = positions(lo, size + border)
    return map_with_extents(lo, [along, first], [size, period], build, i64)


def _remainder(number: SSAValue, period: SSAValue) -> SSAValue:
    """
    What is left of a position after whole periods, 0 or more; inside of a region.

    In floats of 64 bits, where it is exact below 2^53 and done in vectors; processors divide
    integers one by one.
    """
    wide = Numbers(f64)
    a, b = (cast_scalar(n, i64, f64) for n in (number, period))
    whole = value(math.FloorOp(wide.div(a, b)))
    return cast_scalar(wide.sub(a, wide.mul(whole, b)), f64, i64)

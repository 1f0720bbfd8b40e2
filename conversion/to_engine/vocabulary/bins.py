"""Adaptive pools: a dimension in bins, the i-th from `floor(i n / m)` to `ceil((i + 1) n / m)`."""

from __future__ import annotations

from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp
from ....dialects.engine.base import extents_of
from ....interpreters.sliding_windows import bins
from ....runtime.size import Extent, is_one
from ..lowering import Lowering, NoNativeForm
from .reduce import reduce

MOST_BINS = 256
"""Bins of unlike sizes that are written out: each is an operation of its own."""


def over_bins(lo: Lowering, kind: str, x: SSAValue, axis: int, count: Extent) -> SSAValue:
    """
    `mean` or `max` of each of `count` bins of an axis; the mean of a box is that along one axis
    after the other.

    Raises:
        NoNativeForm: for sizes by name, and for too many bins of unlike sizes.
    """
    shape = extents_of(x)
    size = shape[axis]
    if count == size:
        return x
    if is_one(count):
        return reduce(lo, kind, x, [axis])
    if not isinstance(size, int) or not isinstance(count, int):
        raise NoNativeForm("adaptive, of sizes that are no numbers")
    if size % count == 0:
        split = lo.reshape(x, (*shape[:axis], count, size // count, *shape[axis + 1 :]))
        return reduce(lo, kind, split, [axis + 1], keep=False)
    if count > MOST_BINS:
        raise NoNativeForm(f"adaptive, with {count} bins of unlike sizes")
    parts = [
        reduce(lo, kind, lo.slice_axis(x, axis, part.start, len(part)), [axis])
        for part in bins(size, count)
    ]
    return lo.emit(ConcatOp(parts, axis))

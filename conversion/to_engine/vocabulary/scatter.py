"""Elements written at indices, each time by one scatter."""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ....dialects.engine import ScatterOp
from ....dialects.engine.base import element_of, shape_of
from ..flat_index import flat_places
from ..lowering import Lowering, NoNativeForm


def scatter_flat(
    lo: Lowering, x: SSAValue, at: SSAValue, updates: SSAValue, reduction: str = "none"
) -> SSAValue:
    """`x` with updates at positions in it seen as one row."""
    shape, count = shape_of(x), prod(shape_of(at))
    flat = lo.reshape(x, (prod(shape),))
    rows = lo.reshape(at, (count, 1))
    changed = lo.emit(ScatterOp(flat, rows, lo.reshape(updates, (count,)), reduction))
    return lo.reshape(changed, shape)


def scatter_elements(
    lo: Lowering,
    x: SSAValue,
    indices: SSAValue,
    updates: SSAValue,
    axis: int,
    reduction: str = "none",
) -> SSAValue:
    """`y[indices[i, j], j] = updates[i, j]` and so along any axis, or combined by `reduction`."""
    shape = shape_of(x)
    if 0 in shape or 0 in shape_of(indices):
        return x
    if reduction != "none" and element_of(x) == i1:
        raise NoNativeForm(f"of booleans by '{reduction}'")
    at = flat_places(lo, indices, shape, axis)
    if shape_of(updates) != shape_of(indices):
        raise NoNativeForm(f"has {list(shape_of(updates))} updates")
    return scatter_flat(lo, x, at, updates, reduction)

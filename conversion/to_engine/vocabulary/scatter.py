"""Elements written at indices, each time by one scatter."""

from __future__ import annotations

from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ....dialects.engine import ScatterOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.sizes import shape_text
from ....runtime.size import product_of, same
from ..flat_index import flat_places
from ..lowering import Lowering, NoNativeForm


def scatter_flat(
    lo: Lowering, x: SSAValue, at: SSAValue, updates: SSAValue, reduction: str = "none"
) -> SSAValue:
    """`x` with updates at positions in it seen as one row."""
    shape, count = extents_of(x), product_of(extents_of(at))
    flat = lo.reshape(x, (product_of(shape),))
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
    shape = extents_of(x)
    if 0 in shape or 0 in extents_of(indices):
        return x
    if reduction != "none" and element_of(x) == i1:
        raise NoNativeForm(f"of booleans by '{reduction}'")
    at = flat_places(lo, indices, shape, axis)
    picked, given = extents_of(indices), extents_of(updates)
    if any(same(a, b) is False for a, b in zip(given, picked, strict=True)):
        raise NoNativeForm(f"has {shape_text(given)} updates")
    for a, b in zip(given, picked, strict=True):
        lo.relations.equal(a, b)
    return scatter_flat(lo, x, at, updates, reduction)

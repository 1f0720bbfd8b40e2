"""Images at the points of a grid, and the grids of affine maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import f32, f64, i1, i64
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine import ConcatOp, MatmulOp
from ....dialects.engine.base import element_of, extents_of, static
from ....dialects.engine.sizes import shape_text
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent, numbers_of, product_of
from ..flat_index import along
from ..lowering import Lowering, NoNativeForm
from ..open_extents import Number, map_with_extents, real_of
from ..scalars import Numbers, cast_scalar, select
from .cast import cast, wide_floats
from .sample_points import Images, sampled, table_of, taps_at


def grid_sampled(
    lo: Lowering, given: SSAValue, grid: SSAValue, *, mode: str, outside: str, corners: bool
) -> SSAValue:
    """
    `[N, C, spatial...]` at the points of `[N, out..., axes]`, coordinates from -1 to 1, the last
    axis first.

    `mode` is nearest, linear or cubic; `outside` is as in `Images`. -1 and 1 are the middles of the
    outermost elements with `corners`, else their edges.
    """
    grid = wide_floats(lo, grid)
    taken = element_of(given) == i1 and mode == "nearest"
    x = cast(lo, given, f32) if taken else wide_floats(lo, given)
    (batch, channels, *extents), out = extents_of(x), extents_of(grid)
    rank = len(extents)
    if 0 in extents_of(x) or 0 in out or mode not in ("nearest", "linear", "cubic"):
        shapes = f"{shape_text(extents_of(x))} by {shape_text(out)}"
        raise NoNativeForm(f"of {shapes} with mode '{mode}'")
    count, n = product_of(out[1:-1]), Numbers(element_of(grid))
    images = Images(tuple(extents), outside, corners)

    def place(axis: int) -> SSAValue:
        # The grid names the last axis first.
        part = lo.slice_axis(grid, len(out) - 1, rank - 1 - axis, 1)
        extent = extents[axis]

        def build(a: SSAValue, extent: Number, last: Number) -> SSAValue:
            a = n.add(a, n.number(1))
            if corners:
                return n.mul(n.div(a, n.number(2)), real_of(n, last))
            return n.div(n.sub(n.mul(a, real_of(n, extent)), n.number(1)), n.number(2))

        flat = lo.reshape(part, (batch, count))
        return map_with_extents(lo, [flat], [extent, extent - 1], build)

    pixels = product_of(extents)
    first = along(lo, batch, 0, 2, pixels)
    taps = taps_at(lo, [place(d) for d in range(rank)], first, images, mode)
    points = sampled(lo, table_of(lo, x), taps)
    result = lo.reshape(lo.transpose(points, (0, 2, 1)), (batch, channels, *out[1:-1]))
    return cast(lo, result, element_of(given))


def affine_grid(
    lo: Lowering, theta: SSAValue, extents: Sequence[Extent], *, corners: bool
) -> SSAValue:
    """The grid `[N, extents..., axes]` under an affine map `[N, axes, axes + 1]` of each image."""
    wide = wide_floats(lo, theta)
    points = _affine_points(lo, extents, element_of(wide), corners=corners)
    turned = lo.transpose(wide, (0, 2, 1))
    batch = extents_of(theta)[0]
    result = lo.reshape(lo.emit(MatmulOp(points, turned)), (batch, *extents, len(extents)))
    return cast(lo, result, element_of(theta))


def _affine_points(
    lo: Lowering, extents: Sequence[Extent], element: Attribute, *, corners: bool
) -> SSAValue:
    """`[points, rank + 1]`: coordinates of each element, the last axis first, and a one."""
    rank = len(extents)
    if static(extents):
        numbers = numbers_of(extents)
        lo.require_room(*numbers, rank + 1)
        lines = [_line(n, corners) for n in numbers]
        grid = np.stack([*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(numbers)], -1)
        flat = np.ascontiguousarray(grid.reshape(-1, rank + 1), dtype_of(element))
        return lo.constant(flat, "grid")
    wide, count = Numbers(f64), product_of(extents)

    def coordinate(at: SSAValue, extent: Number) -> SSAValue:
        place, size = cast_scalar(at, i64, f64), real_of(wide, extent)
        double = wide.mul(place, wide.number(2))
        if corners:
            last = wide.maximum(wide.sub(size, wide.number(1)), wide.number(1))
            line = wide.sub(wide.div(double, last), wide.number(1))
            line = select(wide.compare("gt", size, wide.number(1)), line, wide.number(0))
        else:
            line = wide.sub(wide.div(wide.add(double, wide.number(1)), size), wide.number(1))
        return cast_scalar(line, f64, element)

    columns: list[SSAValue] = []
    for axis, extent in reversed(list(enumerate(extents))):
        line = map_with_extents(lo, [along(lo, extent, axis, rank)], [extent], coordinate, element)
        columns.append(lo.reshape(lo.broadcast(line, extents), (count, 1)))
    one = lo.constant(np.ones((1, 1), dtype_of(element)), "one")
    return lo.emit(ConcatOp([*columns, lo.broadcast(one, (count, 1))], 1))


def _line(n: int, corners: bool) -> np.ndarray:
    """Coordinates of `n` elements from -1 to 1, of their middles or from corner to corner."""
    if corners:
        return np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return (np.arange(n) * 2 + 1) / n - 1

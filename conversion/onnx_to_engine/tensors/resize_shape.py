"""What a resize leads to: from scales and sizes that are known, or that the data decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import f32, f64, i64
from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp, ReduceOp
from ....dialects.engine.base import extents_of, shape_of
from ....runtime.size import Extent
from ...to_engine.data_extents import MOST, as_sizes, data_extents, parts_of
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.open_extents import size_vector
from ...to_engine.scalars import Numbers, cast_scalar, select, value
from ...window_sizes import scaled_size

_LARGEST = 2.0**62
"""Of no number of elements that a tensor can have, as a float."""


def resized_axes(lo: Lowering) -> list[int]:
    """The axes that scales and sizes are for, all where nothing says them."""
    rank = len(extents_of(lo.operand("X")))
    return [positive(a, rank) for a in lo.integers("axes") or range(rank)]


def given_scales(lo: Lowering) -> SSAValue | None:
    """The scales, where they are given: exporters leave an empty tensor in their place."""
    found = lo.optional("scales")
    return None if found is None or 0 in shape_of(found) else found


def scaled_extent(size: Extent, scale: float) -> Extent:
    """
    `floor(size * scale)`. Scales are f32; the product is taken as the reference takes it.

    Raises:
        NoNativeForm: where a size by name is scaled to what is no expression.
    """
    if isinstance(size, int):
        return int(np.floor(size * np.float32(scale)))
    found = scaled_size(size, scale)
    if found is None:
        raise NoNativeForm(f"by {scale} of a size by name, a product that is rounded")
    return found


def known_scales(lo: Lowering, scales: SSAValue) -> list[float | None]:
    """Each scale, None of those that only the data knows; joins of vectors are looked through."""
    array = lo.array_of(scales)
    if array is not None:
        return [float(scale) for scale in array.reshape(-1)]
    parts = parts_of(scales)
    if not parts:
        return [None] * shape_of(scales)[0]
    return [scale for part in parts for scale in known_scales(lo, part)]


def decided_shape(lo: Lowering) -> tuple[Extent, ...]:
    """The shape of the result, in which what only the data knows has a name."""
    shape, axes = extents_of(lo.operand("X")), resized_axes(lo)
    before = [shape[axis] for axis in axes]
    scales = given_scales(lo)
    after = _by_sizes(lo, before) if scales is None else _by_scales(lo, scales, before)
    target = list(shape)
    for axis, size in zip(axes, after, strict=True):
        target[axis] = size
    return tuple(target)


def _by_sizes(lo: Lowering, before: Sequence[Extent]) -> Sequence[Extent]:
    sizes, policy = lo.operand("sizes"), lo.text("keep_aspect_ratio_policy", "stretch")
    if policy == "stretch":
        return data_extents(lo, sizes)
    n, old = Numbers(f64), size_vector(lo, before, f64, "extents")
    ratios = lo.map([sizes, old], lambda s, o: n.div(cast_scalar(s, i64, f64), o), f64)
    kind = "min" if policy == "not_larger" else "max"
    one = lo.emit(ReduceOp([ratios], kind, [0]))

    def size(scale: SSAValue, old: SSAValue) -> SSAValue:
        return _whole(n, n.add(n.mul(scale, old), n.number(0.5)))

    return as_sizes(lo, lo.map([one, old], size, i64), [MOST] * len(before))


def _by_scales(lo: Lowering, scales: SSAValue, before: Sequence[Extent]) -> Sequence[Extent]:
    known, n = known_scales(lo, scales), Numbers(f32)
    unknown = [at for at, scale in enumerate(known) if scale is None]
    picked = [lo.slice_axis(scales, 0, at, 1) for at in unknown]
    chosen = picked[0] if len(picked) == 1 else lo.emit(ConcatOp(picked, 0))
    old = size_vector(lo, [before[at] for at in unknown], f32, "extents")
    numbers = lo.map([chosen, old], lambda s, o: _whole(n, n.mul(o, s)), i64)
    names = iter(as_sizes(lo, numbers, [MOST] * len(unknown)))
    return [
        next(names) if scale is None else scaled_extent(size, scale)
        for size, scale in zip(before, known, strict=True)
    ]


def _whole(n: Numbers, number: SSAValue) -> SSAValue:
    """
    A number rounded down, as i64; inside of a region.

    What is no size, as one below 0, becomes one that is refused.
    """
    known = n.compare("lt", number, n.number(_LARGEST))
    down = value(math.FloorOp(select(known, number, n.number(_LARGEST))))
    return cast_scalar(n.maximum(down, n.number(-1)), n.element, i64)

"""
Movement of elements, and resizing of images.

Operators: BatchReindex, Concat, Crop, Flatten, Interp, Permute, Reshape, ShuffleChannel, Slice,
Tile, Upsample.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, ResizeOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.framework import dims_of
from ...runtime.size import Extent, floordiv, numbers_of, product_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.scalars import Numbers
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import take
from ..to_engine.vocabulary.scatter import scatter_elements


def _as_declared(lo: Lowering) -> SSAValue:
    """The elements of the operand in the shape of the result."""
    return lo.reshape(lo.operand("x"), _declared(lo))


def _declared(lo: Lowering) -> tuple[Extent, ...]:
    """The shape of the result, which a net's layers all have."""
    dims = dims_of(lo.op.results[0].type)
    if dims is None or None in dims:
        raise NoNativeForm("of unknown sizes")
    return tuple(dim for dim in dims if dim is not None)


def _concat(lo: Lowering) -> SSAValue:
    values = lo.operands
    axis = positive(lo.integer("axis", 1), rank_of(values[0]))
    return values[0] if len(values) == 1 else lo.emit(ConcatOp(values, axis))


def _slice(lo: Lowering) -> Results:
    """Parts between the points, or of equal size."""
    x, count = lo.operand("x"), len(lo.op.results)
    axis = positive(lo.integer("axis", 1), rank_of(x))
    size = extents_of(x)[axis]
    points = lo.integers("slice_point") or [floordiv(size, count) * at for at in range(1, count)]
    ends: list[Extent] = [0, *points, size]
    return [lo.slice_axis(x, axis, first, last - first) for first, last in pairwise(ends)]


def _permute(lo: Lowering) -> SSAValue:
    x, given = lo.operand("x"), lo.integers("order") or []
    rest = [axis for axis in range(rank_of(x)) if axis not in given]
    return lo.transpose(x, [*given, *rest])


def _tile(lo: Lowering) -> SSAValue:
    """The operand so many times along an axis: a broadcast of a dimension before it."""
    x, tiles = lo.operand("x"), lo.integer("tiles")
    shape = extents_of(x)
    axis = positive(lo.integer("axis", 1), len(shape))
    one = lo.reshape(x, (*shape[:axis], 1, *shape[axis:]))
    many = lo.broadcast(one, (*shape[:axis], tiles, *shape[axis:]))
    return lo.reshape(many, (*shape[:axis], shape[axis] * tiles, *shape[axis + 1 :]))


def _crop(lo: Lowering) -> SSAValue:
    """A part of the size of the reference from `axis` on."""
    x, reference = lo.operand("x"), extents_of(lo.operand("reference"))
    axis = positive(lo.integer("axis", 2), rank_of(x))
    given = lo.integers("offset") or [0]
    offsets = given * (rank_of(x) - axis) if len(given) == 1 else given
    sizes = (*extents_of(x)[:axis], *reference[axis:])
    return lo.slice(x, [*[0] * axis, *offsets], sizes)


def _interp(lo: Lowering) -> SSAValue:
    """Bilinear, corners on corners, of the image without its (negative) pads."""
    x, before, behind = lo.operand("x"), -lo.integer("pad_beg"), -lo.integer("pad_end")
    shape, target = extents_of(x), _declared(lo)
    inner = (*shape[:2], *(n - before - behind for n in shape[2:]))
    x = lo.slice(x, [0, 0, before, before], inner)
    if inner == target:
        return x
    sizes = zip(numbers_of(target[2:]), numbers_of(inner[2:]), strict=True)
    scales = [1.0, 1.0, *(a / b for a, b in sizes)]
    return lo.emit(ResizeOp(x, target, "linear", "align_corners", "floor", scales))


def _shuffle(lo: Lowering) -> SSAValue:
    """Channels of groups in turn."""
    x, groups = lo.operand("x"), lo.integer("group", 1)
    shape = extents_of(x)
    cut = lo.reshape(x, (shape[0], groups, floordiv(shape[1], groups), *shape[2:]))
    order = (0, 2, 1, *range(3, len(shape) + 1))
    return lo.reshape(lo.transpose(cut, order), shape)


def _upsample(lo: Lowering) -> SSAValue:
    """Each element at the place that the mask of a pool says, zeros elsewhere."""
    x, mask, target = lo.operand("x"), lo.operand("mask"), _declared(lo)
    shape, n = extents_of(x), Numbers(element_of(x))
    flat, size = (*shape[:2], product_of(shape[2:])), product_of(target[2:])
    zero = lo.constant(np.zeros((), np.float32), "zero")
    clear = lo.broadcast(cast(lo, zero, n.element), (*shape[:2], size))
    at = lo.reshape(cast(lo, mask, i64), flat)
    return lo.reshape(scatter_elements(lo, clear, at, lo.reshape(x, flat), 2), target)


def _reindex(lo: Lowering) -> SSAValue:
    return take(lo, lo.operand("x"), cast(lo, lo.operand("indices"), i64), 0)


def _flatten(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    shape = extents_of(x)
    first = positive(lo.integer("axis", 1), len(shape))
    last = positive(lo.integer("end_axis", -1), len(shape))
    inner = product_of(shape[first : last + 1])
    return lo.reshape(x, (*shape[:first], inner, *shape[last + 1 :]))


OPERATORS: dict[str, Conversion] = {
    "BatchReindex": _reindex,
    "Concat": _concat,
    "Crop": _crop,
    "Flatten": _flatten,
    "Interp": _interp,
    "Permute": _permute,
    "Reshape": _as_declared,
    "ShuffleChannel": _shuffle,
    "Slice": _slice,
    "Tile": _tile,
    "Upsample": _upsample,
}

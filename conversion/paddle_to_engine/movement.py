"""
Shapes, repeats and joins.

Operators: broadcast_tensors, concat, expand, expand_as, flatten, meshgrid, repeat_interleave,
reshape, squeeze, stack, tile, transpose, unsqueeze.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp
from ...dialects.engine.base import extents_of, rank_of
from ...runtime.size import Extent, Size, is_one, product_of
from ..shape_arithmetic import reshaped
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from .given import agreeing, aligned, extents, integer, integers


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
    "concat": _concat,
    "expand": _expand,
    "expand_as": _expand_as,
    "flatten": _flatten,
    "meshgrid": _meshgrid,
    "repeat_interleave": _repeat_interleave,
    "reshape": _reshape,
    "squeeze": _squeeze,
    "stack": _stack,
    "tile": _tile,
    "transpose": _transpose,
    "unsqueeze": _unsqueeze,
}

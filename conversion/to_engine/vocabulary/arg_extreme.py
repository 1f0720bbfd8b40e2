"""Where the largest or smallest element is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    i32,
    i64,
)
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import IotaOp, ReduceOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, tensor
from ....runtime.size import Extent, Size, numbers_of
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers, cast_scalar, select, value
from .cast import widened


def arg_extreme(
    lo: Lowering, x: SSAValue, axis: int, *, largest: bool, last: bool = False, keep: bool = True
) -> SSAValue:
    """The i64 position of an extreme: the first or last where `x` equals it or is NaN."""
    x = widened(lo, x)
    shape, n = extents_of(x), Numbers(element_of(x))
    count = shape[axis] if shape else 1
    left = (*shape[:axis], 1, *shape[axis + 1 :]) if shape else ()
    if count == 0:
        raise NoNativeForm("along an empty axis")
    if not shape:
        return lo.constant(np.zeros((), np.int64), "position")
    type_ = tensor(left, n.element)
    extreme = lo.emit(ReduceOp([x], "max" if largest else "min", [axis], type_))
    position = Numbers(i32)
    iota = _positions(lo, shape, axis)
    # Behind every position: there is one where nothing is empty.
    behind = np.iinfo(np.int32).max if isinstance(count, Size) else count
    block = Block(arg_types=[n.scalar, n.scalar, i32])
    with ImplicitBuilder(block):
        a, top, at = block.args
        found = n.compare("eq", a, top)
        if n.floating:
            found = value(arith.OrIOp(found, n.compare("ne", a, a)))
        YieldOp(select(found, at, position.number(-1 if last else behind)))
    kind = "max" if last else "min"
    picked = lo.emit(
        ReduceOp([x, extreme, iota], kind, [axis], tensor(left, i32), body=Region(block))
    )
    result = lo.map([picked], lambda at: cast_scalar(at, i32, i64), i64)
    return result if keep else lo.reshape(result, (*shape[:axis], *shape[axis + 1 :]))


def _positions(lo: Lowering, shape: Sequence[Extent], axis: int) -> SSAValue:
    """`[1, .., n, .., 1]`, i32."""
    count, row = shape[axis], [n if a == axis else 1 for a, n in enumerate(shape)]
    if isinstance(count, Size):
        return lo.reshape(lo.emit(IotaOp(count, i32)), row)
    lo.require_room(count)
    return lo.constant(np.arange(count, dtype=np.int32).reshape(numbers_of(row)), "positions")

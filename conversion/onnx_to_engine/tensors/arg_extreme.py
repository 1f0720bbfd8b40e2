"""
Where the largest or smallest element is.

Operators: ArgMax, ArgMin, Hardmax.
"""

from __future__ import annotations

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    f32,
    i32,
    i64,
)
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ReduceOp, YieldOp
from ....dialects.engine.base import element_of, shape_of, tensor
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.scalars import Numbers, cast_scalar, select, value


def widened(lo: Lowering, x: SSAValue) -> SSAValue:
    """Half precision and booleans as numbers that can be reduced, all else as it is."""
    element = element_of(x)
    if isinstance(element, Float16Type | BFloat16Type):
        return lo.map([x], lambda a: cast_scalar(a, element, f32), f32)
    return x


def _first_extreme(largest: bool) -> Conversion:
    """The position of an extreme: where `x` equals it, or is NaN, the first or last position."""

    def convert(lo: Lowering) -> SSAValue:
        x = widened(lo, lo.operand("data"))
        shape, n = shape_of(x), Numbers(element_of(x))
        axis = positive(lo.integer("axis"), len(shape))
        count, last = (shape[axis] if shape else 1), bool(lo.integer("select_last_index"))
        keep = bool(lo.integer("keepdims", 1))
        left = (*shape[:axis], 1, *shape[axis + 1 :]) if shape else ()
        if count == 0:
            raise NoNativeForm("along an empty axis")
        if not shape:
            return lo.constant(np.zeros((), np.int64), "position")
        type_ = tensor(left, n.element)
        extreme = lo.emit(ReduceOp([x], "max" if largest else "min", [axis], type_))
        position = Numbers(i32)
        numbers = np.arange(count, dtype=np.int32)
        iota = lo.constant(
            numbers.reshape([-1 if a == axis else 1 for a in range(len(shape))]), "positions"
        )
        block = Block(arg_types=[n.scalar, n.scalar, i32])
        with ImplicitBuilder(block):
            a, top, at = block.args
            found = n.compare("eq", a, top)
            if n.floating:
                found = value(arith.OrIOp(found, n.compare("ne", a, a)))
            YieldOp(select(found, at, position.number(-1 if last else count)))
        kind = "max" if last else "min"
        picked = lo.emit(
            ReduceOp([x, extreme, iota], kind, [axis], tensor(left, i32), body=Region(block))
        )
        result = lo.map([picked], lambda at: cast_scalar(at, i32, i64), i64)
        return result if keep else lo.reshape(result, (*shape[:axis], *shape[axis + 1 :]))

    return convert


def Hardmax(lo: Lowering) -> SSAValue:
    """1 at the first largest element along `axis`, 0 elsewhere."""
    x = lo.operand("input")
    n, shape = Numbers(element_of(x)), shape_of(x)
    axis = positive(lo.integer("axis", -1), len(shape))
    if 0 in shape:
        return x
    wide = widened(lo, x)
    m = Numbers(element_of(wide))
    top = lo.emit(ReduceOp([wide], "max", [axis]))
    iota = along(lo, range(shape[axis]), axis, len(shape))
    block = Block(arg_types=[m.scalar, m.scalar, i64])
    with ImplicitBuilder(block):
        a, largest, at = block.args
        found = value(arith.OrIOp(m.compare("eq", a, largest), m.compare("ne", a, a)))
        YieldOp(select(found, at, WHOLE.number(shape[axis])))
    first = lo.emit(ReduceOp([wide, top, iota], "min", [axis], body=Region(block)))

    def build(at: SSAValue, place: SSAValue) -> SSAValue:
        return select(WHOLE.compare("eq", at, place), n.number(1), n.number(0))

    return lo.map([first, iota], build, n.element)


OPERATORS: dict[str, Conversion] = {
    "ArgMax": _first_extreme(True),
    "ArgMin": _first_extreme(False),
    "Hardmax": Hardmax,
}

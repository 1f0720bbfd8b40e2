"""Operators that find or mark positions: extremes, triangles, one-hot rows, ranges."""

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

from ...dialects.engine import ReduceOp, YieldOp
from ...dialects.engine.base import element_of, shape_of, tensor
from . import indexing
from .elementwise import Operator
from .flat_index import WHOLE, along
from .lowering import Lowering, NoNativeForm, positive
from .run_time_operands import checked, declared_shape, equal_to
from .scalars import Numbers, cast_scalar, select, value


def widened(lo: Lowering, x: SSAValue) -> SSAValue:
    """Half precision and booleans as numbers that can be reduced, all else as it is."""
    element = element_of(x)
    if isinstance(element, Float16Type | BFloat16Type):
        return lo.map([x], lambda a: cast_scalar(a, element, f32), f32)
    return x


def _first_extreme(largest: bool) -> Operator:
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


def EyeLike(lo: Lowering) -> SSAValue:
    """1 on a diagonal, 0 elsewhere."""
    element, k = element_of(lo.op.results[0]), lo.integer("k")
    n, (rows, columns) = Numbers(element), shape_of(lo.operand("input"))

    def build(row: SSAValue, column: SSAValue) -> SSAValue:
        on = WHOLE.compare("eq", WHOLE.sub(column, row), WHOLE.number(k))
        return select(on, n.number(1), n.number(0))

    return lo.map([along(lo, range(rows), 0, 2), along(lo, range(columns), 1, 2)], build, element)


def Trilu(lo: Lowering) -> SSAValue:
    """The upper or lower triangle, zeros elsewhere."""
    x, k = lo.operand("input"), lo.optional("k")
    if k is None or lo.array_of(k) is not None:
        return indexing.Trilu(lo)
    shape, n = shape_of(x), Numbers(element_of(x))
    upper = "ge" if lo.integer("upper", 1) else "le"

    def build(a: SSAValue, row: SSAValue, column: SSAValue, diagonal: SSAValue) -> SSAValue:
        kept = WHOLE.compare(upper, WHOLE.sub(column, row), diagonal)
        return select(kept, a, n.number(0))

    row, column = along(lo, range(shape[-2]), 0, 2), along(lo, range(shape[-1]), 1, 2)
    return lo.map([x, row, column, lo.reshape(k, ())], build)


def OneHot(lo: Lowering) -> SSAValue:
    """`on` where the position along `axis` is the index, `off` elsewhere.

    Indices that are no integers are cut to integers, as the standard says and `onnx.reference`
    does not.
    """
    indices, values, depth = lo.operand("indices"), lo.operand("values"), lo.operand("depth")
    shape, element = shape_of(indices), element_of(values)
    axis = positive(lo.integer("axis", -1), len(shape) + 1)
    known = lo.array_of(depth)
    if known is None:
        count = declared_shape(lo, operand="depth")[axis]
    else:
        count = int(known.reshape(-1)[0])
    n = Numbers(element_of(indices))
    place = along(lo, range(count), axis, len(shape) + 1)
    spread = lo.reshape(indices, (*shape[:axis], 1, *shape[axis:]))
    off, on = (lo.reshape(lo.slice_axis(values, 0, at, 1), ()) for at in (0, 1))

    def build(i: SSAValue, p: SSAValue, low: SSAValue, high: SSAValue) -> SSAValue:
        at = cast_scalar(i, n.element, i64)
        below = WHOLE.compare("lt", at, WHOLE.number(0))
        at = at if n.unsigned else select(below, WHOLE.add(at, WHOLE.number(count)), at)
        return select(WHOLE.compare("eq", at, p), high, low)

    result = lo.map([spread, place, off, on], build, element)
    given = equal_to(lo, lo.reshape(depth, (1,)), [count])
    return checked(lo, result, given, f"the depth is not the declared {count}")


OPERATORS: dict[str, Operator] = {
    "ArgMax": _first_extreme(True),
    "ArgMin": _first_extreme(False),
    "EyeLike": EyeLike,
    "Hardmax": Hardmax,
    "OneHot": OneHot,
    "Trilu": Trilu,
}

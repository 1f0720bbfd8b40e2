"""
Operators that keep what a condition marks.

Where the model declares how much that is, the numbers are used and checked; else the operation that
finds it names it.

Operators: Compress, NonZero.
"""

from __future__ import annotations

from math import prod

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import (
    CompressOp,
    ConcatOp,
    GatherOp,
    NonZeroOp,
    ReduceOp,
    ScanOp,
    ScatterOp,
)
from ....dialects.engine.base import (
    element_of,
    extents_of,
    is_coded,
    rank_of,
    shape_of,
    static,
)
from ....runtime.size import named, numbers_of, product_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along, both, steps_of
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.run_time_operands import (
    checked,
    declared_shape,
    declares_numbers,
    declares_sizes,
    equal_to,
    result_name,
)
from ...to_engine.scalars import Numbers, cast_scalar, select, value


def marked(lo: Lowering, flags: SSAValue, count: int, what: str) -> SSAValue:
    """
    The positions of the `count` true ones of a row of booleans, i64.

    Each true one is written at its rank; all others behind the last one.
    """
    [length] = shape_of(flags)
    ones = lo.map([flags], lambda flag: cast_scalar(flag, i1, i64), i64)
    ranks = lo.emit(ScanOp(ones, "sum", 0))

    def build(flag: SSAValue, rank: SSAValue) -> SSAValue:
        place = WHOLE.sub(rank, WHOLE.number(1))
        fits = both(flag, WHOLE.compare("lt", place, WHOLE.number(count)))
        return select(fits, place, WHOLE.number(count))

    places = lo.reshape(lo.map([flags, ranks], build, i64), (length, 1))
    lo.require_room(count + 1)
    empty = lo.constant(np.zeros(count + 1, np.int64), "empty")
    found = lo.emit(ScatterOp(empty, places, along(lo, length, 0, 1)))
    total = lo.emit(ReduceOp([ones], "sum", [0]))
    message = f"{what} marks not the declared {count}"
    return checked(lo, lo.slice_axis(found, 0, 0, count), equal_to(lo, total, [count]), message)


def Compress(lo: Lowering) -> SSAValue:
    """The slices that a condition marks."""
    x, condition, axis = lo.operand("input"), lo.operand("condition"), lo.op.attribute("axis")
    if not _is_fixed(lo, x, condition):
        return _compressed(lo, x, condition)
    declared = numbers_of(declared_shape(lo, operand="condition"))
    if axis is None:
        x, at = lo.reshape(x, (prod(shape_of(x)),)), 0
    else:
        at = positive(lo.integer("axis"), rank_of(x))
    if 0 in declared or 0 in shape_of(x) or shape_of(condition)[0] > shape_of(x)[at]:
        raise NoNativeForm(f"of {list(shape_of(x))} to {list(declared)}")
    return lo.emit(GatherOp(x, marked(lo, condition, declared[at], "the condition"), at))


def _compressed(lo: Lowering, x: SSAValue, condition: SSAValue) -> SSAValue:
    if lo.op.attribute("axis") is None:
        x, axis = lo.reshape(x, (product_of(extents_of(x)),)), 0
    else:
        axis = positive(lo.integer("axis"), rank_of(x))
    [length] = extents_of(condition)
    lo.relations.not_negative(extents_of(x)[axis] - length)
    name = lo.new_size(f"{result_name(lo)}_{axis}", length)
    _equal_to_declared(lo, name, axis)
    return lo.emit(CompressOp(x, condition, axis, name))


def _is_fixed(lo: Lowering, *operands: SSAValue) -> bool:
    """Whether all sizes are numbers, as the model declares those of the result."""
    return declares_numbers(lo) and all(static(extents_of(v)) for v in operands)


def _equal_to_declared(lo: Lowering, name: str, axis: int) -> None:
    """What is found must be what the model declares, if it does so."""
    if declares_sizes(lo):
        lo.relations.equal(named(name), declared_shape(lo)[axis])


def NonZero(lo: Lowering) -> SSAValue:
    """The positions of what is not zero, one row for each dimension."""
    x = lo.operand("X")
    if not _is_fixed(lo, x):
        Numbers(element_of(x))  # refuses what has no arithmetic
        if rank_of(x) == 0 or is_coded(element_of(x)):
            raise NoNativeForm("of a scalar, or of numbers in code")
        name = lo.new_size(f"{result_name(lo)}_1", product_of(extents_of(x)))
        _equal_to_declared(lo, name, 1)
        return lo.transpose(lo.emit(NonZeroOp(x, name)), (1, 0))
    rank, count = numbers_of(declared_shape(lo, operand="X"))
    shape, n = shape_of(x), Numbers(element_of(x))
    if not count or 0 in shape or rank != len(shape):
        raise NoNativeForm(f"of {list(shape)} with {count} that are not zero")
    flags = lo.map([x], lambda a: n.compare("ne", a, n.number(0)), i1)
    flat = marked(lo, lo.reshape(flags, (prod(shape),)), count, "the operand")
    rows: list[SSAValue] = []
    for extent, step in zip(shape, numbers_of(steps_of(shape)), strict=True):

        def part(at: SSAValue, extent: int = extent, step: int = step) -> SSAValue:
            quotient = value(arith.DivSIOp(at, WHOLE.number(step)))
            return value(arith.RemSIOp(quotient, WHOLE.number(extent)))

        rows.append(lo.reshape(lo.map([flat], part, i64), (1, count)))
    return rows[0] if rank == 1 else lo.emit(ConcatOp(rows, 0))


OPERATORS: dict[str, Conversion] = {"Compress": Compress, "NonZero": NonZero}

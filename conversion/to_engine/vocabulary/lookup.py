"""
Where values stand among constant keys.

Keys that are nearly all integers of a range index a table. Few keys are compared with every value;
of many the place is found by bisection, one gather for each halving.
"""

from __future__ import annotations

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import i32, i64
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import GatherOp, ReduceOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, rank_of, tensor
from ....dialects.engine.weights import Array
from ..flat_index import WHOLE, within
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers, cast_scalar, select, value

FEW_KEYS = 24
"""Up to this many keys are compared with each value; measured against bisection."""

SPARSE_TABLE = 4
"""A range of integers may have this many places for each key, to be a table."""


def looked_up(lo: Lowering, x: SSAValue, keys: Array, values: Array, default: Array) -> SSAValue:
    """
    `values[i]` where `x` is `keys[i]`, the first of equal keys, `default` where it is none.

    A NaN is equal to a NaN. Keys are of the type of `x`.
    """
    keys, values = keys.reshape(-1), values.reshape(-1)
    if not len(keys):
        raise NoNativeForm("without keys")
    first = _first_of_equal(keys)
    keys, values = keys[first], values[first]
    default = np.asarray(default, values.dtype).reshape(1)
    if keys.dtype.kind in "iu":
        low, high = int(keys.min()), int(keys.max())
        places = high - low + 1
        if high < 2**63 - 1 and places <= max(SPARSE_TABLE * len(keys), FEW_KEYS):
            table = np.repeat(default, places + 1)
            table[keys.astype(np.int64) - low] = values
            return _gathered(lo, table, _offset(lo, x, low, places))
    if len(keys) <= FEW_KEYS:
        place = _compared(lo, x, keys)
        return _gathered(lo, np.concatenate([values, default]), place)
    order = np.argsort(keys, kind="stable")  # a NaN is the last
    place = _bisected(lo, x, keys[order])
    return _gathered(lo, np.concatenate([values[order], default]), place)


def _first_of_equal(keys: Array) -> Array:
    _, first = np.unique(keys, return_index=True)
    return np.sort(first)


def _gathered(lo: Lowering, table: Array, place: SSAValue) -> SSAValue:
    return lo.emit(GatherOp(lo.constant(table, "table"), place, 0))


def _offset(lo: Lowering, x: SSAValue, low: int, places: int) -> SSAValue:
    """The place in a table that begins at `low`, `places` where it is outside."""
    element = element_of(x)

    def build(a: SSAValue) -> SSAValue:
        wide = cast_scalar(a, element, i64)
        inside = within(wide, low, low + places)
        return select(inside, WHOLE.sub(wide, WHOLE.number(low)), WHOLE.number(places))

    return lo.map([x], build, i64)


def _equal(n: Numbers, a: SSAValue, key: SSAValue) -> SSAValue:
    """Whether two numbers are equal, or both NaN."""
    same = n.compare("eq", a, key)
    if not n.floating:
        return same
    both_nan = arith.AndIOp(n.compare("ne", a, a), n.compare("ne", key, key))
    return value(arith.OrIOp(same, value(both_nan)))


def _compared(lo: Lowering, x: SSAValue, keys: Array) -> SSAValue:
    """The number of the key that each value is, `len(keys)` for none."""
    shape, element = extents_of(x), element_of(x)
    n, count, m = Numbers(element), len(keys), Numbers(i32)
    spread = lo.reshape(x, (*shape, 1))
    row = (*[1] * len(shape), count)
    given = lo.constant(keys.reshape(row), "keys")
    numbers = lo.constant(np.arange(count, dtype=np.int32).reshape(row), "numbers")
    block = Block(arg_types=[n.scalar, n.scalar, m.scalar])
    with ImplicitBuilder(block):
        a, key, number = block.args
        YieldOp(select(_equal(n, a, key), number, m.number(count)))
    axes, type_ = [len(shape)], tensor(shape, i32)
    return lo.emit(
        ReduceOp([spread, given, numbers], "min", axes, type_, keepdims=False, body=Region(block))
    )


def _bisected(lo: Lowering, x: SSAValue, keys: Array) -> SSAValue:
    """The place of each value among sorted keys, `len(keys)` for none."""
    element, count = element_of(x), len(keys)
    n = Numbers(element)
    known = lo.constant(keys, "keys")
    place = lo.constant(np.zeros((1,) * rank_of(x), np.int64), "start")
    step = 1 << (count - 1).bit_length()
    # Keys before `place` are smaller than the value; each step may add `step` of them.
    while step := step >> 1:
        probe = lo.map([place], _ahead(step, count), i64)
        key = lo.emit(GatherOp(known, probe, 0))

        def build(at: SSAValue, k: SSAValue, a: SSAValue, step: int = step) -> SSAValue:
            fits = WHOLE.compare("le", at, WHOLE.number(count - step))
            further = value(arith.AndIOp(fits, _below(n, k, a)))
            return select(further, WHOLE.add(at, WHOLE.number(step)), at)

        place = lo.map([place, key, x], build, i64)
    last = lo.map([place], lambda at: WHOLE.minimum(at, WHOLE.number(count - 1)), i64)
    key = lo.emit(GatherOp(known, last, 0))

    def found(at: SSAValue, k: SSAValue, a: SSAValue) -> SSAValue:
        return select(_equal(n, a, k), at, WHOLE.number(count))

    return lo.map([last, key, x], found, i64)


def _ahead(step: int, count: int):
    def build(at: SSAValue) -> SSAValue:
        probe = WHOLE.add(at, WHOLE.number(step - 1))
        return WHOLE.minimum(probe, WHOLE.number(count - 1))

    return build


def _below(n: Numbers, key: SSAValue, a: SSAValue) -> SSAValue:
    """Whether a key stands before a value, a NaN behind all else."""
    smaller = n.compare("lt", key, a)
    if not n.floating:
        return smaller
    before_nan = arith.AndIOp(n.compare("ne", a, a), n.compare("eq", key, key))
    return value(arith.OrIOp(smaller, value(before_nan)))


__all__ = ["looked_up"]

"""
The distinct elements, or rows, of a tensor: where each is first, how often, and which each one is.

They are sorted by their positions, which keeps equal ones in order, so the first of each run of
equal ones is the first of all. Rows are sorted by one column after the other from the last one on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import Float32Type, Float64Type, f32, i1, i8, i64
from xdsl.ir import Block, SSAValue

from ....dialects.engine import CompressOp, GatherOp, ReduceOp, ScanOp, TopKOp
from ....dialects.engine.base import element_of, extents_of, rank_of
from ....runtime.size import Extent, named
from ..flat_index import WHOLE, any_of, both
from ..lowering import Lowering
from ..open_extents import positions
from ..scalars import Numbers
from .cast import cast
from .control_flow import loop
from .loop_parts import LoopParts
from .scatter import scatter_flat


@dataclass(frozen=True)
class Distinct:
    """What is distinct, in ascending order or in that of the first of each."""

    count: Extent
    first: SSAValue
    """The position of the first of each."""
    which: SSAValue
    """For each element or row, which of the distinct ones it is."""
    lo: Lowering

    @property
    def counts(self) -> SSAValue:
        """How many there are of each."""
        lo = self.lo
        none = lo.broadcast(lo.constant(np.zeros((), np.int64), "none"), (self.count,))
        one = lo.constant(np.ones((), np.int64), "one")
        ones = lo.broadcast(one, extents_of(self.which))
        return scatter_flat(lo, none, self.which, ones, "add")


def distinct(lo: Lowering, x: SSAValue, wanted: str, *, ascending: bool) -> Distinct:
    """
    The distinct elements of a vector, or rows of a matrix; `wanted` names how many there are.

    A NaN is larger than all numbers and equal to any other, and zeros are equal.
    """
    keys = _ordered(lo, x)
    count = extents_of(x)[0]
    order = _order(lo, keys)
    begins = _begins(lo, lo.emit(GatherOp(keys, order, 0)))
    name = lo.new_size(wanted, count)
    first = lo.emit(CompressOp(order, begins, 0, name))
    runs = lo.emit(ScanOp(cast(lo, begins, i64), "sum", 0))
    groups = lo.map([runs], lambda run: WHOLE.sub(run, WHOLE.number(1)))
    if not ascending:
        found = named(name)
        by_place = lo.emit(TopKOp(first, 0, found, smallest=True))
        first = lo.emit(GatherOp(first, by_place, 0))
        rank = scatter_flat(lo, by_place, by_place, positions(lo, found))
        groups = lo.emit(GatherOp(rank, groups, 0))
    return Distinct(named(name), first, scatter_flat(lo, order, order, groups), lo)


def _ordered(lo: Lowering, x: SSAValue) -> SSAValue:
    """The elements as numbers that are sorted."""
    element = element_of(x)
    if element == i1:
        return cast(lo, x, i8)
    narrow = Numbers(element).floating and not isinstance(element, Float32Type | Float64Type)
    return cast(lo, x, f32) if narrow else x


def _order(lo: Lowering, keys: SSAValue) -> SSAValue:
    """The positions of elements or rows in ascending order."""
    count = extents_of(keys)[0]
    if rank_of(keys) == 1:
        return lo.emit(TopKOp(keys, 0, count, smallest=True))
    going = lo.constant(np.array(True), "going")

    def fill(target: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        _, order, column = arguments
        with lo.inside(target):
            by_column = TopKOp(lo.emit(GatherOp(column, order, 0)), 0, count, smallest=True)
            return [going, lo.emit(GatherOp(order, lo.emit(by_column), 0))]

    columns = lo.transpose(keys, (1, 0))
    parts = LoopParts(
        *(None, None, [positions(lo, count)], [columns], fill, 0),
        most=extents_of(columns)[0],
        backwards=[0],
    )
    return loop(lo, parts).carried[0]


def _begins(lo: Lowering, ordered: SSAValue) -> SSAValue:
    """Booleans: whether each is the first, or unlike the one before it."""
    n, at = Numbers(element_of(ordered)), positions(lo, extents_of(ordered)[0])
    before = lo.map([at], lambda i: WHOLE.maximum(WHOLE.sub(i, WHOLE.number(1)), WHOLE.number(0)))

    def unlike(a: SSAValue, b: SSAValue) -> SSAValue:
        differ = n.compare("ne", a, b)
        if not n.floating:
            return differ
        some = any_of(n.compare("eq", a, a), n.compare("eq", b, b))
        return both(differ, some)

    differ = lo.map([ordered, lo.emit(GatherOp(ordered, before, 0))], unlike, i1)
    if rank_of(ordered) > 1:
        differ = lo.emit(ReduceOp([differ], "max", [1], keepdims=False))

    def begins(differs: SSAValue, i: SSAValue) -> SSAValue:
        return any_of(differs, WHOLE.compare("eq", i, WHOLE.number(0)))

    return lo.map([differ, at], begins, i1)

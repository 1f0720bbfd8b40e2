"""
How many trips a loop has room for that gives or carries more in each, where no constant limits it.

A loop that its body does not end makes as many trips as its limit says, which is a size then. One
that its body may end is given room for as many as an integer of the data says; where that is
2147483648 or more, as exporters write "no limit", or where there is none, for as many as there is
memory for: pages that no trip writes cost nothing. A loop that would need more is an error, not
results that end early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ....dialects.engine import AsSizeOp
from ....dialects.engine.base import byte_extent_of
from ....runtime.size import Extent, floordiv, maximum, named, sum_of
from ..data_names import UNBOUNDED_SIZE
from ..flat_index import WHOLE, scalar
from ..lowering import Lowering
from ..open_extents import Number, map_with_extents
from ..run_time_operands import checked, result_name
from ..scalars import Numbers, select

MOST_ROWS_BYTES = 256 << 20
"""Memory for what the trips of a loop may give that nothing modest limits."""


LIMITLESS = UNBOUNDED_SIZE + 1
"""A limit of as many trips or more is none."""


@dataclass(frozen=True)
class Room:
    """The trips that a loop has room for."""

    trips: Extent
    limit: SSAValue | None = None
    """The integer of the data that may allow more."""
    may_run_out: bool = True
    """Whether a loop may be made to go on beyond them."""

    def check(self, lo: Lowering, count: SSAValue) -> SSAValue:
        """The number of trips that were made, with an error where there were to be more."""
        if not self.may_run_out:
            return count
        given = [] if self.limit is None else [lo.reshape(self.limit, ())]

        def done(made: SSAValue, *others: Number) -> SSAValue:
            *limit, room = map(scalar, others)
            holds = [WHOLE.compare("lt", made, room)]
            holds += [WHOLE.compare("le", most, room) for most in limit]
            return reduce(Numbers(i1).maximum, holds)

        made = map_with_extents(lo, [lo.reshape(count, ()), *given], [self.trips], done, i1)
        message = (
            f"the loop has room for {self.trips} trips and is not done then; limit their number, by"
            " Min with a constant for example"
        )
        return checked(lo, count, made, message)


def room_of_limit(lo: Lowering, limit: SSAValue) -> Room:
    """For the trips that the data says, none if it is negative, of a loop that makes them all."""
    number = lo.map([lo.reshape(limit, (1,))], lambda n: WHOLE.maximum(n, WHOLE.number(0)))
    return Room(_named(lo, number), may_run_out=False)


def room_for_memory(
    lo: Lowering,
    limit: SSAValue | None,
    inits: Sequence[SSAValue],
    following: Sequence[SSAValue],
    rows: Sequence[SSAValue],
) -> Room:
    """
    For a loop that its body may end, whose trips give `rows` and make `following` of `inits`.

    `limit` is None where nothing modest limits it.
    """
    pairs = zip(inits, following, strict=True)
    grown = [byte_extent_of(b) - byte_extent_of(a) for a, b in pairs if a.type != b.type]
    each = maximum(sum_of([*map(byte_extent_of, rows), *grown]), 1)
    most = maximum(floordiv(MOST_ROWS_BYTES, each), 1)
    if limit is None:
        return Room(most)

    def room(n: SSAValue, most: Number) -> SSAValue:
        modest = WHOLE.compare("lt", n, WHOLE.number(LIMITLESS))
        return select(modest, WHOLE.maximum(n, WHOLE.number(0)), scalar(most))

    number = map_with_extents(lo, [lo.reshape(limit, (1,))], [most], room, i64)
    return Room(_named(lo, number), limit)


def _named(lo: Lowering, number: SSAValue) -> Extent:
    wanted = f"{result_name(lo)}_trips"
    before = lo.size_found_before(number, wanted, UNBOUNDED_SIZE)
    if before is not None:
        return named(before)
    name = lo.new_size(wanted, UNBOUNDED_SIZE)
    lo.emit(AsSizeOp(number, [name], [UNBOUNDED_SIZE]))
    return named(name)

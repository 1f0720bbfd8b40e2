"""
Loops whose values change their size from trip to trip as the data says, or as no expression does.

Such a value is carried with room for the most there can be, beside how much of that there is; in
each trip that integer is a size that the data decides, and the body sees a value of just that size.
So does what comes behind the loop. A row of which an operation in the body finds the size is given
with room as well; all trips must find the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import Block, SSAValue

from ....dialects.engine import AssertOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.opaque import any_opaque
from ....runtime.size import Extent, Size
from ..flat_index import WHOLE, any_of
from ..lowering import Lowering, NoNativeForm
from ..open_extents import size_vector
from .found_sizes import (
    FoundSize,
    cut_to_found,
    found_in,
    found_sizes,
    most_of,
    padded_to,
    with_room,
)
from .loop_parts import LoopParts, LoopResults, discard
from .room_for_trips import room_of_limit

Filled = tuple[Block, SSAValue, list[SSAValue], list[SSAValue]]
"""The region of a loop, whether it goes on, the next carried values, and the rows."""


@dataclass(frozen=True)
class LoopRooms:
    """The values of a loop that are carried or given with room."""

    lo: Lowering
    given: LoopParts
    carried: Sequence[FoundSize]
    by: Sequence[Extent]
    """How much each of `carried` grows in a trip, at most."""
    rows: Sequence[FoundSize]
    parts: LoopParts = field(init=False)
    """The loop whose values have the same sizes in each trip."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", self._parts())

    def _parts(self) -> LoopParts:
        """Behind the carried values go their sizes, and the sizes that the last trip gave rows."""
        lo, carried = self.lo, list(self.given.carried)
        sizes = [extents_of(carried[size.value])[size.axis] for size in self.carried]
        for size in self.carried:
            carried[size.value] = padded_to(lo, carried[size.value], size.axis, size.most)
        if self.carried:
            carried.append(size_vector(lo, sizes))
        if self.rows:
            carried.append(lo.constant(np.full(len(self.rows), -1, np.int64), "none"))
        return replace(self.given, carried=carried, fill=self._fill)

    def _fill(self, target: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        lo, count = self.lo, len(self.given.carried)
        more = bool(self.carried) + bool(self.rows)
        number, held, kept, slices = (
            arguments[0],
            list(arguments[1 : 1 + count]),
            list(arguments[1 + count : 1 + count + more]),
            arguments[1 + count + more :],
        )
        with lo.inside(target):
            if self.carried:
                held = cut_to_found(lo, held, kept[0], self.carried)
        here = [extents_of(held[size.value])[size.axis] for size in self.carried]
        going_on, *values = self.given.fill(target, [number, *held, *slices])
        following, rows = values[:count], values[count:]
        with lo.inside(target):
            if self.carried:
                self._check_growth(target, following, here)
                following = with_room(lo, following, self.carried)
            if self.rows:
                *rows, sizes = with_room(lo, rows, self.rows)
                following.append(self._as_before(kept[-1], sizes))
        return [going_on, *following, *rows]

    def _check_growth(
        self, target: Block, following: Sequence[SSAValue], before: Sequence[Extent]
    ) -> None:
        """
        See that a trip makes no more of each than there is room for.

        Raises:
            NoNativeForm: for one that grows otherwise than by as much in each trip.
        """
        lo = self.lo
        if any_opaque(following):
            raise NoNativeForm("carries a value without a buffer")
        found = found_in(target)
        for size, here, by in zip(self.carried, before, self.by, strict=True):
            value = following[size.value]
            if len(extents_of(value)) != len(extents_of(self.given.carried[size.value])):
                raise NoNativeForm(f"carries a value that becomes {value.type} in a trip")
            after = extents_of(value)[size.axis]
            own = set(here.names) if isinstance(here, Size) else set[str]()
            grown = most_of(lo, after - here, found - own)
            room = most_of(lo, after, found)
            fits = lo.relations.at_least(by, grown) or lo.relations.at_least(size.most, room)
            if not fits:
                raise NoNativeForm(f"carries a value that grows from {here} to {after} in a trip")

    def _as_before(self, before: SSAValue, now: SSAValue) -> SSAValue:
        """The sizes of the rows of a trip, with an error where the last one gave others."""

        def same(a: SSAValue, b: SSAValue) -> SSAValue:
            none = WHOLE.compare("lt", a, WHOLE.number(0))
            return any_of(none, WHOLE.compare("eq", a, b))

        held = self.lo.map([before, now], same, i1)
        message = "the trips of the loop give rows of unlike sizes"
        return self.lo.emit(AssertOp(now, held, message))

    def results(self, found: LoopResults) -> LoopResults:
        """What the loop gives, as large as it has become."""
        lo, count = self.lo, len(self.given.carried)
        carried, more = list(found.carried[:count]), found.carried[count:]
        stacked = list(found.stacked)
        if self.carried:
            carried = cut_to_found(lo, carried, more[0], self.carried)
        if self.rows:
            # Without a trip nothing was found.
            sizes = lo.map([more[-1]], lambda n: WHOLE.maximum(n, WHOLE.number(0)))
            stacked = cut_to_found(lo, stacked, sizes, self.rows, behind=1)
        return replace(found, carried=carried, stacked=stacked)


def rooms_of(lo: Lowering, parts: LoopParts, trial: Filled) -> LoopRooms | None:
    """
    What a loop needs room for, seen from its first trip, which is discarded; None for nothing.

    Raises:
        NoNativeForm: where nobody knows how much.
    """
    block, goes_on, following, rows = trial
    try:
        if any_opaque((*following, *rows)):
            return None
        given = found_sizes(lo, [block], [rows])
        carried: list[FoundSize] = []
        by: list[Extent] = []
        for number, (init, after) in enumerate(zip(parts.carried, following, strict=True)):
            shapes = extents_of(init), extents_of(after)
            if len(shapes[0]) != len(shapes[1]) or element_of(init) != element_of(after):
                return None
            for axis, (old, new) in enumerate(zip(*shapes, strict=True)):
                if old == new:
                    continue
                most = most_of(lo, new, found_in(block))
                grows = not lo.relations.at_least(old, most)
                if grows and parts.most is None:
                    parts = _limited(lo, parts, goes_on)
                by.append(lo.relations.maximum(most - old, 0) if grows else 0)
                room = old if parts.most is None else old + parts.most * by[-1]
                carried.append(FoundSize(number, axis, room))
    finally:
        discard(block)
    return LoopRooms(lo, parts, carried, by, given) if carried or given else None


def _limited(lo: Lowering, parts: LoopParts, goes_on: SSAValue) -> LoopParts:
    """
    A loop whose limit is a size that the data decides.

    Raises:
        NoNativeForm: where nothing but its body ends it.
    """
    going = lo.array_of(goes_on)
    if parts.limit is None or going is None or not going.all():
        raise NoNativeForm("carries a value that grows, without a limit of trips")
    return replace(parts, most=room_of_limit(lo, parts.limit).trips)

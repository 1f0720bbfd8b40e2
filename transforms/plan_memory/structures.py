"""
Structures: which buffer rests on which, so that a plan holds for all sizes.

Placing buffers for one set of sizes (`offsets.py`) puts those that live at the same time above
each other. *j rests on i* where they do and i lies below; so much of a placement holds whatever the
sizes are, and offsets follow from it as sums and maxima (`dialects/engine/plan.py`). What follows
from other entries is left out: of the buffers that live at one step each rests on the next one
below it only.

A structure is taken from the sizes that are planned for, and further ones from other sizes where
they save enough of the arena.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...dialects.engine.plan import MOST_STRUCTURES, PlanAttr, Structure, stacked
from ...runtime.array_memory import aligned
from ...runtime.size import Extent, evaluated
from ...runtime.size_facts import Facts, names_of
from .offsets import LiveBuffer, largest_first

WORTH = 0.9
"""A further structure needs at most so much of the arena at one of the sizes looked at."""

FURTHER = 8
"""Times the size planned for: how large one that nothing bounds is looked at, and how small."""

MOST_NAMES = 8
"""Names of which each alone is looked at as a large one."""


@dataclass(frozen=True)
class OpenBuffer:
    """
    `size` bytes that are needed from step `first` to step `last`, both included; of the arena of a
    segment where `segment` is not 0.
    """

    size: Extent
    first: int
    last: int
    segment: int = 0

    def at(self, sizes: Mapping[str, int]) -> LiveBuffer:
        """The buffer for these values of names; an empty one has a byte."""
        return LiveBuffer(max(evaluated(self.size, sizes), 1), self.first, self.last)


def plan_of_buffers(buffers: Sequence[OpenBuffer], facts: Facts) -> PlanAttr:
    """The plan of arenas for these buffers, which are its places in their order."""
    groups: dict[int, list[int]] = {0: []}
    for number, buffer in enumerate(buffers):
        groups.setdefault(buffer.segment, []).append(number)
    first = _plan_of_arena([buffers[n] for n in groups[0]], facts)
    if len(groups) == 1:
        return first
    structures: list[list[list[int]]] = [[[] for _ in buffers] for _ in first.structures]
    for segment, numbers in groups.items():
        plan = first if segment == 0 else _plan_of_arena([buffers[n] for n in numbers], facts)
        for at, structure in enumerate(structures):
            # Those of a segment are not compared: it has one structure beside all of the others.
            below = plan.structures[at if segment == 0 else 0]
            for place, under in zip(numbers, below, strict=True):
                structure[place] = [numbers[other] for other in under]
    segments = [buffer.segment for buffer in buffers]
    return PlanAttr.of([buffer.size for buffer in buffers], structures, segments)


def _plan_of_arena(buffers: Sequence[OpenBuffer], facts: Facts) -> PlanAttr:
    sizes = [buffer.size for buffer in buffers]
    points = list(_points(sizes, facts))
    plan = PlanAttr.of(sizes, [_structure(buffers, points[0])])
    for point in points[1:]:
        if len(plan.structures) == MOST_STRUCTURES:
            break
        live = [buffer.at(point) for buffer in buffers]
        offsets, total = largest_first(live)
        bytes_ = [aligned(buffer.size) for buffer in live]
        known = min(stacked(plan, n, bytes_)[1] for n in range(len(plan.structures)))
        if total <= WORTH * known:
            further = structure_of(live, offsets)
            plan = PlanAttr.of(sizes, [*plan.structures, further])
    return plan


def _structure(buffers: Sequence[OpenBuffer], point: Mapping[str, int]) -> Structure:
    live = [buffer.at(point) for buffer in buffers]
    return structure_of(live, largest_first(live)[0])


def structure_of(buffers: Sequence[LiveBuffer], offsets: Sequence[int]) -> list[list[int]]:
    """
    For each buffer those that it rests on, of a placement in which none overlap.

    Each step is gone through with the buffers that live at it in the order of their offsets. One
    that begins to live between two others rests on the lower, and the upper on it; that the upper
    rests on the lower follows then. Where one ceases to live nothing new follows: what was above
    it rests on it, and so on what was below it. What is left is all that does not follow from the
    rest: of three that rest on each other any two live at the same time, so all three do at some
    step, and there the middle one is between the others.
    """
    below: list[set[int]] = [set() for _ in buffers]
    starts = sorted(range(len(buffers)), key=lambda n: buffers[n].first)
    ends = sorted(range(len(buffers)), key=lambda n: buffers[n].last)
    living: list[tuple[int, int]] = []
    gone = 0
    for number in starts:
        while buffers[ends[gone]].last < buffers[number].first:
            other = ends[gone]
            del living[bisect_left(living, (offsets[other], other))]
            gone += 1
        entry = (offsets[number], number)
        at = bisect_left(living, entry)
        lower = living[at - 1][1] if at else None
        upper = living[at][1] if at < len(living) else None
        if lower is not None:
            below[number].add(lower)
        if upper is not None:
            below[upper].add(number)
            if lower is not None:
                below[upper].discard(lower)
        insort(living, entry)
    return [sorted(found) for found in below]


def _points(sizes: Sequence[Extent], facts: Facts) -> Iterator[dict[str, int]]:
    """
    Values of names to look at: those planned for, least ones, large ones, small ones, and one large
    each.
    """
    names = names_of(sizes)
    hints = {name: facts.hint(name) for name in names}
    large = {name: _large(facts, name) for name in names}
    yield hints
    yield {name: max(facts.bounds(name)[0], 1) for name in names}
    yield large
    if len(names) > 1:
        yield {name: max(facts.bounds(name)[0], hints[name] // FURTHER, 1) for name in names}
        for name in names[:MOST_NAMES]:
            yield {**hints, name: large[name]}


def _large(facts: Facts, name: str) -> int:
    upper = facts.bounds(name)[1]
    return FURTHER * max(facts.hint(name), 1) if upper is None else upper

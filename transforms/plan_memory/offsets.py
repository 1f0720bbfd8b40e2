"""
Offsets of buffers in one arena.

Greedy by size (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
2020, section 5.2): buffers in order of falling size, each at the lowest offset where it fits
between the already placed ones that live at the same time; sizes are rounded up to whole
alignments. Which bytes those occupy is kept in a segment tree over time (`occupancy.py`), so that a
buffer costs the logarithm of how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ...runtime.array_memory import aligned
from .occupancy import Occupancy

ATTEMPTS = 24
"""How often buffers are placed again where the arena is larger than it might be."""

PLACED = 3000
"""How many buffers are placed again in all: where there are thousands, the first order is kept."""


@dataclass(frozen=True)
class LiveBuffer:
    """`size` bytes that are needed from step `first` to step `last`, both included."""

    size: int
    first: int
    last: int


def assign_offsets(buffers: Sequence[LiveBuffer]) -> tuple[list[int], int]:
    """
    Offsets of the buffers, in their order, and the size of the arena.

    Where the arena is larger than `lower_bound`, buffers are placed again, those first that lay
    above the bound, and other orders are begun with, as often as `ATTEMPTS` says.
    """
    bound = lower_bound(buffers)
    best, least = largest_first(buffers)
    left = min(ATTEMPTS, PLACED // max(len(buffers), 1)) // 3
    for order in _orders(buffers):
        for _ in range(left):
            if least <= bound:
                return best, least
            offsets, total = placed_in_order(buffers, order)
            if total < least:
                best, least = offsets, total
            above = [n for n in order if offsets[n] + aligned(buffers[n].size) > bound]
            raised = set(above)
            changed = [*above, *(n for n in order if n not in raised)]
            if changed == order:
                break
            order = changed
    return best, least


def _orders(buffers: Sequence[LiveBuffer]) -> Iterator[list[int]]:
    """Orders to begin with: all by one measure, then what lives at the peak before the rest."""
    numbers = range(len(buffers))
    for key in (_largest_first, _longest_first, _most_first):
        yield sorted(numbers, key=lambda n, key=key: key(buffers, n))
    peak = _peak(buffers)
    apart = [not buffer.first <= peak <= buffer.last for buffer in buffers]
    for key in (_most_first, _longest_first):
        yield sorted(numbers, key=lambda n, key=key: (apart[n], *key(buffers, n)))


def _largest_first(buffers: Sequence[LiveBuffer], number: int) -> tuple[int, ...]:
    buffer = buffers[number]
    return (-buffer.size, buffer.first, number)


def _longest_first(buffers: Sequence[LiveBuffer], number: int) -> tuple[int, ...]:
    buffer = buffers[number]
    return (buffer.first - buffer.last, -buffer.size, number)


def _most_first(buffers: Sequence[LiveBuffer], number: int) -> tuple[int, ...]:
    """Bytes times steps."""
    buffer = buffers[number]
    return (-buffer.size * (buffer.last - buffer.first + 1), number)


def largest_first(buffers: Sequence[LiveBuffer]) -> tuple[list[int], int]:
    """Offsets where buffers are placed in order of falling size, and the size of the arena."""
    order = sorted(range(len(buffers)), key=lambda n: _largest_first(buffers, n))
    return placed_in_order(buffers, order)


def placed_in_order(buffers: Sequence[LiveBuffer], order: Sequence[int]) -> tuple[list[int], int]:
    """Each buffer at the lowest offset where it fits, in an order; and the size of the arena."""
    offsets = [0] * len(buffers)
    occupancy = Occupancy(1 + max((b.last for b in buffers), default=0))
    total = 0
    for number in order:
        buffer = buffers[number]
        size = aligned(buffer.size)
        offsets[number] = occupancy.lowest_fit(size, buffer.first, buffer.last)
        occupancy.add(offsets[number], size, buffer.first, buffer.last)
        total = max(total, offsets[number] + size)
    return offsets, total


def lower_bound(buffers: Sequence[LiveBuffer]) -> int:
    """The largest sum of sizes that live at one step: no plan can be smaller."""
    return max(_live_bytes(buffers).values(), default=0)


def _peak(buffers: Sequence[LiveBuffer]) -> int:
    """The first step at which most bytes live."""
    live = _live_bytes(buffers)
    return max(live, key=live.__getitem__, default=0)


def _live_bytes(buffers: Sequence[LiveBuffer]) -> dict[int, int]:
    """The bytes that live from a step on, for each step at which they change, in order."""
    changes: Counter[int] = Counter()
    for buffer in buffers:
        changes[buffer.first] += aligned(buffer.size)
        changes[buffer.last + 1] -= aligned(buffer.size)
    steps = sorted(changes)
    return dict(zip(steps, accumulate(changes[step] for step in steps), strict=True))

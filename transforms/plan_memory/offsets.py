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
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ...runtime.array_memory import aligned
from .occupancy import Occupancy


@dataclass(frozen=True)
class LiveBuffer:
    """`size` bytes that are needed from step `first` to step `last`, both included."""

    size: int
    first: int
    last: int


def assign_offsets(buffers: Sequence[LiveBuffer]) -> tuple[list[int], int]:
    """Offsets of the buffers, in their order, and the size of the arena."""
    offsets = [0] * len(buffers)
    occupancy = Occupancy(1 + max((b.last for b in buffers), default=0))
    for number in sorted(
        range(len(buffers)), key=lambda i: (-buffers[i].size, buffers[i].first, i)
    ):
        buffer = buffers[number]
        size = aligned(buffer.size)
        offsets[number] = occupancy.lowest_fit(size, buffer.first, buffer.last)
        occupancy.add(offsets[number], size, buffer.first, buffer.last)
    total = max((o + aligned(b.size) for o, b in zip(offsets, buffers, strict=True)), default=0)
    return offsets, total


def lower_bound(buffers: Sequence[LiveBuffer]) -> int:
    """The largest sum of sizes that live at one step: no plan can be smaller."""
    changes: Counter[int] = Counter()
    for buffer in buffers:
        changes[buffer.first] += aligned(buffer.size)
        changes[buffer.last + 1] -= aligned(buffer.size)
    return max(accumulate(changes[step] for step in sorted(changes)), default=0)

"""
Offsets of buffers in one arena.

Greedy by size (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
2020, section 5.2): buffers in order of falling size, each at the lowest offset where it fits
between the already placed ones that live at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ALIGNMENT = 64
"""Every buffer starts at a multiple of this many bytes."""


@dataclass(frozen=True)
class LiveBuffer:
    """`size` bytes that are needed from step `first` to step `last`, both included."""

    size: int
    first: int
    last: int


def aligned(size: int) -> int:
    """`size` rounded up to `ALIGNMENT`."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def assign_offsets(buffers: Sequence[LiveBuffer]) -> tuple[list[int], int]:
    """Offsets of the buffers, in their order, and the size of the arena."""
    offsets = [0] * len(buffers)
    placed: list[int] = []
    order = sorted(range(len(buffers)), key=lambda i: (-buffers[i].size, buffers[i].first, i))
    for number in order:
        buffer, at = buffers[number], 0
        size = aligned(buffer.size)
        rivals = sorted(
            (offsets[i], offsets[i] + aligned(buffers[i].size))
            for i in placed
            if buffers[i].first <= buffer.last and buffer.first <= buffers[i].last
        )
        for start, end in rivals:
            if at + size <= start:
                break
            at = max(at, end)
        offsets[number] = at
        placed.append(number)
    total = max((o + aligned(b.size) for o, b in zip(offsets, buffers, strict=True)), default=0)
    return offsets, total


def lower_bound(buffers: Sequence[LiveBuffer]) -> int:
    """The largest sum of sizes that live at one step: no plan can be smaller."""
    steps = {b.first for b in buffers}
    return max(
        (sum(aligned(b.size) for b in buffers if b.first <= s <= b.last) for s in steps),
        default=0,
    )

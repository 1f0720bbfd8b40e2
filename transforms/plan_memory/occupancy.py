"""
Which bytes of an arena are taken at which steps.

A segment tree over the steps: each of its nodes stands for a range of steps and knows the bytes
that are taken during all of it (`_throughout`) and those that are taken at some step of it
(`_sometimes`). What lives from one step to another is the union of the nodes that make up the
range, of which there are at most two a level, and of what is taken throughout the nodes above.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator


class ByteRanges:
    """A set of bytes as disjoint ranges in order; ranges that touch become one."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        """Add the bytes from `start` to before `end`."""
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def lowest_fit(self, start: int, size: int) -> int:
        """The lowest place from `start` on with `size` bytes that are not in the set."""
        starts, ends = self._starts, self._ends
        at = bisect_right(ends, start)
        while at < len(starts) and starts[at] < start + size:
            start = ends[at]
            at += 1
        return start


class Occupancy:
    """Bytes taken over `steps` steps, counted from 0."""

    def __init__(self, steps: int) -> None:
        self._leaves = steps
        self._throughout = defaultdict[int, ByteRanges](ByteRanges)
        self._sometimes = defaultdict[int, ByteRanges](ByteRanges)

    def add(self, offset: int, size: int, first: int, last: int) -> None:
        """Take `size` bytes at `offset` from step `first` to step `last`, both included."""
        if not size:
            return
        parts = list(self._parts(first, last))
        for node in parts:
            self._throughout[node].add(offset, offset + size)
            self._sometimes[node].add(offset, offset + size)
        for node in self._above(parts):
            self._sometimes[node].add(offset, offset + size)

    def lowest_fit(self, size: int, first: int, last: int) -> int:
        """The lowest offset of `size` bytes that are free from step `first` to step `last`."""
        parts = list(self._parts(first, last))
        taken = [self._sometimes[n] for n in parts if n in self._sometimes]
        taken += [self._throughout[n] for n in self._above(parts) if n in self._throughout]
        if not size:
            return 0
        # Round and round, until nothing is in the way of what is above everything so far.
        at, clear, number = 0, 0, 0
        while clear < len(taken):
            found = taken[number].lowest_fit(at, size)
            clear = 1 if found > at else clear + 1
            at, number = found, (number + 1) % len(taken)
        return at

    def _parts(self, first: int, last: int) -> Iterator[int]:
        """The nodes that together stand for the steps from `first` to `last`."""
        left, right = first + self._leaves, last + self._leaves + 1
        while left < right:
            if left & 1:
                yield left
                left += 1
            if right & 1:
                right -= 1
                yield right
            left >>= 1
            right >>= 1

    def _above(self, parts: list[int]) -> set[int]:
        """The nodes whose ranges contain that of one of `parts`."""
        found: set[int] = set()
        for part in parts:
            part >>= 1
            while part and part not in found:
                found.add(part)
                part >>= 1
        return found

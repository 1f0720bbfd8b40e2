"""
Orders of tasks that use buffers, and how much memory an order needs.

A task runs after those it depends on. The buffers it touches are in memory while it runs: each from
the first task that touches it to the last. What an order needs is the largest sum of buffers in
memory at one task, with what that task needs besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One operation, or one with everything inside it."""

    touches: tuple[int, ...]
    """The buffers it reads or writes, each once."""
    after: tuple[int, ...] = ()
    """The tasks that must have run, each once."""
    working: int = 0
    """Bytes that it needs besides, while it runs."""
    replaces: tuple[tuple[int, int], ...] = ()
    """Pairs of a buffer and one that it may take the memory of, where no later task needs that."""


@dataclass(frozen=True)
class Schedule:
    """Tasks in an order in which they can run, and the sizes of the buffers they touch."""

    tasks: tuple[Task, ...]
    sizes: tuple[int, ...]
    before: frozenset[int] = frozenset()
    """Buffers that are in memory before the first task."""
    behind: frozenset[int] = frozenset()
    """Buffers that are needed behind the last task."""

    def touched_by(self) -> list[int]:
        """For each buffer the tasks that touch it, as a set of bits."""
        sets = [0] * len(self.sizes)
        for number, task in enumerate(self.tasks):
            for buffer in task.touches:
                sets[buffer] |= 1 << number
        return sets

    def bytes_at_tasks(self, order: Sequence[int] | None = None) -> list[int]:
        """The bytes in memory at each task, in an order of all tasks; in their own without one."""
        listed = range(len(self.tasks)) if order is None else order
        first, last = self._ranges(listed)
        now = sum(self.sizes[buffer] for buffer in self.before)
        found: list[int] = []
        for position, number in enumerate(listed):
            task = self.tasks[number]
            begins = {b for b in task.touches if first[b] == position and b not in self.before}
            ends = {b for b in task.touches if last[b] == position and b not in self.behind}
            now += sum(self.sizes[b] for b in begins)
            found.append(now + task.working - self.saved(task, begins, ends))
            now -= sum(self.sizes[b] for b in ends)
        return found

    def saved(self, task: Task, begins: set[int], ends: set[int]) -> int:
        """The bytes that a task saves by writing over what it is the last to read."""
        for new, old in task.replaces:
            if new in begins and old in ends and self.sizes[new] == self.sizes[old]:
                return self.sizes[new]
        return 0

    def need(self, order: Sequence[int] | None = None) -> int:
        """The most bytes in memory at one task."""
        return max(self.bytes_at_tasks(order), default=0)

    def _ranges(self, listed: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        for position, number in enumerate(listed):
            for buffer in self.tasks[number].touches:
                first.setdefault(buffer, position)
                last[buffer] = position
        return first, last

    def lower_bound(self) -> int:
        """What no order can do without: the buffers that one task touches, all at once."""
        most = 0
        for task in self.tasks:
            held = sum(self.sizes[b] for b in task.touches)
            # As if whatever a task may write over were not needed by any other.
            spared = max((self.sizes[new] for new, _ in task.replaces), default=0)
            most = max(most, held + task.working - spared)
        return most

    def parts(self) -> Iterator[Part]:
        """
        The tasks in parts that follow each other, with at most one buffer in memory between two.

        Any order within the parts is one of all tasks; what one part needs does not depend on the
        orders of the others.
        """
        first, last = self._ranges(range(len(self.tasks)))
        for buffer in self.before:
            first[buffer] = -1
        for buffer in self.behind:
            last[buffer] = len(self.tasks)
        beginning: dict[int, list[int]] = {}
        for buffer, position in first.items():
            beginning.setdefault(position, []).append(buffer)
        held, start = set(beginning.get(-1, ())), 0
        there = set(held)
        for position, task in enumerate(self.tasks):
            held.update(beginning.get(position, ()))
            held.difference_update(b for b in task.touches if last[b] == position)
            if len(held) <= 1 or position + 1 == len(self.tasks):
                # What lies there from before to after it belongs to a part that does not touch it.
                yield self._part(range(start, position + 1), sorted(there & held), first, last)
                start, there = position + 1, set(held)

    def _part(
        self, positions: range, through: Sequence[int], first: dict[int, int], last: dict[int, int]
    ) -> Part:
        start, end = positions.start, positions.stop
        tasks = self.tasks[start:end]
        numbers = {buffer: number for number, buffer in enumerate(through)}
        for task in tasks:
            for buffer in task.touches:
                numbers.setdefault(buffer, len(numbers))
        own = tuple(
            Task(
                tuple(numbers[b] for b in task.touches),
                tuple(t - start for t in task.after if t >= start),
                task.working,
                tuple((numbers[new], numbers[old]) for new, old in task.replaces),
            )
            for task in tasks
        )
        part = Schedule(
            own,
            tuple(self.sizes[b] for b in numbers),
            frozenset(n for b, n in numbers.items() if first[b] < start),
            frozenset(n for b, n in numbers.items() if last[b] >= end),
        )
        return Part(start, part)


@dataclass(frozen=True)
class Part:
    """Some tasks of a schedule in a row, as a schedule of their own, and where the first stands."""

    start: int
    schedule: Schedule

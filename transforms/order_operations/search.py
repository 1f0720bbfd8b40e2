"""
A search for an order of tasks that needs little memory.

Which bytes are in memory after some tasks does not depend on their order, what was needed meanwhile
does; so of all orders of the same tasks the one that needed least is enough (Ahn et al., "Ordering
Chaos: Memory-Aware Scheduling of Irregularly Wired Neural Networks", 2020). The sets of tasks that
can have run after a number of steps are gone through together. Where there are few, the order that
is found is a best one; where there are many, the most promising are kept.

A task that leaves no more in memory than was there, and needs meanwhile no more than was needed
anyway, is run as soon as it can: nothing is gained by waiting. So a branch once begun is gone
through to where it has become small.

A task that only adds to memory waits for the first task that reads what it gives: weights that are
decoded, say, which need nothing but constants.

Work grows with the number of tasks: so many sets are kept and at each so many of the tasks that can
run are tried, those that have become ready last first, of very many tasks fewer. Where nothing was
left out the order that is found is a best one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .schedule import Schedule

WIDEST = 64
"""Sets of tasks kept at each step; with these the best order is found, and known to be that, of
almost all models."""

TRIED = 12
"""Tasks that are tried at a set."""

MANY = 500
"""From so many tasks on, fewer sets are kept and fewer tasks tried, in proportion."""

NARROWEST = 4
"""Sets kept, and tasks tried, of very many tasks, and of all at first."""

LOOKED_THROUGH = 200
"""Among so many tasks that can run the first one of the given order is found and tried, too."""

ENOUGH = 1.01
"""An order that needs so many times what any needs is not improved."""


@dataclass(frozen=True)
class Found:
    """An order of tasks, the bytes it needs, and whether no order needs less."""

    order: tuple[int, ...]
    need: int
    is_best: bool


@dataclass(frozen=True, slots=True)
class _State:
    """What has been reached by running some tasks."""

    done: int
    """Those tasks, as bits."""
    held: int
    """Bytes in memory."""
    need: int
    """The most bytes there have been, and no less than any order needs."""
    ready: tuple[int, ...]
    """Tasks that can run, in the order in which they became ready."""
    ran: tuple[int, ...]
    """Tasks that have run since the state before."""
    before: _State | None

    def order(self) -> tuple[int, ...]:
        """The tasks in the order in which they have run."""
        order: list[int] = []
        state: _State | None = self
        while state is not None:
            order.extend(reversed(state.ran))
            state = state.before
        return tuple(reversed(order))


def find_order(schedule: Schedule, *, least: int | None = None) -> Found:
    """
    An order that needs no more than that of the schedule, the same each time it is asked for.

    `least` is what the caller needs anyway: an order that needs no more is as good as any.
    """
    count = len(schedule.tasks)
    found = Found(tuple(range(count)), schedule.need(), False)
    bound = max(schedule.lower_bound(), least or 0)
    fewer = -(-count // MANY)
    efforts = [
        (NARROWEST, NARROWEST),
        (max(NARROWEST, WIDEST // fewer), max(NARROWEST, TRIED // fewer)),
    ]
    for width, tried in dict.fromkeys(efforts):
        if found.need <= ENOUGH * bound or found.is_best:
            break
        search = _Search(schedule, bound, found.need, width, tried)
        end = search.run()
        if end is not None:
            found = Found(end.order(), end.need, not search.cut)
        elif not search.cut:
            found = Found(found.order, found.need, True)
    return Found(found.order, found.need, found.is_best or found.need <= bound)


class _Search:
    """The sets of tasks that are looked at, step by step."""

    def __init__(self, schedule: Schedule, bound: int, limit: int, width: int, tried: int) -> None:
        self.tasks = schedule.tasks
        self.sizes = schedule.sizes
        self.saved = schedule.saved
        self.limit, self.width, self.tried = limit, width, tried
        self.cut = False
        """Whether something was left out that might have led to a better order."""
        touched = schedule.touched_by()
        never, from_start = 1 << len(self.tasks), 2 << len(self.tasks)  # bits of no tasks
        before, behind = schedule.before, schedule.behind
        self.begun_by = [t | from_start if b in before else t for b, t in enumerate(touched)]
        self.needed_by = [t | never if b in behind else t for b, t in enumerate(touched)]
        waiting = set(_waiting(schedule, touched))
        self.first_runs = [[t for t in task.after if t in waiting] for task in self.tasks]
        """For each task those that wait for it or another one."""
        self.wanted = [sum(1 << t for t in task.after if t not in waiting) for task in self.tasks]
        self.next: list[list[int]] = [[] for _ in self.tasks]
        for number, task in enumerate(self.tasks):
            for other in task.after:
                if other not in waiting:
                    self.next[other].append(number)
        self.steps = [t for t in range(len(self.tasks)) if t not in waiting]
        ready = tuple(t for t in reversed(self.steps) if not self.wanted[t])
        held = sum(self.sizes[b] for b in before)
        self.first = _State(from_start, held, max(bound, held), ready, (), None)

    def run(self) -> _State | None:
        """The best state in which all tasks have run; None if all that were kept need too much."""
        states = [self.first]
        for _ in self.steps:
            found: dict[int, _State] = {}
            for state in states:
                for new in self._after(state):
                    known = found.get(new.done)
                    if known is None or new.need < known.need:
                        found[new.done] = new
            states = list(found.values())
            if len(states) > self.width:
                # Sorting keeps the order of what is equal: it is that in which they were found.
                states.sort(key=lambda s: (s.need, s.held))
                del states[self.width :]
                self.cut = True
        return min(states, key=lambda s: s.need, default=None)

    def _after(self, state: _State) -> Iterator[_State]:
        found: list[_State] = []
        for at in self._candidates(state):
            new = self._run(state, at)
            if new.held <= state.held and new.need == state.need:
                yield new
                return
            if new.need < self.limit:
                found.append(new)
        yield from found

    def _candidates(self, state: _State) -> Sequence[int]:
        """Which of the tasks that can run are tried: where they stand among these."""
        count = len(state.ready)
        newest = range(count - 1, max(count - 1 - self.tried, -1), -1)
        if count <= self.tried:
            return newest
        self.cut = True
        first = state.ready.index(min(state.ready)) if count <= LOOKED_THROUGH else 0
        return newest if first >= newest[-1] else (*newest[:-1], first)

    def _run(self, state: _State, at: int) -> _State:
        """What is reached by one of the tasks that can run, behind those that wait for it."""
        number = state.ready[at]
        done, held, need = state.done, state.held, state.need
        ran = [t for t in self.first_runs[number] if not done >> t & 1]
        ran.append(number)
        for running in ran:
            task = self.tasks[running]
            begins = {b for b in task.touches if not self.begun_by[b] & done}
            done |= 1 << running
            ends = {b for b in task.touches if self.needed_by[b] & done == self.needed_by[b]}
            held += sum(self.sizes[b] for b in begins)
            saved = self.saved(task, begins, ends) if task.replaces else 0
            need = max(need, held + task.working - saved)
            held -= sum(self.sizes[b] for b in ends)
        ready = state.ready[:at] + state.ready[at + 1 :]
        for following in reversed(self.next[number]):
            if self.wanted[following] & done == self.wanted[following]:
                ready += (following,)
        return _State(done, held, need, ready, tuple(ran), state)


def _waiting(schedule: Schedule, touched: Sequence[int]) -> Iterator[int]:
    """The tasks that only add to memory: what they touch nothing else does before them."""
    for number, task in enumerate(schedule.tasks):
        if task.after or task.working:
            continue
        others = [touched[b] & ~(1 << number) for b in task.touches]
        fresh = not any(b in schedule.before for b in task.touches)
        if others and all(others) and fresh and all(_reads(schedule, o, number) for o in others):
            yield number


def _reads(schedule: Schedule, tasks: int, writer: int) -> bool:
    """Whether all of these tasks come after the writer."""
    while tasks:
        number = tasks.bit_length() - 1
        if writer not in schedule.tasks[number].after:
            return False
        tasks &= ~(1 << number)
    return True

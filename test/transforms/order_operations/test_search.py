"""Orders: valid, never worse than the given one, best where that is claimed; cheap to find."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.transforms.order_operations import best_order
from stepwell.transforms.order_operations.schedule import Schedule, Task
from stepwell.transforms.order_operations.search import find_order


@st.composite
def schedules(draw) -> Schedule:
    """Up to six tasks, each with a result of its own; some write over what they read."""
    count = draw(st.integers(1, 6))
    tasks: list[Task] = []
    for number in range(count):
        read = draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else set()
        replaces = tuple((number, r) for r in sorted(read) if draw(st.booleans()))
        working = draw(st.sampled_from([0, 0, 0, 3]))
        tasks.append(Task((*sorted(read), number), tuple(sorted(read)), working, replaces))
    sizes = draw(st.lists(st.sampled_from([0, 1, 2, 5]), min_size=count, max_size=count))
    behind = draw(st.sets(st.integers(0, count - 1), max_size=2))
    return Schedule(tuple(tasks), tuple(sizes), frozenset(), frozenset(behind))


def is_order(schedule: Schedule, order: tuple[int, ...] | list[int]) -> bool:
    at = {number: position for position, number in enumerate(order)}
    every = sorted(order) == list(range(len(schedule.tasks)))
    return every and all(
        at[other] < at[number] for number, task in enumerate(schedule.tasks) for other in task.after
    )


def bytes_held(schedule: Schedule, order) -> int:
    """The most bytes at one task, counted anew at each."""
    most = 0
    for position, number in enumerate(order):
        task = schedule.tasks[number]
        gone, ahead = order[:position], order[position + 1 :]
        touched = {b for n in gone for b in schedule.tasks[n].touches} | set(schedule.before)
        wanted = {b for n in ahead for b in schedule.tasks[n].touches} | set(schedule.behind)
        held = (touched & wanted) | set(task.touches)
        saved = 0
        for new, old in task.replaces:
            same = schedule.sizes[new] == schedule.sizes[old]
            if same and new not in touched and old not in wanted:
                saved = schedule.sizes[new]
                break
        most = max(most, sum(schedule.sizes[b] for b in held) + task.working - saved)
    return most


@given(schedules())
def test_what_an_order_needs_is_the_most_at_one_task(schedule: Schedule):
    assert schedule.need() == bytes_held(schedule, range(len(schedule.tasks)))


@settings(max_examples=150)
@given(schedules())
def test_an_order_is_the_best_of_all(schedule: Schedule):
    """Of six tasks all orders are looked at, so the one that is found is a best one."""
    orders = [o for o in permutations(range(len(schedule.tasks))) if is_order(schedule, o)]
    best = min(schedule.need(order) for order in orders)
    assert schedule.lower_bound() <= best
    found = find_order(schedule)
    assert is_order(schedule, found.order)
    assert found.need == schedule.need(found.order)
    assert found.need == best or (not found.is_best and found.need <= 1.01 * best)
    need, order, is_best = best_order(schedule)
    assert order is None or is_order(schedule, order)
    assert schedule.need(order) == need
    in_parts = len(list(schedule.parts())) > 1  # of which each has the best order of its own
    assert need == best or not is_best or in_parts


def breadth_first(branches: int, length: int) -> Schedule:
    """Branches of large values that end in small ones, written breadth first, and joined."""
    tasks: list[Task] = []
    sizes: list[int] = []
    ends: list[int | None] = [None] * branches
    for step in range(length):
        for branch, end in enumerate(ends):
            sizes.append(1 << 18 if step + 1 < length else 64)
            read = () if end is None else (end,)
            ends[branch] = len(tasks)
            tasks.append(Task((*read, len(tasks)), read))
    last = tuple(end for end in ends if end is not None)
    tasks.append(Task((*last, len(tasks)), last))
    return Schedule(tuple(tasks), (*sizes, 64))


def drawn(count: int) -> Schedule:
    draw = random.Random(7)
    tasks: list[Task] = []
    for number in range(count):
        near = range(max(0, number - 40), number)
        read = tuple(sorted(set(draw.choices(near, k=draw.choice([1, 1, 2]))))) if number else ()
        tasks.append(Task((*read, number), read))
    sizes = tuple(1 << draw.randrange(6, 20) for _ in range(count))
    return Schedule(tuple(tasks), sizes)


def test_a_graph_written_breadth_first_takes_the_memory_of_depth_first():
    schedule = breadth_first(64, 4)
    need, order, _ = best_order(schedule)
    assert schedule.need() == 65 * (1 << 18)
    assert order is not None
    assert need == schedule.need(order) <= 1.01 * 2 * (1 << 18)


@pytest.mark.parametrize("schedule", [breadth_first(300, 4), drawn(60), drawn(800)])
def test_an_order_is_valid_never_worse_and_the_same_each_time(schedule: Schedule):
    need, order, is_best = best_order(schedule)
    assert order is not None
    assert is_order(schedule, order)
    assert need == schedule.need(order) < schedule.need()
    assert best_order(schedule) == (need, order, is_best)


def test_twice_the_tasks_are_about_twice_the_work(monkeypatch):
    runs = 0
    from stepwell.transforms.order_operations import search

    run = search._Search._run

    def counted(self, state, at):
        nonlocal runs
        runs += 1
        return run(self, state, at)

    monkeypatch.setattr(search._Search, "_run", counted)
    work: list[int] = []
    for branches in (400, 800):
        runs = 0
        best_order(breadth_first(branches, 4))
        work.append(runs)
    assert work[1] < 2.5 * work[0]


def test_decoded_weights_wait_for_who_reads_them():
    """Maps of constants all stand in front: each runs just before the product that reads it."""
    sizes = [100] * 8 + [1] * 8
    decode = [Task((n,)) for n in range(8)]
    products = [
        Task((n, 8 + n, *((7 + n,) if n else ())), (n, *((7 + n,) if n else ()))) for n in range(8)
    ]
    schedule = Schedule((*decode, *products), tuple(sizes))
    assert schedule.need() == 801
    assert find_order(schedule).need <= 103

"""Offsets: no two buffers that live together overlap, and the arena is not below the bound."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.runtime.array_memory import ALIGNMENT, aligned
from stepwell.transforms.plan_memory.occupancy import ByteRanges
from stepwell.transforms.plan_memory.offsets import (
    LiveBuffer,
    assign_offsets,
    largest_first,
    lower_bound,
)

buffers = st.lists(
    st.builds(
        lambda size, first, length: LiveBuffer(size, first, first + length),
        st.integers(1, 5000),
        st.integers(0, 20),
        st.integers(0, 10),
    ),
    max_size=30,
)


@given(buffers)
def test_living_buffers_do_not_overlap(plan: list[LiveBuffer]) -> None:
    offsets, total = assign_offsets(plan)
    for i, a in enumerate(plan):
        assert offsets[i] % ALIGNMENT == 0
        assert offsets[i] + a.size <= total
        for j, b in enumerate(plan[:i]):
            if a.first <= b.last and b.first <= a.last:
                apart = offsets[i] + a.size <= offsets[j] or offsets[j] + b.size <= offsets[i]
                assert apart, (a, offsets[i], b, offsets[j])


@given(buffers)
def test_the_arena_is_between_the_bound_and_the_sum(plan: list[LiveBuffer]) -> None:
    _, total = assign_offsets(plan)
    assert lower_bound(plan) <= total <= sum(aligned(b.size) for b in plan)


def test_a_chain_needs_two_buffers() -> None:
    plan = [LiveBuffer(100, step, step + 1) for step in range(10)]
    _, total = assign_offsets(plan)
    assert total == 2 * aligned(100) == lower_bound(plan)


def first_fit(plan: list[LiveBuffer]) -> list[int]:
    """The same greedy choice, each buffer compared with all that are placed."""
    offsets: dict[int, int] = {}
    for number in sorted(range(len(plan)), key=lambda i: (-plan[i].size, plan[i].first, i)):
        buffer, at = plan[number], 0
        size = aligned(buffer.size)
        rivals = [
            (offset, offset + aligned(plan[i].size))
            for i, offset in offsets.items()
            if plan[i].first <= buffer.last and buffer.first <= plan[i].last
        ]
        for start, end in sorted(rivals):
            if at + size <= start:
                break
            at = max(at, end)
        offsets[number] = at
    return [offsets[number] for number in range(len(plan))]


@given(buffers)
def test_offsets_are_those_of_comparing_with_every_buffer(plan: list[LiveBuffer]) -> None:
    offsets, _ = largest_first(plan)
    assert offsets == first_fit(plan)


@given(buffers)
def test_further_attempts_need_no_more(plan: list[LiveBuffer]) -> None:
    assert assign_offsets(plan)[1] <= largest_first(plan)[1]


def test_buffers_above_the_bound_are_placed_again() -> None:
    """Placed largest first, some drawn plans have gaps; after further attempts few have."""
    rng = random.Random(3)
    plans = [
        [
            LiveBuffer(64 * rng.randint(1, 9), first, first + rng.randint(1, 6))
            for first in range(12)
        ]
        for _ in range(200)
    ]
    first = sum(largest_first(plan)[1] == lower_bound(plan) for plan in plans)
    again = sum(assign_offsets(plan)[1] == lower_bound(plan) for plan in plans)
    assert first < 150 < 170 < again


@given(buffers)
def test_the_lower_bound_is_the_largest_sum_at_a_step(plan: list[LiveBuffer]) -> None:
    sums = [sum(aligned(b.size) for b in plan if b.first <= s <= b.last) for s in range(32)]
    assert lower_bound(plan) == max(sums, default=0)


def chain(length: int) -> list[LiveBuffer]:
    return [LiveBuffer(100 + step % 7, step, step + 1) for step in range(length)]


def all_at_once(length: int) -> list[LiveBuffer]:
    return [LiveBuffer(100 + step % 7, step, length) for step in range(length)]


def residual(length: int) -> list[LiveBuffer]:
    return [LiveBuffer(100 + step % 7, step, step + 1 + 3 * (step % 4)) for step in range(length)]


@pytest.mark.parametrize("make", [chain, all_at_once, residual])
def test_twice_the_buffers_are_twice_the_work(
    make: Callable[[int], list[LiveBuffer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ranges looked at and added: the tree has one level more, nothing grows faster."""
    looks = 0
    look, add = ByteRanges.lowest_fit, ByteRanges.add

    def counted_look(self: ByteRanges, start: int, end: int) -> int:
        nonlocal looks
        looks += 1
        return look(self, start, end)

    def counted_add(self: ByteRanges, start: int, end: int) -> None:
        nonlocal looks
        looks += 1
        add(self, start, end)

    monkeypatch.setattr(ByteRanges, "lowest_fit", counted_look)
    monkeypatch.setattr(ByteRanges, "add", counted_add)
    work: list[int] = []
    for length in (500, 1000):
        looks = 0
        largest_first(make(length))
        work.append(looks)
    assert work[1] < 2.5 * work[0]

"""Offsets: no two buffers that live together overlap, and the arena is not below the bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stepwell.transforms.plan_memory.offsets import (
    ALIGNMENT,
    LiveBuffer,
    aligned,
    assign_offsets,
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

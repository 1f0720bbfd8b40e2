"""Structures: what lives together lies apart for all sizes, and arenas are small."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.dialects.engine.plan import PlanAttr, arena_bytes, offsets_of
from stepwell.runtime.size import Extent, evaluated, named
from stepwell.runtime.size_facts import Dim, Facts
from stepwell.transforms.plan_memory.offsets import LiveBuffer, assign_offsets, largest_first
from stepwell.transforms.plan_memory.structures import OpenBuffer, plan_of_buffers, structure_of

S, P = named("S"), named("P")
FACTS = Facts({"S": Dim(1, 512, hint=64), "P": Dim(0, None, hint=16)})

sizes = st.one_of(
    st.integers(1, 5000),
    st.builds(
        lambda base, times: base * times,
        st.sampled_from([S, S * S, S + P, P, S * (S + P)]),
        st.integers(1, 300),
    ),
)
buffers = st.lists(
    st.builds(
        lambda size, first, length: OpenBuffer(size, first, first + length),
        sizes,
        st.integers(0, 20),
        st.integers(0, 8),
    ),
    max_size=25,
)


def together(one: OpenBuffer | LiveBuffer, other: OpenBuffer | LiveBuffer) -> bool:
    return one.first <= other.last and other.first <= one.last


@given(buffers, st.integers(0, 600), st.integers(0, 600))
def test_what_lives_together_lies_apart(given_: list[OpenBuffer], s: int, p: int):
    plan, values = plan_of_buffers(given_, FACTS), {"S": s, "P": p}
    for number in range(len(plan.structures)):
        offsets = offsets_of(plan, number, values)
        ends = [offsets[n] + evaluated(b.size, values) for n, b in enumerate(given_)]
        for i, one in enumerate(given_):
            for j, other in enumerate(given_[:i]):
                if together(one, other):
                    assert ends[i] <= offsets[j] or ends[j] <= offsets[i]


@given(buffers)
def test_a_structure_needs_no_more_than_the_placement_it_is_from(given_: list[OpenBuffer]):
    hints = {"S": 64, "P": 16}
    live = [b.at(hints) for b in given_]
    assert arena_bytes(plan_of_buffers(given_, FACTS), hints) <= largest_first(live)[1]


def reached(structure: Sequence[Sequence[int]], start: int) -> set[int]:
    found, ahead = set[int](), list(structure[start])
    while ahead:
        if (at := ahead.pop()) not in found:
            found.add(at)
            ahead += structure[at]
    return found


@given(buffers)
def test_nothing_is_said_that_follows(given_: list[OpenBuffer]):
    live = [b.at({"S": 64, "P": 16}) for b in given_]
    structure = structure_of(live, assign_offsets(live)[0])
    for place, below in enumerate(structure):
        for other in below:
            rest = [reached(structure, n) for n in below if n != other]
            assert together(live[place], live[other])
            assert not any(other in found for found in rest)


def test_further_structures_where_they_save_enough():
    # For large S the squares are stacked at the bottom; for small ones the constants are.
    scores, rows = S * S * 4, S * 256
    program = [OpenBuffer(size, first, first + 2) for size, first in ((scores, 3), (scores, 4))]
    program += [OpenBuffer(16384, 2, 3), OpenBuffer(16384, 5, 6), OpenBuffer(rows, 3, 5)]
    program += [OpenBuffer(scores, 0, 2), OpenBuffer(scores, 3, 4)]
    plan = plan_of_buffers(program, FACTS)
    assert 1 < len(plan.structures) <= 4

    def alone(s: int) -> int:
        return assign_offsets([b.at({"S": s}) for b in program])[1]

    first = PlanAttr.of(plan.sizes, plan.structures[:1])
    assert arena_bytes(first, {"S": 1}) > 1.9 * alone(1)
    for s in (1, 7, 64, 512):
        assert arena_bytes(plan, {"S": s}) <= 1.12 * alone(s)


@pytest.mark.parametrize("base", [S, 4096, S * S])
def test_one_structure_where_all_sizes_grow_alike(base: Extent):
    program = [OpenBuffer(base * (1 + n % 3), n, n + 2) for n in range(20)]
    assert len(plan_of_buffers(program, FACTS).structures) == 1


def test_no_buffers():
    assert arena_bytes(plan_of_buffers([], FACTS), {}) == 0


def test_sizes_that_are_all_smaller_have_a_structure():
    """Between those planned for and the least ones others are the largest buffers."""
    facts = Facts({"S": Dim(hint=128), "P": Dim(hint=128)})
    found = [
        OpenBuffer(P * 4096, 4, 6),
        OpenBuffer(65536, 1, 2),
        OpenBuffer(S * P * 256, 0, 1),
        OpenBuffer(S * 4096, 5, 6),
        OpenBuffer(65536, 2, 4),
        OpenBuffer(S * P * 256, 0, 0),
    ]
    values = {"S": 16, "P": 16}
    live = [buffer.at(values) for buffer in found]
    assert arena_bytes(plan_of_buffers(found, facts), values) <= 1.1 * largest_first(live)[1]

"""Offsets of places by the structure of a plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine.plan import (
    PlanAttr,
    arena_bytes,
    offsets_of,
    place_order,
    smallest_arena,
)
from stepwell.runtime.size import NeedsNumber, evaluated, named

N = named("N")


def test_a_place_begins_behind_all_it_rests_on():
    plan = PlanAttr.of([N * 64, 100, N * 10], [[[], [], [0, 1]]])
    assert offsets_of(plan, 0, {"N": 1}) == {0: 0, 1: 0, 2: 128}
    assert offsets_of(plan, 0, {"N": 3}) == {0: 0, 1: 0, 2: 192}
    assert arena_bytes(plan, {"N": 3}) == 256


def test_the_smaller_arena_is_taken():
    # A large N lets place 2 lie beside place 0; a small one beside place 1.
    plan = PlanAttr.of([N * 64, 640, 640], [[[], [0], []], [[], [2], [0]], [[2], [2], []]])

    assert smallest_arena(plan, {"N": 1}) == (0, {0: 0, 1: 64, 2: 0}, 704)
    assert smallest_arena(plan, {"N": 0}) == (0, {0: 0, 1: 0, 2: 0}, 640)


def test_a_place_that_would_be_smaller_than_none_is_empty():
    plan = PlanAttr.of([(N - 2) * 64, 64], [[[], [0]]])
    assert offsets_of(plan, 0, {"N": 1}) == {0: 0, 1: 0}


def test_every_name_needs_a_value():
    plan = PlanAttr.of([N * 64], [[[]]])
    with pytest.raises(NeedsNumber, match="'N \\* 64'"):
        arena_bytes(plan, {})


def test_no_places_need_no_bytes():
    plan = PlanAttr.of([], [[]])
    assert offsets_of(plan, 0, {}) == {}
    assert arena_bytes(plan, {}) == 0
    assert Parser(make_context(), str(plan)).parse_attribute() == plan


@given(st.data())
def test_what_rests_on_another_lies_behind_it(data: st.DataObject):
    count = data.draw(st.integers(1, 12))
    order = data.draw(st.permutations(range(count)))
    rank = {place: at for at, place in enumerate(order)}
    structures = [
        [
            data.draw(st.lists(st.sampled_from(order[: rank[place]]), unique=True))
            if rank[place]
            else []
            for place in range(count)
        ]
        for _ in range(data.draw(st.integers(1, 4)))
    ]
    sizes = [data.draw(st.integers(0, 200)) * data.draw(st.sampled_from([1, N])) for _ in order]
    plan = PlanAttr.of(sizes, structures)
    assert Parser(make_context(), str(plan)).parse_attribute() == plan
    environment = {"N": data.draw(st.integers(0, 100))}
    for number, below in enumerate(structures):
        offsets = offsets_of(plan, number, environment)
        assert sorted(place_order(plan, number)) == sorted(offsets) == list(range(count))
        assert arena_bytes(plan, environment) <= max(
            offsets[p] + -(-evaluated(sizes[p], environment) // 64) * 64 for p in offsets
        )
        for place, others in enumerate(below):
            assert offsets[place] % 64 == 0
            for other in others:
                assert offsets[other] + evaluated(sizes[other], environment) <= offsets[place]

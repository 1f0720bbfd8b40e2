"""`@bind` computes what sizes, places and plans say, and stays below the limit that it gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.conversion.engine_to_kernels.size_table import (
    Entry,
    SizeTable,
    size_limit,
    write_bind,
)
from stepwell.dialects.engine.plan import PlanAttr, smallest_arena
from stepwell.errors import CompileError
from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import KernelBuilder
from stepwell.runtime.size import Extent, evaluated
from stepwell.runtime.size_facts import names_of
from stepwell.runtime.size_text import parse_size
from stepwell.targets.target import Target
from stepwell.test.runtime.test_size import NAMES, TREES, VALUES, written

PLACES = 4


def _structures(draw: st.DrawFn) -> list[list[list[int]]]:
    """Up to three structures over the places; each rests on places before it in some order."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        order = draw(st.permutations(range(PLACES)))
        below: list[list[int]] = [[] for _ in range(PLACES)]
        for at, place in enumerate(order):
            below[place] = [other for other in order[:at] if draw(st.booleans())]
        found.append(below)
    return found


@st.composite
def plans(draw: st.DrawFn) -> PlanAttr:
    sizes = [parse_size(f"max({written(draw(TREES))}, 0)") for _ in range(PLACES)]
    return PlanAttr.of(sizes, _structures(draw))


def bound(plan: PlanAttr, table: SizeTable, values: dict[str, int]) -> list[int]:
    """The table that `@bind` fills, by the interpreter of level 5."""
    builder = KernelBuilder(Target.host())
    write_bind(builder, NAMES, plan, table)
    builder.module.verify()
    found = np.full(len(table), -7, np.int64)
    run_kernels(builder.module, "bind", [np.array([values[n] for n in NAMES], np.int64), found])
    return found.tolist()


@settings(max_examples=60, deadline=None)
@given(plans(), st.lists(TREES, min_size=1, max_size=4), VALUES)
def test_the_table_is_what_the_plan_says(plan, trees, values):
    table = SizeTable()
    sizes: list[Extent] = [parse_size(written(tree)) for tree in trees]
    for at, size in enumerate(sizes):
        assert table.number(Entry(size, at if at < PLACES else None)) <= len(table)
    _, offsets, arena = smallest_arena(plan, values)
    expected = [arena]
    for entry in table.entries:
        assert isinstance(entry, Entry)
        start = 0 if entry.place is None else offsets[entry.place]
        expected.append(start + evaluated(entry.size, values))
    found = bound(plan, table, values)
    assert found == expected
    try:
        limit = evaluated(size_limit(plan, table, []), values)
    except CompileError:  # a size of more terms than there may be
        return
    assert max(map(abs, found)) <= limit


def test_equal_entries_are_one():
    table = SizeTable()
    s = parse_size("S + 1")
    assert [table.number(Entry(s)), table.number(Entry(s, 0)), table.number(Entry(s))] == [1, 2, 1]


def test_the_limit_covers_what_cancels():
    """A number on the way may be large where the result is not; so may a factor beside a 0."""
    plan = PlanAttr.of([0], [[[]]])
    table = SizeTable()
    table.number(Entry(parse_size("(S * 1000 floordiv 999) - S")))
    table.number(Entry(parse_size("H * S")))
    limit = size_limit(plan, table, [parse_size("H * 7")])
    assert names_of([limit]) == ("H", "S")
    assert evaluated(limit, {"S": 10**6, "H": 0}) >= 10**9
    assert evaluated(limit, {"S": 0, "H": 10**6}) >= 7 * 10**6

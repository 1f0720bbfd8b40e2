"""What is proven of sizes, and what must be checked in a call."""

from __future__ import annotations

from itertools import product

import pytest
from xdsl.dialects.builtin import ArrayAttr

from stepwell.conversion.size_relations import Relations, with_bounds
from stepwell.dialects.engine.size_facts import (
    BroadcastRelationAttr,
    NamesAttr,
    RelationAttr,
    name_attr,
)
from stepwell.runtime.size import Extent, evaluated, named
from stepwell.runtime.size_facts import Dim, Facts

N, M = named("N"), named("M")


def relations(**dims: Dim) -> Relations:
    found = Relations(("N", "M"), Facts(dims))
    found.node = "node"
    return found


def test_equal_sizes_are_a_relation_without_common_factors():
    found = relations()
    assert found.equal(N * 6, (M // 2) * 12) == N * 6
    assert found.found == (RelationAttr.of((M // 2) * 2, N, "node"),)


def test_a_name_that_must_be_a_number_is_one():
    found = relations()
    assert found.equal(N * 8, 32) == 32
    assert found.numbers == {"N": 4}


def test_labels_are_not_checked():
    found = relations()
    assert found.equal(N, named("label")) == N
    assert found.equal(None, N) == N
    assert not found.found


def test_what_can_not_be_one_decides():
    found = relations(N=Dim(2))
    assert found.broadcast((N, 4), (M, 1)) == (N, 4)
    assert found.found == (BroadcastRelationAttr.of(N, M, "node"),) or found.found == (
        BroadcastRelationAttr.of(M, N, "node"),
    )
    both = relations()
    assert both.broadcast_dim(N * 2, M * 2) in (N * 2, M * 2)
    assert isinstance(both.found[0], RelationAttr)


@pytest.mark.parametrize(
    ("larger", "smaller"),
    [
        (N, N // 2),
        (N, (N // 2) * 2),
        (N + 1, ((N + 1) // 2) * 2),
        ((N + 3) // 4, N // 4),
        ((N + 7) // 2 * 3, N // 3),
        (N, (N // 2 + 1) // 2 - 1),
        (N + M, N),
    ],
)
def test_what_is_larger_is_known(larger: Extent, smaller: Extent):
    assert relations().maximum(larger, smaller) == larger
    assert relations().minimum(larger, smaller) == smaller
    for n, m in product(range(12), repeat=2):
        values = {"N": n, "M": m}
        assert evaluated(larger, values) >= evaluated(smaller, values)


def test_what_depends_on_names_is_left_to_the_call():
    found = relations()
    assert str(found.maximum(N - 1, 0)) == "max(0, N - 1)"
    assert relations(N=Dim(1)).maximum(N - 1, 0) == N - 1
    assert found.not_negative(N - 2) == N - 2
    [relation] = found.found
    assert [evaluated(side, {"N": 1}) for side in relation.sides] == [0, -1]


@pytest.mark.parametrize(
    ("size", "dim"),
    [
        (N - 1, Dim(1, 512, hint=7)),
        (2 * N - 5, Dim(3, 512, hint=7)),
        (64 - N, Dim(0, 64, hint=7)),
        (31 - 6 * N, Dim(0, 5, hint=5)),
        (N - 9, Dim(9, 512, hint=9)),
    ],
)
def test_a_size_that_may_not_be_negative_bounds_its_name(size: Extent, dim: Dim):
    """The bound is that of the numbers at which the size is not negative."""
    found = relations()
    found.not_negative(size)
    names = with_bounds(NamesAttr.of({"N": Dim(0, 512, hint=7), "M": Dim()}), found.found)
    assert names.facts.dims == {"N": dim, "M": Dim()}
    takes = [n for n in range(513) if evaluated(size, {"N": n}) >= 0]
    assert (takes[0], takes[-1]) == (dim.lower, dim.upper)


def test_what_is_no_bound_of_one_name_changes_none():
    found = relations()
    for size in (N - M, (N - 1) // 2, N * M - 1, N * N - 4):
        found.not_negative(size)
    found.equal(N, M)
    found.broadcast_dim(N, M + 1)
    given = NamesAttr.of({"N": Dim(), "M": Dim()})
    assert with_bounds(given, found.found) == given


def test_a_bound_that_contradicts_or_is_of_the_data_changes_none():
    found = relations()
    found.not_negative(N - 9)
    few = NamesAttr.of({"N": Dim(0, 8)})
    data = NamesAttr(ArrayAttr([name_attr("N", Dim(0, 100), data=True)]))
    for names in (few, data):
        assert with_bounds(names, found.found) == names

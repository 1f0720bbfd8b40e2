"""What is proven of sizes, and what must be checked in a call."""

from __future__ import annotations

from itertools import product

import pytest

from stepwell.conversion.size_relations import Relations
from stepwell.dialects.engine.size_facts import BroadcastRelationAttr, RelationAttr
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

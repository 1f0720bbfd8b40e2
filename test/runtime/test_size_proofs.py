"""Proofs about sizes: what they say holds for every value, and what planning needs is proven."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.runtime.size import (
    Extent,
    evaluated,
    floordiv,
    maximum,
    minimum,
    named,
)
from stepwell.runtime.size_facts import Dim, Facts
from stepwell.runtime.size_proofs import SizeProofs
from stepwell.runtime.size_text import parse_size

DIMS = {"H": Dim(1, 40), "N": Dim(0, None), "S": Dim(3, 3 * 64), "P": Dim()}


def proofs(*relations: tuple[str, str]) -> SizeProofs:
    return SizeProofs(Facts(DIMS), [(parse_size(a), parse_size(b)) for a, b in relations])


@pytest.mark.parametrize(
    ("size", "least"),
    [
        ("N * (S + P) * 12", "N * S * 12"),
        ("N * S", "N"),  # S is at least 3
        ("N * S - N * 3", "0"),
        ("max(N * 4, S * 8)", "S * 8"),
        ("max(N, 2 * S) * H", "N * H"),
        ("N * 7", "min(N, S) * 7"),
        ("H * 64", "(H floordiv 2) * 128"),
        ("H * N", "(H floordiv 4) * 4 * N"),
        ("((H + 1) floordiv 2) * 2", "H"),
        ("192", "S"),
        ("max(N * ((H + 3) floordiv 4) * 4, N * H + 7)", "N * ((H + 3) floordiv 4) * 4"),
        # Of two integers that together are -1, one is not negative.
        ("max(0, N * 2 - 1)", "N"),
        ("N + 1", "min(N * 2 + 2, 0)"),
    ],
)
def test_is_at_least(size: str, least: str):
    assert proofs().at_least(parse_size(size), parse_size(least))


@pytest.mark.parametrize(
    ("size", "least"),
    [
        ("N", "1"),
        ("S", "4"),
        ("(H floordiv 2) * 2", "H"),
        ("min(N, S)", "N"),
        ("N * P", "P"),
        ("max(0, N * 2 - 2)", "N"),
        ("max(0, N * 2 - 1) * 4", "N * 4 + 1"),
    ],
)
def test_is_not_said_to_be_at_least(size: str, least: str):
    assert not proofs().at_least(parse_size(size), parse_size(least))


def test_a_relation_says_that_a_name_is_a_multiple():
    known = proofs(("(H floordiv 16) * 16", "H"))
    assert known.same(parse_size("(H floordiv 8) * 8"), parse_size("H"))
    assert known.at_least(parse_size("(H floordiv 8) * 8 * N"), parse_size("H * N"))
    assert not known.same(parse_size("(H floordiv 32) * 32"), parse_size("H"))


def test_relations_follow_from_each_other():
    known = proofs(("(H floordiv 2) * 2", "H"), ("((H floordiv 2) floordiv 2) * 2", "H floordiv 2"))
    assert known.same(parse_size("(H floordiv 4) * 4"), parse_size("H"))


def test_a_relation_says_what_a_name_is():
    known = proofs(("P", "S + 1"))
    assert known.same(parse_size("N * P"), parse_size("N * S + N"))
    assert known.at_least(named("P"), 4)


def test_a_relation_says_what_a_division_is():
    known = proofs(
        ("(H + 15) floordiv 16", "((H + 31) floordiv 32) * 2"),
        ("(H + 7) floordiv 8", "((H + 15) floordiv 16) * 2"),
    )
    assert known.same(
        parse_size("((H + 7) floordiv 8) * N"), parse_size("((H + 31) floordiv 32) * 4 * N")
    )
    assert not known.same(parse_size("(H + 3) floordiv 4"), parse_size("((H + 7) floordiv 8) * 2"))


def test_a_relation_says_how_small_a_name_may_be():
    known = proofs(("max(0, P - 1)", "P - 1"))
    assert known.at_least(named("P"), 1)
    assert not known.at_least(named("P"), 2)
    assert not known.at_least(named("N"), 1)
    assert not proofs(("max(N, P)", "N + P")).at_least(named("P"), 1)


def test_a_relation_of_divisions_says_nothing_of_the_name():
    # It holds for 5, which is no multiple of 4.
    known = proofs(("(H floordiv 4) * 2", "H floordiv 2"))
    assert not known.same(parse_size("(H floordiv 4) * 4"), parse_size("H"))


def sizes(depth: int = 2) -> st.SearchStrategy[Extent]:
    leaves = st.one_of(st.integers(0, 9), st.sampled_from([named(n) for n in DIMS]))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda a, b: a + b, inner, inner),
            st.builds(lambda a, b: a - b, inner, inner),
            st.builds(lambda a, b: a * b, inner, inner),
            st.builds(floordiv, inner, st.integers(1, 5)),
            st.builds(minimum, inner, inner),
            st.builds(maximum, inner, inner),
        ),
        max_leaves=2**depth + 2,
    )


@given(sizes(), sizes(), st.data())
def test_what_is_proven_holds(a: Extent, b: Extent, data: st.DataObject):
    known = proofs()
    if known.at_least(a, b):
        for _ in range(5):
            values = {
                name: data.draw(st.integers(dim.lower, 60 if dim.upper is None else dim.upper))
                for name, dim in DIMS.items()
            }
            assert evaluated(a, values) >= evaluated(b, values)


@given(sizes(), sizes(), st.integers(1, 12), st.integers(0, 9), st.data())
def test_what_is_proven_under_a_relation_holds(
    a: Extent, b: Extent, factor: int, more: int, data: st.DataObject
):
    h, p = named("H"), named("P")
    relations: list[tuple[Extent, Extent]] = [
        (floordiv(h, factor) * factor, h),
        (p, h * 2 + more),
    ]
    values = {"H": factor * data.draw(st.integers(1, max(40 // factor, 1))), "N": 2, "S": 7}
    values["P"] = values["H"] * 2 + more
    for divided, by in ((h, 3), (h + p, 4)):
        quotient = floordiv(divided, by)
        relations.append((quotient, evaluated(quotient, values)))
    known = SizeProofs(Facts(DIMS), relations)
    assert all(evaluated(x, values) == evaluated(y, values) for x, y in relations)
    if known.at_least(a, b):
        assert evaluated(a, values) >= evaluated(b, values)
    if known.same(a, b):
        assert evaluated(a, values) == evaluated(b, values)

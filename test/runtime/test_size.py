"""Sizes by name: the normal form keeps the number, text reads back, proofs never lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.errors import StepwellError
from stepwell.runtime.size import (
    Extent,
    NeedsNumber,
    Size,
    evaluated,
    floordiv,
    minimum,
    named,
    range_of,
    same,
    substituted,
)
from stepwell.runtime.size_text import parse_size

NAMES = ("H", "S", "batch size")

Values = dict[str, int]

Tree = str | int | tuple[str, "Tree", "Tree"]

_LEAVES = st.sampled_from(NAMES) | st.integers(0, 20)
_DIVISORS = st.sampled_from([1, 2, 3, 4, 8, 32])


def _branches(trees: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    both = st.tuples(st.sampled_from(["+", "-", "*", "min", "max"]), trees, trees)
    parts = st.tuples(st.sampled_from(["floordiv", "ceildiv", "mod"]), trees, _DIVISORS)
    return both | parts


TREES = st.recursive(_LEAVES, _branches, max_leaves=12)
VALUES = st.fixed_dictionaries({name: st.integers(0, 70) for name in NAMES})


def written(tree: Tree) -> str:
    if isinstance(tree, int):
        return str(tree)
    if isinstance(tree, str):
        return tree if tree.isidentifier() else f"'{tree}'"
    kind, a, b = tree
    if kind in ("min", "max"):
        return f"{kind}({written(a)}, {written(b)})"
    return f"({written(a)} {kind} {written(b)})"


def number(tree: Tree, values: dict[str, int]) -> int:
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return values[tree]
    a, b = number(tree[1], values), number(tree[2], values)
    match tree[0]:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "min":
            return min(a, b)
        case "max":
            return max(a, b)
        case "floordiv":
            return a // b
        case "ceildiv":
            return -(-a // b)
        case _:
            return a % b


@given(TREES, VALUES)
def test_the_normal_form_is_the_same_number(tree: Tree, values: dict[str, int]) -> None:
    size = parse_size(written(tree))
    assert evaluated(size, values) == number(tree, values)
    first = substituted(size, {"H": values["H"]})
    assert evaluated(first, values) == number(tree, values)


@given(TREES, TREES, TREES, VALUES)
def test_factors_of_both_sides_are_dropped(a: Tree, b: Tree, shared: Tree, values: Values) -> None:
    left, right, factor = (parse_size(written(tree)) for tree in (a, b, shared))
    quotient = floordiv(left * factor, right * factor)
    divisor = number(b, values) * number(shared, values)
    if divisor:
        assert evaluated(quotient, values) == number(a, values) * number(shared, values) // divisor


@given(TREES)
def test_text_reads_back(tree: Tree) -> None:
    size = parse_size(written(tree))
    assert parse_size(str(size)) == size
    assert isinstance(size, int) or bool(size.names)


@given(TREES, TREES, VALUES)
def test_proofs_never_contradict_a_value(a: Tree, b: Tree, values: dict[str, int]) -> None:
    left, right = parse_size(written(a)), parse_size(written(b))
    equal = number(a, values) == number(b, values)
    assert same(left, right) in (equal, None)
    low, high = range_of(left)
    assert low <= number(a, values) <= high


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("S + P - S", "P"),
        ("N * S * 768 floordiv (N * S)", "768"),
        ("(((H + 1) floordiv 2 + 1) floordiv 2 + 1) floordiv 2", "(H + 7) floordiv 8"),
        ("(2 * H + 1) floordiv 2", "H"),
        ("(4 * H + 6) floordiv 8", "(H + 1) floordiv 2"),
        ("min(S, S + 1)", "S"),
        ("max(0, S)", "S"),
        ("max(S - 5, 0)", "max(0, S - 5)"),
        ("broadcast(N, 1, M)", "broadcast(M, N)"),
        ("broadcast(N, 7)", "7"),
        ("2 * (H floordiv 2)", "(H floordiv 2) * 2"),
        ("-(H floordiv 2) + 1", "1 - (H floordiv 2)"),
        ("'batch size' ceildiv 4", "('batch size' + 3) floordiv 4"),
        ("5 floordiv S * 0", "0"),
        ("(N * S * H) floordiv (N * S * 4)", "H floordiv 4"),
        ("(6 * N * H + 9 * N) floordiv (3 * N * S)", "(H * 2 + 3) floordiv S"),
        ("(N * S + H) floordiv (N * 4)", "(N * S + H) floordiv (N * 4)"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert str(parse_size(text)) == normal
    assert parse_size(normal) == parse_size(text)


def test_a_multiple_makes_halves_whole() -> None:
    height = named("H/32") * 32
    half = height // 2
    assert str(half) == "'H/32' * 16"
    assert half * 2 == height


@pytest.mark.parametrize(
    "text", ["", "S +", "2S", "min(", "S S", "floordiv", "(S", "S)", "S / 2", "'S", "S ** 2"]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_size(text)


def test_a_size_is_no_number() -> None:
    size = named("S")
    assert isinstance(size, Size)
    for use in (int, bool, float, range, lambda s: s < 3, lambda s: s % 2):
        with pytest.raises(NeedsNumber, match="'S'"):
            use(size)  # pyright: ignore[reportArgumentType]


def test_growth_is_bounded() -> None:
    def deeper(size: Extent, times: int) -> Extent:
        for _ in range(times):
            size = minimum(size * named("S") + 7, 100) + 1
        return size

    with pytest.raises(StepwellError, match="nested"):
        deeper(named("S"), 300)
    with pytest.raises(ValueError, match="nested"):
        parse_size("(" * 300 + "S" + ")" * 300)


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("min(1, 2 * S)", "min(1, S)"),
        ("min(1, S + min(1, S))", "min(1, S)"),
        ("min(1, S + T + min(1, T))", "min(1, S + T)"),
        ("max(0, S + min(1, S) - min(1, S + min(1, S)))", "S"),
        ("min(1, S - 1)", "min(1, S - 1)"),
    ],
)
def test_whether_there_is_any(text: str, simple: str) -> None:
    """Beside 1 in a minimum it counts alone whether a sum of sizes is 0."""
    assert parse_size(text) == parse_size(simple)
    for s in range(4):
        for t in range(3):
            values = {"S": s, "T": t}
            assert evaluated(parse_size(text), values) == evaluated(parse_size(simple), values)


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("min(S, max(0, S * 2 - 1))", "S"),
        ("max(min(S * 3, S + 1), S * 2 + 1)", "S * 2 + 1"),
        ("min(S, max(0, S * 2 - 2))", "min(S, max(0, S * 2 - 2))"),
    ],
)
def test_integers_that_are_not_both_larger(text: str, simple: str) -> None:
    """Of two integers that are larger by less than 2 together, one is not larger."""
    assert str(parse_size(text)) == str(parse_size(simple))
    for s in range(5):
        values = {"S": s}
        assert evaluated(parse_size(text), values) == evaluated(parse_size(simple), values)
    near = parse_size("min(S, max(0, S * 2 - 2))")
    assert near != named("S")
    assert evaluated(near, {"S": 1}) == 0

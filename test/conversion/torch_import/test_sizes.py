"""Symbolic sizes as torch writes them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.conversion.torch_import.sizes import NotASizeError, size_of
from stepwell.runtime.size import evaluated


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Symbol('s77', positive=True, integer=True)", "s77"),
        ("Symbol('u0', integer=True)", "u0"),
        ("Integer(7)", "7"),
        ("Mul(Integer(2), Symbol('s39', positive=True, integer=True))", "s39 * 2"),
        ("Add(Symbol('s77'), Integer(-2))", "s77 - 2"),
        ("Add(FloorDiv(Symbol('s77'), Integer(2)), Integer(1))", "(s77 floordiv 2) + 1"),
        ("Mul(Integer(-1), Symbol('a'))", "-a"),
        ("Pow(Symbol('a'), Integer(2))", "a * a"),
        ("Max(Integer(1), Symbol('a'))", "max(1, a)"),
        ("Mod(Symbol('a'), Integer(3))", "a - (a floordiv 3) * 3"),
        ("CeilToInt(IntTrueDiv(Symbol('a'), Integer(3)))", "(a + 2) floordiv 3"),
        ("TruncToInt(Mul(Rational(Integer(1), Integer(2)), Symbol('a')))", "a floordiv 2"),
        ("torch.utils._sympy.functions.FloorDiv(s0, 4)", "s0 floordiv 4"),
        ("2*s77 + 1", "s77 * 2 + 1"),
        ("s0//2 - -3", "(s0 floordiv 2) + 3"),
        ("s0**2*(s1 + 1)", "s0 * s0 * s1 + s0 * s0"),
        ("floor(s0/2)", "s0 floordiv 2"),
    ],
)
def test_expressions(text: str, size: str) -> None:
    assert str(size_of(text)) == size


@pytest.mark.parametrize(
    "text",
    [
        *("", "(", "s0 +", "1 2", "Symbol(s0)", "sqrt(s0)", "s0/2", "Add()", "FloorDiv(s0)"),
        *("__import__('os')", "s0.__class__", "Pow(s0, s1)", "Pow(s0, Integer(99))", "1.5", "'s'"),
        *("Symbol('a', positive=", "(" * 500 + "s0" + ")" * 500, "s" * 30_000, "s0 & 1"),
    ],
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(NotASizeError):
        size_of(text)


@given(st.text("s01(),'*/+-% ModFlrDivSyb=", max_size=30))
def test_any_text(text: str) -> None:
    """A text is a size or is refused; nothing else happens."""
    with contextlib.suppress(NotASizeError):
        size_of(text)


_TREES = st.recursive(
    st.sampled_from(["Symbol('a')", "Symbol('b')", "Integer(1)", "Integer(3)"]),
    lambda inner: st.tuples(
        st.sampled_from(["Add", "Mul", "Max", "Min"]), st.lists(inner, min_size=2, max_size=3)
    ).map(lambda call: f"{call[0]}({', '.join(call[1])})"),
    max_leaves=8,
)


@given(_TREES, st.integers(0, 9), st.integers(0, 9))
def test_expressions_have_the_value_that_sympy_gives(text: str, a: int, b: int) -> None:
    from math import prod

    names = {
        "Symbol": {"a": a, "b": b}.__getitem__,
        "Integer": int,
        "Add": lambda *values: sum(values),
        "Mul": lambda *values: prod(values),
        "Max": max,
        "Min": min,
    }
    assert evaluated(size_of(text), {"a": a, "b": b}) == eval(text, {"__builtins__": {}}, names)

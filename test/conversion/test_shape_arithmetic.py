"""Arithmetic on sizes of which some are known only by name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import cast

import numpy as np
import pytest
from xdsl.dialects.builtin import i32

from stepwell.conversion.shape_arithmetic import (
    Elements,
    Symbols,
    added,
    as_dims,
    chosen,
    divided,
    divided_exactly,
    elements_of,
    equal,
    largest,
    less,
    multiplied,
    never_one,
    numbers_of_elements,
    remaining,
    reshaped,
    subtracted,
)
from stepwell.dialects.framework import Dim, tensor_type
from stepwell.runtime.size import Size, evaluated, maximum, mod, named

N, M = named("n"), named("m")


def of(combine: Callable[..., Elements], *operands: Symbols) -> list[Dim]:
    """The elements that a function gives for vectors of these."""
    return cast("list[Dim]", combine(*map(elements_of, operands)).tolist())


def test_elements_are_sizes():
    assert of(added, (N, 2), (1,)) == [N + 1, 3]
    assert of(subtracted, (0,), (N,)) == [-N]
    assert of(multiplied, (N,), (2,)) == [N * 2]
    assert of(multiplied, (None, 3), (2,)) == [None, 6]
    assert of(largest, (N, 4), (1,)) == [maximum(N, 1), 4]
    with pytest.raises(ValueError, match="broadcast"):
        of(added, (1, 2), (1, 2, 3))


def test_a_quotient_is_rounded_towards_zero():
    assert of(divided, (N, 7, -7), (2, -2, 2)) == [N // 2, -3, -3]
    assert of(divided, (4,), (0,)) == [0]
    either = maximum(N - 5, 0) // 2 - maximum(5 - N, 0) // 2
    assert of(divided, (N - 5,), (2,)) == [either], "it may be negative, which // rounds down"
    assert [evaluated(either, {"n": n}) for n in (0, 2, 4, 6, 9)] == [-2, -1, 0, 0, 2]
    assert of(divided, (N - N // 2 * 2,), (2,)) == [(N - N // 2 * 2) // 2]
    assert of(divided, (N - 5,), (M,)) == [None]
    assert of(divided, ((N - 5) * 2,), (2,)) == [N - 5]
    assert of(remaining, (N * 4 + 3, 7), (2, 4)) == [1, 3]
    assert of(remaining, (7,), (0,)) == [None]
    assert of(remaining, (7,), (N,)) == [mod(7, N)]


def test_a_quotient_of_floats_is_known_where_it_is_an_integer():
    assert of(divided_exactly, (N * 4, 6, 7, 7), (2, 3, 2, 0)) == [N * 2, 2, None, None]
    assert of(divided_exactly, (N,), (2,)) == [None]


def test_two_elements_are_equal_or_not():
    assert of(equal, (N, N, 3), (-1, N, 3)) == [0, 1, 1]
    assert of(less, (N, N + 1, 2), (N + 1, N, 3)) == [1, 0, 1]


def test_a_known_condition_chooses():
    assert of(chosen, (1, 0), (N,), (3, 4)) == [N, 4]
    assert of(chosen, (None, 0), (N,), (3, 4)) == [None, 4]
    assert of(chosen, (None,), (N,), (N,)) == [N]


@pytest.mark.parametrize("compare", [equal, less])
def test_a_comparison_that_names_decide_chooses_by_their_values(compare: Callable[..., Elements]):
    [which] = of(compare, (N * 2,), (M + 1,))
    [found] = of(chosen, (which,), (N + M,), (7,))
    assert isinstance(found, Size)
    for n, m in product(range(4), repeat=2):
        holds = (n * 2 == m + 1) if compare is equal else (n * 2 < m + 1)
        assert evaluated(found, {"n": n, "m": m}) == (n + m if holds else 7)


def test_a_reshape_divides_what_is_left():
    assert reshaped((N, 4, 6), (0, -1), zero_keeps=True) == (N, 24)
    assert reshaped((N, 4), (N, 2, -1), zero_keeps=True) == (N, 2, 2)
    assert reshaped((N, 4), (-1, 4), zero_keeps=True) == (N, 4)
    assert reshaped((N, 4), (-1, 3), zero_keeps=True) == ((N * 4) // 3, 3)
    assert reshaped((N, M, 8), (-1, M, 2), zero_keeps=True) == (N * 4, M, 2)
    assert reshaped((5, 4), (-1, 3), zero_keeps=True) == (None, 3)
    assert reshaped((0, 4), (0, 2), zero_keeps=False) == (0, 2)
    assert reshaped(None, (0, -1), zero_keeps=True) == (None, None)


def test_multiples_are_never_one():
    assert [never_one(size) for size in (2, 0, N * 2, N + 2, N * 3 + M * 6)] == [True] * 5
    assert [never_one(size) for size in (1, N, N + 1, N * 2 + 1)] == [False] * 4


def test_only_numbers_are_an_array():
    found = numbers_of_elements(elements_of((1, 2)), tensor_type(i32, [2]))
    assert found is not None
    np.testing.assert_array_equal(found, np.array([1, 2], np.int32), strict=True)
    assert numbers_of_elements(elements_of((1, N)), tensor_type(i32, [2])) is None
    assert numbers_of_elements(elements_of((1, 2)), tensor_type(i32, [3])) is None


def test_dimensions_are_vectors():
    assert as_dims(elements_of((N, 2))) == (N, 2)
    assert as_dims(elements_of((N,), ())) == (N,)
    assert as_dims(elements_of((N, 2), (1, 2))) is None

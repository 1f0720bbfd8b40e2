"""Arithmetic on sizes of which some are known only by name."""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import i32

from stepwell.conversion.shape_arithmetic import (
    added,
    array_of_symbols,
    broadcast,
    chosen,
    divided,
    equal,
    gathered,
    largest,
    multiplied,
    remaining,
    reshaped,
    subtracted,
)
from stepwell.dialects.framework import tensor_type
from stepwell.runtime.size import broadcast as broadcast_sizes
from stepwell.runtime.size import maximum, named

N, M = named("n"), named("m")


def test_elements_are_sizes():
    assert added((N, 2), (1,)) == (N + 1, 3)
    assert subtracted((0,), (N,)) == (-N,)
    assert multiplied((N,), (2,)) == (N * 2,)
    assert multiplied((None, 3), (2,)) == (None, 6)
    assert largest((N, 4), (1,)) == (maximum(N, 1), 4)
    assert added((1, 2), (1, 2, 3)) is None


def test_a_quotient_is_rounded_towards_zero():
    assert divided((N, 7, -7), (2, -2, 2)) == (N // 2, -3, -3)
    assert divided((4,), (0,)) == (0,)
    assert divided((N - 5,), (2,)) == (None,), "it may be negative, which // rounds down"
    assert divided(((N - 5) * 2,), (2,)) == (N - 5,)
    assert remaining((N * 4 + 3, 7), (2, 4)) == (1, 3)
    assert remaining((7,), (N,)) == (None,), "n may be 0"


def test_two_elements_are_equal_or_not_or_names_decide():
    assert equal((N, N, 3), (-1, N, 3)) == (0, 1, 1)
    assert equal((N,), (M,)) == (None,)


def test_elements_are_picked_from_either_end():
    assert gathered((N, 3, 8), [-1, 0]) == (8, N)
    assert gathered((N,), [1]) is None


def test_a_known_condition_chooses():
    assert chosen((1, 0), (N,), (3, 4)) == (N, 4)
    assert chosen((None, 0), (N,), (3, 4)) == (None, 4)
    assert chosen((None,), (N,), (N,)) == (N,)
    assert chosen((1, 0, 1), (1, 2), (3,)) is None


def test_a_reshape_divides_what_is_left():
    assert reshaped((N, 4, 6), (0, -1), zero_keeps=True) == (N, 24)
    assert reshaped((N, 4), (N, 2, -1), zero_keeps=True) == (N, 2, 2)
    assert reshaped((N, 4), (-1, 4), zero_keeps=True) == (N, 4)
    assert reshaped((N, 4), (-1, 3), zero_keeps=True) == ((N * 4) // 3, 3)
    assert reshaped((N, M, 8), (-1, M, 2), zero_keeps=True) == (N * 4, M, 2)
    assert reshaped((5, 4), (-1, 3), zero_keeps=True) == (None, 3)
    assert reshaped((0, 4), (0, 2), zero_keeps=False) == (0, 2)
    assert reshaped(None, (0, -1), zero_keeps=True) == (None, None)


def test_of_two_broadcast_sizes_one_that_is_never_one_decides():
    assert broadcast((N, 1), (4, 3, 5)) == (4, 3, 5)
    assert broadcast((N,), (1,)) == (N,)
    assert broadcast((N,), (M,)) == (broadcast_sizes(N, M),)
    assert broadcast((N * 2,), (M,)) == (N * 2,), "no multiple of two is one"
    assert broadcast((M,), (N + 2,)) == (N + 2,)
    assert broadcast((None,), (5,)) == (5,)
    assert broadcast((None,), (N,)) == (None,)


def test_only_numbers_are_an_array():
    found = array_of_symbols((1, 2), tensor_type(i32, [2]))
    assert found is not None
    np.testing.assert_array_equal(found, np.array([1, 2], np.int32), strict=True)
    assert array_of_symbols((1, N), tensor_type(i32, [2])) is None
    assert array_of_symbols((1, 2), tensor_type(i32, [3])) is None

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
    gathered,
    multiplied,
    reshaped,
    subtracted,
)
from stepwell.dialects.framework import tensor_type


def test_a_name_survives_the_neutral_element_alone():
    assert added(("n", 2), (0,)) == ("n", 2)
    assert added((0,), ("n",)) == ("n",)
    assert subtracted((0,), ("n",)) == (None,)
    assert multiplied(("n",), (1,)) == ("n",)
    assert multiplied(("n",), (2,)) == (None,)
    assert divided(("n", 7), (1, -2)) == ("n", -3)
    assert divided((4,), (0,)) == (0,)
    assert added((1, 2), (1, 2, 3)) is None


def test_elements_are_picked_from_either_end():
    assert gathered(("n", 3, 8), [-1, 0]) == (8, "n")
    assert gathered(("n",), [1]) is None


def test_a_known_condition_chooses():
    assert chosen([True, False], ("n",), (3, 4)) == ("n", 4)
    assert chosen([True, False, True], (1, 2), (3,)) is None


def test_a_reshape_keeps_what_it_can_name():
    assert reshaped(("n", 4, 6), (0, -1), zero_keeps=True) == ("n", 24)
    assert reshaped(("n", 4), ("n", 2, -1), zero_keeps=True) == ("n", 2, 2)
    assert reshaped(("n", 4), (-1, 4), zero_keeps=True) == ("n", 4)
    assert reshaped(("n", 4), (-1, 3), zero_keeps=True) == (None, 3)
    assert reshaped((0, 4), (0, 2), zero_keeps=False) == (0, 2)
    assert reshaped(None, (0, -1), zero_keeps=True) == (None, None)


def test_of_two_broadcast_sizes_a_number_decides():
    assert broadcast(("n", 1), (4, 3, 5)) == (4, 3, 5)
    assert broadcast(("n",), (1,)) == ("n",)
    assert broadcast(("n",), ("m",)) == (None,)


def test_only_numbers_are_an_array():
    found = array_of_symbols((1, 2), tensor_type(i32, [2]))
    assert found is not None
    np.testing.assert_array_equal(found, np.array([1, 2], np.int32), strict=True)
    assert array_of_symbols((1, "n"), tensor_type(i32, [2])) is None
    assert array_of_symbols((1, 2), tensor_type(i32, [3])) is None

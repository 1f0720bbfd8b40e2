"""What a function keeps between calls: read, written, and checked."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    StringAttr,
    TensorType,
    f32,
    i64,
)
from xdsl.dialects.func import FuncOp
from xdsl.utils.exceptions import VerifyException

from stepwell.dialects.framework import StateAttr, set_state, state_of, tensor_type
from stepwell.runtime.abi import STATE

X = tensor_type(f32, [2, 3])
OPEN = tensor_type(f32, [None, 3])


def function(inputs=(X, X), outputs=(X, X)) -> FuncOp:
    return FuncOp.external("main", list(inputs), list(outputs))


def test_reads_back():
    main = function()
    ones = DenseIntOrFPElementsAttr.from_list(TensorType(f32, [2, 3]), [1.0])
    states = (StateAttr.of("a", 1, 0), StateAttr.of("b", 0, 1, ones))
    set_state(main, states)
    assert state_of(main) == states
    assert [state.first for state in states] == [None, ones]
    assert state_of(function()) == ()
    none = function()
    set_state(none, ())
    assert STATE not in none.attributes


def test_a_result_may_not_be_known_yet():
    set_state(function(outputs=(OPEN, X)), [StateAttr.of("a", 0, 0)])


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([StateAttr.of("a", 2, 0)], "state 'a' of @main is argument 2, there are 2"),
        ([StateAttr.of("a", 0, 2)], "state 'a' of @main is result 2, there are 2"),
        ([StateAttr.of("a", 0, 0), StateAttr.of("a", 1, 1)], "two states of @main have the name a"),
        ([StateAttr.of("a", 0, 0), StateAttr.of("b", 0, 1)], "have the argument 0"),
        ([StateAttr.of("a", 0, 0), StateAttr.of("b", 1, 0)], "have the result 0"),
        (
            [
                StateAttr.of(
                    "a", 0, 0, DenseIntOrFPElementsAttr.from_list(TensorType(i64, [2, 3]), [1])
                )
            ],
            "is tensor<2x3xf32>, but tensor<2x3xi64> at first",
        ),
    ],
)
def test_what_does_not_fit(states, expected: str):
    with pytest.raises(VerifyException, match=expected):
        set_state(function(), states)


def test_types_that_do_not_fit():
    with pytest.raises(VerifyException, match="expected a tensor whose sizes are numbers"):
        set_state(function(inputs=(OPEN,)), [StateAttr.of("a", 0, 0)])
    wider = tensor_type(f32, [2, 4])
    with pytest.raises(VerifyException, match=r"2x3xf32> as an argument, but tensor<2x4xf32> as"):
        set_state(function(outputs=(wider,)), [StateAttr.of("a", 0, 0)])
    main = function()
    main.attributes[STATE] = ArrayAttr([StringAttr("a")])
    with pytest.raises(VerifyException, match="must be an array of #framework.state"):
        state_of(main)

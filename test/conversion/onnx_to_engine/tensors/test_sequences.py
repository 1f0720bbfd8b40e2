"""Sequences and optional values: what is followed, and what is left to the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import parser

import stepwell
from stepwell.errors import StepwellError

A = np.arange(3, dtype=np.float32)


def engine(text: str) -> stepwell.Engine:
    return stepwell.compile(parser.parse_model(f'<ir_version: 8, opset_import: ["": 18]> g {text}'))


def test_a_list_that_is_made_and_taken_apart_leaves_no_trace():
    made = engine(
        """(float[3] a, float[3] b) => (y) <int64 at = {-2}>
        { q = SequenceConstruct(a, b) r = SequenceAt(q, at) y = Exp(r) }"""
    )
    assert not made.reference_ops
    assert "SequenceConstruct" not in made.program.ir
    np.testing.assert_allclose(made(A, A + 1), np.exp(A), rtol=1e-6)


def test_a_list_that_is_an_output_is_made_as_well():
    made = engine(
        """(float[3] a, float[3] b) => (q, y) <int64 at = {0}>
        { q = SequenceConstruct(a, b) r = SequenceAt(q, at) y = Neg(r) }"""
    )
    assert len(made.reference_ops) == 1
    q, y = made(A, A + 1)
    np.testing.assert_array_equal(q, [A, A + 1])
    np.testing.assert_array_equal(y, -A)


@pytest.mark.parametrize(
    ("text", "feeds", "expected"),
    [
        (
            "(seq(float[3]) q) => (y) <int64 at = {1}> { r = SequenceAt(q, at) y = Neg(r) }",
            {"q": [A, A + 1]},
            -(A + 1),
        ),
        (
            "(float[3] a, int64 at) => (y) { q = SequenceConstruct(a, a) y = SequenceAt(q, at) }",
            {"a": A, "at": np.array(-1)},
            A,
        ),
        (
            """(float[3] a) => (y) { s = Constant<value_strings = ["a", "b"]>()
            o = Optional(s) y = OptionalHasElement(o) }""",
            {"a": A},
            True,
        ),
    ],
    ids=["an input", "a position that is data", "strings"],
)
def test_what_is_left_to_the_reference(text: str, feeds: dict[str, Any], expected: Any):
    made = engine(text)
    assert made.reference_ops
    np.testing.assert_array_equal(made.run(feeds)["y"], expected)


@pytest.mark.parametrize("at", [2, -3])
def test_a_position_outside_is_an_error_of_the_call(at: int):
    made = engine(
        f"""(float[3] a, float[3] b) => (y) <int64 at = {{{at}}}>
        {{ q = SequenceConstruct(a, b) r = SequenceAt(q, at) y = Neg(r) }}"""
    )
    with pytest.raises(StepwellError, match="SequenceAt"):
        made(A, A)


def test_elements_that_do_not_fit():
    made = engine(
        """(float[3] a, float[2, 2] b) => (y)
        { q = SequenceConstruct(a, b) y = ConcatFromSequence<axis = 0>(q) }"""
    )
    with pytest.raises(StepwellError, match="ConcatFromSequence"):
        made(A, np.ones((2, 2), np.float32))

"""Operators whose results the data sizes: converted without a reference operation, right."""

import pytest

from stepwell.compiler.planned_program import main_of
from stepwell.dialects.engine import SizeDefiningOp
from stepwell.dialects.engine.data_sizes import data_names
from stepwell.test.conversion.to_engine.test_open_extents import check, converted, model_of

POINTS = ({"N": 2, "S": 5}, {"N": 1, "S": 1}, {"N": 3, "S": 8}, {"N": 0, "S": 4})

FOUND = {
    "positions": "(int64[N, S] x) => (int64[2, A] y) { y = NonZero(x) }",
    "positions of numbers": "(float[3, 4] x) => (int64[2, A] y) { y = NonZero(x) }",
    "marked rows": "(float[S, N] x, bool[S] c) => (float[A, N] y) { y = Compress<axis = 0>(x, c) }",
    "marked columns": """(float[N, S] x, bool[S] c) => (float[N, A] y) {
        y = Compress<axis = -1>(x, c) }""",
    "marked elements": "(float[S, 3] x, bool[S] c) => (float[A] y) { y = Compress(x, c) }",
    "elements at the positions of others": """(float[N, S] x, int64[N, S] m) => (float[A] y) {
        p = NonZero(m) r = Transpose<perm = [1, 0]>(p) e = GatherND(x, r) y = Relu(e) }""",
    "how many": """(int64[N, S] x) => (int64[A] y, int64[1] n) {
        p = NonZero(x) n = Shape<start = 1>(p) z = Constant<value = int64 {0}>()
        k = Squeeze(n) o = Constant<value = int64 {1}>() y = Range(z, k, o) }""",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_is_native_and_right(text: str):
    check(text, *POINTS, data_sizes=True)


def test_names_are_listed_with_their_bounds():
    text = "(float[N, S] x) => (int64[2, A] y) { y = NonZero(x) }"
    _, module = converted(model_of(text), data_sizes=True)
    function = main_of(module)
    assert {name: str(e.upper_bound) for name, e in data_names(function).items()} == {
        "y_1": "N * S"
    }


def test_what_nobody_needs_is_not_found():
    text = """(float[N, S] x) => (float[N, S] y) {
        p = NonZero(x) n = Shape(p) y = Relu(x) }"""
    _, module = converted(model_of(text), data_sizes=True)
    assert not [op for op in module.walk() if isinstance(op, SizeDefiningOp)]
    function = main_of(module)
    assert not data_names(function)


def test_a_size_alone_is_need_enough():
    text = "(float[N, S] x) => (int64[1] y) { p = NonZero(x) y = Shape<start = 1>(p) }"
    _, module = converted(model_of(text), data_sizes=True)
    assert [op for op in module.walk() if isinstance(op, SizeDefiningOp)]

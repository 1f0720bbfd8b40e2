"""Operators whose results the data sizes: converted without a reference operation, right."""

import numpy as np
import pytest

from stepwell.compiler.planned_program import main_of
from stepwell.dialects.engine import SizeDefiningOp
from stepwell.dialects.engine.data_sizes import data_names
from stepwell.errors import InputError
from stepwell.interpreters import run
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


GIVEN = {
    "a range up to a number": """(int64 k) => (int64[A] y) {
        z = Constant<value = int64 {1}>() d = Constant<value = int64 {2}>() y = Range(z, k, d) }""",
    "a range of small integers": """(int64 k) => (int32[A] y) {
        n = Cast<to = 6>(k) z = Constant<value = int32 {7}>() d = Constant<value = int32 {-3}>()
        y = Range(z, n, d) }""",
    "a range of floats": """(int64 k) => (float[A] y) {
        n = Cast<to = 1>(k) z = Constant<value = float {0.5}>() d = Constant<value = float {0.3}>()
        y = Range(z, n, d) }""",
    "zeros": """(int64 k) => (float[A, B] y) {
        a = Constant<value = int64[1] {-1}>() r = Reshape(k, a) t = Constant<value = int64[1] {3}>()
        s = Concat<axis = 0>(r, t) y = ConstantOfShape(s) }""",
    "repeated rows": """(int64 k, float[N, 4] x) => (float[A, N, 4] y) {
        a = Constant<value = int64[1] {-1}>() r = Reshape(k, a) t = Shape(x)
        s = Concat<axis = 0>(r, t) y = Expand(x, s) }""",
    "repetitions": """(int64 k, float[N, 4] x) => (float[N, A] y) {
        a = Constant<value = int64[1] {-1}>() r = Reshape(k, a) t = Constant<value = int64[1] {1}>()
        s = Concat<axis = 0>(t, r) y = Tile(x, s) }""",
    "what follows from a number": """(int64 k) => (float[A] y, int64[1] n) {
        z = Constant<value = int64 {0}>() o = Constant<value = int64 {1}>() m = Add(k, o)
        r = Range(z, m, o) f = Cast<to = 1>(r) e = Exp(f) g = Neg(e) y = Exp(g) n = Shape(y) }""",
}


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
def test_a_number_becomes_a_size(text: str):
    check(text, *({"N": n, "k": k} for n, k in ((2, 5), (1, 1), (3, 8), (2, 0))), data_sizes=True)


def test_a_shape_of_the_data_with_what_is_left():
    text = """(int64[2] s, float[N, 6] x) => (float[A, B] y) { y = Reshape(x, s) }"""
    ctx, module = converted(model_of(text), data_sizes=True)
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    for shape in ([8, 3], [-1, 2], [0, -1], [24, 1], [0, 0]):
        [y] = run(ctx, module, [np.array(shape), x])
        wanted = [n if n else x.shape[at] for at, n in enumerate(shape)]
        np.testing.assert_array_equal(y, x.reshape(wanted))
    with pytest.raises(InputError, match="needs equal sizes"):
        run(ctx, module, [np.array([5, 3]), x])


def test_a_negative_size_is_refused():
    text = "(int64[1] s) => (float[A] y) { y = ConstantOfShape(s) }"
    ctx, module = converted(model_of(text), data_sizes=True)
    with pytest.raises(InputError, match="ConstantOfShape.* is negative or above"):
        run(ctx, module, [np.array([-2])])


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

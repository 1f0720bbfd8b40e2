"""Sizes that the data decides in branches and loops: native, and found anew in each trip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.errors import InputError
from stepwell.interpreters import run

HEAD = '<ir_version: 10, opset_import: ["" : 21]> '

ROW_OF_EACH_TRIP = """g (float[n, 4] x, int64 trips) => (float[k, 4] y)
    <int64[1] one = {1}, int64[1] zero = {0}, bool go = {1}> {
        y = Loop(trips, go) <body = b (int64 i, bool c) => (c2, r) {
            at = Reshape(i, one)
            end = Add(at, one)
            rows = Slice(x, at, end, zero)
            row = Squeeze(rows, zero)
            r = Exp(row)
            c2 = Identity(c)
        }>
    }"""
"""`x[i : i + 1]`, as exporters write `x[i]`."""

SOME_ROWS = """g (float[n, 4] x, int64 trips) => (float[4] y)
    <int64[1] one = {1}, int64[1] zero = {0}, bool go = {1}, float[4] start = {0, 0, 0, 0}> {
        y = Loop(trips, go, start) <body = b (int64 i, bool c, float[4] a) => (c2, a2) {
            at = Reshape(i, one)
            rows = Slice(x, zero, at, zero)
            sum = ReduceSum<keepdims = 0>(rows, zero)
            a2 = Add(a, sum)
            c2 = Identity(c)
        }>
    }"""
"""More rows in each trip, at last all there are."""

WHAT_IS_LARGE = """g (float[n, 4] x, int64 trips) => (int64 y)
    <bool go = {1}, int64 none = {0}> {
        y = Loop(trips, go, none) <body = b (int64 i, bool c, int64 a) => (c2, a2) {
            least = Cast<to = 1>(i)
            large = Greater(x, least)
            where = NonZero(large)
            sum = ReduceSum<keepdims = 0>(where)
            a2 = Add(a, sum)
            c2 = Identity(c)
        }>
    }"""

EITHER = """g (float[n, 4] x, int64 trips) => (float y)
    <bool go = {1}, float none = {0}, int64 two = {2}> {
        y = Loop(trips, go, none) <body = b (int64 i, bool c, float a) => (c2, a2) {
            odd = Mod(i, two)
            is = Cast<to = 9>(odd)
            rows = If(is) <
                then_branch = t () => (p) { p = Concat<axis = 0>(x, x) },
                else_branch = e () => (q) { q = Neg(x) }
            >
            sum = ReduceSum<keepdims = 0>(rows)
            a2 = Add(a, sum)
            c2 = Identity(c)
        }>
    }"""
"""A branch in a loop, twice as many rows in every second trip."""

Feeds = dict[str, Any]


def feeds(rows: int, trips: int) -> Feeds:
    x = np.random.default_rng(rows).uniform(-1, 4, (rows, 4)).astype(np.float32)
    return {"x": x, "trips": np.array(trips)}


CASES: dict[str, tuple[str, Callable[[int], int]]] = {
    "row of each trip": (ROW_OF_EACH_TRIP, lambda rows: rows),
    "some rows": (SOME_ROWS, lambda rows: rows + 3),
    "what is large": (WHAT_IS_LARGE, lambda rows: 4),
    "either": (EITHER, lambda rows: 5),
}


@pytest.mark.parametrize("name", CASES)
def test_in_a_loop(name: str):
    text, trips = CASES[name]
    model = onnx.parser.parse_model(HEAD + text)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    engine, beside = (stepwell.compile(model, threads=n) for n in (1, 2))
    assert not engine.reference_ops
    assert not engine.program.is_open
    for rows in (3, 1, 7, 100, 3):
        given = feeds(rows, trips(rows))
        [wanted] = map(np.asarray, session.run(None, given))
        [found] = engine.run(given).values()
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, 1e-4, 1e-4)
        assert beside.run(given)["y"].tobytes() == found.tobytes()


@pytest.mark.parametrize("name", CASES)
def test_every_level_by_its_interpreter(name: str):
    text, trips = CASES[name]
    model = onnx.parser.parse_model(HEAD + text)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    compilation = Compilation.of(model, Options())
    given = feeds(3, trips(3))
    wanted = np.asarray(session.run(None, given)[0])
    for level in ("engine", "layout", "plan", "kernels"):
        compilation.lower_to(level)
        [found] = run(compilation.ctx, compilation.module, given)
        np.testing.assert_allclose(found, wanted, 1e-4, 1e-4, err_msg=level)


def test_a_slice_that_is_not_the_one_row_it_must_be():
    """There is a fourth trip, and no fourth row; the engine works on afterwards."""
    engine = stepwell.compile(onnx.parser.parse_model(HEAD + ROW_OF_EACH_TRIP))
    with pytest.raises(InputError, match="Squeeze 'Squeeze_3' needs equal sizes"):
        engine.run(feeds(3, 4))
    assert engine.run(feeds(3, 3))["y"].shape == (3, 4)


def test_what_is_found_in_a_branch_is_not_known_outside():
    """The rows of a branch in a branch are; of them what has a size of its own is not given."""
    text = """g (bool c, bool d, float[n] x) => (float s) {
        y = If(c) <
            then_branch = t () => (a) {
                q = If(d) <
                    then_branch = t2 () => (f) { f = Concat<axis = 0>(x, x) },
                    else_branch = e2 () => (g) { g = Neg(x) }
                >
                a = ReduceSum<keepdims = 0>(q)
            },
            else_branch = e () => (b) { b = ReduceSum<keepdims = 0>(x) }
        >
        s = Identity(y)
    }"""
    engine = stepwell.compile(onnx.parser.parse_model(HEAD + text))
    assert not engine.reference_ops
    x = np.arange(5, dtype=np.float32)
    for c, d, wanted in ((True, True, 20), (True, False, -10), (False, True, 10)):
        assert engine.run({"c": np.array(c), "d": np.array(d), "x": x})["s"] == wanted

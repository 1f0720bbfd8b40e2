"""Branches and loops whose values are as large as the data says: one program, native and right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.errors import InputError, NotEnoughMemoryError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import by_onnxruntime
from stepwell.test.conversion.to_engine.test_open_extents import converted, model_of

FOUND_IN_BRANCHES = """(float[N, S] x, bool c) => (float[R] y, int64[2, Z] z) {
    y, z = If<
        then_branch = marked () => (float[V] u, int64[2, W] w) {
            w = NonZero(x) q = Transpose<perm = [1, 0]>(w) u = GatherND(x, q) },
        else_branch = all () => (float[A] a, int64[2, B] b) {
            m = Constant<value = int64[1] {-1}>() a = Reshape(x, m)
            n = Neg(x) r = Relu(n) b = NonZero(r) }>(c) }"""

ROWS_OF_A_SLICE = """(float[N, S] x, int64 n) => (float[T, R] y) {
    t = Constant<value = bool {1}>() z = Constant<value = int64[1] {0}>()
    o = Constant<value = int64[1] {1}>() m = Constant<value = int64[1] {-1}>()
    y = Loop<body = b (int64 i, bool c) => (bool d, float[Q] r) {
        d = Identity(c) a = Unsqueeze(i, z) e = Add(a, o) s = Slice(x, a, e) r = Reshape(s, m)
    }>(n, t) }"""

ROWS_OF_AN_INNER_LOOP = """(float[N, S] x, int64 n, int64 m) => (float[R, M, S] y) {
    t = Constant<value = bool {1}>()
    y = Loop<body = outer (int64 i, bool c) => (bool d, float[Q, S] b) {
        d = Identity(c)
        b = Loop<body = inner (int64 j, bool e) => (bool f, float[S] v) {
            f = Identity(e) k = Add(i, j) v = Gather(x, k) }>(m, t) }>(n, t) }"""

GROWS_IN_A_LOOP_IN_A_LOOP = """(float[K, 4] x, int64 n, int64 m) => (float[R, 4] y) {
    t = Constant<value = bool {1}>()
    y = Loop<body = outer (int64 i, bool c, float[P, 4] a) => (bool d, float[Q, 4] b) {
        d = Identity(c)
        b = Loop<body = inner (int64 j, bool e, float[S, 4] u) => (bool f, float[U, 4] v) {
            f = Identity(e) s = Add(i, j) g = Cast<to = 1>(s) w = Mul(x, g)
            v = Concat<axis = 0>(u, w) }>(m, t, a) }>(n, t, x) }"""

GROWS_BY_WHAT_IS_FOUND = """(float[N, S] x, int64 n) => (float[R] y) {
    t = Constant<value = bool {1}>() z = Constant<value = int64[1] {0}>() o = ConstantOfShape(z)
    y = Loop<body = b (int64 i, bool c, float[P] a) => (bool d, float[Q] b) {
        d = Identity(c) r = Gather(x, i) p = NonZero(r) q = Transpose<perm = [1, 0]>(p)
        u = GatherND(r, q) b = Concat<axis = 0>(a, u) }>(n, t, o) }"""

SHRINKS = """(float[K] x, float h) => (float[R] y) {
    n = Constant<value = int64 {20}>() t = Constant<value = bool {1}>()
    y = Loop<body = b (int64 i, bool c, float[P] a) => (bool d, float[Q] b) {
        d = Identity(c) s = Add(a, h) z = Constant<value = float {0.0}>() m = Greater(s, z)
        b = Compress(s, m) }>(n, t, x) }"""

HOLES = np.array([[0, 1, 2], [3, 0, 0]], np.float32)


def numbers(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


COURSES: dict[str, tuple[str, Sequence[dict[str, Any]]]] = {
    "found in branches": (
        FOUND_IN_BRANCHES,
        [{"x": x, "c": np.array(c)} for x in (HOLES, numbers(3, 1)) for c in (True, False)],
    ),
    "rows of a slice": (
        ROWS_OF_A_SLICE,
        [{"x": numbers(5, 3), "n": np.array(n)} for n in (5, 3, 1)],
    ),
    "rows of an inner loop": (
        ROWS_OF_AN_INNER_LOOP,
        [
            {"x": numbers(9, 3), "n": np.array(n), "m": np.array(m)}
            for n, m in ((2, 3), (1, 1), (4, 5))
        ],
    ),
    "grows in a loop in a loop": (
        GROWS_IN_A_LOOP_IN_A_LOOP,
        [
            {"x": numbers(k, 4), "n": np.array(n), "m": np.array(m)}
            for n, m, k in ((2, 3, 1), (0, 2, 2), (3, 0, 1), (1, 1, 3), (4, 5, 2))
        ],
    ),
    "grows by what is found": (
        GROWS_BY_WHAT_IS_FOUND,
        [{"x": x, "n": np.array(n)} for x in (HOLES, numbers(2, 4)) for n in (0, 1, 2)],
    ),
    "shrinks": (
        SHRINKS,
        [{"x": numbers(k), "h": np.float32(h)} for k in (1, 7, 20, 0) for h in (-0.2, 0.1, -3)],
    ),
}


@pytest.mark.parametrize("name", COURSES)
def test_one_program(name: str):
    text, calls = COURSES[name]
    model = model_of(text.replace("'", '"'))
    model.opset_import[0].version = 21
    ctx, module = converted(model, data_sizes="all")
    engines = [stepwell.compile(model, threads=threads) for threads in (1, 2)]
    assert not engines[0].program.is_open
    assert engines[0].reference_ops == ()
    for feeds in calls:
        given = {key: np.asarray(value) for key, value in feeds.items()}
        wanted = by_onnxruntime(model, given)
        found = [list(engine.run(given).values()) for engine in engines]
        interpreted = run(ctx, module, list(given.values()))
        for right, *ours in zip(wanted, *found, interpreted, strict=True):
            for array in ours:
                assert array.shape == right.shape
                np.testing.assert_allclose(array, right, rtol=1e-5, atol=1e-6)
            assert ours[0].tobytes() == ours[1].tobytes()


@pytest.mark.parametrize("name", ["rows of an inner loop", "grows by what is found"])
def test_every_level_by_its_interpreter(name: str):
    text, calls = COURSES[name]
    model = model_of(text)
    model.opset_import[0].version = 21
    compilation = Compilation.of(model, Options())
    wanted = [by_onnxruntime(model, feeds) for feeds in calls[-2:]]
    for level in ("layout", "plan", "kernels"):
        compilation.lower_to(level)
        for feeds, right in zip(calls[-2:], wanted, strict=True):
            found = run(compilation.ctx, compilation.module, feeds)
            for one, other in zip(found, right, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_rows_of_unlike_sizes_are_an_error():
    text = """(float[N, S] x) => (float[T, R] y) {
        z = Constant<value = int64[1] {0}>() k = Shape<end = 1>(x) n = Squeeze(k, z)
        t = Constant<value = bool {1}>()
        y = Loop<body = b (int64 i, bool c) => (bool d, float[Q] r) {
            d = Identity(c) w = Gather(x, i) p = NonZero(w) q = Transpose<perm = [1, 0]>(p)
            r = GatherND(w, q) }>(n, t) }"""
    engine = stepwell.compile(model_of(text))
    assert engine.reference_ops == ()
    np.testing.assert_array_equal(engine.run({"x": HOLES[:, ::-1][:1]})["y"], [[2, 1]])
    with pytest.raises(InputError, match="give rows of unlike sizes"):
        engine.run({"x": HOLES})
    assert engine.run({"x": np.zeros((0, 3), np.float32)})["y"].shape == (0, 0)


def test_more_than_there_is_room_for_is_an_error():
    model = model_of(GROWS_IN_A_LOOP_IN_A_LOOP)
    engine = stepwell.compile(model)
    for n, m in ((1 << 20, 1 << 20), (2**31 - 1, 2**31 - 1)):
        feeds = {"x": numbers(1, 4), "n": np.array(n), "m": np.array(m)}
        with pytest.raises((InputError, NotEnoughMemoryError)):
            engine.run(feeds)
    feeds = {"x": numbers(1, 4), "n": np.array(-3), "m": np.array(2)}
    np.testing.assert_array_equal(engine.run(feeds)["y"], feeds["x"])


def test_states_of_a_scan_keep_their_sizes():
    """What a step makes of a state has its sizes: of two names for them both are equal."""
    text = """(float[M] s, float[T, N] x) => (float[K] y, float[T, L] r) {
        y, r = Scan<num_scan_inputs = 1, body = b (float[P] a, float[Q] v)
            => (float[P] c, float[Q] w) { c = Add(a, v) w = Identity(c) }>(s, x) }"""
    model = model_of(text)
    engine = stepwell.compile(model)
    assert not engine.program.is_open
    assert engine.reference_ops == ()
    for trips, size in ((3, 4), (1, 1), (20, 2)):
        x, s = numbers(trips, size), numbers(size)
        found = engine.run({"s": s, "x": x})
        rows = s + np.cumsum(x, axis=0)
        np.testing.assert_allclose(found["r"], rows, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found["y"], rows[-1], rtol=1e-5, atol=1e-5)
    with pytest.raises(InputError, match="needs equal sizes"):
        engine.run({"s": numbers(3), "x": numbers(2, 4)})

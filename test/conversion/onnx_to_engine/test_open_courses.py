"""Loops whose number of trips the data decides, natively: how many rows they give is a size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.interpreters import run

HEAD = '<ir_version: 10, opset_import: ["": 21]>\n'

GROWING = """g (float[N, 3] x, float top) => (float[N, 3] y, float[T, N, 3] rows, float[N] s)
    <int64 most = {40}, bool on = {1}> {
    y, all = Loop(most, on, x) <body = b (int64 i, bool g, float[N, 3] u)
        => (bool h, float[N, 3] p, float[N, 3] r) {
        two = Constant <value_float = 1.5> ()
        p = Mul(u, two)
        r = Tanh(u)
        largest = ReduceMax<keepdims = 0>(p)
        h = Less(largest, top)
    }>
    rows = Neg(all)
    zero = Constant <value_ints = [0, 2]> ()
    s = ReduceSum<keepdims = 0>(all, zero)
}"""


def checked(model: onnx.ModelProto, engine: Any, **feeds: Any) -> list[Any]:
    """What an engine gives, which is what onnxruntime gives."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    found = list(engine.run(feeds).values())
    for one, other in zip(found, session.run(None, feeds), strict=True):
        wanted = np.asarray(other)
        assert one.shape == wanted.shape
        np.testing.assert_allclose(one, wanted, 1e-4, 1e-5)
    return found


@pytest.mark.parametrize("shapes", [{}, {"N": 2}])
def test_rows_of_a_loop_that_ends_early(shapes: dict[str, int], tmp_path: Path):
    model = onnx.parser.parse_model(HEAD + GROWING)
    engines = [stepwell.compile(model, shapes=shapes, threads=n) for n in (1, 2)]
    for engine in engines:
        assert not engine.program.is_open
        assert not engine.reference_ops
        assert str(engine.outputs[1]).startswith("rows: float32[T, ")
    engines[0].save(tmp_path / "loop.well")
    engines.append(stepwell.load(tmp_path / "loop.well"))
    lengths: set[int] = set()
    for rows in (2,) if shapes else (1, 2, 5):
        x = np.random.default_rng(rows).uniform(0.1, 1, (rows, 3)).astype(np.float32)
        for top in (0, 2, 30, 1e30):
            feeds = {"x": x, "top": np.array(top, np.float32)}
            found = [checked(model, engine, **feeds) for engine in engines]
            for others in found[1:]:
                assert [a.tobytes() for a in others] == [a.tobytes() for a in found[0]]
            lengths.add(len(found[0][1]))
    assert len(lengths) > 2


def test_every_level_by_its_interpreter():
    model = onnx.parser.parse_model(HEAD + GROWING)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    compilation = Compilation.of(model, Options())
    for level in ("engine", "layout", "plan", "kernels"):
        compilation.lower_to(level)
        for top in (0, 20):
            feeds = {"x": np.full((2, 3), 0.5, np.float32), "top": np.array(top, np.float32)}
            found = run(compilation.ctx, compilation.module, feeds)
            for one, other in zip(found, session.run(None, feeds), strict=True):
                np.testing.assert_allclose(one, np.asarray(other), 1e-4, 1e-5)


def test_rows_of_a_loop_in_a_loop():
    text = """g (float[3] x) => (float[3] y) <int64 n = {300}, bool on = {1}, int64[1] zero = {0}> {
        y = Loop(n, on, x) <body = b (int64 i, bool g, float[3] u) => (bool h, float[3] p) {
            h = Identity(g)
            v, all = Loop(n, on, u) <body = c (int64 j, bool k, float[3] s)
                => (bool l, float[3] t, float[3] r) {
                t = Tanh(s)
                r = Neg(s)
                l = Less(j, i)
            }>
            m = ReduceSum<keepdims = 0>(all, zero)
            p = Add(v, m)
        }>
    }"""
    model = onnx.parser.parse_model(HEAD + text)
    engine = stepwell.compile(model)
    assert not engine.reference_ops
    checked(model, engine, x=np.array([0.5, -1, 2], np.float32))


BUTTERFLY = """g (float[8] x, int64 n) => (float[8] y)
    <bool on = {1}, int64[1] a = {0}, int64[1] b = {4}, int64[1] c = {8}> {
    y = Loop(n, on, x) <body = r (int64 i, bool g, float[8] u) => (bool h, float[8] v) {
        h = Identity(g)
        low = Slice(u, a, b)
        high = Slice(u, b, c)
        sum = Add(low, high)
        one = Tanh(sum)
        apart = Sub(low, high)
        other = Tanh(apart)
        v = Concat<axis = 0>(one, other)
    }>
}"""


def test_parts_of_what_is_carried_are_written_when_it_is_read_no_more():
    """The first half of the next value must not be computed into what the second is made of."""
    model = onnx.parser.parse_model(HEAD + BUTTERFLY)
    feeds = {"x": np.linspace(-1, 2, 8, dtype=np.float32), "n": np.array(5)}
    checked(model, stepwell.compile(model), **feeds)
    [wanted] = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
    compilation = Compilation.of(model, Options())
    compilation.lower_to("plan")
    [found] = run(compilation.ctx, compilation.module, feeds)
    np.testing.assert_allclose(found, np.asarray(wanted), 1e-5)

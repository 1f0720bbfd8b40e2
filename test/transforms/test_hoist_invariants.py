"""What leaves a loop gives what it gave: numbers, errors, and nothing where no trip is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.compiler.planned_program import main_of
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects.engine import LoopOp, MapOp, MatmulOp, SoftmaxOp
from stepwell.dialects.engine.loop import in_line, loops_around
from stepwell.errors import StepwellError
from stepwell.interpreters import run
from stepwell.test.conversion.random_courses import RandomCourses
from stepwell.transforms.hoist_invariants import HoistInvariantsPass

HEAD = '<ir_version: 10, opset_import: ["": 21]>\n'


def converted(model: onnx.ModelProto) -> Compilation:
    """A model at level 2, without any rewrite."""
    compilation = Compilation.of(model, Options())
    ConvertToEnginePass().apply(compilation.ctx, compilation.module)
    return compilation


def inside(compilation: Compilation, *kinds: type[Any]) -> int:
    """How many operations of these classes stand in loops."""
    ops = in_line(main_of(compilation.module).body.block)
    return sum(isinstance(op, kinds) and bool(loops_around(op)) for op in ops)


@pytest.mark.parametrize("open_rows", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_drawn_loops_give_what_they_gave(seed: int, open_rows: bool):
    drawn = RandomCourses(seed, 1 + seed % 3, open_rows=open_rows)
    compilation = converted(drawn.model)
    feeds = [list(drawn.feeds_at(n).values()) for n in ((1, 6) if open_rows else (3,))]
    before = [run(compilation.ctx, compilation.module, f) for f in feeds]
    HoistInvariantsPass().apply(compilation.ctx, compilation.module)
    compilation.module.verify()
    after = [run(compilation.ctx, compilation.module, f) for f in feeds]
    for found, wanted in zip(after, before, strict=True):
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


MIXED = """g (int64 n, float[N, 4] x, float[N, 4] w, int64[2] at) => (float[N, 4] y, float[N, 4] k)
    <bool on = {1}> {
    y, k = Loop(n, on, x, w) <body = t (int64 i, bool g, float[N, 4] u, float[N, 4] v)
        => (bool h, float[N, 4] p, float[N, 4] q) {
        h = Identity(g)
        q = Identity(v)
        a = Softmax<axis = 0>(v)
        b = Transpose<perm = [1, 0]>(a)
        c = MatMul(b, x)
        r = Gather<axis = 0>(x, at)
        s = ReduceMax<keepdims = 0>(r)
        d = MatMul(u, c)
        e = Add(d, s)
        p = Tanh(e)
    }>
}"""


def test_what_an_unchanged_value_decides_is_computed_once():
    model = onnx.parser.parse_model(HEAD + MIXED)
    compilation = Compilation.of(model, Options())
    compilation.lower_to("engine")
    [loop] = [o for o in in_line(main_of(compilation.module).body.block) if isinstance(o, LoopOp)]
    assert len(loop.inits) == 1
    assert inside(compilation, SoftmaxOp) == 0
    assert inside(compilation, MatmulOp) == 1
    engine = stepwell.compile(model)
    assert not engine.program.is_open
    session = onnxruntime.InferenceSession(model.SerializeToString())
    rng = np.random.default_rng(0)
    for trips in (0, 1, 3):
        for rows in (2, 5):
            x, w = rng.standard_normal((2, rows, 4)).astype(np.float32)
            feeds = {"n": np.array(trips), "x": x, "w": w, "at": np.array([1, -1])}
            found = engine.run(feeds).values()
            for one, other in zip(found, session.run(None, feeds), strict=True):
                np.testing.assert_allclose(one, np.asarray(other), 1e-4, 1e-5)


def test_an_error_comes_from_trips_alone():
    engine = stepwell.compile(onnx.parser.parse_model(HEAD + MIXED))
    x = np.ones((3, 4), np.float32)
    feeds: dict[str, Any] = {"n": np.array(0), "x": x, "w": x, "at": np.array([0, 7])}
    np.testing.assert_array_equal(engine.run(feeds)["y"], x)
    with pytest.raises(StepwellError, match="index"):
        engine.run({**feeds, "n": np.array(1)})


def test_nothing_from_outside_is_taken_into_the_trips():
    """A product whose only reader is in a loop stays outside; so does a map."""
    text = """g (int64 n, float[4, 4] x, float[4, 4] w) => (float[4, 4] y) <bool on = {1}> {
        m = MatMul(x, w)
        t = Tanh(w)
        y = Loop(n, on, x) <body = b (int64 i, bool g, float[4, 4] u)
            => (bool h, float[4, 4] p) {
            h = Identity(g)
            a = Add(u, m)
            s = Mul(a, t)
            p = Neg(s)
        }>
    }"""
    model = onnx.parser.parse_model(HEAD + text)
    compilation = Compilation.of(model, Options())
    compilation.lower_to("engine")
    assert inside(compilation, MatmulOp) == 0
    assert inside(compilation, MapOp) == 1
    ops = in_line(main_of(compilation.module).body.block)
    assert sum(isinstance(op, MapOp) for op in ops) == 2

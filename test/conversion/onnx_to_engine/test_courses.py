"""Loops and branches that the data decides, natively: ends, types, what is carried and stacked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell

HEAD = '<ir_version: 10, opset_import: ["": 21]>\n'


def compiled(text: str, **options: Any) -> tuple[stepwell.Engine, Any]:
    """A native engine, and an independent one."""
    model = onnx.parser.parse_model(HEAD + text)
    engine = stepwell.compile(model, **options)
    assert isinstance(engine, stepwell.Engine)
    assert not engine.reference_ops
    return engine, onnxruntime.InferenceSession(model.SerializeToString())


def same(engine: stepwell.Engine, session: Any, **feeds: Any) -> None:
    found = list(engine.run(feeds).values())
    for one, other in zip(found, session.run(None, feeds), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["float", "double", "float16", "int64", "int32"])
def test_carried_values_change_places(kind: str):
    engine, session = compiled(f"""g (int64 n, bool c, {kind}[3] x, {kind}[3] y)
        => ({kind}[3] a, {kind}[3] b) {{
        a, b = Loop(n, c, x, y) <body = t (int64 i, bool g, {kind}[3] u, {kind}[3] v)
            => (bool h, {kind}[3] p, {kind}[3] q) {{
            h = Identity(g)
            p = Identity(v)
            q = Add(u, v)
        }}>
    }}""")
    dtypes = {"float": np.float32, "double": np.float64, "float16": np.float16}
    dtype = np.dtype(dtypes.get(kind, kind))
    x, y = np.arange(3).astype(dtype), np.array([1, -1, 2]).astype(dtype)
    for trips in (-1, 0, 1, 2, 7):
        for going in (True, False):
            same(engine, session, n=np.array(trips), c=np.array(going), x=x, y=y)


def test_booleans_are_carried():
    engine, session = compiled("""g (int64 n, bool[4] x) => (bool[4] y) <bool on = {1}> {
        y = Loop(n, on, x) <body = t (int64 i, bool g, bool[4] u) => (bool h, bool[4] p) {
            h = Identity(g) p = Not(u) }>
    }""")
    for trips in range(4):
        same(engine, session, n=np.array(trips), x=np.array([True, False, False, True]))


ENDS = """g (float[2] x, float top) => (float[2] y) <int64 n = {1000}, bool on = {1}> {
    y = Loop(n, on, x) <body = t (int64 i, bool g, float[2] u) => (bool h, float[2] p) {
        two = Constant <value_float = 2.0> ()
        p = Mul(u, two)
        most = ReduceMax<keepdims = 0>(p)
        h = Less(most, top)
    }>
}"""


def test_a_condition_ends_a_loop_early():
    engine, session = compiled(ENDS)
    x = np.array([1, 3], np.float32)
    for top in (0, 6, 100, 1e30):
        same(engine, session, x=x, top=np.array(top, np.float32))


def test_a_saved_loop(tmp_path: Path):
    engine, session = compiled(ENDS)
    path = tmp_path / "loop.stepwell"
    engine.save(path)
    loaded = stepwell.load(path)
    same(loaded, session, x=np.array([1, 3], np.float32), top=np.array(50, np.float32))


def test_a_saved_loop_is_compiled_again(tmp_path: Path):
    model = onnx.parser.parse_model(HEAD + ENDS)
    engine = stepwell.compile(model)
    path = tmp_path / "loop.stepwell"
    engine.save(path)
    again = stepwell.load(path, recompile=True)
    assert not again.reference_ops
    session = onnxruntime.InferenceSession(model.SerializeToString())
    same(again, session, x=np.array([1, 3], np.float32), top=np.array(50, np.float32))


def test_open_sizes():
    """What a loop carries and a branch gives may have sizes that are known at the call only."""
    text = """g (int64 n, bool c, float[N] x) => (float[N] y, float[N] z) <bool on = {1}> {
        y = Loop(n, on, x) <body = t (int64 i, bool g, float[N] u) => (bool h, float[N] p) {
            h = Identity(g) v = Neg(u) p = Abs(v) }>
        z = If(c) <then_branch = a () => (float[N] s) { s = Exp(x) },
            else_branch = b () => (float[N] r) { r = Neg(y) }>
    }"""
    model = onnx.parser.parse_model(HEAD + text)
    engine = stepwell.compile(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for size in (1, 5, 2):
        x = -np.arange(size, dtype=np.float32)
        feeds = {"n": np.array(2), "c": np.array(False), "x": x}
        for one, other in zip(engine.run(feeds).values(), session.run(None, feeds), strict=True):
            np.testing.assert_array_equal(one, other)

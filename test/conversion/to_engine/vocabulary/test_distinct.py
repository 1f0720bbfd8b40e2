"""Distinct elements and rows: one program for any sizes, as numpy finds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell.test.conversion.to_engine.test_open_extents import model_of

TEXT = """(int64[N, S] x, float[M] f) => (int64[A] y, int64[A] yi, int64[B] yv, int64[A] yc,
        int64[C, S] r, int64[C] ri, int64[N] rv, int64[C] rc,
        int64[N, D] c, float[E] g, int64[E] gi, int64[M] gv) {
    y, yi, yv, yc = Unique<sorted = 0>(x)
    r, ri, rv, rc = Unique<axis = 0>(x)
    c = Unique<axis = -1, sorted = 0>(x)
    g, gi, gv = Unique(f) }"""


def in_order(x: Any, axis: int | None = None) -> tuple[Any, Any, Any, Any]:
    """What numpy finds, in the order of the first of each."""
    found, first, which, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=axis
    )
    order = np.argsort(first)
    rank = np.argsort(order)
    return np.take(found, order, axis or 0), first[order], rank[which.reshape(-1)], counts[order]


@pytest.mark.parametrize("threads", [1, 2])
def test_one_program(threads: int):
    engine = stepwell.compile(model_of(TEXT), threads=threads)
    assert not engine.program.is_open
    assert engine.reference_ops == ()
    rng = np.random.default_rng(0)
    special = np.array([1, np.nan, -0.0, 0.0, np.nan, np.inf, -np.inf, 1], np.float32)
    for shape in ((3, 5), (1, 1), (9, 2), (40, 3), (2, 0), (0, 3)):
        x = rng.integers(-1, 2, shape)
        f = special if shape == (3, 5) else rng.integers(0, 9, 50).astype(np.float32)
        found = engine.run({"x": x, "f": f})
        rows = np.unique(x, return_index=True, return_inverse=True, return_counts=True, axis=0)
        floats = np.unique(f, return_index=True, return_inverse=True)
        wanted = {
            **dict(zip(("y", "yi", "yv", "yc"), in_order(x.reshape(-1)), strict=True)),
            **dict(zip(("r", "ri", "rv", "rc"), rows, strict=True)),
            "c": in_order(x, 1)[0],
            **dict(zip(("g", "gi", "gv"), floats, strict=True)),
        }
        for name, array in wanted.items():
            right = array.reshape(-1) if name == "rv" else array
            np.testing.assert_array_equal(found[name], right, f"{name} of {shape}")


def test_other_elements():
    text = """(float16[N] h, bool[N] b, uint8[N] u) => (float16[A] x, bool[B] y, uint8[C] z)
        { x = Unique(h) y = Unique<sorted = 0>(b) z = Unique(u) }"""
    engine = stepwell.compile(model_of(text))
    assert engine.reference_ops == ()
    numbers = np.array([3, 1, 200, 1, 0, 3])
    feeds = {"h": numbers.astype(np.float16), "b": numbers > 1, "u": numbers.astype(np.uint8)}
    found = engine.run(feeds)
    np.testing.assert_array_equal(found["x"], [0, 1, 3, 200])
    np.testing.assert_array_equal(found["y"], [True, False])
    np.testing.assert_array_equal(found["z"], [0, 1, 3, 200])

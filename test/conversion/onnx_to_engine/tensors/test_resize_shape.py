"""Resizes to what the data says: one program, and the sizes and numbers of the standard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell.dialects.engine import ReferenceOp
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import by_onnx
from stepwell.test.conversion.to_engine.test_open_extents import converted, model_of

SHAPES = ((1, 2, 7, 5), (2, 1, 1, 4), (1, 1, 1, 1))


def images(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


BY_SCALES = ((1.0, 1.0), (2.0, 0.5), (1.7, 3.0))
BY_SIZES = ((1, 1), (2, 5), (14, 3))

FORMS = {
    "scales": ("(float[2] s, float[N, C, H, W] x)", "axes = [2, 3], mode = 'linear'", "x, , s"),
    "sizes": ("(int64[2] s, float[N, C, H, W] x)", "axes = [3, 2], mode = 'cubic'", "x, , , s"),
    "fewer": (
        "(int64[2] s, float[N, C, H, W] x)",
        "axes = [2, 3], mode = 'linear', antialias = 1",
        "x, , , s",
    ),
    "corners": (
        "(int64[2] s, float[N, C, H, W] x)",
        "axes = [2, 3], mode = 'nearest', coordinate_transformation_mode = 'align_corners'",
        "x, , , s",
    ),
    "not larger": (
        "(int64[2] s, float[N, C, H, W] x)",
        "axes = [2, 3], mode = 'linear', antialias = 1, keep_aspect_ratio_policy = 'not_larger'",
        "x, , , s",
    ),
    "not smaller": (
        "(int64[2] s, float[N, C, H, W] x)",
        "axes = [2, 3], mode = 'nearest', keep_aspect_ratio_policy = 'not_smaller'",
        "x, , , s",
    ),
    "within borders": (
        "(int64[2] s, float[N, C, H, W] x)",
        "axes = [2, 3], mode = 'cubic', exclude_outside = 1",
        "x, , , s",
    ),
}


def text_of(name: str) -> str:
    head, attributes, operands = FORMS[name]
    node = f"Resize<{attributes}>({operands})".replace("'", '"')
    return f"{head} => (float[N, C, P, Q] y) {{ y = {node} }}"


@pytest.mark.parametrize("name", FORMS)
def test_is_what_the_standard_gives(name: str):
    model = model_of(text_of(name))
    ctx, module = converted(model, data_sizes="all")
    assert not [op for op in module.walk() if isinstance(op, ReferenceOp)]
    for shape in SHAPES[:2]:
        x = images(shape)
        for given in BY_SCALES if name == "scales" else BY_SIZES:
            s = np.array(given, np.float32 if name == "scales" else np.int64)
            wanted = by_onnx(model, {"s": s, "x": x})[0]
            [found] = run(ctx, module, [s, x])
            assert found.shape == wanted.shape, (shape, given)
            np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


ALL_AT_ONCE = """(float[2] r, int64[2] s, float[N, C, H, W] x)
        => (float[N, C, P, Q] a, float[N, C, T, U] b, float[N, C, 3, 4] c) {
    o = Constant<value = float[2] {1.0, 1.0}>() k = Concat<axis = 0>(o, r)
    a = Resize<mode = "linear">(x, , k)
    d = Shape<end = 2>(x) z = Concat<axis = 0>(d, s)
    b = Resize<mode = "cubic", antialias = 1>(x, , , z)
    f = Constant<value = int64[2] {3, 4}>()
    c = Resize<mode = "linear", antialias = 1, axes = [2, 3]>(x, , , f) }"""


def test_one_program():
    """What is known of scales and sizes stays known: of images and channels nothing is summed."""
    model = model_of(ALL_AT_ONCE)
    engine = stepwell.compile(model)
    assert not engine.program.is_open
    assert engine.reference_ops == ()
    for shape in SHAPES[:2]:
        x = images(shape)
        for r, s in zip(BY_SCALES, BY_SIZES, strict=True):
            feeds = {"r": np.array(r, np.float32), "s": np.array(s), "x": x}
            wanted = by_onnx(model, feeds)
            for found, right in zip(engine.run(feeds).values(), wanted, strict=True):
                assert found.shape == right.shape
                np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4)
    feeds = {"r": np.ones(2, np.float32), "s": np.array([2, 2]), "x": images(SHAPES[0])}
    for bad in (np.nan, np.inf, -1.0):
        with pytest.raises(InputError, match=r"Resize.* a size is out of bounds"):
            engine.run({**feeds, "r": np.array([bad, 1], np.float32)})
    assert len(engine.run(feeds)) == 3

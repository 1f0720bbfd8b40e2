"""Windows added up in images whose sizes, and those of the windows, are open or data."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell.dialects.engine import ReferenceOp
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import by_onnx
from stepwell.test.conversion.to_engine.test_open_extents import converted, model_of

OF_DATA = """(float[N, K, L] x, int64[2] i, int64[2] b) => (float[N, C, H, W] y)
    { y = Col2Im<ATTRIBUTES>(x, i, b) }"""

WINDOWS: dict[str, dict[str, list[int]]] = {
    "one after the other": {"strides": [1, 1]},
    "with gaps": {"strides": [2, 1], "dilations": [1, 2]},
    "beyond the borders": {"pads": [1, 0, 1, 2]},
}


def blocks_of(image: Any, block: Any, channels: int, images: int = 1, **given: list[int]) -> Any:
    """Random blocks, as many as an image has."""
    strides, dilations = (given.get(name, [1, 1]) for name in ("strides", "dilations"))
    pads = given.get("pads", [0] * 4)
    count = prod(
        (image[d] + pads[d] + pads[2 + d] - dilations[d] * (block[d] - 1) - 1) // strides[d] + 1
        for d in range(2)
    )
    shape = (images, channels * prod(block), count)
    return np.random.default_rng(count).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", WINDOWS)
def test_sizes_that_the_data_decides(name: str):
    given = WINDOWS[name]
    model = model_of(
        OF_DATA.replace("ATTRIBUTES", ", ".join(f"{k} = {v}" for k, v in given.items()))
    )
    ctx, module = converted(model, data_sizes="all")
    assert not [op for op in module.walk() if isinstance(op, ReferenceOp)]
    for image, block, channels in (((5, 6), (2, 2), 3), ((7, 4), (3, 1), 1), ((4, 5), (1, 1), 2)):
        feeds = {
            "x": blocks_of(image, block, channels, images=2, **given),
            "i": np.array(image),
            "b": np.array(block),
        }
        [wanted] = by_onnx(model, feeds)
        [found] = run(ctx, module, list(feeds.values()))
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_one_program_for_all_images():
    text = """(float[N, 12, L] x, float[H, W] z) => (float[N, 2, H, W] y)
        { i = Shape(z) b = Constant<value = int64[2] {2, 3}>()
          y = Col2Im<strides = [2, 1]>(x, i, b) }"""
    model = model_of(text)
    engine = stepwell.compile(model)
    assert not engine.program.is_open
    assert engine.reference_ops == ()
    for image, images in (((5, 6), 2), ((8, 3), 1), ((2, 9), 3)):
        x = blocks_of(image, (2, 3), 2, images, strides=[2, 1])
        feeds = {"x": x, "z": np.zeros(image, np.float32)}
        [wanted] = by_onnx(model, feeds)
        np.testing.assert_allclose(engine.run(feeds)["y"], wanted, rtol=1e-5, atol=1e-5)
    with pytest.raises(InputError, match="Col2Im.* needs equal sizes"):
        engine.run({"x": np.zeros((1, 12, 7), np.float32), "z": np.zeros((5, 6), np.float32)})

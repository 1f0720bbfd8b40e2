"""Casts and quantisation of formats of at most eight bits, against ml_dtypes and the reference."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto
from onnx.numpy_helper import saturate_cast, to_float8e8m0

from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    converted,
    floats,
    node_model,
    numbers,
    typed,
)

FLOATS = {
    "FLOAT8E4M3FN": ml_dtypes.float8_e4m3fn,
    "FLOAT8E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "FLOAT8E5M2": ml_dtypes.float8_e5m2,
    "FLOAT8E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
    "FLOAT4E2M1": ml_dtypes.float4_e2m1fn,
    "FLOAT8E8M0": ml_dtypes.float8_e8m0fnu,
}
INTEGERS = {
    "INT4": ml_dtypes.int4,
    "UINT4": ml_dtypes.uint4,
    "INT2": ml_dtypes.int2,
    "UINT2": ml_dtypes.uint2,
}
SPECIAL = [0, -0.0, np.inf, -np.inf, np.nan, 448, 464, 465, 480, 57344, 61440, 61441, 240, 248]


def many(seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    wide = rng.standard_normal(2000) * 10.0 ** rng.integers(-9, 7, 2000)
    return floats(np.concatenate([wide, SPECIAL, [1e-45, 5, 6, 0.25, 0.75]]))


def cast(x, target, **attributes):
    """The Cast of `x` by the engine's semantics, which must not run by reference."""
    model, feeds = node_model("Cast", [x], to=getattr(TensorProto, target), **attributes)
    ctx, module = converted(model)
    assert not any(op.name == "engine.reference" for op in module.walk())
    [y] = run(ctx, module, feeds)
    return y


def assert_same(got, want):
    """Equal codes, but for which NaN it is."""
    assert got.dtype == want.dtype
    both = np.isnan(got.astype(np.float32)) & np.isnan(want.astype(np.float32))
    np.testing.assert_array_equal(got.view(np.uint8)[~both], want.view(np.uint8)[~both])


@pytest.mark.parametrize("source", [np.float32, np.float16])
@pytest.mark.parametrize("target", [name for name in FLOATS if name != "FLOAT8E8M0"])
def test_floats_saturate(target, source):
    with np.errstate(over="ignore"):
        x = many().astype(source)
    assert_same(cast(x, target), saturate_cast(x, np.dtype(FLOATS[target])))


@pytest.mark.parametrize("target", [name for name in FLOATS if "8E4" in name or "8E5" in name])
def test_floats_beyond_the_largest_are_no_numbers_without_saturation(target):
    x = many(1)
    with np.errstate(all="ignore"):
        assert_same(cast(x, target, saturate=0), x.astype(FLOATS[target]))


@pytest.mark.parametrize("mode", ["up", "down", "nearest"])
def test_powers_of_two(mode):
    x = np.abs(many(2))
    assert_same(cast(x, "FLOAT8E8M0", round_mode=mode), to_float8e8m0(x, True, mode))


@pytest.mark.parametrize("source", [*FLOATS, *INTEGERS])
def test_every_code_is_decoded(source):
    dtype = (FLOATS | INTEGERS)[source]
    width = 2 if "INT2" in source else 8 if "8" in source else 4
    x = np.arange(1 << width, dtype=np.uint8).view(dtype)
    np.testing.assert_array_equal(cast(x, "FLOAT"), x.astype(np.float32))


@pytest.mark.parametrize("target", INTEGERS)
def test_integers_wrap(target):
    x = floats(np.arange(-40, 40)) + floats(0.25)
    assert_same(cast(x, target), x.astype(INTEGERS[target]))


def test_from_one_format_to_another():
    x = np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e5m2)
    assert_same(
        cast(x, "FLOAT8E4M3FN"),
        saturate_cast(x.astype(np.float32), np.dtype(FLOATS["FLOAT8E4M3FN"])),
    )


def by_node(op, inputs, **attributes):
    model, feeds = node_model(op, inputs, **attributes)
    [want] = by_onnx(model, feeds)
    model.graph.output[0].CopyFrom(typed("o0", want))
    ctx, module = converted(model)
    assert not any(op.name == "engine.reference" for op in module.walk())
    [got] = run(ctx, module, feeds)
    return got, want


@settings(max_examples=20, deadline=None)
@given(
    target=st.sampled_from([*INTEGERS, "FLOAT8E4M3FN", "FLOAT8E5M2"]),
    blocks=st.integers(1, 3),
    size=st.integers(1, 3),
    axis=st.sampled_from([0, 1, -1]),
)
def test_quantisation_in_blocks(target, blocks, size, axis):
    dtype = (FLOATS | INTEGERS)[target]
    shape, scales = [2, 2], [2, 2]
    shape[axis], scales[axis] = blocks * size, blocks
    x = numbers(shape, spread=20)
    scale = np.abs(numbers(scales)) + floats(0.5)
    zero = np.zeros(scales, dtype)
    got, want = by_node("QuantizeLinear", [x, scale, zero], axis=axis, block_size=size)
    assert_same(got, want)
    got, want = by_node("DequantizeLinear", [want, scale, zero], axis=axis, block_size=size)
    np.testing.assert_allclose(got, want, rtol=1e-6)

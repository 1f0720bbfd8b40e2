"""Dot products of bytes and roundings to integers: every bit, on each kind of x86."""

from typing import Any

import numpy as np
import pytest
from xdsl.dialects import math
from xdsl.dialects.builtin import f32, f64, i8, i16, i32

from stepwell.dialects.vector_ext import SIGNS
from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import KernelBuilder, memref_type
from stepwell.targets.target import Target
from stepwell.test.conversion.kernels_to_llvm.conftest import Native
from stepwell.test.conversion.kernels_to_llvm.test_narrow_floats import runnable

NAMES = ["x86-64-v2", "x86-64-v3", "x86-64-v4", "native"]
LANES = (4, 8, 16, 32)


def dots(target: Target) -> KernelBuilder:
    """One function that stores the dot products of each signs and number of lanes."""
    b = KernelBuilder(target)
    sums = memref_type([len(SIGNS), len(LANES), 32], i32)
    codes = memref_type([128], i8)
    with b.function("f", [codes, codes, sums]) as (x, y, out):
        for i, signs in enumerate(SIGNS):
            for j, lanes in enumerate(LANES):
                a, c = b.vload(x, [0], 4 * lanes), b.vload(y, [0], 4 * lanes)
                acc = b.vload(out, [i, j, 0], lanes)
                b.vstore(b.dot(acc, a, c, signs), out, [i, j, 0])
    return b


@pytest.mark.parametrize("name", NAMES)
def test_dot_products_are_exact(name: str):
    """Extremes among random bytes: pairs of -128 * 255 and of 255 * 255 do not saturate."""
    target = runnable(name)
    builder = dots(target)
    rng = np.random.default_rng(5)
    for extreme in (False, True):
        x, y = rng.integers(0, 256, (2, 128)).astype(np.uint8)
        if extreme:
            x[:], y[::2], y[1::2] = 255, 128, 127
        start = rng.integers(-(2**31), 2**31, (len(SIGNS), len(LANES), 32)).astype(np.int32)
        found, read, wanted = start.copy(), start.copy(), start.astype(np.int64)
        Native(builder.module, target).call("f", x, y, found)
        run_kernels(builder.module, "f", [x.view(np.int8), y.view(np.int8), read])
        for i, signs in enumerate(SIGNS):
            a, c = (
                (v if s == "u" else v.view(np.int8)).astype(np.int64)
                for v, s in zip((x, y), signs, strict=True)
            )
            products = (a * c).reshape(-1, 4).sum(axis=1)
            for j, lanes in enumerate(LANES):
                wanted[i, j, :lanes] += products[:lanes]
        np.testing.assert_array_equal(found, wanted.astype(np.int32))
        np.testing.assert_array_equal(read, wanted.astype(np.int32))


@pytest.mark.parametrize("name", NAMES)
def test_products_of_pairs_are_exact(name: str):
    """Words of 16 bits; lanes wrap."""
    target = runnable(name)
    b = KernelBuilder(target)
    words, sums = memref_type([64], i16), memref_type([len(LANES), 32], i32)
    with b.function("f", [words, words, sums]) as (x, y, out):
        for j, lanes in enumerate(LANES):
            a, c = b.vload(x, [0], 2 * lanes), b.vload(y, [0], 2 * lanes)
            b.vstore(b.dot_pairs(b.vload(out, [j, 0], lanes), a, c), out, [j, 0])
    rng = np.random.default_rng(6)
    x, y = rng.integers(-32768, 32768, (2, 64)).astype(np.int16)
    start = rng.integers(-(2**31), 2**31, (len(LANES), 32)).astype(np.int32)
    found, read, wanted = start.copy(), start.copy(), start.astype(np.int64)
    Native(b.module, target).call("f", x, y, found)
    run_kernels(b.module, "f", [x, y, read])
    for j, lanes in enumerate(LANES):
        wanted[j, :lanes] += (x.astype(np.int64) * y).reshape(-1, 2).sum(axis=1)[:lanes]
    np.testing.assert_array_equal(found, wanted.astype(np.int32))
    np.testing.assert_array_equal(read, wanted.astype(np.int32))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_rounding_becomes_an_integer_at_once(name: str, dtype: Any):
    """Ties go to even, codes are the low bits, whatever instruction does it."""
    target = runnable(name)
    element = {np.float32: f32, np.float64: f64}[dtype]
    halves = np.arange(-600, 600, dtype=dtype) / 2
    values = np.concatenate([halves, np.nextafter(halves, dtype(9)), [2.0**31 - 129, -(2.0**31)]])
    values = values.astype(dtype)
    b = KernelBuilder(target)
    size = len(values)
    types = [memref_type([size], element), memref_type([size], i32), memref_type([size], i8)]
    with b.function("f", types) as (source, whole, low):

        def body(i: Any, mask: Any, _: Any) -> None:
            rounded = b.apply(math.RoundEvenOp, b.vload(source, [i], 8, mask))
            b.vstore(b.cast(rounded, i32), whole, [i], mask)
            b.vstore(b.cast(rounded, i8, unsigned=True), low, [i], mask)

        b.for_vectors(size, 8, body)
    found, codes = np.zeros(size, np.int32), np.zeros(size, np.uint8)
    Native(b.module, target).call("f", values, found, codes)
    wanted = np.rint(values).astype(np.int32)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(codes, wanted.astype(np.uint8))

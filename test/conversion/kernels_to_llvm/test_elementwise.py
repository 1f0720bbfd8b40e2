"""Every elementwise op: native code against the interpreter, on ordinary and on special values."""

import math as numbers
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    Float32Type,
    Float64Type,
    IntegerType,
    f16,
    f32,
    f64,
    i1,
    i8,
    i32,
    i64,
)

from stepwell.dialects.engine.weights import dtype_of
from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import KernelBuilder, memref_type
from stepwell.kernels.builder import flags as fast_flags
from stepwell.targets.target import Target

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.5,
    3.5,
    numbers.inf,
    -numbers.inf,
    numbers.nan,
    1e-40,
    3e38,
]


LANES = 8


def check(native: Any, build: Any, inputs: list[Any], result: Any, *, tolerance: float = 0) -> Any:
    """
    One vector function over `inputs` (arrays of one length, odd on purpose): native == interpreted.

    `build(b, *vectors) -> vector`.
    """
    b = KernelBuilder(Target.host())
    pairs = [a if isinstance(a, tuple) else (a, ELEMENT[a.dtype.str]) for a in inputs]
    arrays = [array for array, _ in pairs]
    size = len(arrays[0])
    types = [memref_type([size], element) for _, element in pairs]
    with b.function("f", [*types, memref_type([size], result)]) as (*sources, target_):

        def body(i: Any, mask: Any, _: Any) -> None:
            vectors = [b.vload(s, [i], LANES, mask) for s in sources]
            b.vstore(build(b, *vectors), target_, [i], mask)

        b.for_vectors(size, LANES, body)
    b.module.verify()
    wanted = np.zeros(size, dtype_of(result))
    found = np.zeros(size, dtype_of(result))
    run_kernels(b.module, "f", [*arrays, wanted])
    native(b.module).call("f", *arrays, found)
    if tolerance:
        np.testing.assert_allclose(found, wanted, rtol=tolerance)
    else:
        np.testing.assert_array_equal(found, wanted)
    return found


ELEMENT: dict[str, Any] = {
    "<f4": f32,
    "<f8": f64,
    "<f2": f16,
    "|i1": i8,
    "<i4": i32,
    "<i8": i64,
    "|b1": i1,
}


def floats(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of special values, then random ones."""
    a, b = np.meshgrid(np.array(SPECIAL, dtype), np.array(SPECIAL, dtype))
    rng = np.random.default_rng(1)
    more = rng.standard_normal((2, 37)).astype(dtype) * 10
    return np.concatenate([a.ravel(), more[0]]), np.concatenate([b.ravel(), more[1]])


def integers(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    info = np.iinfo(dtype)
    edge = np.array([0, 1, -1, 2, 7, -7, info.max, info.min, info.max - 1, 100], dtype)
    a, b = np.meshgrid(edge, edge)
    return a.ravel(), b.ravel()


@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
@pytest.mark.parametrize(
    "op", [arith.AddfOp, arith.SubfOp, arith.MulfOp, arith.DivfOp, math.CopySignOp]
)
def test_float_arithmetic(native: Any, op: Any, dtype: str):
    with np.errstate(all="ignore"):
        a, c = floats(dtype)
    check(native, lambda b, x, y: b.apply(op, x, y), [a, c], ELEMENT[dtype])


@pytest.mark.parametrize(
    "op",
    [
        math.AbsFOp,
        math.SqrtOp,
        math.RsqrtOp,
        math.FloorOp,
        math.CeilOp,
        math.TruncOp,
        math.RoundEvenOp,
        arith.NegfOp,
    ],
)
@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
def test_float_unary(native: Any, op: Any, dtype: str):
    with np.errstate(all="ignore"):
        a, _ = floats(dtype)
    check(native, lambda b, x: b.apply(op, x), [a], ELEMENT[dtype])


CHOICES = [arith.MaximumfOp, arith.MinimumfOp, arith.MaxnumfOp, arith.MinnumfOp]


@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
@pytest.mark.parametrize("flag", ["none", "nsz"])
@pytest.mark.parametrize("op", CHOICES)
def test_maximum_and_minimum_of_two_values(native: Any, op: Any, flag: str, dtype: str):
    with np.errstate(all="ignore"):
        a, c = floats(dtype)
    flags = fast_flags(*[f for f in [flag] if f != "none"])
    found = check(native, lambda b, x, y: b.apply(op, x, y, fastmath=flags), [a, c], ELEMENT[dtype])
    if flag == "none" and op in (arith.MaximumfOp, arith.MinimumfOp):
        zeros = (a == 0) & (c == 0)
        both = np.signbit(a[zeros]) & np.signbit(c[zeros])
        either = np.signbit(a[zeros]) | np.signbit(c[zeros])
        expected = both if op is arith.MaximumfOp else either
        np.testing.assert_array_equal(np.signbit(found[zeros]), expected)


@pytest.mark.parametrize("constant", [0.0, -0.0, 1.5, -3.0, numbers.inf, numbers.nan])
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("op", CHOICES)
def test_maximum_and_minimum_with_a_constant(native: Any, op: Any, first: bool, constant: float):
    with np.errstate(all="ignore"):
        a, _ = floats("<f4")

    def build(b: Any, x: Any) -> Any:
        return b.apply(op, *((constant, x) if first else (x, constant)))

    found = check(native, build, [a], f32)
    if constant == 0 and op in (arith.MaximumfOp, arith.MinimumfOp):
        zeros, negative = a == 0, np.signbit(np.float32(constant))
        wanted = np.signbit(a[zeros])
        wanted = wanted & negative if op is arith.MaximumfOp else wanted | negative
        np.testing.assert_array_equal(np.signbit(found[zeros]), wanted)


@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
def test_relu_and_clamp_keep_nan(native: Any, dtype: str):
    with np.errstate(all="ignore"):
        a, _ = floats(dtype)
    found = check(native, lambda b, x: b.clamp(b.relu(x), 0.0, 6.0), [a], ELEMENT[dtype])
    assert np.isnan(found[np.isnan(a)]).all()


@pytest.mark.parametrize("predicate", arith.CMPF_COMPARISON_OPERATIONS)
def test_float_comparisons(native: Any, predicate: str):
    with np.errstate(all="ignore"):
        a, c = floats("<f4")
    check(native, lambda b, x, y: b.cmpf(predicate, x, y), [a, c], i1)


@pytest.mark.parametrize("predicate", arith.CMPI_COMPARISON_OPERATIONS)
@pytest.mark.parametrize("dtype", ["|i1", "<i4", "<i8"])
def test_integer_comparisons_select(native: Any, predicate: str, dtype: str):
    a, c = integers(dtype.replace("|i1", "i1"))
    check(
        native,
        lambda b, x, y: b.select(b.cmpi(predicate, x, y), x, y),
        [a, c],
        ELEMENT[a.dtype.str],
    )


INTEGER_OPS = [
    arith.AddiOp,
    arith.SubiOp,
    arith.MuliOp,
    arith.AndIOp,
    arith.OrIOp,
    arith.XOrIOp,
    arith.MinSIOp,
    arith.MaxSIOp,
    arith.MinUIOp,
    arith.MaxUIOp,
]


@pytest.mark.parametrize("op", INTEGER_OPS)
@pytest.mark.parametrize("dtype", ["i1", "i4", "i8"])
def test_integer_arithmetic(native: Any, op: Any, dtype: str):
    a, c = integers(dtype)
    check(native, lambda b, x, y: b.apply(op, x, y), [a, c], ELEMENT[a.dtype.str])


@pytest.mark.parametrize("op", [arith.ShLIOp, arith.ShRSIOp, arith.ShRUIOp])
@pytest.mark.parametrize("dtype", ["i1", "i4", "i8"])
def test_shifts(native: Any, op: Any, dtype: str):
    a, _ = integers(dtype)
    amounts = np.arange(len(a), dtype=a.dtype) % (8 * a.dtype.itemsize)
    check(native, lambda b, x, y: b.apply(op, x, y), [a, amounts], ELEMENT[a.dtype.str])


@pytest.mark.parametrize(
    "op",
    [
        arith.DivSIOp,
        arith.DivUIOp,
        arith.RemSIOp,
        arith.RemUIOp,
        arith.FloorDivSIOp,
        arith.CeilDivSIOp,
        arith.CeilDivUIOp,
    ],
)
@pytest.mark.parametrize("dtype", ["i4", "i8"])
def test_integer_division(native: Any, op: Any, dtype: str):
    a, c = integers(dtype)
    defined = (c != 0) & ~((a == np.iinfo(dtype).min) & (c == -1))
    whole = np.flatnonzero(defined)[: defined.sum() // LANES * LANES]  # behind them are zeros
    check(native, lambda b, x, y: b.apply(op, x, y), [a[whole], c[whole]], ELEMENT[a.dtype.str])


@pytest.mark.parametrize(
    "op", [math.AbsIOp, math.CtPopOp, math.CountLeadingZerosOp, math.CountTrailingZerosOp]
)
def test_integer_unary(native: Any, op: Any):
    a, _ = integers("i4")
    check(native, lambda b, x: b.apply(op, x), [a[a != np.iinfo("i4").min]], i32)


CASTS = [
    (f32, f64),
    (f64, f32),
    (f32, i32),
    (f64, i64),
    (f32, i8),
    (i32, f32),
    (i64, f64),
    (i8, f32),
    (i8, i32),
    (i32, i8),
    (i64, i32),
    (i32, i64),
    (i1, f32),
    (i1, i32),
    (f16, f32),
    (f32, f16),
    (i8, f64),
    (f64, i8),
]


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize(("source", "result"), CASTS, ids=lambda t: str(t))
def test_casts(native: Any, source: Any, result: Any, unsigned: bool):
    rng = np.random.default_rng(2)
    dtype = dtype_of(source)
    if source == i1:
        values = rng.integers(0, 2, 41).astype(bool)
    elif isinstance(source, IntegerType):
        values = rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, 41, dtype)
    else:
        low = 0 if unsigned else -100
        values = rng.uniform(low, 100, 41).astype(dtype)
    check(native, lambda b, x: b.cast(x, result, unsigned=unsigned), [(values, source)], result)


def test_bfloat16_round_trip_and_rounding(native: Any):
    """bf16 travels as bits: to f32 exact, from f32 to the nearest even, NaN stays NaN."""
    import ml_dtypes
    from xdsl.dialects.builtin import bf16

    bits = np.arange(0, 65536, 7, dtype=np.uint16)
    wide = np.repeat(bits.astype(np.uint32) << 16, 4)
    wide += np.tile(np.array([0, 0x7FFF, 0x8000, 0x8001], np.uint32), len(bits))
    values = wide.view(np.float32)
    b = KernelBuilder(Target.host())
    source, result = memref_type([len(values)], f32), memref_type([len(values)], bf16)
    with b.function("f", [source, result, source]) as (x, y, z):

        def body(i: Any, mask: Any, _: Any) -> None:
            half = b.cast(b.vload(x, [i], 8, mask), bf16)
            b.vstore(half, y, [i], mask)
            b.vstore(b.cast(half, f32), z, [i], mask)

        b.for_vectors(len(values), 8, body)
    half, back = np.zeros(len(values), ml_dtypes.bfloat16), np.zeros_like(values)
    native(b.module).call("f", values, half, back)
    with np.errstate(all="ignore"):
        wanted = values.astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(np.isnan(half.astype("f4")), np.isnan(values))
    there = ~np.isnan(values)
    np.testing.assert_array_equal(half[there].view(np.uint16), wanted[there].view(np.uint16))
    np.testing.assert_array_equal(back[there], half[there].astype(np.float32))


def test_fma_rounds_once(native: Any, host: Target):
    if not host.has_fma:
        pytest.skip("no fused multiply-add here")
    a = np.full(16, 1 + 2.0**-12, np.float32)
    c = -(a * a)
    found = check(native, lambda b, x, y: b.fma(x, x, y), [a, c], f32)
    assert (found == 2.0**-24).all()


BINARY = [arith.AddfOp, arith.SubfOp, arith.MulfOp, arith.MaximumfOp, arith.MinimumfOp]
UNARY = [arith.NegfOp, math.AbsFOp, math.FloorOp, math.SqrtOp]


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 20), st.integers(0, 20)), max_size=8
    ),
    size=st.integers(1, 70),
    lanes=st.sampled_from([1, 2, 4, 8, 16, 32]),
    element=st.sampled_from([Float32Type(), Float64Type()]),
    seed=st.integers(0, 99),
)
def test_chains(native: Any, steps: Any, size: int, lanes: int, element: Any, seed: int):
    """Random expressions over one input, at any size and width."""
    b = KernelBuilder(Target.host())
    type = memref_type([size], element)
    with b.function("f", [type, type]) as (x, y):

        def body(i: Any, mask: Any, _: Any) -> None:
            values = [b.vload(x, [i], lanes, mask), b.splat(1.25, element, lanes)]
            for op, left, right in steps:
                a, c = values[left % len(values)], values[right % len(values)]
                if op < len(BINARY):
                    values.append(b.apply(BINARY[op], a, c))
                else:
                    values.append(b.apply(UNARY[op - len(BINARY)], a))
            b.vstore(values[-1], y, [i], mask)

        b.for_vectors(size, lanes, body)
    data = np.random.default_rng(seed).standard_normal(size).astype(dtype_of(element))
    wanted, found = np.full_like(data, 7), np.full_like(data, 7)
    run_kernels(b.module, "f", [data, wanted])
    native(b.module).call("f", data, found)
    np.testing.assert_array_equal(found, wanted)

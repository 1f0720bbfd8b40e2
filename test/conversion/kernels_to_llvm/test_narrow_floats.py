"""Conversions of f16 and bf16 on processors with and without instructions for them: every bit."""

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import bf16, f16, f32, f64, i32

from stepwell.interpreters.one_rounding import narrowed
from stepwell.kernels.builder import KernelBuilder, memref_type
from stepwell.targets.target import Target
from stepwell.test.conversion.kernels_to_llvm.conftest import Native

TARGETS = ["x86-64-v2", "x86-64-v3", "native"]

ELEMENT: dict[str, Any] = {
    "float16": f16,
    "bfloat16": bf16,
    "float32": f32,
    "float64": f64,
    "int32": i32,
}


def runnable(name: str) -> Target:
    """A target of that name, unless this machine cannot run its code."""
    host, target = Target.host(), Target.parse(name)
    if target.architecture != host.architecture or target.vector_bits > host.vector_bits:
        pytest.skip(f"this machine does not run {name}")
    return target


def run(target: Target, build: Any, inputs: list[Any], dtype: Any, lanes: int = 8) -> Any:
    """`build(b, *vectors)` over arrays of one length, `lanes` numbers at once."""
    b = KernelBuilder(target)
    size = len(inputs[0])
    types = [memref_type([size], ELEMENT[a.dtype.name]) for a in inputs]
    result = memref_type([size], ELEMENT[np.dtype(dtype).name])
    with b.function("f", [*types, result]) as (*sources, out):

        def body(i: Any, mask: Any, _: Any) -> None:
            b.vstore(build(b, *(b.vload(s, [i], lanes, mask) for s in sources)), out, [i], mask)

        b.for_vectors(size, lanes, body)
    found = np.zeros(size, dtype)
    Native(b.module, target).call("f", *inputs, found)
    return found


def equal_bits(found: Any, wanted: Any) -> None:
    """The same bits, but for NaN, of which there are many."""
    with np.errstate(all="ignore"):
        numbers, there = (~np.isnan(a.astype(np.float64)) for a in (wanted, found))
    np.testing.assert_array_equal(there, numbers)
    kind = f"u{wanted.dtype.itemsize}"
    np.testing.assert_array_equal(found[numbers].view(kind), wanted[numbers].view(kind))


def around_ties(dtype: Any) -> Any:
    """For each finite number and the one above: both, the tie, and f64 just beside the three."""
    codes = np.arange(0, 1 << 16, 13, dtype=np.uint16)
    with np.errstate(all="ignore"):
        low = codes.view(dtype).astype(np.float64)
        high = (codes + 1).astype(np.uint16).view(dtype).astype(np.float64)
        middle = low / 2 + high / 2
        every = np.concatenate([low, middle, high])
        beside = [np.nextafter(every, d) for d in (np.inf, -np.inf)]
    # One in 2^40 off: an f32 between them takes it for the tie itself.
    near = [every * (1 + s * 2.0**-40) for s in (1, -1)]
    odd = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e300, -1e300, 1e-300, 65519.99, 65520.0])
    return np.concatenate([every, *beside, *near, odd])


@pytest.mark.parametrize("name", TARGETS)
def test_f16_to_f32_is_exact(name: str):
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    found = run(runnable(name), lambda b, x: b.cast(x, f32), [every], np.float32)
    equal_bits(found, every.astype(np.float32))


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("source", [np.float32, np.float64])
def test_f16_is_rounded_once(name: str, source: Any):
    with np.errstate(all="ignore"):
        x = around_ties(np.float16).astype(source)
        wanted = x.astype(np.float16)  # numpy rounds from f64 once
    equal_bits(run(runnable(name), lambda b, x: b.cast(x, f16), [x], np.float16), wanted)


@pytest.mark.parametrize("name", TARGETS)
def test_bf16_of_f64_is_rounded_once(name: str):
    x = around_ties(ml_dtypes.bfloat16)
    found = run(runnable(name), lambda b, x: b.cast(x, bf16), [x], ml_dtypes.bfloat16)
    equal_bits(found, narrowed(x, np.dtype(ml_dtypes.bfloat16)))


def test_the_interpreter_rounds_to_bf16_once():
    """Against the definition, in fractions: the nearest number, of two the even one."""
    x = around_ties(ml_dtypes.bfloat16)
    x = x[np.isfinite(x) & (np.abs(x) < 3e38)][::7]
    found = narrowed(x, np.dtype(ml_dtypes.bfloat16))
    for number, got in zip(x.tolist(), found, strict=True):
        code = int(got.view(np.uint16))
        around = [c for c in (code - 1, code, code + 1) if 0 <= c & 0x7FFF < 0x7F80 and c >= 0]
        exact = Fraction(number)

        def distance(c: int, exact: Fraction = exact) -> tuple[Fraction, int]:
            value = np.uint16(c).view(ml_dtypes.bfloat16)
            return abs(Fraction(float(value)) - exact), c & 1

        assert distance(code) == min(map(distance, around)), (number, got)
    wrong = np.array([1 + 2.0**-8 + 2.0**-40]).astype(ml_dtypes.bfloat16)[0]
    assert float(wrong) == 1.0, "ml_dtypes rounds once by now: one_rounding.py can go"


@pytest.mark.parametrize("name", TARGETS)
def test_arithmetic_on_f16_rounds_each_result(name: str):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=1001).astype(np.float16) * np.float16(20) for _ in range(2))
    target = runnable(name)
    binary = {arith.AddfOp: np.add, arith.MulfOp: np.multiply, arith.DivfOp: np.divide}
    for op, wanted in binary.items():
        found = run(target, lambda b, x, y, op=op: b.apply(op, x, y), [x, y], np.float16)
        equal_bits(found, wanted(x, y))
    unary = {math.FloorOp: np.floor, math.AbsFOp: np.abs, arith.NegfOp: np.negative}
    for op, wanted in unary.items():
        equal_bits(run(target, lambda b, x, op=op: b.apply(op, x), [x], np.float16), wanted(x))
    found = run(target, lambda b, x, y: b.select(b.cmpf("olt", x, y), x, y), [x, y], np.float16)
    equal_bits(found, np.minimum(x, y))
    equal_bits(run(target, lambda b, x, y: b.maximumf(x, y), [x, y], np.float16), np.maximum(x, y))
    equal_bits(run(target, lambda b, x: b.maximumf(x, 1.5), [x], np.float16), np.maximum(x, 1.5))
    whole = np.rint(x.astype(np.float32)).astype(np.int32)
    np.testing.assert_array_equal(
        run(target, lambda b, x: b.cast(x, i32), [x], np.int32), np.trunc(x).astype(np.int32)
    )
    equal_bits(
        run(target, lambda b, x: b.cast(x, f16), [whole], np.float16), whole.astype(np.float16)
    )

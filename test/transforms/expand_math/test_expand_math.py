"""Elementary functions: the accuracy their docstrings state, swept natively; special values."""

import math
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from xdsl.dialects import math as ops
from xdsl.dialects.builtin import Float64Type, f16, f32, f64, i32, i64

from stepwell.conversion.kernels_to_llvm import compile_object, emit_module
from stepwell.dialects.engine.weights import dtype_of
from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import KernelBuilder, memref_type
from stepwell.targets.target import Target
from stepwell.test.conversion.kernels_to_llvm.test_narrow_floats import runnable
from stepwell.transforms.expand_math import DOUBLE, NATIVE, expand_math
from stepwell.transforms.expand_math.large_angles import two_over_pi

SIZE = 40_000

# function: (reference, interval swept, ulp for f32, ulp for f64)
BOUNDS: dict[Any, tuple[Callable[..., Any], tuple[float, float], float, float]] = {
    ops.ExpOp: (np.exp, (-87.3, 88.7), 0.9, 0.9),
    ops.Exp2Op: (np.exp2, (-126, 127.9), 1.0, 1.0),
    ops.ExpM1Op: (np.expm1, (-30, 88.7), 1.5, 2.0),
    ops.TanhOp: (np.tanh, (-10, 10), 2.5, 2.5),
    ops.ErfOp: (np.vectorize(math.erf, otypes=[np.float64]), (-6, 6), 3.0, 4.0),
    ops.SinhOp: (np.sinh, (-89, 89), 3.0, 3.0),
    ops.CoshOp: (np.cosh, (-89, 89), 3.0, 3.0),
    ops.LogOp: (np.log, (1e-37, 3e38), 1.0, 1.0),
    ops.Log2Op: (np.log2, (1e-37, 3e38), 2.0, 2.0),
    ops.Log10Op: (np.log10, (1e-37, 3e38), 2.0, 2.0),
    ops.Log1pOp: (np.log1p, (-0.999, 1e30), 2.0, 2.0),
    ops.SinOp: (np.sin, (-1e6, 1e6), 0.51, 2.5),
    ops.CosOp: (np.cos, (-1e6, 1e6), 0.51, 2.5),
    ops.TanOp: (np.tan, (-1e4, 1e4), 0.51, 4.0),
    ops.AtanOp: (np.arctan, (-100, 100), 0.51, 2.0),
    ops.AsinOp: (np.arcsin, (-1, 1), 0.51, 2.5),
    ops.AcosOp: (np.arccos, (-1, 1), 0.51, 2.0),
    ops.AsinhOp: (np.arcsinh, (-1e15, 1e15), 0.51, 3.0),
    ops.AcoshOp: (np.arccosh, (1, 1e15), 0.51, 4.0),
    ops.AtanhOp: (np.arctanh, (-1, 1), 0.51, 4.0),
    ops.CbrtOp: (np.cbrt, (-1e15, 1e15), 0.51, 1.5),
}


def run(op: Any, element: Any, *arrays: Any, host: Target | None = None) -> Any:
    """The expansion of `op`, compiled, on arrays (and its interpretation on a few elements)."""
    host = host or Target.host()
    b = KernelBuilder(host)
    size = len(arrays[0])
    type = memref_type([size], element)
    with b.function("f", [type] * (len(arrays) + 1)) as (*sources, target):

        def body(i: Any, mask: Any, _: Any) -> None:
            vectors = [b.vload(source, [i], mask=mask) for source in sources]
            b.vstore(b.op(op, vectors, vectors[0].type), target, [i], mask)

        b.for_vectors(size, b.target.lanes(element), body)
    assert expand_math(b.module) >= 1
    b.module.verify()
    assert not [o for o in b.module.walk() if type_of(o) in NATIVE or type_of(o) in DOUBLE]
    code = compile_object(emit_module(b.module, host), host)
    empty = llvm.parse_assembly("")
    machine = llvm.Target.from_triple(host.triple).create_target_machine(
        jit=True, codemodel="jitdefault"
    )
    engine = llvm.create_mcjit_compiler(empty, machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    import ctypes

    pointers = [ctypes.c_void_p] * (len(arrays) + 1)
    function = ctypes.CFUNCTYPE(None, *pointers)(engine.get_function_address("f"))
    result = np.zeros(size, dtype_of(element))
    function(*[a.ctypes.data for a in arrays], result.ctypes.data)
    if size <= 200:
        again = np.zeros_like(result)
        run_kernels(b.module, "f", [*arrays, again])
        np.testing.assert_allclose(again, result, rtol=4 * np.finfo(result.dtype).eps)
        there = ~np.isnan(result)
        np.testing.assert_array_equal(np.signbit(again[there]), np.signbit(result[there]))
    return result


def type_of(op: Any) -> Any:
    return type(op)


def sweep(low: float, high: float, dtype: Any) -> Any:
    """Evenly spaced, near one, and over all magnitudes down to 1e-30."""
    rng = np.random.default_rng(0)
    quarter = SIZE // 4
    even = np.linspace(low, high, quarter)
    near = rng.uniform(max(low, -3), min(high, 3), quarter)
    size = np.exp(rng.uniform(math.log(1e-30), math.log(max(high, 1e-3)), quarter))
    size = np.clip(size * rng.choice([-1, 1] if low < 0 else [1], quarter), low, high)
    one = rng.uniform(max(low, 0.5), min(high, 2), quarter)
    return np.concatenate([even, near, size, one]).astype(dtype)


def ulps(found: Any, exact: Any) -> Any:
    """Distance in units of the last place of the result; subnormal results left out."""
    rounded = exact.astype(found.dtype)
    normal = np.isfinite(rounded) & (np.abs(rounded) >= np.finfo(found.dtype).tiny)
    unit = np.spacing(np.abs(rounded[normal])).astype(exact.dtype)
    return np.abs(found[normal].astype(exact.dtype) - exact[normal]) / unit


WITHOUT_FMA = 0.25
"""So many ulp more where a product and a sum are rounded apart."""


@pytest.mark.parametrize("name", ["x86-64-v2", "native"])
@pytest.mark.parametrize("element", [f32, f64], ids=str)
@pytest.mark.parametrize("op", list(BOUNDS), ids=lambda op: op.name)
def test_accuracy(op: Any, element: Any, name: str):
    reference, (low, high), single, double = BOUNDS[op]
    is_double = isinstance(element, Float64Type)
    x = sweep(low, high, dtype_of(element))
    target = runnable(name)
    found = run(op, element, x, host=target)
    # erf's reference has the precision of f64 itself, every other one that of long double.
    wide = np.longdouble if is_double and op is not ops.ErfOp else np.float64
    with np.errstate(all="ignore"):
        exact = reference(x.astype(wide))
    bound = double if is_double else single
    assert ulps(found, exact).max() <= bound + (0 if target.has_fma else WITHOUT_FMA)


@pytest.mark.parametrize("element", [f32, f64], ids=str)
@pytest.mark.parametrize("op", list(BOUNDS), ids=lambda op: op.name)
def test_special_values(op: Any, element: Any):
    reference = BOUNDS[op][0]
    dtype = dtype_of(element)
    tiny = np.finfo(dtype).smallest_subnormal * 5
    large = np.finfo(dtype).max
    with np.errstate(all="ignore"):
        x = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, tiny, large, -2, -1e3]
        x = np.array(x, dtype)
        found, exact = run(op, element, x), reference(x.astype(np.longdouble)).astype(dtype)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(exact))
    there = ~np.isnan(exact)
    np.testing.assert_array_equal(np.signbit(found[there]), np.signbit(exact[there]))
    normal = there & (np.abs(exact) >= np.finfo(dtype).tiny)
    np.testing.assert_allclose(found[normal], exact[normal], rtol=4 * np.finfo(dtype).eps)
    assert (np.abs(found[there & ~normal]) <= np.finfo(dtype).tiny).all()


TRIGONOMETRIC = {
    # function: (reference, ulp for f64)
    ops.SinOp: (np.sin, 2.5),
    ops.CosOp: (np.cos, 2.5),
    ops.TanOp: (np.tan, 4.0),
}


def large_angles(dtype: Any) -> Any:
    """Of all sizes, next to multiples of pi/2, and those that are nearest to one."""
    rng = np.random.default_rng(0)
    top = math.log(np.finfo(dtype).max)
    x = np.exp(rng.uniform(math.log(1e5), top, 4000)) * rng.choice([-1, 1], 4000)
    turns = np.floor(np.exp(rng.uniform(0, math.log(1e15), 1000)))
    near = turns * (np.pi / 2)
    edges = 2.0**20 * np.array([1, 1 + 2.0**-20, 1 - 2.0**-20, 2, 1024, 2.0**10 + 2.0**-30])
    found = np.concatenate([x, near, edges, -edges]).astype(dtype)
    # Of all f64 and f32 the ones with the smallest rest (Muller, "Elementary functions").
    nearest = [float(6381956970095103) * 2.0**797] if dtype == np.float64 else [16367173 * 2.0**72]
    return np.concatenate([found, np.array([*nearest, np.finfo(dtype).max], dtype)])


@pytest.mark.parametrize("name", ["x86-64-v2", "x86-64-v3", "native"])
@pytest.mark.parametrize("element", [f32, f64], ids=str)
@pytest.mark.parametrize("op", list(TRIGONOMETRIC), ids=lambda op: op.name)
def test_angles_of_any_size(op: Any, element: Any, name: str):
    reference, double = TRIGONOMETRIC[op]
    is_double = isinstance(element, Float64Type)
    x = large_angles(dtype_of(element))
    found = run(op, element, x, host=runnable(name))
    # The C library reduces angles of any size exactly.
    exact = reference(x.astype(np.longdouble if is_double else np.float64))
    assert ulps(found, exact).max() <= (double if is_double else 0.51)


def test_the_reference_reduces_exactly():
    """Its own rest of the angle that is nearest to a multiple of pi/2, from the bits of 2/pi."""
    bits = 0
    for word in two_over_pi(20):
        bits = bits << 64 | word
    turns = 6381956970095103 * bits << 797
    rest = turns & ((1 << 1280) - 1)
    rest = min(rest, (1 << 1280) - rest) / (1 << 1280)
    assert rest * math.pi / 2 == pytest.approx(4.687165924254628e-19, rel=1e-15)
    assert abs(math.cos(6381956970095103 * 2.0**797)) == pytest.approx(rest * math.pi / 2)


def test_a_few_large_angles_among_small_ones():
    """One lane that is large leaves the others as they were."""
    x = np.linspace(-3, 3, 160)
    alone = run(ops.SinOp, f64, x)
    mixed = x.copy()
    mixed[3::7] = 1e100
    found = run(ops.SinOp, f64, mixed)
    kept = mixed == x
    np.testing.assert_array_equal(found[kept], alone[kept])
    np.testing.assert_allclose(found[~kept], math.sin(1e100), rtol=1e-15)
    assert np.isnan(run(ops.CosOp, f64, np.array([1e30, np.inf, -np.inf, np.nan]))).tolist() == [
        *(False, True, True, True)
    ]


def test_scalar_angles():
    b = KernelBuilder(Target.host())
    with b.function("f", [f64, f64], [f64]) as (x, y):
        b.ret(b.addf(b.op(ops.SinOp, [x], f64), b.op(ops.TanOp, [y], f64)))
    assert expand_math(b.module) == 2
    b.module.verify()
    names = [str(op.properties["sym_name"]) for op in b.module.ops]
    assert names == ['"f"', '"large_angle"']
    (found,) = run_kernels(b.module, "f", [1e200, -1e22])
    assert found == pytest.approx(math.sin(1e200) + math.tan(-1e22), rel=1e-15)


@pytest.mark.parametrize("element", [f32, f64], ids=str)
def test_power(element: Any):
    dtype = dtype_of(element)
    rng = np.random.default_rng(1)
    x = np.exp(rng.uniform(-20, 20, 5000)).astype(dtype)
    y = rng.uniform(-4, 4, 5000).astype(dtype)
    found = run(ops.PowFOp, element, x, y)
    exact = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
    bound = 0.51 if dtype == np.float32 else 4 + 2 * np.abs(y * np.log(x))
    assert (ulps(found, exact) <= bound).all()


def test_power_of_special_values():
    values = [0.0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, np.inf, -np.inf, np.nan]
    x, y = (a.ravel().astype(np.float32) for a in np.meshgrid(values, values))
    found = run(ops.PowFOp, f32, x, y)
    with np.errstate(all="ignore"):
        exact = np.power(x.astype(np.float64), y.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(found, exact)
    there = ~np.isnan(exact)
    np.testing.assert_array_equal(np.signbit(found[there]), np.signbit(exact[there]))


def test_atan2_in_all_quadrants():
    values = [0.0, -0.0, 1, -1, 0.3, -7, 1e-20, np.inf, -np.inf, np.nan]
    y, x = (a.ravel().astype(np.float32) for a in np.meshgrid(values, values))
    found = run(ops.Atan2Op, f32, y, x)
    exact = np.arctan2(y.astype(np.float64), x.astype(np.float64)).astype(np.float32)
    np.testing.assert_allclose(found, exact, rtol=1.2e-7)
    there = ~np.isnan(exact)
    np.testing.assert_array_equal(np.signbit(found[there]), np.signbit(exact[there]))


def test_round_takes_halves_away_from_zero():
    x = np.array([0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, -0.0, 8388607.5, 1e30, np.inf], "f4")
    x = np.append(x, np.nan).astype(np.float32)
    wanted = np.copysign(np.floor(np.abs(x.astype(np.float64)) + 0.5), x)
    found = run(ops.RoundOp, f32, x)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(x))


def test_half_precision_goes_through_single():
    x = np.linspace(-4, 4, 101).astype(np.float16)
    found = run(ops.TanhOp, f16, x)
    exact = np.tanh(x.astype(np.float64)).astype(np.float16)
    assert (np.abs(found.view("i2").astype(int) - exact.view("i2")) <= 1).all()


@pytest.mark.parametrize("element", [i32, i64], ids=str)
def test_integer_power(element: Any):
    dtype = dtype_of(element)
    base, exponent = np.meshgrid(
        np.array([0, 1, -1, 2, -2, 3, 7, -5], dtype),
        np.array([0, 1, 2, 3, 5, 10, 11, -1, -2], dtype),
    )
    x, y = base.ravel().copy(), exponent.ravel().copy()
    found = run_integer(element, x, y)
    wanted = [
        int(a) ** int(c) if c >= 0 else (0 if abs(int(a)) != 1 else int(a) ** (int(c) % 2))
        for a, c in zip(x, y, strict=True)
    ]
    np.testing.assert_array_equal(found, np.array(wanted, dtype))


def run_integer(element: Any, x: Any, y: Any) -> Any:
    b = KernelBuilder(Target.host())
    type = memref_type([len(x)], element)
    with b.function("f", [type] * 3) as (p, q, r):

        def body(i: Any, mask: Any, _: Any) -> None:
            v, w = b.vload(p, [i], 4, mask), b.vload(q, [i], 4, mask)
            b.vstore(b.op(ops.IPowIOp, [v, w], v.type), r, [i], mask)

        b.for_vectors(len(x), 4, body)
    expand_math(b.module)
    result = np.zeros_like(x)
    run_kernels(b.module, "f", [x, y, result])
    return result


def test_scalars_and_what_stays():
    """Scalar ops expand too; instructions stay as they are; two ops share their constants."""
    b = KernelBuilder(Target.host())
    with b.function("f", [f32, f32], [f32]) as (x, y):
        e = b.op(ops.ExpOp, [x], f32)
        t = b.op(ops.ExpOp, [y], f32)
        b.ret(b.op(ops.SqrtOp, [b.addf(e, t)], f32))
    assert expand_math(b.module) == 2
    b.module.verify()
    assert [op.name for op in b.module.walk()].count("math.sqrt") == 1
    constants = [str(op.properties) for op in b.module.walk() if op.name == "arith.constant"]
    assert len(constants) == len(set(constants))
    (found,) = run_kernels(b.module, "f", [1.0, 0.0])
    assert found == pytest.approx(math.sqrt(math.e + 1))

"""Scalar operations on arrays: exact types, wrapping, signs, NaN and predicates."""

import math as pymath
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    FloatAttr,
    IntegerAttr,
    IntegerType,
    bf16,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.utils.test_value import create_ssa_value

from stepwell.dialects.engine.weights import dtype_of
from stepwell.dialects.vector_arith import CMPF_PREDICATES, CMPI_PREDICATES
from stepwell.errors import InputError, StepwellError
from stepwell.interpreters.engine.scalar import SCALAR_SEMANTICS, run_scalar_op

WIDTHS = {8: i8, 16: i16, 32: i32, 64: i64}


def binary(kind, type_, a, b):
    """`kind` on two arrays of one type."""
    dtype = dtype_of(type_)
    op = kind(create_ssa_value(type_), create_ssa_value(type_))
    return run_scalar_op(op, np.asarray(a, dtype), np.asarray(b, dtype))


def wrapped(value: int, bits: int) -> int:
    """`value` in two's complement."""
    return (value + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))


def unsigned(value: int, bits: int) -> int:
    return value % (1 << bits)


def truncated(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


SIGNED: dict[Any, Any] = {
    arith.AddiOp: lambda a, b, n: a + b,
    arith.SubiOp: lambda a, b, n: a - b,
    arith.MuliOp: lambda a, b, n: a * b,
    arith.AndIOp: lambda a, b, n: a & b,
    arith.OrIOp: lambda a, b, n: a | b,
    arith.XOrIOp: lambda a, b, n: a ^ b,
    arith.MaxSIOp: lambda a, b, n: max(a, b),
    arith.MinSIOp: lambda a, b, n: min(a, b),
    arith.MaxUIOp: lambda a, b, n: max(a, b, key=lambda v: unsigned(v, n)),
    arith.MinUIOp: lambda a, b, n: min(a, b, key=lambda v: unsigned(v, n)),
}
DIVISIONS: dict[Any, Any] = {
    arith.DivSIOp: lambda a, b, n: truncated(a, b),
    arith.FloorDivSIOp: lambda a, b, n: a // b,
    arith.CeilDivSIOp: lambda a, b, n: -(-a // b),
    arith.RemSIOp: lambda a, b, n: a - truncated(a, b) * b,
    arith.DivUIOp: lambda a, b, n: unsigned(a, n) // unsigned(b, n),
    arith.CeilDivUIOp: lambda a, b, n: -(-unsigned(a, n) // unsigned(b, n)),
    arith.RemUIOp: lambda a, b, n: unsigned(a, n) % unsigned(b, n),
}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), bits=st.sampled_from([8, 16, 32, 64]))
@pytest.mark.parametrize("kind", [*SIGNED, *DIVISIONS])
def test_integers_wrap(kind, data, bits):
    whole = st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    a, b = data.draw(whole), data.draw(whole)
    if kind in DIVISIONS and b == 0:
        return
    expected = wrapped((SIGNED | DIVISIONS)[kind](a, b, bits), bits)
    result = binary(kind, WIDTHS[bits], a, b)
    assert result.dtype == dtype_of(WIDTHS[bits])
    assert int(result) == expected


@pytest.mark.parametrize("kind", [arith.DivSIOp, arith.DivUIOp, arith.RemSIOp, arith.RemUIOp])
def test_division_by_zero_is_an_error_of_the_input(kind):
    with pytest.raises(InputError, match="an integer is divided by zero"):
        binary(kind, i32, [1, -1], [1, 0])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), bits=st.sampled_from([8, 32]))
def test_integer_predicates(data, bits):
    whole = st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    a = data.draw(whole)
    b = data.draw(whole | st.just(a))
    type_ = WIDTHS[bits]
    u, v = unsigned(a, bits), unsigned(b, bits)
    expected = [a == b, a != b, a < b, a <= b, a > b, a >= b, u < v, u <= v, u > v, u >= v]
    for name, want in zip(CMPI_PREDICATES, expected, strict=True):
        op = arith.CmpiOp(create_ssa_value(type_), create_ssa_value(type_), name)
        result = run_scalar_op(op, *(np.asarray(x, dtype_of(type_)) for x in (a, b)))
        assert result.dtype == np.bool_
        assert bool(result) == want, name


def test_booleans():
    a, b = np.array([False, False, True, True]), np.array([False, True, False, True])
    assert binary(arith.AddiOp, i1, a, b).tolist() == [False, True, True, False]
    assert binary(arith.MuliOp, i1, a, b).tolist() == [False, False, False, True]
    assert binary(arith.MaxUIOp, i1, a, b).tolist() == [False, True, True, True]
    less = arith.CmpiOp(create_ssa_value(i1), create_ssa_value(i1), "ult")
    assert run_scalar_op(less, a, b).tolist() == [False, True, False, False]
    # As signed numbers, true is -1.
    less = arith.CmpiOp(create_ssa_value(i1), create_ssa_value(i1), "slt")
    assert run_scalar_op(less, a, b).tolist() == [False, False, True, False]


@pytest.mark.parametrize("type_", [f16, bf16, f32, f64])
@pytest.mark.parametrize("kind", [arith.AddfOp, arith.MulfOp, arith.DivfOp, arith.SubfOp])
def test_floats_keep_their_type(kind, type_):
    result = binary(kind, type_, [1.1, 2.2, 3.3], 0.1)
    assert result.dtype == dtype_of(type_)


def test_f32_is_not_f64_in_disguise():
    result = binary(arith.AddfOp, f32, 1.0, 2.0**-24)
    assert float(result) == 1.0


NAN = float("nan")


@pytest.mark.parametrize(
    ("kind", "a", "b", "expected"),
    [
        (arith.MaximumfOp, 1.0, NAN, NAN),
        (arith.MinimumfOp, NAN, 1.0, NAN),
        (arith.MaxnumfOp, 1.0, NAN, 1.0),
        (arith.MaxnumfOp, NAN, 1.0, 1.0),
        (arith.MinnumfOp, NAN, NAN, NAN),
        (arith.MaximumfOp, -1.0, 2.0, 2.0),
        (arith.MinimumfOp, -1.0, 2.0, -1.0),
    ],
)
def test_extrema_and_nan(kind, a, b, expected):
    np.testing.assert_array_equal(binary(kind, f32, a, b), np.float32(expected))


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (NAN, 1.0), (NAN, NAN)])
def test_float_predicates(a, b):
    unordered = a != a or b != b
    relations = {"eq": a == b, "gt": a > b, "ge": a >= b, "lt": a < b, "le": a <= b, "ne": a != b}
    for name in CMPF_PREDICATES:
        op = arith.CmpfOp(create_ssa_value(f32), create_ssa_value(f32), name)
        result = bool(run_scalar_op(op, np.float32(a), np.float32(b)))
        if name in ("false", "true"):
            assert result == (name == "true")
        elif name in ("ord", "uno"):
            assert result == (unordered == (name == "uno"))
        elif name[0] == "o":
            assert result == (relations[name[1:]] and not unordered), name
        else:
            assert result == (relations[name[1:]] or unordered), name


def cast(kind, source, target, value):
    op = kind(create_ssa_value(source), target)
    result = run_scalar_op(op, np.asarray(value, dtype_of(source)))
    assert result.dtype == dtype_of(target)
    return result.tolist()


def test_casts():
    assert cast(arith.FPToSIOp, f32, i32, [1.9, -1.9]) == [1, -1]
    assert cast(arith.FPToUIOp, f32, i8, [200.0]) == [-56]
    assert cast(arith.SIToFPOp, i8, f32, [-1]) == [-1.0]
    assert cast(arith.UIToFPOp, i8, f32, [-1]) == [255.0]
    assert cast(arith.UIToFPOp, i1, f32, [True]) == [1.0]
    assert cast(arith.ExtSIOp, i8, i32, [-1]) == [-1]
    assert cast(arith.ExtUIOp, i8, i32, [-1]) == [255]
    assert cast(arith.ExtSIOp, i1, i8, [True]) == [-1]
    assert cast(arith.ExtUIOp, i1, i8, [True]) == [1]
    assert cast(arith.TruncIOp, i32, i8, [300, -1]) == [44, -1]
    assert cast(arith.TruncIOp, i32, i1, [2, 3]) == [False, True]
    assert cast(arith.TruncFOp, f32, f16, [1.0009766]) == [1.0009765625]
    assert cast(arith.ExtFOp, f16, f32, [1.5]) == [1.5]
    assert cast(arith.BitcastOp, f32, i32, [1.0]) == [0x3F800000]


def test_constants():
    assert run_scalar_op(arith.ConstantOp(FloatAttr(0.1, f32))).dtype == np.float32
    assert run_scalar_op(arith.ConstantOp(IntegerAttr(1, i1))).dtype == np.bool_
    assert int(run_scalar_op(arith.ConstantOp(IntegerAttr(-1, i8)))) == -1
    assert int(run_scalar_op(arith.ConstantOp(IntegerAttr(255, i8)))) == -1


FUNCTIONS = {
    math.AbsFOp: abs,
    math.CeilOp: pymath.ceil,
    math.CosOp: pymath.cos,
    math.ErfOp: pymath.erf,
    math.ExpOp: pymath.exp,
    math.ExpM1Op: pymath.expm1,
    math.FloorOp: pymath.floor,
    math.RoundEvenOp: round,
    math.RsqrtOp: lambda x: 1 / pymath.sqrt(x),
    math.SinOp: pymath.sin,
    math.SqrtOp: pymath.sqrt,
    math.TanhOp: pymath.tanh,
    math.TruncOp: pymath.trunc,
}


@pytest.mark.parametrize("kind", FUNCTIONS)
@pytest.mark.parametrize(("type_", "rtol"), [(f16, 2e-3), (f32, 1e-6), (f64, 1e-14)])
def test_functions(kind, type_, rtol):
    x = np.array([0.1, 0.5, 1.5, 2.5, 3.25], dtype_of(type_))
    result = run_scalar_op(kind(create_ssa_value(type_)), x)
    assert result.dtype == x.dtype
    np.testing.assert_allclose(result, [FUNCTIONS[kind](float(v)) for v in x], rtol=rtol)


def test_rounding():
    x = np.array([0.5, 1.5, 2.5, -0.5, -2.5, 0.49999997], np.float32)
    away = run_scalar_op(math.RoundOp(create_ssa_value(f32)), x)
    assert away.tolist() == [1, 2, 3, -1, -3, 0]
    even = run_scalar_op(math.RoundEvenOp(create_ssa_value(f32)), x)
    assert even.tolist() == [0, 2, 2, 0, -2, 0]


def test_fused_multiply_add_rounds_once():
    x = np.float32(1 + 2.0**-12)
    value = create_ssa_value(f32)
    fused = run_scalar_op(math.FmaOp(value, value, value), x, x, np.float32(-1))
    assert float(fused) == 2.0**-11 + 2.0**-24


def test_shifts_by_the_width_give_zero():
    assert binary(arith.ShLIOp, i8, [1, 1], [7, 8]).tolist() == [-128, 0]
    assert binary(arith.ShRUIOp, i8, [-1, -1], [7, 8]).tolist() == [1, 0]
    assert binary(arith.ShRSIOp, i8, [-1], [7]).tolist() == [-1]


def test_counting_bits():
    x = np.array([0, 1, 12, -1], np.int32)
    value = create_ssa_value(i32)
    assert run_scalar_op(math.CountLeadingZerosOp(value), x).tolist() == [32, 31, 28, 0]
    assert run_scalar_op(math.CountTrailingZerosOp(value), x).tolist() == [32, 0, 2, 0]
    assert run_scalar_op(math.CtPopOp(value), x).tolist() == [0, 1, 2, 32]


def test_every_scalar_operation_has_semantics():
    """What a region may hold is the scalar part of `arith` and `math`; these are left out."""
    no_region_needs = {
        "arith.addui_extended",
        "arith.mului_extended",
        "arith.mulsi_extended",
    }
    names = {op.name for op in (*arith.Arith.operations, *math.Math.operations)}
    assert names - SCALAR_SEMANTICS.keys() <= no_region_needs


def test_an_operation_without_semantics_is_an_error():
    value = create_ssa_value(IntegerType(32))
    with pytest.raises(StepwellError, match=r"'arith\.addui_extended' has no scalar semantics"):
        run_scalar_op(arith.AddUIExtendedOp(value, value), np.int32(1), np.int32(1))

"""Elementwise operators against `onnx.reference`, over types and broadcasting."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto

from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnxruntime,
    check_node,
    converted,
    floats,
    node_model,
    numbers,
    reasons,
)

quick = settings(max_examples=8, deadline=None)


@st.composite
def broadcast_pair(draw):
    """Two shapes that broadcast against each other, up to rank 4, with unit and zero sizes."""
    full = draw(st.lists(st.integers(0, 4), min_size=0, max_size=4))
    shapes = []
    for _ in range(2):
        rank = draw(st.integers(0, len(full)))
        tail = full[len(full) - rank :]
        shapes.append([1 if draw(st.booleans()) and n != 0 else n for n in tail])
    return shapes


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
@quick
@given(shapes=broadcast_pair(), dtype=st.sampled_from(INTEGERS + FLOATS))
def test_arithmetic(op, shapes, dtype):
    a, b = numbers(shapes[0], dtype, 1), numbers(shapes[1], dtype, 2)
    if np.dtype(dtype).kind in "iu":
        # onnx.reference divides with floor, ONNX says towards zero: the signs agree here.
        a, b = (np.abs(a), np.abs(b) + 1) if op == "Div" else (a, b)
    check_node(op, [a.astype(dtype), b.astype(dtype)], rtol=1e-3 if dtype == "float16" else 1e-6)


@quick
@given(shapes=broadcast_pair(), dtype=st.sampled_from(["int32", "int64"]))
def test_integer_division_truncates(shapes, dtype):
    a, b = numbers(shapes[0], dtype, 1), numbers(shapes[1], dtype, 2)
    b = np.where(b == 0, 3, b).astype(dtype)
    check_node("Div", [a, b], oracle=by_onnxruntime)


@pytest.mark.parametrize("op", ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"])
@quick
@given(shapes=broadcast_pair(), dtype=st.sampled_from(INTEGERS + FLOATS))
def test_comparison(op, shapes, dtype):
    a, b = numbers(shapes[0], dtype, 1), numbers(shapes[1], dtype, 2)
    if np.dtype(dtype).kind == "u" and a.size:
        a.reshape(-1)[0] = np.iinfo(dtype).max
    check_node(op, [a, b])


@pytest.mark.parametrize("op", ["And", "Or", "Xor"])
@quick
@given(shapes=broadcast_pair())
def test_logic(op, shapes):
    check_node(op, [numbers(shapes[0], "bool", 1), numbers(shapes[1], "bool", 2)])


@pytest.mark.parametrize("op", ["BitwiseAnd", "BitwiseOr", "BitwiseXor"])
@quick
@given(shapes=broadcast_pair(), dtype=st.sampled_from(INTEGERS))
def test_bits(op, shapes, dtype):
    check_node(op, [numbers(shapes[0], dtype, 1), numbers(shapes[1], dtype, 2)])


@pytest.mark.parametrize("direction", ["LEFT", "RIGHT"])
@pytest.mark.parametrize("dtype", ["uint8", "uint32", "uint64"])
def test_bit_shift(direction, dtype):
    a = numbers([5, 7], dtype, 1)
    check_node("BitShift", [a, numbers([7], dtype, 2) % 8], direction=direction)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64"])
def test_bitwise_not(dtype):
    check_node("BitwiseNot", [numbers([9], dtype)])


def test_not():
    check_node("Not", [numbers([2, 9], "bool")])


@pytest.mark.parametrize("op", ["Max", "Min"])
@quick
@given(shapes=broadcast_pair(), dtype=st.sampled_from(INTEGERS + FLOATS), count=st.integers(1, 3))
def test_extrema(op, shapes, dtype, count):
    arrays = [numbers(shape, dtype, seed) for seed, shape in enumerate([*shapes, shapes[0]])]
    check_node(op, arrays[:count])


def test_extrema_let_nan_win():
    a, b = floats([np.nan, 1, np.nan]), floats([0, np.nan, np.nan])
    check_node("Max", [a, b])
    check_node("Min", [a, b])


@pytest.mark.parametrize("op", ["Sum", "Mean"])
@quick
@given(shapes=broadcast_pair(), count=st.integers(1, 3))
def test_variadic(op, shapes, count):
    full = np.broadcast_shapes(*shapes)
    # onnx.reference adds into its first operand, which must have the result's shape.
    arrays = [numbers(shape, "float32", seed) for seed, shape in enumerate([full, *shapes])]
    check_node(op, arrays[:count])


DOMAINS = {
    "Acos": (-1, 1),
    "Acosh": (1, 9),
    "Asin": (-1, 1),
    "Asinh": (-9, 9),
    "Atan": (-9, 9),
    "Atanh": (-0.99, 0.99),
    "Cosh": (-5, 5),
    "Log": (0, 9),
    "Sinh": (-5, 5),
    "Sqrt": (0, 9),
    **dict.fromkeys(["Abs", "Ceil", "Cos", "Erf", "Exp", "Floor", "Identity", "Neg"], (-4, 4)),
    **dict.fromkeys(["Reciprocal", "Round", "Sign", "Sin", "Tan", "Tanh"], (-4, 4)),
}


@pytest.mark.parametrize("op", sorted(DOMAINS))
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_unary(op, dtype):
    x = np.random.default_rng(1).uniform(*DOMAINS[op], (3, 17)).astype(dtype)
    rtol = {"float32": 2e-6, "float16": 2e-3, "float64": 1e-12}[dtype]
    check_node(op, [x], rtol=rtol, atol=2e-3 if dtype == "float16" else 1e-6)


def test_round_to_even():
    check_node("Round", [floats([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999998])])


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_unary(dtype):
    x = numbers([3, 5], dtype)
    check_node("Abs", [x])
    check_node("Sign", [x])
    if np.dtype(dtype).kind == "i":
        check_node("Neg", [x])


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0, 0.5, -1.0])
def test_constant_power(power):
    x = np.abs(numbers([4, 6])) + 0.1
    check_node("Pow", [x, np.float32(power)], constants=[1])


@pytest.mark.parametrize(
    ("base", "exponent"),
    [("float32", "float32"), ("float32", "int64"), ("int32", "int32"), ("int64", "float32")],
)
def test_power_of_types(base, exponent):
    x = (np.abs(numbers([4, 6], base, spread=1)) % 7 + 1).astype(base)
    y = (np.abs(numbers([6], exponent)) % 4).astype(exponent)
    check_node("Pow", [x, y])


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("fmod", [0, 1])
def test_mod(dtype, fmod):
    b = numbers([5, 9], dtype, 2)
    check_node("Mod", [numbers([5, 9], dtype, 1), np.where(b == 0, 3, b).astype(dtype)], fmod=fmod)


@pytest.mark.parametrize(
    ("source", "target"),
    [("float32", "int32"), ("int64", "float64"), ("uint8", "int8"), ("bool", "uint8")],
)
def test_bit_cast(source, target):
    to = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(target))
    x = numbers([3, 4], source)
    model, feeds = node_model("BitCast", [x], to=to)
    ctx, module = converted(model)
    assert not reasons(module)
    [y] = run(ctx, module, feeds)
    np.testing.assert_array_equal(y, x.view(target))


def test_nan_and_infinity():
    x = floats([1, np.nan, np.inf, -np.inf, 0])
    check_node("IsNaN", [x])
    for positive in (0, 1):
        for negative in (0, 1):
            check_node("IsInf", [x], detect_positive=positive, detect_negative=negative)


@quick
@given(shapes=broadcast_pair(), dtype=st.sampled_from(["float32", "int64", "uint8", "bool"]))
def test_where(shapes, dtype):
    condition = numbers(shapes[0], "bool", 3)
    check_node("Where", [condition, numbers(shapes[1], dtype, 1), numbers(shapes[0], dtype, 2)])


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("limits", [(-1, 2), (None, 2), (-1, None), (None, None), (2, -1)])
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
def test_clip(constant, limits, dtype):
    low, high = (None if v is None else np.asarray(abs(v), dtype) for v in limits)
    x = numbers([4, 5], dtype)
    check_node("Clip", [x, low, high], constants=[1, 2] if constant else [])


TYPES = {
    "float16": TensorProto.FLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int8": TensorProto.INT8,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint32": TensorProto.UINT32,
    "bool": TensorProto.BOOL,
}


@pytest.mark.parametrize("source", sorted(TYPES))
@pytest.mark.parametrize("target", sorted(TYPES))
def test_cast(source, target):
    x = numbers([3, 7], source)
    if target.startswith("uint") and not source.startswith("int"):
        # What a negative float becomes as an unsigned integer is not defined.
        x = np.abs(x) if source != "bool" else x
    check_node("Cast", [x.astype(source)], to=TYPES[target])


def test_cast_like():
    check_node("CastLike", [numbers([3, 7]), numbers([2], "int32")])


def test_scalar_constants_move_into_the_region():
    module = check_node("Mul", [numbers([4, 6]), np.float32(0.5)], constants=[1])
    [op] = [op for op in module.walk() if op.name == "engine.map"]
    assert len(op.operands) == 1

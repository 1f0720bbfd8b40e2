"""
Scalar `arith` and `math` operations on numpy arrays, element by element.

Arrays have exactly the dtype of the scalar type: f32 stays f32, integers wrap, `i1` is bool.
Signless integers are held signed; unsigned operations look at the same bits as unsigned.
The table goes by operation name, so that the vector forms of `arith` share it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, VectorType
from xdsl.ir import Attribute, Operation, Region, SSAValue

from ...dialects.engine.base import is_coded, scalar_type
from ...dialects.engine.weights import Array, dtype_of
from ...dialects.vector_arith import CMPF_PREDICATES, CMPI_PREDICATES
from ...errors import InputError, StepwellError
from ..one_rounding import narrowed

ScalarSemantics = Callable[..., Any]

_UNSIGNED: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(ml_dtypes.int2): np.dtype(ml_dtypes.uint2),
    np.dtype(ml_dtypes.int4): np.dtype(ml_dtypes.uint4),
}
_CODED = frozenset(
    np.dtype(getattr(ml_dtypes, name))
    for name in (
        *("int2", "uint2", "int4", "uint4", "float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn"),
        *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"),
        "float8_e8m0fnu",
    )
)
"""What a region sees as the bytes it is held in."""


def as_unsigned(a: Array) -> Array:
    """The same bits as unsigned integers; booleans become 0 and 1."""
    if a.dtype == np.bool_:
        return a.astype(np.uint8)
    if a.dtype.kind == "u":
        return a
    return a.view(_UNSIGNED.get(a.dtype) or np.dtype(f"u{a.dtype.itemsize}"))


def as_signless(a: Array) -> Array:
    """The same bits as a region sees them: unsigned integers become signed, codes bytes."""
    if a.dtype in _CODED:
        return a.view(np.int8)
    return a.view(np.dtype(f"i{a.dtype.itemsize}")) if a.dtype.kind == "u" else a


def _unsigned(compute: Callable[[Array, Array], Array]) -> ScalarSemantics:
    """The operation on operands reinterpreted as unsigned."""

    def run(op: Operation, a: Array, b: Array) -> Array:
        result = compute(as_unsigned(a), as_unsigned(b))
        return result.astype(np.bool_) if a.dtype == np.bool_ else as_signless(result)

    return run


def _plain(compute: Callable[[Array, Array], Any]) -> ScalarSemantics:
    """The operation on two operands as they are."""

    def run(op: Operation, a: Array, b: Array) -> Any:
        return compute(a, b)

    return run


def _unary(compute: Callable[[Array], Any]) -> ScalarSemantics:
    """The operation on one operand as it is."""

    def run(op: Operation, a: Array) -> Any:
        return compute(a)

    return run


def _bits(
    compute: Callable[[Array, Array], Any], on_bool: Callable[[Array, Array], Any]
) -> ScalarSemantics:
    """Integer arithmetic, where `i1` is arithmetic modulo 2."""

    def run(op: Operation, a: Array, b: Array) -> Any:
        return on_bool(a, b) if a.dtype == np.bool_ else compute(a, b)

    return run


def _dividing(compute: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    """A division, which by zero has no result."""

    def run(a: Array, b: Array) -> Array:
        if not b.all():
            raise InputError("an integer is divided by zero")
        return compute(a, b)

    return run


def _divide_towards_zero(a: Array, b: Array) -> Array:
    quotient = np.floor_divide(a, b)
    inexact = (quotient * b != a) & ((a < 0) != (b < 0)) & (b != 0)
    return quotient + inexact.astype(a.dtype)


def _divide_up(a: Array, b: Array) -> Array:
    quotient = np.floor_divide(a, b)
    return quotient + ((quotient * b != a) & (b != 0)).astype(a.dtype)


def _maximum_number(a: Array, b: Array) -> Array:
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, np.maximum(a, b)))


def _minimum_number(a: Array, b: Array) -> Array:
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, np.minimum(a, b)))


def _widened(a: Array) -> Array:
    """
    Half-precision operands are computed in f32 and rounded once.

    Row-major: numpy has other code, with other rounding, for functions of what lies otherwise.
    """
    narrow = a.dtype.itemsize < 4 and a.dtype.kind not in "iub"
    return np.asarray(a, np.float32 if narrow else None, order="C")


def _wide(compute: Callable[[Array], Any]) -> ScalarSemantics:
    def run(op: Operation, a: Array) -> Any:
        return compute(_widened(a))

    return run


def _wide_binary(compute: Callable[[Array, Array], Any]) -> ScalarSemantics:
    def run(op: Operation, a: Array, b: Array) -> Any:
        return compute(*map(_widened, np.broadcast_arrays(a, b)))

    return run


def _each(function: Callable[[float], float]) -> Callable[[Array], Array]:
    """A function of Python floats for every element, in f64."""

    def run(a: Array) -> Array:
        flat = a.astype(np.float64).reshape(-1).tolist()
        values = np.fromiter(map(function, flat), np.float64, len(flat))
        return values.reshape(a.shape)

    return run


def _round_away(a: Array) -> Array:
    whole = np.trunc(a)
    return whole + np.where(np.abs(a - whole) >= 0.5, np.copysign(np.ones_like(a), a), 0).astype(
        a.dtype
    )


def _fused_multiply_add(op: Operation, a: Array, b: Array, c: Array) -> Array:
    if a.dtype == np.float64:
        return a * b + c
    # The product of two f32 is exact in f64; the sum then rounds once more than a true FMA
    # would in rare halfway cases.
    return a.astype(np.float64) * b.astype(np.float64) + c.astype(np.float64)


def _integer_power(a: Array, b: Array) -> Array:
    # The MLIR definition: a negative exponent truncates 1 / a^|b|.
    positive = np.power(a, np.maximum(b, 0))
    inverse = np.where(a == 1, 1, np.where(a == -1, np.where(b % 2 == 0, 1, -1), 0))
    return np.where(b < 0, inverse, positive)


def _leading_zeros(a: Array) -> Array:
    bits = a.dtype.itemsize * 8
    lengths = [int(v).bit_length() for v in as_unsigned(a).reshape(-1)]
    return np.array([bits - n for n in lengths], a.dtype).reshape(a.shape)


def _trailing_zeros(a: Array) -> Array:
    bits = a.dtype.itemsize * 8
    values = [int(v) for v in as_unsigned(a).reshape(-1)]
    counts = [bits if v == 0 else (v & -v).bit_length() - 1 for v in values]
    return np.array(counts, a.dtype).reshape(a.shape)


_CMPI: dict[str, Callable[[Array, Array], Array]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "slt": np.less,
    "sle": np.less_equal,
    "sgt": np.greater,
    "sge": np.greater_equal,
    "ult": lambda a, b: as_unsigned(a) < as_unsigned(b),
    "ule": lambda a, b: as_unsigned(a) <= as_unsigned(b),
    "ugt": lambda a, b: as_unsigned(a) > as_unsigned(b),
    "uge": lambda a, b: as_unsigned(a) >= as_unsigned(b),
}
_ORDERED: dict[str, Callable[[Array, Array], Array]] = {
    "eq": np.equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
    "ne": np.not_equal,
}


def _compare_integers(op: Operation, a: Array, b: Array) -> Array:
    assert isinstance(op, arith.CmpiOp)
    name = CMPI_PREDICATES[op.predicate.value.data]
    if a.dtype == np.bool_ and name[0] == "s":
        # A set i1 is -1 when looked at as signed.
        a, b = -a.astype(np.int8), -b.astype(np.int8)
    return _CMPI[name](a, b)


def _compare_floats(op: Operation, a: Array, b: Array) -> Array:
    assert isinstance(op, arith.CmpfOp)
    name = CMPF_PREDICATES[op.predicate.value.data]
    unordered = np.isnan(a) | np.isnan(b)
    if name in ("false", "true"):
        return np.full(unordered.shape, name == "true")
    if name in ("ord", "uno"):
        return unordered == (name == "uno")
    holds = _ORDERED[name[1:]](a, b)
    return (holds & ~unordered) if name[0] == "o" else (holds | unordered)


def _result_dtype(op: Operation) -> np.dtype[Any]:
    type_ = op.results[0].type
    if isinstance(type_, VectorType):
        return dtype_of(type_.element_type)
    return dtype_of(type_)


def _constant(op: Operation) -> Array:
    assert isinstance(op, arith.ConstantOp)
    if not isinstance(op.value, IntegerAttr | FloatAttr):
        raise StepwellError(f"'{op.name}': expected a scalar constant, got {op.value}")
    number = op.value.value.data
    dtype = _result_dtype(op)
    if dtype == np.bool_:
        return np.asarray(bool(number))
    if dtype.kind == "i":
        # A literal may be written unsigned: 255 : i8.
        bits = dtype.itemsize * 8
        return np.asarray(
            (int(number) + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1)), dtype
        )
    return np.asarray(number, dtype)


def _select(op: Operation, condition: Array, a: Array, b: Array) -> Array:
    return np.where(condition, a, b)


def _bitcast(op: Operation, a: Array) -> Array:
    return np.ascontiguousarray(a).view(_result_dtype(op)).reshape(a.shape)


def _to_unsigned_integer(op: Operation, a: Array) -> Array:
    dtype = _result_dtype(op)
    if dtype == np.bool_:
        return a != 0
    return as_signless(a.astype(_UNSIGNED.get(dtype) or f"u{dtype.itemsize}"))


def _from_unsigned_integer(op: Operation, a: Array) -> Array:
    return as_unsigned(a).astype(_result_dtype(op))


def _from_signed_integer(op: Operation, a: Array) -> Array:
    return (-a.astype(np.int8) if a.dtype == np.bool_ else a).astype(_result_dtype(op))


def _truncate_integer(op: Operation, a: Array) -> Array:
    return (a & a.dtype.type(1)) != 0 if _result_dtype(op) == np.bool_ else a


def _shift(compute: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    """A shift by the width or more gives zero (poison in MLIR, zero in ONNX)."""

    def run(a: Array, b: Array) -> Array:
        within = as_unsigned(b) < a.dtype.itemsize * 8
        return np.where(within, compute(a, np.where(within, b, 0).astype(b.dtype)), a.dtype.type(0))

    return run


SCALAR_SEMANTICS: dict[str, ScalarSemantics] = {
    "arith.constant": _constant,
    "arith.addi": _bits(np.add, np.logical_xor),
    "arith.subi": _bits(np.subtract, np.logical_xor),
    "arith.muli": _bits(np.multiply, np.logical_and),
    "arith.divsi": _plain(_dividing(_divide_towards_zero)),
    "arith.divui": _unsigned(_dividing(np.floor_divide)),
    "arith.floordivsi": _plain(_dividing(np.floor_divide)),
    "arith.ceildivsi": _plain(_dividing(_divide_up)),
    "arith.ceildivui": _unsigned(_dividing(_divide_up)),
    "arith.remsi": _plain(_dividing(np.fmod)),
    "arith.remui": _unsigned(_dividing(np.remainder)),
    "arith.minsi": _plain(np.minimum),
    "arith.maxsi": _plain(np.maximum),
    "arith.minui": _unsigned(np.minimum),
    "arith.maxui": _unsigned(np.maximum),
    "arith.andi": _plain(np.bitwise_and),
    "arith.ori": _plain(np.bitwise_or),
    "arith.xori": _plain(np.bitwise_xor),
    "arith.shli": _plain(_shift(np.left_shift)),
    "arith.shrsi": _plain(_shift(np.right_shift)),
    "arith.shrui": _unsigned(_shift(np.right_shift)),
    "arith.cmpi": _compare_integers,
    "arith.cmpf": _compare_floats,
    "arith.select": _select,
    "arith.addf": _plain(np.add),
    "arith.subf": _plain(np.subtract),
    "arith.mulf": _plain(np.multiply),
    "arith.divf": _plain(np.divide),
    "arith.negf": _unary(np.negative),
    "arith.maximumf": _plain(np.maximum),
    "arith.minimumf": _plain(np.minimum),
    "arith.maxnumf": _plain(_maximum_number),
    "arith.minnumf": _plain(_minimum_number),
    "arith.bitcast": _bitcast,
    "arith.index_cast": _unary(lambda a: a),
    "arith.fptosi": _unary(np.trunc),
    "arith.fptoui": _to_unsigned_integer,
    "arith.sitofp": _from_signed_integer,
    "arith.uitofp": _from_unsigned_integer,
    "arith.extf": _unary(lambda a: a),
    "arith.truncf": _unary(lambda a: a),
    "arith.trunci": _truncate_integer,
    "arith.extsi": _from_signed_integer,
    "arith.extui": _from_unsigned_integer,
    "math.absf": _unary(np.abs),
    "math.absi": _unary(np.abs),
    "math.acos": _wide(np.arccos),
    "math.acosh": _wide(np.arccosh),
    "math.asin": _wide(np.arcsin),
    "math.asinh": _wide(np.arcsinh),
    "math.atan": _wide(np.arctan),
    "math.atan2": _wide_binary(np.arctan2),
    "math.atanh": _wide(np.arctanh),
    "math.cbrt": _wide(np.cbrt),
    "math.ceil": _unary(np.ceil),
    "math.copysign": _plain(np.copysign),
    "math.cos": _wide(np.cos),
    "math.cosh": _wide(np.cosh),
    "math.ctlz": _unary(_leading_zeros),
    "math.ctpop": _unary(lambda a: np.bitwise_count(as_unsigned(a))),
    "math.cttz": _unary(_trailing_zeros),
    "math.erf": _unary(_each(math.erf)),
    "math.exp": _wide(np.exp),
    "math.exp2": _wide(np.exp2),
    "math.expm1": _wide(np.expm1),
    "math.floor": _unary(np.floor),
    "math.fma": _fused_multiply_add,
    "math.fpowi": _plain(lambda a, b: np.power(a.astype(np.float64), b)),
    "math.ipowi": _plain(_integer_power),
    "math.log": _wide(np.log),
    "math.log10": _wide(np.log10),
    "math.log1p": _wide(np.log1p),
    "math.log2": _wide(np.log2),
    "math.powf": _wide_binary(np.power),
    "math.round": _unary(_round_away),
    "math.roundeven": _unary(np.rint),
    "math.rsqrt": _wide(lambda a: a.dtype.type(1) / np.sqrt(a)),
    "math.sin": _wide(np.sin),
    "math.sinh": _wide(np.sinh),
    "math.sqrt": _wide(np.sqrt),
    "math.tan": _wide(np.tan),
    "math.tanh": _wide(np.tanh),
    "math.trunc": _unary(np.trunc),
}
"""What each scalar operation computes: `(op, *operand arrays) -> array`, before rounding to the
result's dtype."""


def run_scalar_op(op: Operation, *args: Array | np.generic) -> Array:
    """The result of one scalar operation on arrays that broadcast, in the result's dtype.

    Raises:
        InputError: for a division of an integer by zero.
        StepwellError: for an operation without scalar semantics.
    """
    semantics = SCALAR_SEMANTICS.get(op.name)
    if semantics is None:
        raise StepwellError(f"'{op.name}' has no scalar semantics")
    arrays = [np.asarray(a) for a in args]
    with np.errstate(all="ignore"):
        return narrowed(np.asarray(semantics(op, *arrays)), _result_dtype(op))


def run_scalar_region(
    region: Region, arguments: Sequence[Array], elements: Sequence[Attribute]
) -> list[Array]:
    """
    What a scalar region yields for arrays that broadcast against each other.

    `elements` are the element types of the results, unsigned where the region's are signless.
    """
    values: dict[SSAValue, Array] = {
        argument: as_signless(np.asarray(value))
        for argument, value in zip(region.block.args, arguments, strict=True)
    }
    for op in region.block.ops:
        if op.next_op is None:
            return [
                _left(values[value], element)
                for value, element in zip(op.operands, elements, strict=True)
            ]
        values[op.results[0]] = run_scalar_op(op, *(values[v] for v in op.operands))
    return []


def _left(value: Array, element: Attribute) -> Array:
    """A yielded array as the result holds it."""
    if is_coded(element):
        return value.view(dtype_of(element))
    return value if scalar_type(element) == element else as_unsigned(value)

"""
Functions of each element of one operand: each one `engine.map`.

Operators: ABS, BITCAST, BUCKETIZE, CAST, CEIL, COS, DENSIFY, DEQUANTIZE, ELU, EXP, FAKE_QUANT,
FLOOR, GELU, HARD_SWISH, LEAKY_RELU, LOG, LOGICAL_NOT, LOGISTIC, NEG, PRELU, QUANTIZE, RELU, RELU6,
RELU_0_TO_1, RELU_N1_TO_1, ROUND, RSQRT, SIGN, SIN, SQRT, SQUARE, TANH, ZEROS_LIKE.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32, i1, i32, i64
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine.base import element_of, extents_of, scalar_type
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array, dtype_of
from ...dialects.tfl.codes import element_type_of_word
from ...interpreters.tfl.elementwise import leaky_factors
from ...interpreters.tfl.fixed_point import multiplier_of
from ...interpreters.tfl.numbers import storage_range
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import (
    Numbers,
    cast_scalar,
    exp,
    log,
    select,
    sigmoid,
    sqrt,
    tanh,
    value,
)
from ..to_engine.vocabulary.activations import ScalarFunction, elu, gelu, hard_swish, leaky_relu
from ..to_engine.vocabulary.arithmetic import magnitude, sign
from ..to_engine.vocabulary.gather import take
from .activations import ACTIVATIONS
from .evaluation import evaluate
from .fixed_point import less, limited, multiplied
from .quantization import (
    dequantize,
    finished,
    operand_quantization,
    quantize,
    real,
    require_alike,
    result_quantization,
)


def _function(function: ScalarFunction, *, floats: bool = False) -> Conversion:
    """A function of each number; `floats` says that it is one of real numbers only."""

    def convert(lo: Lowering) -> SSAValue:
        x = real(lo, "input")
        n = Numbers(element_of(x))
        if floats and not n.floating:
            raise NoNativeForm(f"on {n.element} elements")
        return finished(lo, lo.map([x], lambda a: function(n, a)))

    return convert


def _scalar(build: Callable[[SSAValue], SSAValue]) -> Conversion:
    """A function of real numbers that does not ask of which type they are."""

    def function(n: Numbers, a: SSAValue) -> SSAValue:
        return build(a)

    return _function(function, floats=True)


def _math(kind: Callable[[SSAValue], Operation]) -> Conversion:
    return _scalar(lambda a: value(kind(a)))


def _square(n: Numbers, a: SSAValue) -> SSAValue:
    return n.mul(a, a)


def _rsqrt(n: Numbers, a: SSAValue) -> SSAValue:
    return n.div(n.number(1), sqrt(a))


def _round(n: Numbers, a: SSAValue) -> SSAValue:
    return value(math.RoundEvenOp(a))


def _elu(n: Numbers, a: SSAValue) -> SSAValue:
    return elu(n, a, 1.0)


def _gelu(lo: Lowering) -> SSAValue:
    x = real(lo, "input")
    n, rough = Numbers(element_of(x)), bool(lo.integer("approximate"))
    return finished(lo, lo.map([x], lambda a: gelu(n, a, rough)))


def tabulated(lo: Lowering) -> SSAValue | None:
    """
    The results of a function of stored bytes, looked up; None where operand or result is not one.

    For functions whose kernels have integer rules of their own: the table is made by them.
    """
    source, result = operand_quantization(lo, "input"), result_quantization(lo)
    if source is None or result is None or source.storage.width.data != 8:
        return None
    low, high = storage_range(source)
    every = np.arange(low, high + 1).astype(dtype_of(source.storage))
    [table] = evaluate(lo.op, [every], lo.store)
    assert table is not None
    values = lo.constant(table.astype(dtype_of(result.storage)), "table")
    places = lo.map([lo.operand("input")], lambda a: less(a, source.storage, low), i64)
    return take(lo, values, places, 0)


def _with_table(convert: Conversion) -> Conversion:
    return lambda lo: tabulated(lo) or convert(lo)


def _leaky_relu(lo: Lowering) -> SSAValue:
    """Of bytes, by multiples of 1 / 256 of the ratio of scales, one for each sign."""
    source, result = operand_quantization(lo, "input"), result_quantization(lo)
    if source is not None and result is not None and result.storage.width.data == 8:
        above, below = leaky_factors(source, result, lo.number("alpha"))
        m = Numbers(i32)
        low, high = storage_range(result)

        def of_bytes(a: SSAValue) -> SSAValue:
            x = m.sub(cast_scalar(a, source.storage, i32), m.number(source.zero))
            factor = select(m.compare("lt", x, m.number(0)), m.number(below), m.number(above))
            moved = m.add(m.mul(x, factor), m.number(128))
            found = m.add(value(arith.ShRSIOp(moved, m.number(8))), m.number(result.zero))
            inside = m.minimum(m.maximum(found, m.number(low)), m.number(high))
            return cast_scalar(inside, i32, result.storage)

        return lo.map([lo.operand("input")], of_bytes, result.storage)
    x, alpha = real(lo, "input"), lo.number("alpha")
    n = Numbers(element_of(x))
    return finished(lo, lo.map([x], lambda a: leaky_relu(n, a, alpha)))


def _prelu(lo: Lowering) -> SSAValue:
    x, alpha = real(lo, "input"), real(lo, "alpha")
    require_alike(x, alpha)
    n = Numbers(element_of(x))

    def build(a: SSAValue, slope: SSAValue) -> SSAValue:
        return select(n.compare("lt", a, n.number(0)), n.mul(a, slope), a)

    return finished(lo, lo.map([x, alpha], build))


def _neg(lo: Lowering) -> SSAValue:
    """Of what is stored: the kernel does not look at scales."""
    x = lo.operand("input")
    return lo.map([x], Numbers(element_of(x)).neg)


def _logical_not(lo: Lowering) -> SSAValue:
    n = Numbers(i1)
    return lo.map([lo.operand("input")], lambda a: value(arith.XOrIOp(a, n.number(1))))


def _zeros_like(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    zero = lo.constant(np.zeros((), dtype_of(element_of(x))), "zero")
    return lo.broadcast(zero, extents_of(x))


def _identity(lo: Lowering) -> SSAValue:
    return lo.operand("input")


def cast(lo: Lowering, x: SSAValue, target: Attribute) -> SSAValue:
    """`x` in another element type; a constant stays one."""
    source = element_of(x)
    if source == target:
        return x
    attr = constant_of(x)
    if attr is not None and Numbers(source).floating and Numbers(target).floating:

        def compute(array: Array) -> Array:
            return array.astype(dtype_of(target))

        name = x.name_hint or "weight"
        shape = attr.type.get_shape()
        return lo.derived(f"cast to {target}", compute, [attr], shape, target, name)
    return lo.map([x], lambda a: cast_scalar(a, source, target), target)


def _cast(lo: Lowering) -> SSAValue:
    """The type that the option says; integers of floats are cut and limited."""
    x = lo.operand("input")
    row = element_type_of_word(lo.text("out_data_type", "FLOAT32"))
    if row is None:
        raise NoNativeForm("to a type that is not one of numbers")
    declared = lo.op.results[0].type
    target = getattr(declared, "element_type", row.ir)
    source, wanted = Numbers(element_of(x)), Numbers(target)
    if source.floating and not wanted.floating and not wanted.boolean:
        info = np.iinfo(dtype_of(target))
        low, high = float(info.min), float(info.max)

        def build(a: SSAValue) -> SSAValue:
            # Numbers outside of the range have no integer; the limits are the nearest floats in it.
            inside = source.minimum(source.maximum(a, source.number(low)), source.number(high))
            whole = cast_scalar(inside, source.element, target)
            top = source.compare("ge", a, source.number(high))
            return select(top, wanted.number(int(info.max)), whole)

        return lo.map([x], build, target)
    return cast(lo, x, target)


def _quantize(lo: Lowering) -> SSAValue:
    """Numbers to integers, or integers of one scale to those of another."""
    x, target = lo.operand("input"), result_quantization(lo)
    source = operand_quantization(lo, "input")
    if target is None:
        raise NoNativeForm("to a type that is not quantised")
    if source is None or source.per_axis is not None or target.per_axis is not None:
        return quantize(lo, dequantize(lo, x, source), target)
    ratio = float(np.float32(source.scale)) / float(np.float32(target.scale))
    factor = multiplier_of(ratio)

    def build(a: SSAValue) -> SSAValue:
        moved = multiplied(less(a, source.storage, source.zero), factor)
        return cast_scalar(limited(moved, target.zero, storage_range(target)), i64, target.storage)

    return lo.map([x], build, target.storage)


def _dequantize(lo: Lowering) -> SSAValue:
    x = dequantize(lo, lo.operand("input"), operand_quantization(lo, "input"))
    return cast(lo, x, f32)


def _fake_quant(lo: Lowering) -> SSAValue:
    """The grid of so many bits over a range that is moved to hold zero."""
    x, bits, n = lo.operand("input"), lo.integer("num_bits", 8), Numbers(f32)
    one = np.float32(1)
    low, high = np.float32(lo.number("min")), np.float32(lo.number("max"))
    first, last = one * bool(lo.integer("narrow_range")), one * ((1 << bits) - 1)
    scale = (high - low) / (last - first)
    nudged = np.clip(np.floor(first - low / scale + np.float32(0.5)), first, last)
    bottom, top = float((first - nudged) * scale), float((last - nudged) * scale)
    inverse = float(one / scale)

    def build(a: SSAValue) -> SSAValue:
        inside = n.minimum(n.maximum(a, n.number(bottom)), n.number(top))
        steps = n.mul(n.sub(inside, n.number(bottom)), n.number(inverse))
        whole = value(math.FloorOp(n.add(steps, n.number(0.5))))
        return n.add(n.mul(whole, n.number(float(scale))), n.number(bottom))

    return lo.map([x], build)


def _bucketize(lo: Lowering) -> SSAValue:
    """How many boundaries are not above."""
    x, boundaries = lo.operand("input"), lo.op.attribute("boundaries") or []
    n, count = Numbers(element_of(x)), Numbers(i32)
    if not isinstance(boundaries, list) or len(boundaries) > 64:
        raise NoNativeForm("of more than 64 boundaries")
    limits = [float(b) for b in boundaries if isinstance(b, int | float)]
    if not n.floating and any(not b.is_integer() for b in limits):
        raise NoNativeForm("of integers with boundaries between them")

    def build(a: SSAValue) -> SSAValue:
        total = count.number(0)
        for limit in limits:
            above = n.compare("ge", a, n.number(limit if n.floating else int(limit)))
            total = count.add(total, cast_scalar(above, i1, i32))
        return total

    return lo.map([x], build, i32)


def _bitcast(lo: Lowering) -> SSAValue:
    x, target = lo.operand("input"), getattr(lo.op.results[0].type, "element_type", None)
    source = element_of(x)
    if target is None or dtype_of(source).itemsize != dtype_of(target).itemsize:
        raise NoNativeForm("to elements of another size")
    before, after = scalar_type(source), scalar_type(target)
    if before == after:
        return lo.map([x], lambda a: a, target)
    return lo.map([x], lambda a: value(arith.BitcastOp(a, after)), target)


def _clip(name: str) -> ScalarFunction:
    return ACTIVATIONS[name]


OPERATORS: dict[str, Conversion] = {
    "ABS": _function(magnitude),
    "BITCAST": _bitcast,
    "BUCKETIZE": _bucketize,
    "CAST": _cast,
    "CEIL": _math(math.CeilOp),
    "COS": _math(math.CosOp),
    "DENSIFY": _identity,
    "DEQUANTIZE": _dequantize,
    "ELU": _function(_elu, floats=True),
    "EXP": _scalar(exp),
    "FAKE_QUANT": _fake_quant,
    "FLOOR": _math(math.FloorOp),
    "GELU": _gelu,
    "HARD_SWISH": _with_table(_function(hard_swish, floats=True)),
    "LEAKY_RELU": _leaky_relu,
    "LOG": _scalar(log),
    "LOGICAL_NOT": _logical_not,
    "LOGISTIC": _function(sigmoid, floats=True),
    "NEG": _neg,
    "PRELU": _prelu,
    "QUANTIZE": _quantize,
    "RELU": _function(_clip("RELU")),
    "RELU6": _function(_clip("RELU6")),
    "RELU_0_TO_1": _function(_clip("RELU_0_TO_1")),
    "RELU_N1_TO_1": _function(_clip("RELU_N1_TO_1")),
    "ROUND": _function(_round, floats=True),
    "RSQRT": _function(_rsqrt, floats=True),
    "SIGN": _function(sign),
    "SIN": _math(math.SinOp),
    "SQRT": _with_table(_scalar(sqrt)),
    "SQUARE": _function(_square),
    "TANH": _scalar(tanh),
    "ZEROS_LIKE": _zeros_like,
}

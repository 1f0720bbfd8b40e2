"""
Quantised operators, as what they mean: integers less their zero point, times their scale.

Products of quantised numbers are exact in i32. What quantised kernels gain over this is for
rewrites to find: the pattern is `matmul` of two maps from 8 to 32 bits.

Operators: ConvInteger, DequantizeLinear, DynamicQuantizeLinear, MatMulInteger, QLinearConv,
QLinearMatMul, QuantizeLinear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import math
from xdsl.dialects.builtin import AnyFloat, IntegerType, Signedness, f32, i32
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine import ConvOp, MatmulOp, ReduceOp
from ....dialects.engine.base import element_of, extents_of, is_coded, rank_of, shape_of
from ....dialects.onnx.codes import element_type_of_code
from ....runtime.size import is_one
from ...to_engine.coded_elements import Rounding, plain_element
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.scalars import Numbers, cast_scalar, select, value
from ..layers.windows import window_of
from .coded_weights import decoded_constant

UI8 = IntegerType(8, Signedness.UNSIGNED)

BYTES = (IntegerType(8), UI8)
"""What products are computed of."""


def _bytes(element: Attribute) -> Numbers:
    """The integers of a quantised tensor."""
    if element not in BYTES:
        raise NoNativeForm(f"of {element}")
    return Numbers(element)


_RANGES: dict[Attribute, tuple[int, int]] = {
    IntegerType(2): (-2, 1),
    IntegerType(2, Signedness.UNSIGNED): (0, 3),
    IntegerType(4): (-8, 7),
    IntegerType(4, Signedness.UNSIGNED): (0, 15),
    IntegerType(8): (-128, 127),
    UI8: (0, 255),
    IntegerType(16): (-(1 << 15), (1 << 15) - 1),
    IntegerType(16, Signedness.UNSIGNED): (0, (1 << 16) - 1),
}


def _along(lo: Lowering, parameter: SSAValue, x: SSAValue, axis: int) -> SSAValue:
    """
    A scale or zero point as it meets `x`: one number, one for each index of `axis`, or, where
    there is a block size, one for each block along `axis`.
    """
    shape, whole, size = extents_of(parameter), extents_of(x), lo.integer("block_size")
    if size and len(shape) == len(whole):
        behind = shape[axis + 1 :]
        apart = lo.reshape(parameter, (*shape[: axis + 1], 1, *behind))
        repeated = lo.broadcast(apart, (*shape[: axis + 1], size, *behind))
        joined = lo.reshape(repeated, (*shape[:axis], shape[axis] * size, *behind))
        lo.relations.not_negative(shape[axis] * size - whole[axis])
        return lo.slice_axis(joined, axis, 0, whole[axis])
    if len(shape) > 1:
        raise NoNativeForm("with scales that are not a vector")
    if all(map(is_one, shape)):
        return lo.reshape(parameter, ())
    return lo.reshape(parameter, (*shape, *([1] * (len(whole) - 1 - axis))))


def _less_zero_point(
    lo: Lowering, x: SSAValue, zero: SSAValue | None, axis: int, element: Attribute
) -> SSAValue:
    """`x - zero` as numbers of another type."""
    source, n = element_of(x), Numbers(element)
    if zero is None:
        return lo.map([x], lambda a: cast_scalar(a, source, element), element)

    def build(a: SSAValue, z: SSAValue) -> SSAValue:
        return n.sub(cast_scalar(a, source, element), cast_scalar(z, source, element))

    return lo.map([x, _along(lo, zero, x, axis)], build, element)


def _axis(lo: Lowering, x: SSAValue) -> int:
    rank = rank_of(x)
    return positive(lo.integer("axis", 1), rank) if rank > 1 else 0


def DequantizeLinear(lo: Lowering) -> SSAValue:
    """`(x - zero_point) * scale`"""
    x, scale, zero = lo.operand("x"), lo.operand("x_scale"), lo.optional("x_zero_point")
    axis, source, n = _axis(lo, x), element_of(x), Numbers(f32)
    Numbers(plain_element(source))
    row = element_type_of_code(lo.integer("output_dtype"))
    factor = element_of(scale)
    target = factor if row is None else row.ir
    Numbers(target)
    decoded = decoded_constant(lo, x, scale, zero, axis)
    if decoded is not None:
        if target == f32:
            return decoded
        return lo.map([decoded], lambda a: cast_scalar(a, f32, target), target)
    zeros = [] if zero is None else [_along(lo, zero, x, axis)]

    def build(a: SSAValue, s: SSAValue, *z: SSAValue) -> SSAValue:
        number = cast_scalar(a, source, f32)
        for offset in z:
            number = n.sub(number, cast_scalar(offset, source, f32))
        return cast_scalar(n.mul(number, cast_scalar(s, factor, f32)), f32, target)

    return lo.map([x, _along(lo, scale, x, axis), *zeros], build, target)


def _rounded(number: SSAValue, zero: SSAValue | None, target: Attribute) -> SSAValue:
    """`saturate(round(number) + zero)` of f32 scalars as an integer; ties go to even."""
    n = Numbers(f32)
    low, high = _RANGES[target]
    whole = value(math.RoundEvenOp(number))
    if zero is not None:
        whole = n.add(whole, cast_scalar(zero, target, f32))
    clamped = n.minimum(n.maximum(whole, n.number(low)), n.number(high))
    return cast_scalar(clamped, f32, target)


def _ratio(lo: Lowering, source: Attribute, factor: Attribute) -> Callable[..., SSAValue]:
    """`x / scale` as f32, divided in the type of the scale, or the one that `precision` names."""
    row = element_type_of_code(lo.integer("precision"))
    wanted = factor if row is None else row.ir
    precision = wanted if isinstance(wanted, AnyFloat) and not is_coded(wanted) else f32

    def build(a: SSAValue, s: SSAValue) -> SSAValue:
        n = Numbers(precision)
        quotient = n.div(cast_scalar(a, source, precision), cast_scalar(s, factor, precision))
        return cast_scalar(quotient, precision, f32)

    return build


def QuantizeLinear(lo: Lowering) -> SSAValue:
    """`saturate(round(x / scale) + zero_point)`"""
    x, scale, zero = lo.operand("x"), lo.operand("y_scale"), lo.optional("y_zero_point")
    axis, source = _axis(lo, x), element_of(x)
    ratio = _ratio(lo, source, element_of(scale))
    row = element_type_of_code(lo.integer("output_dtype"))
    target = element_of(zero) if zero is not None else UI8 if row is None else row.ir
    Numbers(source)
    zeros = [] if zero is None else [_along(lo, zero, x, axis)]
    if target not in _RANGES:
        rounding = Rounding(bool(lo.integer("saturate", 1)))
        inputs = [x, _along(lo, scale, x, axis), *zeros]
        return _quantized_float(lo, inputs, ratio, target, rounding)

    def build(a: SSAValue, s: SSAValue, *z: SSAValue) -> SSAValue:
        return _rounded(ratio(a, s), z[0] if z else None, target)

    return lo.map([x, _along(lo, scale, x, axis), *zeros], build, target)


def _quantized_float(
    lo: Lowering,
    inputs: Sequence[SSAValue],
    ratio: Callable[..., SSAValue],
    target: Attribute,
    rounding: Rounding,
) -> SSAValue:
    """`round(x / scale + zero_point)` in a format of at most eight bits."""
    n = Numbers(f32)
    if not is_coded(target) or isinstance(target, IntegerType):
        raise NoNativeForm(f"to {target}")

    def build(a: SSAValue, s: SSAValue, *z: SSAValue) -> SSAValue:
        number = ratio(a, s)
        for offset in z:
            number = n.add(number, cast_scalar(offset, target, f32))
        return cast_scalar(number, f32, target, rounding)

    return lo.map(inputs, build, target)


def DynamicQuantizeLinear(lo: Lowering) -> Sequence[SSAValue]:
    """8 bits with the scale and zero point that the range of the numbers asks for."""
    x, n = lo.operand("x"), Numbers(f32)
    axes = range(rank_of(x))
    low = lo.emit(ReduceOp([x], "min", axes, keepdims=False))
    high = lo.emit(ReduceOp([x], "max", axes, keepdims=False))

    def step(smallest: SSAValue, largest: SSAValue) -> SSAValue:
        zero = n.number(0)
        width = n.sub(n.maximum(largest, zero), n.minimum(smallest, zero))
        # Of zeros alone: any scale does but 0, by which nothing can be divided.
        return select(n.compare("eq", width, zero), n.number(1), n.div(width, n.number(255)))

    scale = lo.map([low, high], step)

    def origin(smallest: SSAValue, s: SSAValue) -> SSAValue:
        return _rounded(n.div(n.neg(n.minimum(smallest, n.number(0))), s), None, UI8)

    zero = lo.map([low, scale], origin, UI8)
    y = lo.map([x, scale, zero], lambda a, s, z: _rounded(n.div(a, s), z, UI8), UI8)
    return [y, scale, zero]


def _product(lo: Lowering, a: SSAValue, b: SSAValue) -> SSAValue:
    """The product of integers less their zero points, in i32."""
    ranks = rank_of(a), rank_of(b)
    if min(ranks) < 2:
        raise NoNativeForm("of vectors")
    for operand in (a, b):
        _bytes(element_of(operand))
    left = _less_zero_point(lo, a, lo.optional("a_zero_point"), ranks[0] - 2, i32)
    right = _less_zero_point(lo, b, lo.optional("b_zero_point"), ranks[1] - 1, i32)
    return lo.emit(MatmulOp(left, right))


def MatMulInteger(lo: Lowering) -> SSAValue:
    """The product of integers less their zero points, in i32."""
    return _product(lo, lo.operand("A"), lo.operand("B"))


def ConvInteger(lo: Lowering) -> SSAValue:
    """The convolution of integers less their zero points, in i32."""
    x, w = lo.operand("x"), lo.operand("w")
    for operand in (x, w):
        _bytes(element_of(operand))
    window = window_of(lo, extents_of(x)[2:], shape_of(w)[2:])
    return lo.emit(
        ConvOp(
            _less_zero_point(lo, x, lo.optional("x_zero_point"), 1, i32),
            _less_zero_point(lo, w, lo.optional("w_zero_point"), 0, i32),
            strides=window.strides,
            pads=window.fixed_pads,
            dilations=window.dilations,
            groups=lo.integer("group", 1),
        )
    )


def _requantized(
    lo: Lowering, sums: SSAValue, scales: Sequence[SSAValue], zero: SSAValue
) -> SSAValue:
    """`saturate(round(sums * (s1 * s2 / s3)) + zero)`"""
    target, n = element_of(zero), Numbers(f32)
    if target not in _RANGES:
        raise NoNativeForm(f"to {target}")
    elements = [element_of(s) for s in scales]

    def multiplier(*given: SSAValue) -> SSAValue:
        left, right, result = (
            cast_scalar(s, element, f32) for s, element in zip(given, elements, strict=True)
        )
        return n.div(n.mul(left, right), result)

    def build(a: SSAValue, factor: SSAValue, z: SSAValue) -> SSAValue:
        return _rounded(n.mul(cast_scalar(a, i32, f32), factor), z, target)

    factor = lo.map(scales, multiplier, f32)
    return lo.map([sums, factor, lo.reshape(zero, ())], build, target)


def QLinearMatMul(lo: Lowering) -> SSAValue:
    """The product of quantised matrices, quantised."""
    sums = _product(lo, lo.operand("a"), lo.operand("b"))
    scales = [
        _along(lo, lo.operand("a_scale"), sums, rank_of(sums) - 2),
        _along(lo, lo.operand("b_scale"), sums, rank_of(sums) - 1),
        lo.reshape(lo.operand("y_scale"), ()),
    ]
    return _requantized(lo, sums, scales, lo.operand("y_zero_point"))


def QLinearConv(lo: Lowering) -> SSAValue:
    """The convolution of quantised tensors with a bias in i32, quantised."""
    sums, bias = ConvInteger(lo), lo.optional("B")
    if bias is not None:
        sums = lo.map([sums, _along(lo, bias, sums, 1)], Numbers(i32).add)
    scales = [
        lo.reshape(lo.operand("x_scale"), ()),
        _along(lo, lo.operand("w_scale"), sums, 1),
        lo.reshape(lo.operand("y_scale"), ()),
    ]
    return _requantized(lo, sums, scales, lo.operand("y_zero_point"))


OPERATORS = {
    "ConvInteger": ConvInteger,
    "DequantizeLinear": DequantizeLinear,
    "DynamicQuantizeLinear": DynamicQuantizeLinear,
    "MatMulInteger": MatMulInteger,
    "QLinearConv": QLinearConv,
    "QLinearMatMul": QLinearMatMul,
    "QuantizeLinear": QuantizeLinear,
}

"""
Quantised operands and results of operators: integers, their scales and zero points.

`real` gives the numbers that an operand stands for, `finished` makes a result of numbers; an
operator between the two is exact up to the rounding of its result. Operators with integer rules of
their own take `integers` and end in `requantized`. The rules are those of `interpreters/tfl`.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, rank_of, shape_of
from ...dialects.engine.constant import constant_of
from ...dialects.engine.contraction import CODES
from ...dialects.engine.weights import Array, digest_of
from ...dialects.tfl import QuantizedType, TflOp
from ...dialects.tfl.quantized import quantized_operands, quantized_results
from ...interpreters.tfl.numbers import activation_range, dequantized, less_zero, storage_range
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, cast_scalar, value
from .activations import fused


def operand_quantization(lo: Lowering, name: str) -> QuantizedType | None:
    """The quantisation of an operand by its name."""
    return quantization_at(lo, lo.op.SIGNATURE.operand_names.index(name))


def quantization_at(lo: Lowering, at: int) -> QuantizedType | None:
    """The quantisation of an operand by its position."""
    found = quantized_operands(cast(TflOp, lo.op))
    return found[at] if at < len(found) else None


def result_quantization(lo: Lowering, at: int = 0) -> QuantizedType | None:
    """The quantisation of a result by its position."""
    found = quantized_results(cast(TflOp, lo.op))
    return found[at] if at < len(found) else None


def any_quantized(lo: Lowering) -> bool:
    """Whether an operand or a result is quantised."""
    op = cast(TflOp, lo.op)
    return any((*quantized_operands(op), *quantized_results(op)))


def real(lo: Lowering, name: str) -> SSAValue:
    """An operand as numbers."""
    return dequantize(lo, lo.operand(name), operand_quantization(lo, name))


def require_alike(*values: SSAValue | None) -> None:
    """
    Ask for values of one element type.

    Raises:
        NoNativeForm: for others, which no kernel of the framework takes either.
    """
    elements = list(dict.fromkeys(element_of(v) for v in values if v is not None))
    if len(elements) > 1:
        raise NoNativeForm(f"of {' and '.join(map(str, elements))}")


def optional_real(lo: Lowering, name: str) -> SSAValue | None:
    """An operand that may be absent, as numbers."""
    return None if lo.optional(name) is None else real(lo, name)


def dequantize(lo: Lowering, x: SSAValue, quantized: QuantizedType | None) -> SSAValue:
    """`(x - zero) * scale` in f32; what is not quantised as it is."""
    if quantized is None:
        return x
    if constant_of(x) is not None:
        return _derived(lo, x, quantized, "dequantize", dequantized, f32)
    n, source = Numbers(f32), element_of(x)
    scales, zeros = along(lo, quantized, rank_of(x))

    def build(a: SSAValue, scale: SSAValue, zero: SSAValue) -> SSAValue:
        return n.mul(n.sub(cast_scalar(a, source, f32), zero), scale)

    return lo.map([x, scales, zeros], build, f32)


def _derived(
    lo: Lowering,
    x: SSAValue,
    quantized: QuantizedType,
    what: str,
    function: Any,
    element: Attribute,
) -> SSAValue:
    """A function of a constant and its quantisation."""
    attr = constant_of(x)
    assert attr is not None
    how = (quantized.scales, quantized.zeros, np.array(quantized.axis.data))
    kind = f"{what} {quantized.storage} {' '.join(map(digest_of, how))} to {element}"
    dtype = {f32: np.float32}.get(cast(Any, element)) or np.dtype(str(element).replace("i", "int"))

    def compute(array: Array) -> Array:
        return np.asarray(function(array, quantized)).astype(dtype)

    name = x.name_hint or "weight"
    return lo.derived(kind, compute, [attr], shape_of(x), element, name)


def along(lo: Lowering, quantized: QuantizedType, rank: int) -> tuple[SSAValue, SSAValue]:
    """Scales and zero points in f32 as they meet a tensor of some rank."""
    shape: tuple[int, ...] = ()
    if quantized.per_axis is not None:
        shape = tuple(-1 if a == quantized.per_axis else 1 for a in range(rank))
    scales = lo.constant(quantized.scales.reshape(shape), "scales")
    return scales, lo.constant(quantized.zeros.astype(np.float32).reshape(shape), "zeros")


def integers(
    lo: Lowering, x: SSAValue, quantized: QuantizedType | None, element: Attribute
) -> SSAValue:
    """Integers less their zero point in a wider type."""
    # Matrices of bytes are multiplied as they are, where their products have such kernels.
    bytes_ = element_of(x) in CODES and rank_of(x) > 1
    if constant_of(x) is not None and quantized is not None and not bytes_:
        return _derived(lo, x, quantized, "integers", less_zero, element)
    source, n = element_of(x), Numbers(element)
    zero = 0 if quantized is None else quantized.zero

    def build(a: SSAValue) -> SSAValue:
        wide = cast_scalar(a, source, element)
        return n.sub(wide, n.number(zero)) if zero else wide

    return lo.map([x], build, element)


def placed(
    n: Numbers, units: SSAValue, quantized: QuantizedType, limits: tuple[int, int]
) -> SSAValue:
    """A scalar of f32 multiples of the scale, rounded and limited, as what is stored."""
    low, high = limits
    zero = quantized.zero
    limited = n.maximum(n.minimum(units, n.number(high - zero)), n.number(low - zero))
    whole = value(math.RoundEvenOp(limited))
    return cast_scalar(n.add(whole, n.number(zero)) if zero else whole, f32, quantized.storage)


def requantized(
    lo: Lowering,
    total: SSAValue,
    factors: Array,
    quantized: QuantizedType,
    activation: str = "NONE",
    *,
    axis: int | None = None,
) -> SSAValue:
    """`rint(f32(total) * factor) + zero` within the limits of an activation; `factors` are one, or
    one for each index of `axis`."""
    n, source = Numbers(f32), element_of(total)
    shape: list[int] = []
    if factors.size > 1 and axis is not None:
        shape = [-1 if a == axis else 1 for a in range(rank_of(total))]
    factor = lo.constant(factors.astype(np.float32).reshape(shape), "factors")
    limits = activation_range(activation, quantized)

    def build(a: SSAValue, m: SSAValue) -> SSAValue:
        return placed(n, n.mul(cast_scalar(a, source, f32), m), quantized, limits)

    return lo.map([total, factor], build, quantized.storage)


def quantize(
    lo: Lowering, x: SSAValue, quantized: QuantizedType, limits: tuple[int, int] | None = None
) -> SSAValue:
    """`rint(x / scale) + zero` of numbers, as integers."""
    n, source = Numbers(f32), element_of(x)
    shape: tuple[int, ...] = ()
    if quantized.per_axis is not None:
        shape = tuple(-1 if a == quantized.per_axis else 1 for a in range(rank_of(x)))
    with np.errstate(all="ignore"):
        inverses = np.float32(1) / quantized.scales
    inverse = lo.constant(inverses.reshape(shape), "inverse")
    within = limits or storage_range(quantized)

    def build(a: SSAValue, k: SSAValue) -> SSAValue:
        return placed(n, n.mul(cast_scalar(a, source, f32), k), quantized, within)

    return lo.map([x, inverse], build, quantized.storage)


def finished(lo: Lowering, x: SSAValue, at: int = 0) -> SSAValue:
    """A result of numbers: its fused activation, and its quantisation where it has one."""
    activation = activation_of(lo)
    quantized = result_quantization(lo, at)
    if quantized is None:
        return fused(lo, x, activation)
    return quantize(lo, x, quantized, activation_range(activation, quantized))


def activation_of(lo: Lowering) -> str:
    """The fused activation of an operator, `NONE` for one that cannot have one."""
    name = "fused_activation_function"
    return lo.text(name, "NONE") if name in lo.op.SIGNATURE.attributes else "NONE"


def limited(lo: Lowering, x: SSAValue, at: int = 0) -> SSAValue:
    """The fused activation of what is stored already."""
    activation, quantized = activation_of(lo), result_quantization(lo, at)
    if quantized is None:
        return fused(lo, x, activation)
    if activation == "NONE":
        return x
    low, high = activation_range(activation, quantized)
    n = Numbers(element_of(x))
    return lo.map([x], lambda a: n.minimum(n.maximum(a, n.number(low)), n.number(high)))

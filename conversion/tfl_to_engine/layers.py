"""
Contractions, norms and softmax.

A contraction of quantised operands is one of integers less their zero points; its sums get the
bias, one f32 factor for each channel and the zero point of the result.

Operators: BATCH_MATMUL, CONV_2D, CONV_3D, CONV_3D_TRANSPOSE, DEPTHWISE_CONV_2D, FULLY_CONNECTED,
L2_NORMALIZATION, LOCAL_RESPONSE_NORMALIZATION, LOG_SOFTMAX, SOFTMAX, TRANSPOSE_CONV.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i32, i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import PadOp, PoolOp, SoftmaxOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...dialects.engine.weights import Array
from ...interpreters.tfl.fixed_point import multiplier_of
from ...interpreters.tfl.numbers import activation_range
from ...runtime.size import Extent, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of
from ..to_engine.open_extents import given_extents
from ..to_engine.scalars import Numbers, cast_scalar, sqrt, value
from ..to_engine.vocabulary.convolution import convolution, per_channel, transposed_convolution
from ..to_engine.vocabulary.dense import dense, matmul
from ..to_engine.vocabulary.reduce import reduce
from ..to_engine.vocabulary.windows import Window, split_pads
from .activations import fused
from .fixed_point import WIDE, limited
from .images import channels_first, channels_last, window_of
from .quantization import (
    activation_of,
    finished,
    integers,
    operand_quantization,
    optional_real,
    real,
    requantized,
    require_alike,
    result_quantization,
)


def _sums(lo: Lowering, name: str) -> Attribute:
    """The type in which products of an operand are summed."""
    width = getattr(element_of(lo.operand(name)), "width", None)
    return i64 if width is not None and width.data > 8 else i32


class Contraction:
    """
    Operands of a contraction: of floats, or integers that are requantised.

    `wide`: sums of 16-bit operands are requantised in fixed point, as convolutions have it.
    `images`: the input gets its channels first, while its numbers are still narrow.
    """

    def __init__(self, lo: Lowering, *, wide: bool = True, images: bool = True):
        self.lo = lo
        self.wide = wide
        inputs, weights = "input", "filter"
        self.result = result_quantization(lo)
        self._names = inputs, weights
        if self.result is None:
            x, self.w = real(lo, inputs), real(lo, weights)
            self.x = channels_first(lo, x) if images else x
            self.bias = optional_real(lo, "bias")
            require_alike(self.x, self.w, self.bias)
            return
        kinds = operand_quantization(lo, inputs), operand_quantization(lo, weights)
        if None in kinds:
            raise NoNativeForm("of operands only some of which are quantised")
        element = _sums(lo, inputs)
        x = lo.operand(inputs)
        self.x = integers(lo, channels_first(lo, x) if images else x, kinds[0], element)
        self.w = integers(lo, lo.operand(weights), kinds[1], element)
        bias = lo.optional("bias")
        self.bias = None if bias is None else integers(lo, bias, None, element)
        if bias is not None and lo.array_of(bias) is not None:
            self.bias = self._constant_bias(bias, element)

    def _constant_bias(self, bias: SSAValue, element: Attribute) -> SSAValue:
        array = self.lo.array_of(bias)
        assert array is not None
        wide = array.astype(np.int64 if element == i64 else np.int32)
        return self.lo.constant(wide, bias.name_hint or "bias")

    def factors(self) -> Array:
        """What a sum is multiplied by, one for all or one for each output channel."""
        x, w = (operand_quantization(self.lo, name) for name in self._names)
        assert x is not None
        assert w is not None
        assert self.result is not None
        return np.float32(x.scale) * w.scales / np.float32(self.result.scale)

    def finished(self, total: SSAValue, axis: int) -> SSAValue:
        """The sums with their channels along `axis` as the result."""
        activation = activation_of(self.lo)
        if self.result is None:
            return fused(self.lo, total, activation)
        if self.wide and element_of(total) == i64:
            return self._fixed(total, activation, axis)
        return requantized(self.lo, total, self.factors(), self.result, activation, axis=axis)

    def _fixed(self, total: SSAValue, activation: str, axis: int) -> SSAValue:
        """Sums of 16-bit operands times 15 bits for each channel, rounded once."""
        result = self.result
        assert result is not None
        x, w = (operand_quantization(self.lo, name) for name in self._names)
        assert x is not None
        assert w is not None
        real_factors = (
            np.float64(np.float32(x.scale)) * w.scales / np.float64(np.float32(result.scale))
        )
        short = [multiplier_of(m) for m in real_factors.astype(np.float64)]
        shifts = np.array([15 - m.exponent for m in short], np.int64)
        factors = np.array(
            [(m.mantissa + (1 << 15)) >> 16 if m.mantissa < 0x7FFF0000 else 0x7FFF for m in short]
        )
        shape = [-1 if a == axis else 1 for a in range(rank_of(total))] if len(short) > 1 else []
        numbers = [
            self.lo.constant(a.astype(np.int64).reshape(shape), "factors")
            for a in (factors, shifts, np.int64(1) << (shifts - 1))
        ]
        limits = activation_range(activation, result)

        def build(a: SSAValue, m: SSAValue, by: SSAValue, half: SSAValue) -> SSAValue:
            moved = value(arith.ShRSIOp(WIDE.add(WIDE.mul(a, m), half), by))
            return cast_scalar(limited(moved, result.zero, limits), i64, result.storage)

        return self.lo.map([total, *numbers], build, result.storage)


def _conv_2d(lo: Lowering) -> SSAValue:
    parts = Contraction(lo)
    x, w = parts.x, channels_first(lo, parts.w)
    window = window_of(lo, extents_of(x)[2:], shape_of(w)[2:])
    groups = _groups(x, w)
    total = convolution(lo, x, w, window, groups=groups, bias=parts.bias)
    return channels_last(lo, parts.finished(total, 1))


def _groups(x: SSAValue, w: SSAValue) -> int:
    channels, each = extents_of(x)[1], extents_of(w)[1]
    if not isinstance(channels, int) or not isinstance(each, int):
        return 1
    if each < 1 or channels % each:
        raise NoNativeForm(f"of {channels} channels by filters of {each}")
    return channels // each


def _conv_3d(lo: Lowering) -> SSAValue:
    x, w = channels_first(lo, real(lo, "input")), lo.transpose(real(lo, "filter"), (4, 3, 0, 1, 2))
    window = window_of(lo, extents_of(x)[2:], shape_of(w)[2:], volume=True)
    bias = optional_real(lo, "bias")
    require_alike(x, w, bias)
    total = convolution(lo, x, w, window, groups=_groups(x, w), bias=bias)
    return channels_last(lo, fused(lo, total, activation_of(lo)))


def _depthwise_conv_2d(lo: Lowering) -> SSAValue:
    """Filters `[1, kh, kw, C m]`; output channel `c m + j` is of input channel `c`."""
    parts = Contraction(lo)
    x, w = parts.x, lo.transpose(parts.w, (3, 0, 1, 2))
    [channels] = shape_of(x)[1:2]
    window = window_of(lo, extents_of(x)[2:], shape_of(w)[2:])
    total = convolution(lo, x, w, window, groups=channels, bias=parts.bias)
    return channels_last(lo, parts.finished(total, 1))


def _transposed(
    lo: Lowering, x: SSAValue, w: SSAValue, out: Sequence[Extent], bias: SSAValue | None,
    strides: Sequence[int],
) -> SSAValue:  # fmt: skip
    """`[N, I, spatial...]` by `[I, O, spatial...]` to `out`, with the pads of the forward one."""
    kernel, extents = shape_of(w)[2:], shape_of(x)[2:]
    full = [(n - 1) * s + k for n, s, k in zip(extents, strides, kernel, strict=True)]
    wanted: list[int] = []
    for n in out:
        if not isinstance(n, int):
            raise NoNativeForm("to sizes by name")
        wanted.append(n)
    ones = (1,) * len(kernel)
    totals = [max(f - n, 0) for f, n in zip(full, wanted, strict=True)]
    pads = split_pads(totals)
    if lo.text("padding", "SAME") == "VALID":
        pads = (*[0] * len(kernel), *totals)
    window = Window(kernel, tuple(strides), pads, ones)
    more = [max(n - f, 0) for f, n in zip(full, wanted, strict=True)]
    if any(m >= s for m, s in zip(more, strides, strict=True)):
        # What no window reaches is the bias alone.
        total = transposed_convolution(lo, x, w, window, output_padding=[0] * len(kernel))
        zero = attribute_of(0, Numbers(element_of(total)).scalar)
        total = lo.emit(PadOp(total, [0] * rank_of(x), [0, 0, *more], zero))
        if bias is None:
            return total
        n = Numbers(element_of(total))
        return lo.map([total, per_channel(lo, bias, rank_of(total))], n.add)
    return transposed_convolution(lo, x, w, window, output_padding=more, bias=bias)


def _transpose_conv(lo: Lowering) -> SSAValue:
    parts = Contraction(lo)
    x, w = parts.x, lo.transpose(parts.w, (3, 0, 1, 2))
    out = given_extents(lo, "output_shape") or []
    strides = [lo.integer("stride_h"), lo.integer("stride_w")]
    total = _transposed(lo, x, w, out[1:3], parts.bias, strides)
    return channels_last(lo, parts.finished(total, 1))


def _conv_3d_transpose(lo: Lowering) -> SSAValue:
    """Filters `[d, h, w, O, I]`."""
    x, w = channels_first(lo, real(lo, "input")), lo.transpose(real(lo, "filter"), (4, 3, 0, 1, 2))
    out = given_extents(lo, "output_shape") or []
    strides = [lo.integer(f"stride_{name}") for name in "dhw"]
    bias = optional_real(lo, "bias")
    require_alike(x, w, bias)
    total = _transposed(lo, x, w, out[1:4], bias, strides)
    return channels_last(lo, fused(lo, total, activation_of(lo)))


def _fully_connected(lo: Lowering) -> SSAValue:
    """Rows of as many numbers as the filter `[O, I]` has."""
    if lo.text("weights_format", "DEFAULT") != "DEFAULT":
        raise NoNativeForm("with shuffled weights")
    parts = Contraction(lo, wide=False, images=False)
    shape, (units, depth) = extents_of(parts.x), shape_of(parts.w)
    leading = product_of(shape)
    rows = leading // depth if isinstance(leading, int) else product_of(shape[:-1])
    x = lo.reshape(parts.x, (rows, depth))
    total = dense(lo, x, parts.w, parts.bias, trans_rhs=True)
    result = parts.finished(total, 1)
    keep = bool(lo.integer("keep_num_dims"))
    return lo.reshape(result, (*shape[:-1], units)) if keep else result


def _batch_matmul(lo: Lowering) -> SSAValue:
    result = result_quantization(lo)
    kinds = operand_quantization(lo, "x"), operand_quantization(lo, "y")
    if result is None:
        x, y = real(lo, "x"), real(lo, "y")
    else:
        element = _sums(lo, "x")
        x, y = (integers(lo, lo.operand(n), k, element) for n, k in zip("xy", kinds, strict=True))
    require_alike(x, y)
    if lo.integer("adj_x"):
        x = _swapped(lo, x)
    if lo.integer("adj_y"):
        y = _swapped(lo, y)
    total = matmul(lo, x, y)
    if result is None or kinds[0] is None or kinds[1] is None:
        return total
    factor = np.float32(kinds[0].scale) * np.float32(kinds[1].scale) / np.float32(result.scale)
    return requantized(lo, total, np.array(factor), result)


def _swapped(lo: Lowering, x: SSAValue) -> SSAValue:
    rank = rank_of(x)
    return lo.transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def _softmax(log: bool) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = real(lo, "input")
        beta, n = 1.0 if log else lo.number("beta", 1.0), Numbers(element_of(x))
        if beta != 1.0:
            x = lo.map([x], lambda a: n.mul(a, n.number(beta)))
        if not rank_of(x):
            raise NoNativeForm("of a scalar")
        return finished(lo, lo.emit(SoftmaxOp(x, rank_of(x) - 1, log=log)))

    return convert


def _l2_normalization(lo: Lowering) -> SSAValue:
    """`x / max(sqrt(sum x^2), 1e-6)` along the last axis."""
    x = real(lo, "input")
    n = Numbers(element_of(x))
    total = reduce(lo, "sum", x, [rank_of(x) - 1], before=lambda m, a: m.mul(a, a))

    def build(a: SSAValue, squares: SSAValue) -> SSAValue:
        return n.div(a, n.maximum(sqrt(squares), n.number(1e-6)))

    return finished(lo, lo.map([x, total], build))


def _local_response_normalization(lo: Lowering) -> SSAValue:
    """`x / (bias + alpha * sum of squares within radius) ^ beta` along the channels."""
    x, radius = lo.operand("input"), lo.integer("radius")
    n, shape = Numbers(element_of(x)), extents_of(x)
    width, channels = 2 * radius + 1, shape[-1]
    squares = lo.map([x], lambda a: n.mul(a, a))
    rows = lo.reshape(squares, (product_of(shape[:-1]), 1, channels, 1))
    mean = lo.emit(
        PoolOp(
            rows, "average", (width, 1), strides=(1, 1), pads=(radius, 0, radius, 0),
            dilations=(1, 1), count_include_pad=True,
        )
    )  # fmt: skip
    alpha, beta, bias = (lo.number(name) for name in ("alpha", "beta", "bias"))

    def build(a: SSAValue, m: SSAValue) -> SSAValue:
        scale = n.add(n.mul(m, n.number(alpha * width)), n.number(bias))
        return n.div(a, value(math.PowFOp(scale, n.number(beta))))

    return lo.map([x, lo.reshape(mean, shape)], build)


OPERATORS: dict[str, Conversion] = {
    "BATCH_MATMUL": _batch_matmul,
    "CONV_2D": _conv_2d,
    "CONV_3D": _conv_3d,
    "CONV_3D_TRANSPOSE": _conv_3d_transpose,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "FULLY_CONNECTED": _fully_connected,
    "L2_NORMALIZATION": _l2_normalization,
    "LOCAL_RESPONSE_NORMALIZATION": _local_response_normalization,
    "LOG_SOFTMAX": _softmax(True),
    "SOFTMAX": _softmax(False),
    "TRANSPOSE_CONV": _transpose_conv,
}

"""
Convolutions and pools: convolutions round down, pools up.

Operators: Convolution, ConvolutionDepthwise, Deconvolution, DepthwiseConvolution, Im2col, Pooling,
SPP.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, PoolOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...runtime.size import numbers_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.convolution import convolution, transposed_convolution
from ..to_engine.vocabulary.pooling import global_pooling, pooling
from ..to_engine.vocabulary.unfolded_windows import UnfoldedWindows, maxima, places_in_planes
from ..to_engine.vocabulary.windows import Window


def _numbers(lo: Lowering, name: str, rank: int, default: int) -> tuple[int, ...]:
    given = lo.integers(name) or [default]
    return tuple(given * rank if len(given) == 1 else given)


def _window(lo: Lowering, rank: int, *, pool: bool = False) -> Window:
    dilations = (1,) * rank if pool else _numbers(lo, "dilation", rank, 1)
    pads = _numbers(lo, "pad", rank, 0)
    kernel, strides = _numbers(lo, "kernel_size", rank, 1), _numbers(lo, "stride", rank, 1)
    return Window(kernel, strides, (*pads, *pads), dilations)


def _convolution(lo: Lowering) -> SSAValue:
    x, weight = lo.operand("x"), lo.operand("weight")
    window = _window(lo, rank_of(x) - 2)
    return convolution(
        lo, x, weight, window, groups=lo.integer("group", 1), bias=lo.optional("bias")
    )


def _depthwise(lo: Lowering) -> SSAValue:
    """A convolution of each channel alone."""
    x, weight = lo.operand("x"), lo.operand("weight")
    groups, window = shape_of(x)[1], _window(lo, rank_of(x) - 2)
    return convolution(lo, x, weight, window, groups=groups, bias=lo.optional("bias"))


def _deconvolution(lo: Lowering) -> SSAValue:
    x, weight = lo.operand("x"), lo.operand("weight")
    rank = rank_of(x) - 2
    return transposed_convolution(
        lo,
        x,
        weight,
        _window(lo, rank),
        output_padding=[0] * rank,
        groups=lo.integer("group", 1),
        bias=lo.optional("bias"),
    )


def _im2col(lo: Lowering) -> SSAValue:
    """`[N, C kernel..., out...]`"""
    x = lo.operand("x")
    rank = rank_of(x) - 2
    windows = UnfoldedWindows(lo, x, _window(lo, rank), ceil_mode=False)
    return windows.columns(0)


def _pooling(lo: Lowering) -> Results:
    """Averages divide by what a window has within the padded image."""
    x, kind = lo.operand("x"), lo.text("pool", "MAX")
    if kind == "STOCHASTIC":
        raise NoNativeForm("by chance")
    if lo.is_used("mask"):
        return _with_mask(lo, x, kind)
    how = "max" if kind == "MAX" else "average"
    if lo.flag("global_pooling"):
        return [global_pooling(lo, "max" if kind == "MAX" else "mean", x), None]
    window, up = _window(lo, 2, pool=True), lo.text("round_mode", "CEIL") == "CEIL"
    return [pooling(lo, how, x, window, ceil_mode=up, count_include_pad=True), None]


def _with_mask(lo: Lowering, x: SSAValue, kind: str) -> Results:
    """The maxima, and where in its plane each is, as a float."""
    if kind != "MAX" or lo.flag("global_pooling"):
        raise NoNativeForm("with a mask of all there is")
    up = lo.text("round_mode", "CEIL") == "CEIL"
    windows = UnfoldedWindows(lo, x, _window(lo, 2, pool=True), ceil_mode=up)
    return [maxima(windows), cast(lo, places_in_planes(windows), element_of(x))]


def _spp(lo: Lowering) -> SSAValue:
    """Pools of 1, 2, 4, ... bins in each dimension, one row after the other."""
    x, kind = lo.operand("x"), lo.text("pool", "MAX")
    if kind == "STOCHASTIC":
        raise NoNativeForm("by chance")
    shape = extents_of(x)
    extents = numbers_of(shape[2:])
    rows: list[SSAValue] = []
    for level in range(lo.integer("pyramid_height")):
        bins = 2**level
        kernel = [-(-n // bins) for n in extents]
        pads = [(k * bins - n + 1) // 2 for n, k in zip(extents, kernel, strict=True)]
        pool = PoolOp(
            x,
            "max" if kind == "MAX" else "average",
            kernel,
            strides=kernel,
            pads=[*pads, *pads],
            dilations=[1, 1],
            ceil_mode=True,
            count_include_pad=kind != "MAX",
        )
        rows.append(lo.reshape(lo.emit(pool), (shape[0], shape[1] * bins * bins)))
    return rows[0] if len(rows) == 1 else lo.emit(ConcatOp(rows, 1))


OPERATORS: dict[str, Conversion] = {
    "Convolution": _convolution,
    "ConvolutionDepthwise": _depthwise,
    "Deconvolution": _deconvolution,
    "DepthwiseConvolution": _depthwise,
    "Im2col": _im2col,
    "Pooling": _pooling,
    "SPP": _spp,
}

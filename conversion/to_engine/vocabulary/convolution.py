"""Convolutions of `[N, C, spatial...]` by `[O, C, spatial...]`, their bias in the epilogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xdsl.builder import ImplicitBuilder
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ConvOp, ConvTransposeOp, PadOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, rank_of, shape_of, static, tensor
from ....runtime.size import Size
from ..lowering import Lowering, attribute_of
from ..scalars import Numbers
from .windows import Window, unpadded_extents


def bias_epilogue(n: Numbers) -> Region:
    """`accumulator + bias`"""
    block = Block(arg_types=[n.scalar, n.scalar])
    with ImplicitBuilder(block):
        YieldOp(n.add(block.args[0], block.args[1]))
    return Region(block)


def per_channel(lo: Lowering, value: SSAValue, rank: int) -> SSAValue:
    """A vector over channels in the shape `[C, 1, ...]` that meets dimension 1."""
    return lo.reshape(value, (*extents_of(value), *([1] * (rank - 2))))


def _epilogue(
    lo: Lowering, bias: SSAValue | None, rank: int
) -> tuple[list[SSAValue], Region | None]:
    if bias is None:
        return [], None
    return [per_channel(lo, bias, rank)], bias_epilogue(Numbers(element_of(bias)))


def convolution(
    lo: Lowering,
    x: SSAValue,
    w: SSAValue,
    window: Window,
    *,
    groups: int = 1,
    bias: SSAValue | None = None,
) -> SSAValue:
    """Convolution with an optional bias `[O]`."""
    operands, epilogue = _epilogue(lo, bias, rank_of(x))
    x, window = padded(lo, _with_channels(lo, x, w, groups), window)
    return lo.emit(
        ConvOp(
            x,
            w,
            strides=window.strides,
            pads=window.fixed_pads,
            dilations=window.dilations,
            groups=groups,
            epilogue_operands=operands,
            epilogue=epilogue,
        )
    )


def _with_channels(lo: Lowering, x: SSAValue, w: SSAValue, groups: int) -> SSAValue:
    """`x` with as many channels as the weight has, which a number of them by name must be."""
    extents, channels = extents_of(x), extents_of(w)[1] * groups
    if rank_of(x) != rank_of(w) or not isinstance(extents[1], Size):
        return x
    lo.relations.equal(extents[1], channels)
    return lo.reshape(x, (extents[0], channels, *extents[2:]))


def padded(lo: Lowering, x: SSAValue, window: Window) -> tuple[SSAValue, Window]:
    """Zeros around `x` where pads are sizes by name, and the window without them."""
    if static(window.pads):
        return x, window
    rank = len(window.kernel)
    low, high = window.pads[:rank], window.pads[rank:]
    zero = attribute_of(0, Numbers(element_of(x)).scalar)
    around = lo.emit(PadOp(x, (0, 0, *low), (0, 0, *high), zero))
    return around, replace(window, pads=(0,) * 2 * rank)


def transposed_convolution(
    lo: Lowering,
    x: SSAValue,
    w: SSAValue,
    window: Window,
    *,
    output_padding: Sequence[int],
    groups: int = 1,
    bias: SSAValue | None = None,
) -> SSAValue:
    """Transposed convolution by `[C, O / groups, spatial...]` with an optional bias `[O]`; pads
    are cut off the result."""
    shape, rank = extents_of(x), rank_of(x)
    full = unpadded_extents(shape[2:], window, output_padding)
    before, behind = window.pads[: rank - 2], window.pads[rank - 2 :]
    extents = [n - a - b for n, a, b in zip(full, before, behind, strict=True)]
    operands, epilogue = _epilogue(lo, bias, rank)
    result = tensor((shape[0], shape_of(w)[1] * groups, *extents), element_of(x))
    return lo.emit(
        ConvTransposeOp(
            x,
            w,
            result,
            strides=window.strides,
            pads=window.fixed_pads,
            dilations=window.dilations,
            output_padding=output_padding,
            groups=groups,
            epilogue_operands=operands,
            epilogue=epilogue,
        )
    )

"""
Convolutions, their bias in the epilogue.

Operators: Conv, ConvTranspose.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import ImplicitBuilder
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ConvOp, ConvTransposeOp, YieldOp
from ....dialects.engine.base import element_of, shape_of, tensor
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering
from ...to_engine.scalars import Numbers
from ...to_engine.windows import Window, window_of


def bias_epilogue(n: Numbers) -> Region:
    """`accumulator + bias`"""
    block = Block(arg_types=[n.scalar, n.scalar])
    with ImplicitBuilder(block):
        YieldOp(n.add(block.args[0], block.args[1]))
    return Region(block)


def per_channel(lo: Lowering, value: SSAValue, rank: int) -> SSAValue:
    """A vector over channels in the shape `[C, 1, ...]` that meets dimension 1."""
    return lo.reshape(value, (*shape_of(value), *([1] * (rank - 2))))


def _bias(lo: Lowering, rank: int, name: str) -> tuple[list[SSAValue], Region | None]:
    bias = lo.optional(name)
    if bias is None:
        return [], None
    n = Numbers(element_of(bias))
    return [per_channel(lo, bias, rank)], bias_epilogue(n)


def Conv(lo: Lowering) -> SSAValue:
    """Convolution with an optional bias per output channel."""
    x, w = lo.operand("X"), lo.operand("W")
    window = window_of(lo, shape_of(x)[2:], shape_of(w)[2:])
    epilogue_operands, epilogue = _bias(lo, len(shape_of(x)), "B")
    return lo.emit(
        ConvOp(
            x,
            w,
            strides=window.strides,
            pads=window.pads,
            dilations=window.dilations,
            groups=lo.integer("group", 1),
            epilogue_operands=epilogue_operands,
            epilogue=epilogue,
        )
    )


def ConvTranspose(lo: Lowering) -> SSAValue:
    """Transposed convolution with an optional bias per output channel."""
    x, w = lo.operand("X"), lo.operand("W")
    shape, rank, groups = shape_of(x), len(shape_of(x)), lo.integer("group", 1)
    window = window_of(lo, shape[2:], shape_of(w)[2:], transposed=True)
    extra = lo.integers("output_padding") or [0] * (rank - 2)
    full = [
        s * (n - 1) + e + (k - 1) * d + 1
        for n, k, s, d, e in zip(
            shape[2:], window.kernel, window.strides, window.dilations, extra, strict=True
        )
    ]
    pads = _transposed_pads(lo, window, full, shape[2:])
    extents = [n - a - b for n, a, b in zip(full, pads[: rank - 2], pads[rank - 2 :], strict=True)]
    epilogue_operands, epilogue = _bias(lo, rank, "B")
    result = tensor((shape[0], shape_of(w)[1] * groups, *extents), element_of(x))
    return lo.emit(
        ConvTransposeOp(
            x,
            w,
            result,
            strides=window.strides,
            pads=pads,
            dilations=window.dilations,
            output_padding=extra,
            groups=groups,
            epilogue_operands=epilogue_operands,
            epilogue=epilogue,
        )
    )


def _transposed_pads(
    lo: Lowering, window: Window, full: Sequence[int], extents: Sequence[int]
) -> list[int]:
    """The pads given, or those that lead to `output_shape` or to the automatic one."""
    wanted = lo.integers("output_shape")
    auto = lo.text("auto_pad", "NOTSET")
    if wanted is None and auto not in ("SAME_UPPER", "SAME_LOWER"):
        return list(window.pads)
    if wanted is None:
        wanted = [n * s for n, s in zip(extents, window.strides, strict=True)]
    totals = [n - m for n, m in zip(full, wanted[-len(full) :], strict=True)]
    small = [total // 2 for total in totals]
    large = [total - half for total, half in zip(totals, small, strict=True)]
    return [*small, *large] if auto == "SAME_UPPER" else [*large, *small]


OPERATORS: dict[str, Conversion] = {"Conv": Conv, "ConvTranspose": ConvTranspose}

"""
Convolutions, their bias in the epilogue.

Operators: Conv, ConvTranspose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xdsl.ir import SSAValue

from ....dialects.engine.base import extents_of, shape_of
from ....runtime.size import Extent, numbers_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering
from ...to_engine.vocabulary.convolution import convolution, transposed_convolution
from ...to_engine.vocabulary.windows import Window, split_pads, unpadded_extents
from .windows import window_of


def Conv(lo: Lowering) -> SSAValue:
    """Convolution with an optional bias per output channel."""
    x, w = lo.operand("X"), lo.operand("W")
    window = window_of(lo, extents_of(x)[2:], shape_of(w)[2:])
    return convolution(lo, x, w, window, groups=lo.integer("group", 1), bias=lo.optional("B"))


def ConvTranspose(lo: Lowering) -> SSAValue:
    """Transposed convolution with an optional bias per output channel."""
    x, w = lo.operand("X"), lo.operand("W")
    extents = extents_of(x)[2:]
    window = window_of(lo, extents, shape_of(w)[2:], transposed=True)
    extra = lo.integers("output_padding") or [0] * len(extents)
    full = unpadded_extents(extents, window, extra)
    pads, behind = _transposed_pads(lo, window, full, extents)
    return transposed_convolution(
        lo,
        x,
        w,
        replace(window, pads=pads),
        output_padding=[n + m for n, m in zip(extra, behind, strict=True)],
        groups=lo.integer("group", 1),
        bias=lo.optional("B"),
    )


def _transposed_pads(
    lo: Lowering, window: Window, full: Sequence[Extent], extents: Sequence[Extent]
) -> tuple[tuple[Extent, ...], Sequence[int]]:
    """
    What is cut off the full extents, the pads given or those that lead to `output_shape` or to the
    automatic one, and what is missing behind where `output_shape` is the larger one.

    The standard gives half of a negative total to each side, and its first case of a larger
    `output_shape` wants all of it behind, as onnxruntime computes it. An automatic shape is never
    larger: so the standard's own inference of shapes has it.
    """
    wanted: Sequence[Extent] | None = lo.integers("output_shape")
    auto = lo.text("auto_pad", "NOTSET")
    if wanted is None and auto not in ("SAME_UPPER", "SAME_LOWER"):
        return window.pads, [0] * len(full)
    if wanted is None:
        sizes = zip(extents, window.strides, full, strict=True)
        wanted = [lo.relations.minimum(n * s, m) for n, s, m in sizes]
    totals = numbers_of(n - m for n, m in zip(full, wanted[-len(full) :], strict=True))
    cut = split_pads([max(0, n) for n in totals], more_before=auto != "SAME_UPPER")
    return cut, [max(0, -n) for n in totals]


OPERATORS: dict[str, Conversion] = {"Conv": Conv, "ConvTranspose": ConvTranspose}

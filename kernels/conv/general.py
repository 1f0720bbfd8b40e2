"""
Convolution and transposed convolution of any rank, groups, padding and element type.

What the blocked templates do not take runs here, on row-major operands. A row of accumulators
(for a few output channels at a time) stays in a small buffer while everything that reaches it is
added:

    acc[o, a0 + v * ca] += x[x0 + v * cx] * w[o]        for each input channel and filter tap

with `ca = 1, cx = stride` for a convolution and the other way round for a transposed one. The
range of `v` follows from the borders at run time. Rows are vectors where both steps are 1. Images,
rows and columns may be values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xdsl.dialects.builtin import AnyFloat, IntegerType, i1

from ...dialects.engine.base import element_of, extents_of, rank_of, sized, static
from ...dialects.engine.contraction import ConvolutionOp, ConvOp, ConvTransposeOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..template import Kernel, LayoutChoice, Template
from .general_cost import general_seconds
from .general_plan import GeneralPlan
from .general_writer import BackwardWriter, ForwardWriter

ROWS_OF_CHANNELS = "acbd"
"""Images of rows, each of which has the same row of all channels."""


class GeneralConvTemplate(Template[ConvOp, GeneralPlan]):
    """`engine.conv` of any kind; see the module docstring."""

    OP = ConvOp
    GENERAL = True

    def supports(self, op: ConvOp, target: Target) -> bool:
        return _is_arithmetic(op)

    def layouts(self, op: ConvOp, target: Target) -> Sequence[LayoutChoice]:
        [rows] = _row_major(op, target)
        if rank_of(op.input) != 4:
            return [rows]
        # A row is read as well where rows of other channels follow it, as behind a transpose.
        return [rows, replace(rows, sources=(ROWS_OF_CHANNELS, *rows.sources[1:]))]

    def plan(self, op: ConvOp, target: Target) -> GeneralPlan | None:
        return GeneralPlan.of(op, target)

    def write(self, plan: GeneralPlan, name: str, builder: KernelBuilder) -> Kernel:
        return ForwardWriter(plan, name, builder).write()


class GeneralTransposedTemplate(Template[ConvTransposeOp, GeneralPlan]):
    """`engine.conv_transpose` of any kind; see the module docstring."""

    OP = ConvTransposeOp
    GENERAL = True

    def supports(self, op: ConvTransposeOp, target: Target) -> bool:
        return _is_arithmetic(op)

    def layouts(self, op: ConvTransposeOp, target: Target) -> Sequence[LayoutChoice]:
        return _row_major(op, target)

    def plan(self, op: ConvTransposeOp, target: Target) -> GeneralPlan | None:
        return GeneralPlan.of(op, target)

    def write(self, plan: GeneralPlan, name: str, builder: KernelBuilder) -> Kernel:
        return BackwardWriter(plan, name, builder).write()


def _is_arithmetic(op: ConvolutionOp) -> bool:
    """Whether elements are numbers of one type, and channels and the filter have known sizes."""
    element = element_of(op.operands[0])
    return not op.sums_codes and (
        isinstance(element, AnyFloat | IntegerType)
        and element != i1
        and element_of(op.operands[1]) == element
        and all(sized(extents_of(v)) for v in op.sources)
        and static((extents_of(op.operands[0])[1], *extents_of(op.operands[1])))
    )


def _row_major(op: ConvolutionOp, target: Target) -> list[LayoutChoice]:
    return [LayoutChoice((None,) * len(op.sources), (None,), general_seconds(op, target))]

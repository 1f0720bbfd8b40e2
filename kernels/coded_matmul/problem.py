"""
What a planned `engine.coded_matmul` asks for: views of the rows and results, panels of codes.

Weights lie in panels of `width` columns. Codes of less than a byte, and those that integer dot
products read, are *words*: four neighbouring bytes of a column side by side, `AB64a4b`. Pairs of
bf16 that dot products read are `AB64a2b`. Bytes and floats that are widened one step at a time lie
step by step, `Ab64a`, and so do scales and zero points, block by block.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import i8, i32
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, extents_of, layout_of, shape_of
from ...dialects.engine.coded import CodedMatmulOp, default_zero
from ...dialects.vector_ext import PAIR
from ...runtime.format_tag import FormatTag, parse_format_tag
from ...runtime.size import Extent
from ..builder import Index, KernelBuilder, memref_type
from ..common.strided_view import (
    Axis,
    StridedView,
    axes_over,
    is_strided,
    logical_strides,
    merge_axes,
    strides_over,
    with_open_offset,
)
from ..matmul.problem import panel_layout
from ..template import storage_type

WORD = 4
"""Bytes of a word."""


@dataclass(frozen=True)
class Codes:
    """How a weight is stored: `bits` of a code, codes of a scale, and the zero point of all."""

    element: Attribute
    bits: int
    block: int
    depth: int
    signed: bool
    zero: int
    """Zero point of codes without an operand for it."""
    in_words: bool
    in_pairs: bool = False
    """Whether two steps of the sum of a column lie side by side, for dot products of bf16."""

    @staticmethod
    def of(op: CodedMatmulOp) -> Codes:
        """Those of an operation."""
        bits = op.width
        return Codes(
            element_of(op.codes),
            bits,
            op.block_size,
            op.reduced_size,
            element_of(op.codes) == i8,
            0 if bits == 16 else default_zero(op.codes, bits),
            bits < 8 or (bits == 8 and op.lhs_codes is not None),
            bits == 16 and op.lhs_codes is not None,
        )

    @property
    def step(self) -> int:
        """Codes of a column that lie side by side."""
        return WORD * 8 // self.bits if self.in_words else 1

    @property
    def blocks(self) -> int:
        """Blocks of a column."""
        return -(-self.depth // self.block)


@dataclass(frozen=True)
class Panels:
    """Panels `[panels, lines, width]` of an operand of the weight."""

    element: Attribute
    count: int
    lines: int
    width: int

    def cast(self, b: KernelBuilder, memory: SSAValue) -> SSAValue:
        """The kernel's argument as panels; bytes whose panels are of words become words."""
        if self.element == i32:
            total = self.count * self.lines * self.width
            memory = b.words(b.reshape(memory, (total * WORD,)), total)
        return b.reshape(memory, (self.count, self.lines, self.width))

    def panel(self, b: KernelBuilder, memory: SSAValue, number: Index) -> SSAValue:
        """One panel; its type is the same for all of them."""
        shape = (1, self.lines, self.width)
        part = b.subview(memory, (number, 0, 0), shape, drop=(0,))
        inner = memref_type(shape[1:], self.element, (self.width, 1), None)
        return with_open_offset(b, part, inner)


@dataclass(frozen=True)
class CodedProblem:
    """
    Extents and views; `lhs` is [batch..., rows, depth], `out` and `epilogue_operands`
    [batch..., rows, columns].
    """

    batch: tuple[Extent, ...]
    rows: Extent
    columns: int
    codes: Codes
    width: int
    """Columns of a panel."""
    lhs: StridedView
    out: StridedView
    epilogue_operands: tuple[StridedView, ...]
    weight: Panels
    parameters: tuple[Panels, ...]
    """Of scales and zero points, where there are any."""

    @property
    def panels(self) -> int:
        """Panels, the last of which may have fewer columns."""
        return self.weight.count

    @staticmethod
    def of(op: CodedMatmulOp) -> CodedProblem | None:
        """The problem of a planned operation; None where an operand lies otherwise."""
        plain = [op.lhs, *op.epilogue_operands, *op.outs]
        if not all(map(is_strided, plain)):
            return None
        codes = Codes.of(op)
        tag = layout_of(op.codes)
        if not tag.inner:
            return None
        width = tag.inner[0][1]
        beside = (*op.scales, *op.zeros)
        if tag != parse_format_tag(weight_layout(codes, width)):
            return None
        if any(layout_of(v) != parse_format_tag(panel_layout(2, True, width)) for v in beside):
            return None
        [columns, row_bytes] = shape_of(op.codes)
        count = -(-columns // width)
        lines = -(-row_bytes // WORD) if codes.in_words else row_bytes
        element = i32 if codes.in_words else storage_type(codes.element)
        weight = Panels(element, count, lines, width)
        if codes.in_pairs:
            weight = Panels(element, count, -(-row_bytes // PAIR), PAIR * width)
        parameters = tuple(
            Panels(storage_type(element_of(v)), count, codes.blocks, width) for v in beside
        )

        out = op.outs[0]
        shape = extents_of(out)
        rest = [out, *op.epilogue_operands]
        left = strides_over(op.lhs, (*shape[:-1], codes.depth))[:-1]
        axes = axes_over(shape, rest)
        outer = [Axis(a.extent, (left[i], *a.strides)) for i, a in enumerate(axes[:-1])]
        merged = merge_axes(outer)
        *batch, row_axis = merged or [Axis(1, (0,) * (1 + len(rest)))]

        def view(value: SSAValue, position: int, last: tuple[Extent, Extent]) -> StridedView:
            pairs = [(axis.extent, axis.strides[position]) for axis in (*batch, row_axis)]
            return StridedView.of(value, [*pairs, last])

        step = 1 if codes.depth == 1 else logical_strides(op.lhs)[-1]
        if step != 1:
            return None
        column_axis = axes[-1]
        results = [
            view(value, 1 + i, (columns, column_axis.strides[i])) for i, value in enumerate(rest)
        ]
        return CodedProblem(
            batch=tuple(axis.extent for axis in batch),
            rows=row_axis.extent,
            columns=columns,
            codes=codes,
            width=width,
            lhs=view(op.lhs, 0, (codes.depth, 1)),
            out=results[0],
            epilogue_operands=tuple(results[1:]),
            weight=weight,
            parameters=parameters,
        )


def weight_layout(codes: Codes, width: int) -> str:
    """Format tag of codes `[N, bytes]` in panels of `width` columns."""
    if codes.in_pairs:
        return str(FormatTag(2, (0, 1), ((0, width), (1, PAIR))))
    return panel_layout(2, True, width, codes=codes.in_words)

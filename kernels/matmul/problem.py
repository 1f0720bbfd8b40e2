"""
What a planned `engine.matmul` asks for, as loops: batch axes, rows, columns, and the sum.

Axes that all operands walk evenly are merged, so a batch times one constant matrix is a single
product with many rows. See `strided_view.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import FixedBitwidthType, i32
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import MatmulOp
from ...dialects.engine.base import extents_of, layout_of, stride_extents_of
from ...dialects.vector_ext import GROUP
from ...runtime.format_tag import FormatTag, parse_format_tag
from ...runtime.size import Extent, Size, ceildiv, floordiv, is_one, maximum, minimum, numbers_of
from ..common.codes import signs_of
from ..common.strided_view import (
    Axis,
    StridedView,
    axes_over,
    broadcast_stride,
    is_strided,
    logical_strides,
    merge_axes,
)


@dataclass(frozen=True)
class MatmulProblem:
    """
    Extents and views of a product; every view has the batch axes in front.

    `batch`, `rows`, `columns` and `depth` are for products whose sizes are numbers.

    `lhs` is [batch..., rows, depth], `out` and each of `epilogue_operands`
    [batch..., rows, columns]. `rhs` is [batch..., depth, columns], or, packed in panels of `panel`
    columns, [batch..., panels, depth, panel].

    Of codes (`signs`, see `common/codes.py`) a step of the depth is four of them. `lhs`, and `rhs`
    where it is not packed, are views of the bytes, [batch..., rows, 4 * depth]; panels are words.
    """

    element: Attribute
    """Element type of the accumulator."""
    batch_extents: tuple[Extent, ...]
    extents: tuple[Extent, Extent, Extent]
    """Rows, columns and depth."""
    lhs: StridedView
    rhs: StridedView
    out: StridedView
    epilogue_operands: tuple[StridedView, ...]
    panel: int | None
    signs: str | None = None

    @property
    def batch(self) -> tuple[int, ...]:
        """Extents of the batch axes."""
        return numbers_of(self.batch_extents)

    @property
    def rows(self) -> int:
        """Rows of a product."""
        return numbers_of(self.extents)[0]

    @property
    def columns(self) -> int:
        """Columns of a product."""
        return numbers_of(self.extents)[1]

    @property
    def depth(self) -> int:
        """Steps of a sum, which have one term, or four of codes."""
        return numbers_of(self.extents)[2]

    @property
    def is_open(self) -> bool:
        """Whether an extent, or a stride of an operand, is no number."""
        views = (self.lhs, self.rhs, self.out, *self.epilogue_operands)
        sizes = (*self.batch_extents, *self.extents, *(s for view in views for s in view.strides))
        return any(isinstance(n, Size) for n in sizes)

    @property
    def batches(self) -> int:
        """Number of independent products."""
        return prod(self.batch)

    @property
    def flops(self) -> int:
        """Floating-point operations in all."""
        return 2 * self.batches * self.rows * self.columns * self.depth

    @property
    def item(self) -> int:
        """Bytes of a step of a row or column."""
        assert isinstance(self.element, FixedBitwidthType)
        return self.element.bitwidth // 8

    @staticmethod
    def of(op: MatmulOp) -> MatmulProblem | None:
        """The problem behind a planned product; None when its layouts fit no kernel."""
        panel = panel_width(op)
        plain = [op.lhs, *op.epilogue_operands, *op.outs]
        if panel is None:
            plain.append(op.rhs)
        if not all(is_strided(value) for value in plain):
            return None

        out = op.outs[0]
        shape = extents_of(out)
        columns = shape[-1]
        left_rows, left_depth = (-1, -2) if op.trans_lhs is not None else (-2, -1)
        depth = extents_of(op.lhs)[left_depth]

        rest = [out, *op.epilogue_operands]
        axes = axes_over(shape, rest)
        batch_shape = shape[:-2]
        left = _batch_strides(op.lhs, batch_shape)
        right = _batch_strides(op.rhs, batch_shape)
        outer = [
            Axis(axis.extent, (left[i], right[i], *axis.strides))
            for i, axis in enumerate(axes[:-2])
        ]
        row_step = _logical(op.lhs)[left_rows]
        merged = merge_axes([*outer, Axis(shape[-2], (row_step, 0, *axes[-2].strides))])
        merged = _larger_last(merged)
        # The last axis is the rows of one product if the right operand does not move along it.
        if merged and merged[-1].strides[1] == 0:
            row_axis, batch = merged[-1], merged[:-1]
        else:
            row_axis, batch = Axis(1, (0,) * (2 + len(rest))), merged

        def view(value: SSAValue, position: int, inner: list[tuple[Extent, Extent]]) -> StridedView:
            pairs = [(axis.extent, axis.strides[position]) for axis in batch]
            return StridedView.of(value, [*pairs, *inner])

        rows, signs = row_axis.extent, signs_of(op)
        steps = depth
        if signs is not None:
            if not is_multiple(depth):
                return None
            steps = floordiv(depth, GROUP)
        lhs = view(
            op.lhs,
            0,
            [(rows, row_axis.strides[0]), (depth, _step(op.lhs, left_depth))],
        )
        column_axis = axes[-1]
        results = [
            view(
                value,
                2 + i,
                [(rows, row_axis.strides[2 + i]), (columns, column_axis.strides[i])],
            )
            for i, value in enumerate(rest)
        ]
        right = view(op.rhs, 1, _right_axes(op, panel))
        return MatmulProblem(
            element=op.accumulator_element(),
            batch_extents=tuple(axis.extent for axis in batch),
            extents=(rows, columns, steps),
            lhs=lhs,
            rhs=_panels_of_words(right) if panel and signs else right,
            out=results[0],
            epilogue_operands=tuple(results[1:]),
            panel=panel,
            signs=signs,
        )


def _larger_last(axes: list[Axis]) -> list[Axis]:
    """
    The axes with the larger of the last two behind, where nothing says which one that is.

    Steps of a sequence times rows of a batch, which do not lie one behind the other: either can be
    the rows of a product with a constant. The kernel takes the larger extent, and its strides.
    """
    if len(axes) < 2:
        return axes
    *outer, a, b = axes
    if a.strides[1] != 0 or b.strides[1] != 0:
        return axes
    if isinstance(a.extent, int) and isinstance(b.extent, int):
        return axes
    swapped = minimum(maximum(a.extent - b.extent, 0), 1)
    steps = [
        (x + swapped * (y - x), y + swapped * (x - y))
        for x, y in zip(a.strides, b.strides, strict=True)
    ]
    smaller = Axis(minimum(a.extent, b.extent), tuple(x for x, _ in steps))
    return [*outer, smaller, Axis(maximum(a.extent, b.extent), tuple(y for _, y in steps))]


def is_multiple(depth: Extent) -> bool:
    """Whether a sum consists of whole steps of codes."""
    return isinstance(depth, int) and depth > 0 and depth % GROUP == 0


def _panels_of_words(view: StridedView) -> StridedView:
    """The view of panels of codes in words; `_right_axes` counts so already."""
    batch = tuple(floordiv(stride, GROUP) for stride in view.strides[:-3])
    return StridedView(i32, view.extents, (*batch, *view.strides[-3:]))


def panel_layout(rank: int, transposed: bool, width: int, codes: bool = False) -> str:
    """
    Format tag of a constant right operand in panels of `width` columns.

    `Ba48b` for [K, N], `Ab48a` for [N, K]; batch dimensions stay in front. Of `codes`, four steps
    of a column lie side by side: `BA48b4a`.
    """
    column, depth = (rank - 2, rank - 1) if transposed else (rank - 1, rank - 2)
    inner = ((column, width), (depth, GROUP)) if codes else ((column, width),)
    return str(FormatTag(rank, (*range(rank - 2), column, depth), inner))


def panel_width(op: MatmulOp) -> int | None:
    """Columns of a panel when the right operand is packed; None when it is not blocked."""
    tag = layout_of(op.rhs)
    if not tag.inner:
        return None
    width = tag.inner[0][1]
    expected = panel_layout(tag.rank, op.trans_rhs is not None, width, op.sums_codes)
    return width if tag == parse_format_tag(expected) else None


def _right_axes(op: MatmulOp, panel: int | None) -> list[tuple[Extent, Extent]]:
    """(extent, stride) of the right operand's own axes, in the order that `MatmulProblem` names."""
    shape = extents_of(op.rhs)
    depth, columns = (-1, -2) if op.trans_rhs is not None else (-2, -1)
    if panel is None:
        return [(shape[depth], _step(op.rhs, depth)), (shape[columns], _step(op.rhs, columns))]
    strides = stride_extents_of(op.rhs)
    panels = ceildiv(shape[columns], panel)
    if op.sums_codes:
        outer, inner = strides[-4], strides[-3]
        steps = floordiv(shape[depth], GROUP)
        return [(panels, floordiv(outer, GROUP)), (steps, floordiv(inner, GROUP)), (panel, 1)]
    return [(panels, strides[-3]), (shape[depth], strides[-2]), (panel, strides[-1])]


def _logical(value: SSAValue) -> tuple[Extent, ...]:
    """Strides of the logical dimensions; those of a blocked matrix (the last two) read 0."""
    if is_strided(value):
        return logical_strides(value)
    outer = len(extents_of(value)) - 2
    return (*stride_extents_of(value)[:outer], 0, 0)


def _step(value: SSAValue, dim: int) -> Extent:
    """Stride of a dimension; 1 where it has a single element, so that vectors may lie along it."""
    return 1 if is_one(extents_of(value)[dim]) else _logical(value)[dim]


def _batch_strides(value: SSAValue, batch: tuple[Extent, ...]) -> list[Extent]:
    """Strides along the result's batch axes, 0 where the operand is broadcast."""
    own = extents_of(value)[:-2]
    strides = _logical(value)[: len(own)]
    missing = len(batch) - len(own)
    steps = [
        broadcast_stride(s, n, wanted)
        for n, s, wanted in zip(own, strides, batch[missing:], strict=True)
    ]
    return [0] * missing + steps

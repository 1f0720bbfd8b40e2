"""
What a planned `engine.matmul` asks for, as loops: batch axes, rows, columns, and the sum.

Axes that all operands walk evenly are merged, so a batch times one constant matrix is a single
product with many rows. See `strided_view.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import FixedBitwidthType
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import MatmulOp
from ...dialects.engine.base import element_of, layout_of, physical_strides_of, shape_of
from ...runtime.format_tag import FormatTag, parse_format_tag
from ...runtime.size import Extent, numbers_of
from ..common.strided_view import (
    Axis,
    StridedView,
    axes_over,
    is_strided,
    logical_strides,
    merge_axes,
)


@dataclass(frozen=True)
class MatmulProblem:
    """
    Extents and views of a product; every view has the batch axes in front.

    `lhs` is [batch..., rows, depth], `out` and each of `epilogue_operands`
    [batch..., rows, columns]. `rhs` is [batch..., depth, columns], or, packed in panels of `panel`
    columns, [batch..., panels, depth, panel].
    """

    element: Attribute
    batch: tuple[int, ...]
    rows: int
    columns: int
    depth: int
    lhs: StridedView
    rhs: StridedView
    out: StridedView
    epilogue_operands: tuple[StridedView, ...]
    panel: int | None

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
        """Bytes of an element."""
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
        shape = shape_of(out)
        columns = shape[-1]
        left_rows, left_depth = (-1, -2) if op.trans_lhs is not None else (-2, -1)
        depth = shape_of(op.lhs)[left_depth]

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
        # The last axis is the rows of one product if the right operand does not move along it.
        if merged and merged[-1].strides[1] == 0:
            row_axis, batch = merged[-1], merged[:-1]
        else:
            row_axis, batch = Axis(1, (0,) * (2 + len(rest))), merged

        def view(
            value: SSAValue, position: int, inner: Sequence[tuple[Extent, Extent]]
        ) -> StridedView:
            pairs = [(axis.extent, axis.strides[position]) for axis in batch]
            return StridedView.of(value, [*pairs, *inner])

        [rows] = numbers_of([row_axis.extent])
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
        return MatmulProblem(
            element=element_of(op.lhs),
            batch=numbers_of(axis.extent for axis in batch),
            rows=rows,
            columns=columns,
            depth=depth,
            lhs=lhs,
            rhs=view(op.rhs, 1, _right_axes(op, panel)),
            out=results[0],
            epilogue_operands=tuple(results[1:]),
            panel=panel,
        )


def panel_layout(rank: int, transposed: bool, width: int) -> str:
    """
    Format tag of a constant right operand in panels of `width` columns.

    `Ba48b` for [K, N], `Ab48a` for [N, K]; batch dimensions stay in front.
    """
    column, depth = (rank - 2, rank - 1) if transposed else (rank - 1, rank - 2)
    return str(FormatTag(rank, (*range(rank - 2), column, depth), ((column, width),)))


def panel_width(op: MatmulOp) -> int | None:
    """Columns of a panel when the right operand is packed; None when it is not blocked."""
    tag = layout_of(op.rhs)
    if not tag.inner:
        return None
    width = tag.inner[0][1]
    expected = panel_layout(tag.rank, op.trans_rhs is not None, width)
    return width if tag == parse_format_tag(expected) else None


def _right_axes(op: MatmulOp, panel: int | None) -> list[tuple[Extent, Extent]]:
    """(extent, stride) of the right operand's own axes, in the order that `MatmulProblem` names."""
    shape = shape_of(op.rhs)
    depth, columns = (-1, -2) if op.trans_rhs is not None else (-2, -1)
    if panel is None:
        return [(shape[depth], _step(op.rhs, depth)), (shape[columns], _step(op.rhs, columns))]
    strides = physical_strides_of(op.rhs)
    panels = -(-shape[columns] // panel)
    return [(panels, strides[-3]), (shape[depth], strides[-2]), (panel, strides[-1])]


def _logical(value: SSAValue) -> tuple[Extent, ...]:
    """Strides of the logical dimensions; those of a blocked matrix (the last two) read 0."""
    if is_strided(value):
        return logical_strides(value)
    return (*physical_strides_of(value)[:-3], 0, 0)


def _step(value: SSAValue, dim: int) -> Extent:
    """Stride of a dimension; 1 where it has a single element, so that vectors may lie along it."""
    return 1 if shape_of(value)[dim] == 1 else _logical(value)[dim]


def _batch_strides(value: SSAValue, batch: tuple[int, ...]) -> list[Extent]:
    """Strides along the result's batch axes, 0 where the operand is broadcast."""
    own = shape_of(value)[:-2]
    strides = _logical(value)[: len(own)]
    steps = [0 if n == 1 else s for n, s in zip(own, strides, strict=True)]
    return [0] * (len(batch) - len(own)) + steps

"""What convolutions on blocks of channels share: sizes, panels of the weight, the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, layout_of, shape_of, sized, static
from ...dialects.engine.contraction import ConvOp
from ...runtime.format_tag import FormatTag
from ...runtime.size import Extent, numbers_of
from ...targets.target import Target
from ..common.blocked_operands import is_dense

MAX_PANEL_VECTORS = 8
"""Vectors of output channels in a panel: with one pixel they fill the accumulators."""


@dataclass(frozen=True)
class ConvSizes:
    """
    Extents of a convolution, whatever the layout; one-dimensional ones have one row.

    The number of images may be a value.
    """

    images: Extent
    channels: int
    outputs: int
    groups: int
    rows: int
    columns: int
    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]

    @staticmethod
    def of(op: ConvOp) -> ConvSizes:
        """The extents of an operation of rank 3 or 4; channels and outputs are of one group."""
        w = shape_of(op.weight)
        images, *x = extents_of(op.input)
        y = numbers_of(extents_of(op.target_types()[0])[1:])
        [channels, *_] = numbers_of(x)

        def two(values: Sequence[int]) -> tuple[int, int]:
            return (1, values[0]) if len(values) == 1 else (values[0], values[1])

        rows, columns = two(y[1:])
        return ConvSizes(
            images=images,
            channels=channels // op.group_count,
            outputs=y[0] // op.group_count,
            groups=op.group_count,
            rows=rows,
            columns=columns,
            kernel=two(w[2:]),
            strides=two(op.window("strides")),
            dilations=two(op.window("dilations")),
        )

    @property
    def depth(self) -> int:
        """Products summed into one result."""
        return self.channels * prod(self.kernel)

    @property
    def pointwise(self) -> bool:
        """1x1 with stride 1: pixels may be taken in any order."""
        return self.kernel == (1, 1) and self.strides == (1, 1)

    @property
    def pixels(self) -> tuple[int, int]:
        """Rows and columns of results as tiles may take them: one row where that is free."""
        return (1, self.rows * self.columns) if self.pointwise else (self.rows, self.columns)

    def blocks(self, lanes: int) -> int:
        """Vectors of output channels of all groups."""
        return -(-self.outputs * self.groups // lanes)


def runs_in_blocks(op: ConvOp, target: Target) -> bool:
    """Whether a convolution is f32 or f64 in one or two dimensions, with its padding in place."""
    element = element_of(op.input)
    sizes = (*extents_of(op.input)[1:], *extents_of(op.target_types()[0])[1:])
    known = sized(extents_of(op.input)) and static(sizes)
    return (
        isinstance(element, Float32Type | Float64Type)
        and element_of(op.weight) == element
        and known
        and op.spatial_rank in (1, 2)
        and not any(op.window("pads"))
        and target.lanes(element) > 1
    )


def weight_tag(rank: int, lanes: int, panel: int, plain: bool) -> str:
    """`ABcd16b32a`, or `Abcd32a` for a row-major input."""
    inner = ((0, panel),) if plain else ((1, lanes), (0, panel))
    return str(FormatTag(rank, tuple(range(rank)), inner))


def panel_vectors(weight: SSAValue, lanes: int) -> int | None:
    """Vectors of output channels in a panel of a planned weight; None where it has none."""
    tag = layout_of(weight)
    panel = tag.inner[-1][1] if tag.inner else 0
    if not panel or panel % lanes or panel // lanes > MAX_PANEL_VECTORS or not is_dense(weight):
        return None
    return panel // lanes

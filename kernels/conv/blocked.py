"""What convolutions on blocks of channels share: sizes, panels of the weight, the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, layout_of, shape_of, sized, static
from ...dialects.engine.contraction import ConvOp
from ...dialects.vector_ext import GROUP
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

    Images, rows and columns may be values.
    """

    images: Extent
    channels: int
    outputs: int
    groups: int
    rows: Extent
    columns: Extent
    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    together: int = 1
    """Channels that one step of a sum takes: four of codes."""

    @staticmethod
    def of(op: ConvOp) -> ConvSizes:
        """The extents of an operation of rank 3 or 4; channels and outputs are of one group."""
        w = shape_of(op.weight)
        _, outputs, *y = extents_of(op.target_types()[0])
        images, channels, *_ = extents_of(op.input)
        channels, outputs = numbers_of((channels, outputs))

        def two(values: Sequence[int]) -> tuple[int, int]:
            return (1, values[0]) if len(values) == 1 else (values[0], values[1])

        return ConvSizes(
            images=images,
            channels=channels // op.group_count,
            outputs=outputs // op.group_count,
            groups=op.group_count,
            rows=1 if len(y) == 1 else y[0],
            columns=y[-1],
            kernel=two(w[2:]),
            strides=two(op.window("strides")),
            dilations=two(op.window("dilations")),
            together=GROUP if op.sums_codes else 1,
        )

    @property
    def depth(self) -> int:
        """Steps of the sum of one result: products, or words of them."""
        return self.steps * prod(self.kernel)

    @property
    def steps(self) -> int:
        """Steps of the sum for each filter tap."""
        return -(-self.channels // self.together)

    @property
    def pointwise(self) -> bool:
        """1x1 with stride 1: pixels may be taken in any order."""
        return self.kernel == (1, 1) and self.strides == (1, 1)

    @property
    def is_open(self) -> bool:
        """Whether rows or columns are values."""
        return not static((self.rows, self.columns))

    @property
    def map(self) -> tuple[int, int]:
        """Rows and columns where they are numbers."""
        rows, columns = numbers_of((self.rows, self.columns))
        return rows, columns

    @property
    def pixels(self) -> tuple[int, int]:
        """Rows and columns of results as tiles may take them: one row where that is free."""
        rows, columns = self.map
        return (1, rows * columns) if self.pointwise else (rows, columns)

    def blocks(self, lanes: int) -> int:
        """Vectors of output channels of all groups."""
        return -(-self.outputs * self.groups // lanes)


def runs_in_blocks(op: ConvOp, target: Target, *, codes: bool = False) -> bool:
    """
    Whether a convolution is f32 or f64, or of `codes`, in one or two dimensions, with its padding
    in place.

    Channels are numbers, and there are filters; images, rows and columns may be values.
    """
    element = element_of(op.input)
    x, y = extents_of(op.input), extents_of(op.target_types()[0])
    known = sized((*x, *y)) and static((x[1], y[1])) and y[1] != 0
    if op.sums_codes:
        numbers = codes
    else:
        numbers = (
            isinstance(element, Float32Type | Float64Type) and element_of(op.weight) == element
        )
    return (
        numbers
        and known
        and op.spatial_rank in (1, 2)
        and not any(op.window("pads"))
        and target.lanes(op.accumulator_element()) > 1
    )


def code_weight_tag(rank: int, block: int, panel: int) -> str:
    """`ABcd4b32a4b`: codes in blocks of `block` channels, four of a filter side by side."""
    words = ((1, block // GROUP),) if block > GROUP else ()
    return str(FormatTag(rank, tuple(range(rank)), (*words, (0, panel), (1, GROUP))))


def code_block(channels: int, lanes: int) -> int:
    """Channels of a block of codes: as many as lanes, but four of an image of few channels."""
    return GROUP if channels <= GROUP else max(lanes, GROUP)


def weight_tag(rank: int, lanes: int, panel: int, plain: bool) -> str:
    """`ABcd16b32a`, or `Abcd32a` for a row-major input."""
    inner = ((0, panel),) if plain else ((1, lanes), (0, panel))
    return str(FormatTag(rank, tuple(range(rank)), inner))


def panel_vectors(weight: SSAValue, lanes: int, outputs: int = 0) -> int | None:
    """
    Vectors of output channels in a panel of a planned weight; None where it has none.

    `outputs` is the dimension of these channels.
    """
    inner = layout_of(weight).inner
    # Of codes, what comes last are the four of a step.
    panel = next((size for dim, size in reversed(inner) if dim == outputs), 0)
    if not panel or panel % lanes or panel // lanes > MAX_PANEL_VECTORS or not is_dense(weight):
        return None
    return panel // lanes

"""
A direct convolution as `conv.py` computes it: extents, views of its operands, tile, loop order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import (
    EngineOp,
    element_of,
    layout_of,
    physical_shape_of,
    physical_strides_of,
    shape_of,
)
from ...dialects.engine.contraction import ConvOp, ConvTransposeOp
from ...runtime.format_tag import dense_strides, parse_format_tag
from ...targets.target import Target
from ..common.channel_blocks import BroadcastOperand, ChannelBlocks, channel_blocks
from ..template import split_evenly
from .tiles import (
    CLOCK_HZ,
    LoopOrder,
    Tiling,
    choose_order,
    choose_segments,
    choose_tiling,
    registers_of,
)

_DIMS = "abcdefgh"


def blocked_tag(rank: int, axis: int, lanes: int) -> str:
    """`aBcd16b`: rank 4, blocks of 16 along axis 1."""
    letters = [d.upper() if i == axis else d for i, d in enumerate(_DIMS[:rank])]
    return "".join(letters) + f"{lanes}{_DIMS[axis]}"


def weight_tag(rank: int, lanes: int, panel: int, plain: bool) -> str:
    """`ABcd16b32a`, or `Abcd32a` for a row-major input."""
    if plain:
        return "A" + _DIMS[1:rank] + f"{panel}a"
    return "AB" + _DIMS[2:rank] + f"{lanes}b{panel}a"


def extra_tag(extra: SSAValue | Attribute, rank: int, lanes: int) -> str | None:
    """Layout of an epilogue operand: blocked along the channels where it has them."""
    shape = shape_of(extra)
    channel = 1 - (rank - len(shape))
    if channel < 0 or shape[channel] == 1:
        return None
    return blocked_tag(len(shape), channel, lanes)


@dataclass(frozen=True)
class ConvSizes:
    """Extents of a convolution, whatever the layout; one-dimensional ones have one row."""

    images: int
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
        """The extents of an operation of rank 3 or 4."""
        x, w = shape_of(op.input), shape_of(op.weight)
        [y] = (t.get_shape() for t in op.target_types())

        def two(values: Sequence[int]) -> tuple[int, int]:
            return (1, values[0]) if len(values) == 1 else (values[0], values[1])

        rows, columns = two(y[2:])
        return ConvSizes(
            images=y[0],
            channels=x[1] // op.group_count,
            outputs=y[1] // op.group_count,
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


def direct_element(op: ConvOp, target: Target) -> bool:
    """Whether the convolution is of a kind this template computes, in any layout."""
    element = element_of(op.input)
    known = -1 not in (*shape_of(op.input), *op.target_types()[0].get_shape())
    return (
        isinstance(element, Float32Type | Float64Type)
        and element_of(op.weight) == element
        and known
        and op.spatial_rank in (1, 2)
        and not any(op.window("pads"))
        and target.lanes(element) > 1
    )


@dataclass(frozen=True)
class DirectConv:
    """A planned convolution that fits: its views, its panel and its tiling."""

    op: ConvOp | ConvTransposeOp
    sizes: ConvSizes
    lanes: int
    vectors: int
    plain: bool
    input: ChannelBlocks
    result: ChannelBlocks
    extras: tuple[BroadcastOperand, ...]
    registers: int
    l2_bytes: int
    tallest: int = 64
    phases: int = 1
    """How many convolutions of these sizes there are, with weights of their own."""

    @staticmethod
    def of(op: EngineOp, target: Target) -> DirectConv | None:
        """None when this template cannot run the operation as it is laid out."""
        if not isinstance(op, ConvOp) or not direct_element(op, target):
            return None
        rank, lanes = len(shape_of(op.input)), target.lanes(element_of(op.input))
        sizes = ConvSizes.of(op)
        tag = layout_of(op.weight)
        panel = tag.inner[-1][1] if tag.inner else 0
        if not panel or panel % lanes or not is_dense(op.weight):
            return None
        plain = tag == parse_format_tag(weight_tag(rank, lanes, panel, True))
        if not plain and tag != parse_format_tag(weight_tag(rank, lanes, panel, False)):
            return None
        if sizes.groups > 1 and (sizes.channels % lanes or sizes.outputs % panel or plain):
            return None
        source = channel_blocks(op.input, rank, 1 if plain else lanes)
        [target_type] = op.target_types()
        result = channel_blocks(target_type, rank, lanes)
        extras = [BroadcastOperand.of(v, rank, lanes) for v in op.epilogue_operands]
        if source is None or result is None or (panel // lanes) > 8:
            return None
        found = tuple(e for e in extras if e is not None)
        if len(found) != len(extras):
            return None
        made = DirectConv(
            op,
            sizes,
            lanes,
            panel // lanes,
            plain,
            source,
            result,
            found,
            registers_of(target),
            target.l2_bytes,
        )
        return made.flattened() if sizes.pointwise else made

    def flattened(self) -> DirectConv:
        """The pixels of a pointwise convolution as equal runs, where every operand lies so."""
        s = self.sizes
        pixels = s.rows * s.columns
        runs = choose_segments(pixels, self.blocks, s.depth, self.registers, self.vectors)
        views = (self.input, self.result, *(e.view for e in self.extras))
        cut = [view.recut(pixels, runs) for view in views]
        found = [view for view in cut if view is not None]
        if len(found) < len(cut):
            return self
        source, result, *extras = found
        return replace(
            self,
            sizes=replace(s, rows=runs, columns=pixels // runs),
            input=source,
            result=result,
            extras=tuple(
                BroadcastOperand(view, e.element)
                for view, e in zip(extras, self.extras, strict=True)
            ),
            tallest=1,
        )

    @cached_property
    def blocks(self) -> int:
        """Vectors of output channels of all groups."""
        return -(-self.sizes.outputs * self.sizes.groups // self.lanes)

    @cached_property
    def tiling(self) -> Tiling:
        """The register tile."""
        s = self.sizes
        return choose_tiling(
            s.rows,
            s.columns,
            self.blocks,
            s.depth,
            self.registers,
            self.vectors,
            self.tallest,
        )

    @cached_property
    def seconds(self) -> float:
        """Estimated time on one thread."""
        return self.sizes.images * self.phases * self.tiling.cycles / CLOCK_HZ

    @cached_property
    def order(self) -> LoopOrder:
        """The order of the loops, see `choose_order`."""
        size = 8 if isinstance(element_of(self.op.input), Float64Type) else 4
        s = self.sizes
        return choose_order(
            s.depth * self.vectors * self.lanes * size,
            -(-self.blocks // self.vectors) * self.phases,
            prod(self.input.shape[1:]) * size // s.groups,
            s.images,
            sum(count for _, count in split_evenly(s.rows, self.tiling.rows)),
            self.l2_bytes,
        )

    def weight_shape(self) -> tuple[int, ...]:
        """`[panel, channel block, filter row, filter column, channel, panel lane]`."""
        physical = physical_shape_of(self.op.weight)
        spatial = physical[2 : 2 + self.op.spatial_rank]
        lane = () if self.plain else (self.lanes,)
        rows = (1,) * (2 - len(spatial))
        inner = (1,) if self.plain else lane
        return (*physical[:2], *rows, *spatial, *inner, self.vectors * self.lanes)


def is_dense(value: SSAValue) -> bool:
    """Whether a value fills its buffer without gaps."""
    return physical_strides_of(value) == dense_strides(physical_shape_of(value))

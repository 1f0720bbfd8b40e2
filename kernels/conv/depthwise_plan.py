"""How a depthwise convolution is run: see `depthwise.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...dialects.engine.base import element_of, layout_of, rank_of, shape_of
from ...dialects.engine.contraction import ConvOp
from ...runtime.format_tag import parse_format_tag
from ...runtime.size import Extent, ceildiv, product_of
from ...targets.target import Target
from ..common.blocked_operands import BlockedOperands, blocked_tag, is_dense
from ..cost import Cost, typical
from ..template import Plan, PlanEntry
from .blocked import ConvSizes
from .depthwise_cost import depthwise_seconds
from .depthwise_tiles import SHUFFLED_COST, DepthwiseTile, choose_tile, open_tile

MAX_FILTER = 80
"""Taps times channels of a group, at the most: a tile has several results."""


def depthwise_tag(rank: int, lanes: int) -> str:
    """`Abcd16a`."""
    return blocked_tag(rank, 0, lanes)


def channels_last_tag(rank: int, own: int | None = None) -> str:
    """`acdb`; of an operand with `own` dimensions that broadcasts to `rank`, what is left of it."""
    lead = rank - (rank if own is None else own)
    dims = [0, *range(2, rank), 1]
    return "".join("abcd"[dim - lead] for dim in dims if dim >= lead)


def is_depthwise(op: ConvOp) -> bool:
    """One filter for each channel, one result from each."""
    w = shape_of(op.weight)
    return op.group_count > 1 and w[1] == 1 and w[0] == op.group_count


def packed_channels(op: ConvOp, lanes: int) -> int:
    """Channels of a group where the groups lie whole in vectors, 1 for depthwise; 0 otherwise."""
    if is_depthwise(op):
        return 1
    w, groups, (sh, sw) = shape_of(op.weight), op.group_count, ConvSizes.of(op).strides
    channels, (kh, kw) = w[1], ConvSizes.of(op).kernel
    fits = groups > 1 and w[0] == groups * channels and lanes % channels == 0
    if not fits or 2 * channels > lanes or channels * kh * kw > MAX_FILTER:
        return 0
    # Against one pass for each group over the vector (`grouped.py`), for 2 x 6 results.
    shuffles = (sh + kh) * (5 * sw + kw) / 12
    return channels if SHUFFLED_COST * channels * (kh * kw + shuffles) < lanes * kh * kw else 0


def best_tile(op: ConvOp, target: Target) -> DepthwiseTile:
    """The tile for an operation whose groups lie whole in vectors."""
    sizes, channels = ConvSizes.of(op), packed_channels(op, target.lanes(element_of(op.input)))
    if sizes.is_open:
        return open_tile(sizes.kernel, sizes.strides, target, channels)
    return choose_tile(*sizes.map, sizes.kernel, sizes.strides, target, channels)


@dataclass(frozen=True)
class DepthwisePlan(Plan):
    """A planned depthwise convolution: its views, its tile and its loops."""

    op: ConvOp
    sizes: ConvSizes
    operands: BlockedOperands
    lanes: int
    tile: DepthwiseTile
    channels: int
    """Channels of a group."""
    target: Target

    @staticmethod
    def of(op: ConvOp, target: Target) -> DepthwisePlan | None:
        """None when a supported operation does not fit as it is laid out."""
        rank, lanes = rank_of(op.input), target.lanes(element_of(op.input))
        wanted = parse_format_tag(depthwise_tag(rank, lanes))
        if layout_of(op.weight) != wanted or not is_dense(op.weight):
            return None
        operands = BlockedOperands.of(op, rank, lanes)
        if operands is None:
            return None
        channels, tile = packed_channels(op, lanes), best_tile(op, target)
        return DepthwisePlan(op, ConvSizes.of(op), operands, lanes, tile, channels, target)

    @property
    def blocks(self) -> int:
        """Vectors of channels."""
        return self.operands.result.blocks

    @property
    def channels_inner(self) -> bool:
        """Whether neighbours in memory are channels, which the innermost loop then is over."""
        strides = self.operands.input.strides
        return typical(strides[1]) < typical(strides[2])

    @property
    def loops(self) -> dict[str, Extent]:
        """The loops over bands of rows by name, from the outermost on."""
        bands = ceildiv(self.sizes.rows, self.tile.rows)
        if self.channels_inner:
            return {"images": self.sizes.images, "rows": bands, "blocks": self.blocks}
        return {"images": self.sizes.images, "blocks": self.blocks, "rows": bands}

    @cached_property
    def seconds(self) -> float:
        """Estimated time on one thread; of sizes that are values, at typical ones."""
        return depthwise_seconds(self.sizes, self.blocks, self.tile, self.target)

    @cached_property
    def chunks(self) -> Extent:
        """Chunks of the loops over bands."""
        work = product_of(self.operands.result.extents[:4])
        pieces = product_of(self.loops.values())
        return Cost(self.seconds, work).chunks(pieces, self.target.machine)

    def describe(self) -> dict[str, PlanEntry]:
        """Tile and loops; whether all taps stay in registers; channels of a packed group."""
        packed: dict[str, PlanEntry] = {"group_channels": self.channels}
        return {
            "tile": f"{self.tile.rows}x{self.tile.columns}",
            "taps_in_registers": self.tile.whole,
            "loops": ", ".join(f"{name} {extent}" for name, extent in self.loops.items()),
            **Cost(self.seconds, product_of(self.loops.values())).describe(),
            **(packed if self.channels > 1 else {}),
        }

"""
The plan of a convolution by register tiles: direct, with groups, transposed.

`y[pixel, channel] = sum of x[pixel + tap, c] * w[tap, c, channel]` runs in tiles of R x T pixels by
V vectors of output channels (`tiles.py`); what differs is which products a sum has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Self

from xdsl.dialects.builtin import Float64Type

from ...dialects.engine.base import element_of, physical_shape_of
from ...dialects.engine.contraction import ConvOp, ConvTransposeOp
from ...runtime.size import Extent, floordiv, product_of
from ...targets.target import Target
from ..common.blocked_operands import BlockedOperands
from ..common.tile_split import TileSplit
from ..cost import Cost, typical
from ..template import Plan, PlanEntry, split_evenly
from .blocked import ConvSizes
from .open_map import open_tiling, segments_of
from .tiled_cost import tiled_seconds
from .tiles import LoopOrder, Tiling, choose_order, choose_segments, choose_tiling

SOME_IMAGES = 8
"""For so many the order of the loops is chosen where the number of images is a value."""


@dataclass(frozen=True, kw_only=True)
class TiledConvPlan(Plan):
    """A planned convolution: the views of its operands, its panel, its tiling and its loops."""

    op: ConvOp | ConvTransposeOp
    sizes: ConvSizes
    operands: BlockedOperands
    lanes: int
    vectors: int
    """Vectors of output channels in a panel of the weight."""
    plain: bool
    """Whether the weight has no blocks of input channels."""
    target: Target
    tallest: int = 64
    """Rows of a tile, at the most."""

    def flattened(self) -> Self:
        """
        The pixels of a pointwise convolution as equal runs, where every operand lies so.

        Pixels that are a value are one run.
        """
        s, pixels, runs = self.sizes, self.sizes.rows * self.sizes.columns, 1
        if isinstance(pixels, int):
            runs = choose_segments(pixels, self.blocks, s.depth, self.target, self.vectors)
        operands = self.operands.recut(pixels, runs)
        if operands is None:
            return self
        sizes = replace(s, rows=runs, columns=floordiv(pixels, runs))
        return replace(self, sizes=sizes, operands=operands, tallest=1)

    @property
    def phases(self) -> int:
        """How many convolutions of these sizes there are, with weights of their own."""
        return 1

    @cached_property
    def blocks(self) -> int:
        """Vectors of output channels of all groups."""
        return self.sizes.blocks(self.lanes)

    @cached_property
    def tiling(self) -> Tiling:
        """The register tile."""
        s = self.sizes
        if s.is_open:
            return open_tiling(s.rows, s.columns, self.blocks, s.depth, self.target, self.vectors)
        return choose_tiling(
            *s.map,
            self.blocks,
            s.depth,
            self.target,
            self.vectors,
            self.tallest,
        )

    @cached_property
    def seconds(self) -> float:
        """Estimated time on one thread; where sizes are values, of typical ones."""
        return tiled_seconds(self.tiling, typical(self.sizes.images) * self.phases, self.target)

    @property
    def element_bytes(self) -> int:
        """Bytes of a number, or of a word of codes."""
        return 8 if isinstance(element_of(self.op.input), Float64Type) else 4

    @property
    def input_bytes(self) -> int:
        """Bytes of an element of the input."""
        return self.element_bytes // self.sizes.together

    @property
    def block_steps(self) -> int:
        """Steps of a sum in one block of input channels."""
        return 1 if self.plain else self.operands.input.lanes // self.sizes.together

    @cached_property
    def row_runs(self) -> list[tuple[int, int]]:
        """Rows of results as runs of tiles of equal height: (height, tiles)."""
        return split_evenly(self.sizes.map[0], self.tiling.rows)

    @cached_property
    def row_split(self) -> TileSplit:
        """The pixels of a row of an open map as tiles."""
        return TileSplit.evenly(self.sizes.columns, self.tiling.columns)

    @cached_property
    def panel_runs(self) -> list[tuple[int, int]]:
        """Output channels as full panels and what is left: (vectors, panels)."""
        full, rest = divmod(self.blocks, self.vectors)
        return [(v, n) for v, n in ((self.vectors, full), (rest, 1)) if v and n]

    @cached_property
    def order(self) -> LoopOrder:
        """The order of the loops, see `choose_order`; an open map has it chosen in the kernel."""
        s = self.sizes
        return choose_order(
            s.depth * self.vectors * self.lanes * self.element_bytes,
            -(-self.blocks // self.vectors) * self.phases,
            prod(self.operands.input.plane) * self.input_bytes // s.groups,
            s.images if isinstance(s.images, int) else SOME_IMAGES,
            sum(count for _, count in self.row_runs),
            self.target.l2_bytes,
        )

    @property
    def loops(self) -> dict[str, Extent]:
        """The loops over tiles by name, from the outermost on; of an open map in any order."""
        panels = sum(count for _, count in self.panel_runs)
        if self.sizes.is_open:
            rows = self.sizes.rows * segments_of(self.row_split)
            return {"images": self.sizes.images, "panels": panels, "rows": rows}
        extents: dict[str, Extent] = {
            "images": self.sizes.images,
            "rows": sum(count for _, count in self.row_runs),
            "panels": panels,
        }
        return {name: extents[name] for name in self.order.value}

    @cached_property
    def chunks(self) -> Extent:
        """Chunks of the loops over tiles."""
        pieces = product_of(self.loops.values())
        work = self.sizes.images * self.sizes.rows * self.sizes.columns
        work = work * self.phases if self.sizes.is_open else pieces
        return Cost(self.seconds, work).chunks(pieces, self.target.machine)

    def weight_shape(self) -> tuple[int, ...]:
        """`[panel, channel block, filter row, filter column, channel or word, panel lane]`."""
        physical = physical_shape_of(self.op.weight)
        spatial = physical[2 : 2 + self.op.spatial_rank]
        rows = (1,) * (2 - len(spatial))
        inner = self.block_steps if self.sizes.together > 1 else 1 if self.plain else self.lanes
        return (*physical[:2], *rows, *spatial, inner, self.vectors * self.lanes)

    def describe(self) -> dict[str, PlanEntry]:
        """Tile, panel and loops; `flat` where the image is one row that is cut anywhere."""
        tile = f"{self.tiling.rows}x{self.tiling.columns}x{self.vectors}"
        flat: dict[str, PlanEntry] = {"flat": True} if self.tallest == 1 else {}
        return {
            "tile": tile,
            "panel": self.vectors * self.lanes,
            "loops": ", ".join(f"{name} {extent}" for name, extent in self.loops.items()),
            **Cost(self.seconds, product_of(self.loops.values())).describe(),
            **flat,
        }

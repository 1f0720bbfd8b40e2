"""
Small maps of a Winograd convolution whose rows or columns are values: sums of products.

A map with fewer rows or columns than a tile has no place for one, and of a map of a few pixels the
36 factors of each filter are more than its nine numbers and what the pixels save. A function sums
up one to four pixels of a row, for a vector of output channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, extents_of, nbytes_of
from ...dialects.engine.winograd import FILTER, TILE
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.tile_split import of_size
from .winograd_plan import WinogradPlan

Memories = tuple[SSAValue, SSAValue, Sequence[SSAValue], SSAValue]
"""Input, filters, epilogue operands and result."""


PIXEL_CYCLES = 0.6
"""Of a pixel, by input channel and output channel: nine multiply-adds of 16 lanes."""

TILE_CYCLES = (1.7, 30.0)
"""Of a tile, by both channels: 36 multiply-adds; and transforms of each, by the other channel."""

START_CYCLES = 4.5
"""Of the first tile, by both channels."""

FACTOR_CYCLES = 14.0
"""To read 36 factors that do not stay in the second-level cache, at least."""


@dataclass(frozen=True)
class SmallMaps:
    """Which maps are small: `pixels * pixel` is less than `tiles * tile + start` or `factors`."""

    pixel: int
    tile: int
    start: int
    factors: int

    @staticmethod
    def of(plan: WinogradPlan, target: Target) -> SmallMaps:
        """In parts of a hundred: a kernel compares whole numbers."""
        outputs = extents_of(plan.op.target_types()[0])[1]
        assert isinstance(outputs, int)
        each, transforms = TILE_CYCLES
        tile = each + transforms / max(plan.channels, 1) + transforms / max(outputs, 1)
        far = nbytes_of(plan.op.weight) > target.l2_bytes
        cycles = (PIXEL_CYCLES, tile, START_CYCLES, FACTOR_CYCLES if far else 0)
        return SmallMaps(*(round(100 * each) for each in cycles))

    def holds(self, b: KernelBuilder, plan: WinogradPlan) -> SSAValue:
        """Whether the map is small, or smaller than a tile."""
        rows, columns = plan.operands.result.rows, plan.operands.result.columns
        tiles = b.mul(plan.blocking.down, plan.blocking.across)
        transformed = b.max(b.add(b.mul(tiles, self.tile), self.start), self.factors)
        cheaper = b.cmpi("slt", b.mul(b.mul(rows, columns), self.pixel), transformed)
        return b.ori(b.cmpi("slt", b.min(rows, columns), TILE), cheaper)


class SmallMap:
    """Writes what a kernel does with a small map."""

    def __init__(
        self,
        plan: WinogradPlan,
        name: str,
        builder: KernelBuilder,
        memories: Memories,
        image: Index,
    ):
        self.plan = plan
        self.name = f"{name}_small"
        self.b = builder
        self.memories = memories
        self.image = image
        self.types: dict[int, list[Attribute]] = {}

    def panel(self, panel: Index, tiles: tuple[Index, Index]) -> None:
        """The results of one panel in a block, (first, count) tiles."""
        plan, b = self.plan, self.b
        result, blocking = plan.operands.result, plan.blocking
        first, count = tiles
        block = b.mul(panel, plan.vectors)
        vectors = b.min(b.sub(result.blocks, block), plan.vectors)
        with b.loop(0, vectors) as each, b.loop(0, count) as loop:
            output = b.add(block, each.index)
            tile = b.add(first, loop.index)
            down, across = b.unflatten(tile, (blocking.down, blocking.across))
            top, left = b.mul(down, TILE), b.mul(across, TILE)
            bottom = b.min(b.add(top, TILE), result.rows)
            columns = b.min(b.sub(result.columns, left), TILE)

            def row(number: Index, pixels: int, output: Index = output, left: Index = left) -> None:
                self._pixels(pixels, output, number, left)

            def rows(pixels: int, top: Index = top, bottom: Index = bottom) -> None:
                b.for_each(top, bottom, 1, lambda number, _: row(number, pixels))

            of_size(b, b.index(columns), range(TILE, 0, -1), rows)

    def _pixels(self, pixels: int, output: Index, row: Index, column: Index) -> None:
        plan, b = self.plan, self.b
        x, filters, epilogue, y = self.memories
        position, extent = (self.image, output, row, column, 0), (1, 1, 1, pixels, plan.lanes)
        window = (1, plan.operands.input.blocks, FILTER, FILTER + pixels - 1, plan.lanes)
        arguments = [
            b.subview(x, (self.image, 0, row, column, 0), window, drop=(0,)),
            b.subview(
                filters,
                (output, 0, 0, 0, 0),
                (1, plan.channels, FILTER, FILTER, plan.lanes),
                drop=(0,),
            ),
            *plan.operands.epilogue_boxes(b, epilogue, position, extent),
            b.subview(y, position, extent, drop=(0, 1)),
        ]
        if pixels not in self.types:
            self.types[pixels] = [a.type for a in arguments]
            self._write(pixels)
        b.call(f"{self.name}{pixels}", arguments)

    def _write(self, pixels: int) -> None:
        """The function of some pixels of a row and one vector of output channels."""
        plan, b, lanes = self.plan, self.b, self.plan.lanes
        names = ["x", "w", *plan.operands.epilogue_names, "y"]
        types = self.types[pixels]
        with b.function(f"{self.name}{pixels}", types, private=True, names=names) as arguments:
            x, filters, *rest, y = arguments
            zero = b.splat(0.0, element_of(plan.op.input), lanes)

            def add_products(channel: Index, sums: Sequence[SSAValue]) -> Sequence[SSAValue]:
                """To a sum of each row of the window for each pixel."""
                block, lane = b.unflatten(channel, (plan.operands.input.blocks, lanes))
                found = list(sums)
                for row in range(FILTER):
                    across = range(FILTER + pixels - 1)
                    values = [b.load_splat(x, (block, row, c, lane), lanes) for c in across]
                    for column in range(FILTER):
                        factor = b.vload(filters, (channel, row, column, 0), lanes)
                        for pixel in range(pixels):
                            at = pixel * FILTER + row
                            found[at] = b.fma(values[pixel + column], factor, found[at])
                return found

            start = [zero] * (FILTER * pixels)
            sums = b.for_each(0, plan.channels, 1, add_products, start)
            for pixel in range(pixels):
                top, middle, bottom = sums[pixel * FILTER : (pixel + 1) * FILTER]
                value = b.addf(b.addf(top, middle), bottom)
                region = plan.op.epilogue_region
                value = plan.operands.finish(b, region, value, rest, (0, 0, 0, pixel, 0), {})
                b.vstore(value, y, (0, pixel, 0))

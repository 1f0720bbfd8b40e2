"""Maps that are smaller than a tile of Winograd's convolution: sums of products, row by row."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of
from ...dialects.engine.winograd import FILTER, TILE
from ..builder import Index, KernelBuilder
from .winograd_plan import WinogradPlan

Memories = tuple[SSAValue, SSAValue, Sequence[SSAValue], SSAValue]
"""Input, filters, epilogue operands and result."""


class SmallMap:
    """Writes what a kernel does where a map has fewer rows or columns than a tile."""

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
        self.types: list[Attribute] = []

    def panel(self, panel: Index, tiles: tuple[Index, Index]) -> None:
        """The results of one panel in a block, (first, count) tiles."""
        plan, b = self.plan, self.b
        result, blocking = plan.operands.result, plan.blocking
        first, count = tiles
        block = b.mul(panel, plan.vectors)
        vectors = b.min(b.sub(result.blocks, block), plan.vectors)
        with b.loop(0, count) as loop, b.loop(0, vectors) as each:
            tile = b.add(first, loop.index)
            down, across = b.unflatten(tile, (blocking.down, blocking.across))
            top, left = b.mul(down, TILE), b.mul(across, TILE)
            bottom = b.min(b.add(top, TILE), result.rows)
            right = b.min(b.add(left, TILE), result.columns)
            with b.loop(top, bottom) as rows, b.loop(left, right) as columns:
                self._pixel(b.add(block, each.index), rows.index, columns.index)

    def _pixel(self, output: Index, row: Index, column: Index) -> None:
        plan, b = self.plan, self.b
        x, filters, epilogue, y = self.memories
        position, extent = (self.image, output, row, column, 0), (1, 1, 1, 1, plan.lanes)
        window = (1, plan.operands.input.blocks, FILTER, FILTER, plan.lanes)
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
        if not self.types:
            self.types = [a.type for a in arguments]
            self._write()
        b.call(self.name, arguments)

    def _write(self) -> None:
        """The function of one pixel and one vector of output channels."""
        plan, b, lanes = self.plan, self.b, self.plan.lanes
        names = ["x", "w", *plan.operands.epilogue_names, "y"]
        with b.function(self.name, self.types, private=True, names=names) as arguments:
            x, filters, *rest, y = arguments
            zero = b.splat(0.0, element_of(plan.op.input), lanes)

            def add_products(channel: Index, sums: Sequence[SSAValue]) -> Sequence[SSAValue]:
                block, lane = b.unflatten(channel, (plan.operands.input.blocks, lanes))
                found: list[SSAValue] = []
                for row, old in enumerate(sums):
                    for column in range(FILTER):
                        value = b.load_splat(x, (block, row, column, lane), lanes)
                        factor = b.vload(filters, (channel, row, column, 0), lanes)
                        old = b.fma(value, factor, old)
                    found.append(old)
                return found

            sums = b.for_each(0, plan.channels, 1, add_products, [zero] * FILTER)
            value = b.addf(b.addf(sums[0], sums[1]), sums[2])
            region = plan.op.epilogue_region
            value = plan.operands.finish(b, region, value, rest, (0, 0, 0, 0, 0), {})
            b.vstore(value, y, (0, 0, 0))

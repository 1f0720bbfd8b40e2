"""
Asking for the panels of a packed right operand before they are needed.

Weights come from memory far away, and each is read there once. The first tile of a panel would
wait for them, so the tiles of one panel ask for the next one while they compute: each for its
share, a few cache lines in every trip of its loop. A product with one tile for each panel asks for
what lies some way ahead instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import SSAValue

from .builder import Index, KernelBuilder

LINE_BYTES = 64
NEAR_BYTES = 4096
"""How far ahead of its own loads a product of a few rows asks."""


@dataclass(frozen=True)
class PanelPrefetch:
    """
    Prefetching of `panels` panels of `depth` times `width` elements of `item` bytes, which lie one
    after the other, by tiles that together have `rows` rows.
    """

    panels: int
    depth: int
    width: int
    item: int
    rows: int
    tiles: int

    @property
    def line(self) -> int:
        """Elements of a cache line."""
        return LINE_BYTES // self.item

    @property
    def lines(self) -> int:
        """Cache lines of a panel."""
        return -(-self.depth * self.width // self.line)

    def start(self, builder: KernelBuilder, rhs: SSAValue, panel: Index, row: Index) -> SSAValue:
        """Where the share of the tile at `row` starts, as a memref of one element."""
        size = self.depth * self.width
        total = self.panels * size
        flat = builder.reshape(rhs, (total,))
        at = builder.mul(panel, size)
        if self.tiles == 1:
            at = builder.add(at, NEAR_BYTES // self.item)
        else:
            skipped = builder.floordiv(builder.mul(row, self.lines), self.rows)
            at = builder.add(builder.add(at, size), builder.mul(skipped, self.line))
        return builder.subview(flat, (builder.min(at, total - 1),), (1,))

    def ask(self, builder: KernelBuilder, ahead: SSAValue, k: Index, trip: int, rows: int) -> None:
        """The part of the share of a tile of `rows` rows that belongs to steps `k ... k + trip`."""
        share = -(-self.lines * rows // self.rows)
        first = builder.floordiv(builder.mul(k, share), self.depth)
        for line in range(-(-share * trip // self.depth)):
            builder.prefetch(ahead, (builder.mul(builder.add(first, line), self.line),))

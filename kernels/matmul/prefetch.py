"""
Asking for the panels of a packed right operand before they are needed.

Weights come from memory far away, and each is read there once. The first tile of a panel would
wait for them, so the tiles of one panel ask for the next one while they compute: each for its
share, a few cache lines in every trip of its loop. A product with one tile for each panel asks for
what lies some way ahead instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from xdsl.ir import SSAValue

from ...targets.machine_model import MachineModel
from ..builder import Index, KernelBuilder

BALANCED_THREADS = (2, 4)
"""Numbers of threads for which chunks are cut."""

UNASKED_PANEL = 1.2
"""Time of a panel that another thread asked for, in times of one that was asked for here."""

UNEVEN = 0.25
"""How much of a chunk threads wait for each other in the end, for reasons of their own."""


@dataclass(frozen=True)
class PanelPrefetch:
    """
    Prefetching of `panels` panels of `depth` times `width` elements of `item` bytes, which lie one
    after the other, by tiles that together have `rows` rows.

    `machine` says what comes with one request, and how far ahead a product of a few rows asks.
    """

    panels: int
    depth: int
    width: int
    item: int
    rows: int
    tiles: int
    machine: MachineModel

    @property
    def line(self) -> int:
        """Elements of a cache line."""
        return self.machine.line_bytes // self.item

    def lines(self, steps: int) -> int:
        """Cache lines of `steps` steps of a panel."""
        return -(-steps * self.width // self.line)

    def next_panel(
        self, builder: KernelBuilder, rhs: SSAValue, panel: Index, row: Index
    ) -> SSAValue:
        """Where the share of the tile at `row` of what follows `panel` starts."""
        if self.tiles == 1:
            ahead = self.machine.prefetch_bytes // self.item
            return self._at(builder, rhs, builder.add(self._element(builder, panel, 0), ahead))
        return self.share(builder, rhs, builder.add(panel, 1), (0, self.depth), row)

    def share(
        self,
        builder: KernelBuilder,
        rhs: SSAValue,
        panel: Index,
        steps: tuple[Index, int],
        row: Index,
    ) -> SSAValue:
        """Where the share of the tile at `row` starts, of a panel's `steps` (first, how many)."""
        skipped = builder.floordiv(builder.mul(row, self.lines(steps[1])), self.rows)
        at = self._element(builder, panel, steps[0])
        return self._at(builder, rhs, builder.add(at, builder.mul(skipped, self.line)))

    def _element(self, builder: KernelBuilder, panel: Index, step: Index) -> Index:
        size = self.depth * self.width
        return builder.add(builder.mul(panel, size), builder.mul(step, self.width))

    def _at(self, builder: KernelBuilder, rhs: SSAValue, element: Index) -> SSAValue:
        """A memref of the one element there, or of the last one."""
        total = self.panels * self.depth * self.width
        flat = builder.reshape(rhs, (total,))
        return builder.subview(flat, (builder.min(element, total - 1),), (1,))

    def ask(
        self,
        builder: KernelBuilder,
        ahead: SSAValue,
        step: Index,
        trip: int,
        tile: tuple[int, int],
    ) -> None:
        """
        The part of a tile's share that belongs to its steps `step ... step + trip`.

        `tile` is its rows, and how many steps it has.
        """
        rows, steps = tile
        share = -(-self.lines(steps) * rows // self.rows)
        first = builder.floordiv(builder.mul(step, share), steps)
        for line in range(-(-share * trip // steps)):
            builder.prefetch(ahead, (builder.mul(builder.add(first, line), self.line),))


@cache
def panel_parts(panels: int, most: int) -> int:
    """
    Into how many chunks, up to `most`, to cut a row of panels.

    The first panel of a chunk is not asked for early when another thread had the one before it:
    few chunks are better, as long as threads that take them in turn finish together.
    """

    def lost(parts: int) -> float:
        sizes = [panels * (i + 1) // parts - panels * i // parts for i in range(parts)]
        total = 0.0
        for threads in BALANCED_THREADS:
            busy = [0.0] * threads
            for size in sizes:
                busy[busy.index(min(busy))] += size - 1 + UNASKED_PANEL
            total += (max(busy) + UNEVEN * max(sizes)) * threads
        return total

    return min(range(1, max(1, most) + 1), key=lambda parts: (round(lost(parts), 6), parts))

"""
Epilogue regions on the vectors of a finished tile.

A cheap epilogue is written out for every accumulator. One with many operations (an activation
with a polynomial inside) would be written out dozens of times, so the tile then goes through a
scratch buffer, and the epilogue is code once, in a loop over the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Region, SSAValue

from ..builder import Index, KernelBuilder, element_type
from .element_access import load_lanes, store_lanes
from .inline_region import inline_region
from .strided_view import StridedView

MATH_WEIGHT = 25
"""Operations that a `math` function stands for."""

INLINE_LIMIT = 160
"""Most epilogue operations that one tile writes out."""


def region_weight(region: Region | None) -> int:
    """About how many operations the region is once `math` is expanded."""
    if region is None:
        return 0
    return sum(MATH_WEIGHT if op.name.startswith("math.") else 1 for op in region.block.ops)


@dataclass(frozen=True)
class Epilogue:
    """
    A region on (accumulator, one scalar for each epilogue operand), and where the results go.

    All views have the same axes; the last one runs along the lanes of a vector.
    """

    region: Region | None
    operands: tuple[StridedView, ...]
    out: StridedView

    def apply(
        self,
        builder: KernelBuilder,
        value: SSAValue,
        memories: Sequence[SSAValue],
        target: SSAValue,
        position: Sequence[Index],
        lanes: int,
        valid: int | None = None,
        loaded: dict[tuple[object, ...], SSAValue] | None = None,
    ) -> None:
        """
        Run the region on one vector of accumulators and store what it yields at `position`.

        `memories` are those of the epilogue operands, `target` that of the result. `loaded`
        remembers the operands already loaded in this block, so that a bias is loaded once for all
        rows.
        """
        known = loaded if loaded is not None else {}
        arguments = [value]
        for number, (view, memory) in enumerate(zip(self.operands, memories, strict=True)):
            key = (number, *view.indices(position))
            if key not in known:
                known[key] = load_lanes(builder, view, memory, position, lanes, valid)
            arguments.append(known[key])
        if self.region is not None:
            [value] = inline_region(builder, self.region.block, arguments)
        store_lanes(builder, value, self.out, target, position, lanes, valid)

    def store_tile(
        self,
        builder: KernelBuilder,
        tile: Sequence[Sequence[SSAValue]],
        memories: Sequence[SSAValue],
        target: SSAValue,
        row: Index,
        column: Index,
        lanes: int,
        columns: int,
    ) -> None:
        """
        Finish a tile of rows of vectors whose first element belongs at [row, column].

        `columns` is how many columns of the tile are valid.
        """
        vectors = len(tile[0])
        valid = [
            None if (j + 1) * lanes <= columns else columns - j * lanes for j in range(vectors)
        ]
        weight = region_weight(self.region)
        if len(tile) > 1 and weight * len(tile) * vectors > INLINE_LIMIT:
            self._store_rows_in_loop(builder, tile, memories, target, (row, column), lanes, valid)
            return
        loaded: dict[tuple[object, ...], SSAValue] = {}
        for r, values in enumerate(tile):
            for j, value in enumerate(values):
                at = (builder.add(row, r), builder.add(column, j * lanes))
                self.apply(builder, value, memories, target, at, lanes, valid[j], loaded)

    def _store_rows_in_loop(
        self,
        builder: KernelBuilder,
        tile: Sequence[Sequence[SSAValue]],
        memories: Sequence[SSAValue],
        target: SSAValue,
        corner: tuple[Index, Index],
        lanes: int,
        valid: Sequence[int | None],
    ) -> None:
        row, column = corner
        vectors = len(tile[0])
        element = tile[0][0].type
        scratch = builder.alloca([len(tile), vectors * lanes], element_type(element))
        for r, values in enumerate(tile):
            for j, value in enumerate(values):
                builder.vstore(value, scratch, [r, j * lanes])
        with builder.loop(0, len(tile)) as loop:
            loaded: dict[tuple[object, ...], SSAValue] = {}
            for j in range(vectors):
                value = builder.vload(scratch, [loop.index, j * lanes], lanes)
                at = (builder.add(row, loop.index), builder.add(column, j * lanes))
                self.apply(builder, value, memories, target, at, lanes, valid[j], loaded)

"""How a matrix product is tiled: panel width, rows of a tile, cost in cycles; from the target."""

from __future__ import annotations

from functools import cache

from ...targets.target import Target
from ..common.register_tile import most_rows
from ..template import split_evenly

VECTORS = (1, 2, 3, 4, 6)
"""Widths of a panel, in vectors, that are considered: wider ones won nowhere, not for one row."""

CYCLES_PER_SECOND = 2.5e9
"""Only to turn the estimate into seconds; layout assignment compares estimates with each other."""

NEAR_BYTES_PER_CYCLE = 48
FAR_BYTES_PER_CYCLE = 12
"""What one core streams from its second-level cache, and from beyond it."""

LINE_BYTES = 64
FETCH_CYCLES = 0.1
"""What each cache line that comes from the second level costs beside the multiply-adds."""

LOAD_CYCLES = 0.05
"""What each vector load or broadcast costs beside the multiply-adds it feeds."""

TILE_CYCLES = 20
ROW_CYCLES = 12
"""Starting a tile, and storing one of its rows: short sums want few, wide tiles."""


def tile_cycles(rows: int, vectors: int, depth: int, near: bool, vector_bytes: int) -> float:
    """
    Cycles of one tile: the busiest of two multiply-add units, two load ports and the memory that
    the panel comes from (`near`: first-level cache), plus starting and storing the tile.
    """
    loads = rows + vectors
    step = max(rows * vectors / 2, loads / 2, 1.0) + LOAD_CYCLES * loads
    if not near:
        step = max(step, vectors * vector_bytes / NEAR_BYTES_PER_CYCLE)
        step += FETCH_CYCLES * vectors * vector_bytes / LINE_BYTES
    return depth * step + TILE_CYCLES + ROW_CYCLES * rows


@cache
def product_cycles(
    rows: int, columns: int, depth: int, vectors: int, lanes: int, item: int, target: Target
) -> float:
    """
    Estimated cycles of a product on one thread with panels of `vectors` vectors.

    Where the right operand does not stay in the second-level cache, the first tile of each panel
    waits for it to arrive.
    """
    width = vectors * lanes
    tiles = split_evenly(rows, most_rows(vectors, target))
    near = depth * width * item <= target.l1_bytes // 2
    far = depth * columns * item > target.l2_bytes // 2
    full, rest = divmod(columns, width)
    total = 0.0
    for panels, wide in ((full, vectors), (1 if rest else 0, -(-rest // lanes))):
        times = [(tile_cycles(size, wide, depth, near, lanes * item), n) for size, n in tiles]
        panel = sum(time * count for time, count in times)
        if far and times:
            arrival = depth * wide * lanes * item / FAR_BYTES_PER_CYCLE
            panel += max(0.0, arrival - times[0][0])
        total += panels * panel
    return total


@cache
def panel_vectors(
    rows: int, columns: int, depth: int, lanes: int, item: int, target: Target
) -> int:
    """Vectors of a panel with the least estimated time; wider ones win ties."""
    usable = [
        v for v in VECTORS if most_rows(v, target) > 0 and (v == 1 or (v - 1) * lanes < columns)
    ]
    return min(
        usable,
        key=lambda v: (product_cycles(rows, columns, depth, v, lanes, item, target), -v),
    )

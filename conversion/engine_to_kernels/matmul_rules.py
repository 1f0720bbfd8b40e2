"""How a matrix product is tiled: panel width, rows of a tile, cost in cycles; from the target."""

from __future__ import annotations

from functools import cache

from ..target import Target
from .register_tile import most_rows
from .template import split_evenly

VECTORS = (1, 2, 3, 4, 6)
"""Widths of a panel, in vectors, that are considered: wider ones won nowhere, not for one row."""

CYCLES_PER_SECOND = 2.5e9
"""Only to turn the estimate into seconds; layout assignment compares estimates with each other."""

NEAR_BYTES_PER_CYCLE = 48
FAR_BYTES_PER_CYCLE = 12
"""What one core streams from its second-level cache, and from beyond it."""


def tile_cycles(rows: int, vectors: int, depth: int, near: bool, vector_bytes: int) -> float:
    """
    Cycles of one tile: the busiest of two multiply-add units, two load ports and the memory that
    the panel comes from (`near`: first-level cache), plus starting and storing the tile.
    """
    multiply = rows * vectors / 2
    loads = (rows + vectors) / 2
    stream = 0.0 if near else vectors * vector_bytes / NEAR_BYTES_PER_CYCLE
    return depth * max(multiply, loads, stream, 1.0) + 20 + 1.5 * rows * vectors


@cache
def product_cycles(
    rows: int, columns: int, depth: int, vectors: int, lanes: int, item: int, target: Target
) -> float:
    """Estimated cycles of a product on one thread with panels of `vectors` vectors."""
    most = most_rows(vectors, target)
    width = vectors * lanes
    near = depth * width * item <= target.l1_bytes // 2
    full, rest = divmod(columns, width)
    total = 0.0
    for tile, count in split_evenly(rows, most):
        total += full * count * tile_cycles(tile, vectors, depth, near, lanes * item)
        if rest:
            narrow = -(-rest // lanes)
            total += count * tile_cycles(tile, narrow, depth, near, lanes * item)
    panel_bytes = depth * columns * item
    if panel_bytes > target.l2_bytes // 2:
        total = max(total, panel_bytes / FAR_BYTES_PER_CYCLE)
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

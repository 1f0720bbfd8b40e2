"""Loops over the part of the work that one chunk of a kernel has."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from math import prod

from ..builder import Index, KernelBuilder


def even_parts(total: int, wanted: int) -> int:
    """
    Into how many parts to cut `total` pieces when about `wanted` chunks are worthwhile.

    A part of two pieces beside parts of one leaves threads waiting, so the pieces themselves are
    the parts where that is at most twice as many as wanted, else parts are as even as can be.
    """
    if wanted <= 1 or total <= 1:
        return 1
    if total <= 2 * wanted:
        return total
    size = -(-total // wanted)
    return -(-total // size)


def part_range(builder: KernelBuilder, part: Index, parts: int, total: int) -> tuple[Index, Index]:
    """Where part number `part` of `parts` even parts of `range(total)` starts and stops."""
    if parts == 1:
        return 0, total
    if parts == total:
        return part, builder.add(part, 1)
    start = builder.floordiv(builder.mul(part, total), parts)
    stop = builder.floordiv(builder.mul(builder.add(part, 1), total), parts)
    return start, stop


@contextmanager
def each_of(
    builder: KernelBuilder, extents: Sequence[int], part: Index, parts: int
) -> Generator[tuple[Index, ...]]:
    """
    Loop over part number `part` of the points of a box; gives the coordinates of a point.

    The points are counted row-major; `parts` even parts make up the box.
    """
    start, stop = part_range(builder, part, parts, prod(extents))
    if parts == prod(extents):
        yield builder.unflatten(start, extents) if extents else ()
        return
    with builder.loop(start, stop) as loop:
        yield builder.unflatten(loop.index, extents) if extents else ()


def each_tile(
    builder: KernelBuilder,
    runs: Sequence[tuple[int, int]],
    tiles: tuple[Index, Index],
    body: Callable[[int], Callable[[Index], None]],
) -> None:
    """
    Loop over tiles number `tiles[0]` to `tiles[1]` of `runs` of tiles of equal size.

    `body(size)` gives what is done with a tile of `size`, called with the tile's first element.
    """
    first, element = 0, 0
    start, stop = tiles
    for size, count in runs:
        lower = builder.max(start, first)
        upper = builder.min(stop, first + count)
        _tiles_of_size(builder, (lower, upper), size, element - first * size, body(size))
        first += count
        element += count * size


def _tiles_of_size(
    builder: KernelBuilder,
    tiles: tuple[Index, Index],
    size: int,
    shift: int,
    body: Callable[[Index], None],
) -> None:
    """Tile `t` starts at element `t * size + shift`."""
    builder.for_each(
        tiles[0], tiles[1], 1, lambda t, _: body(builder.add(builder.mul(t, size), shift))
    )


def tile_start(builder: KernelBuilder, runs: Sequence[tuple[int, int]], tile: Index) -> Index:
    """The first element of tile number `tile` of `runs`; past the last tile, the extent."""
    element: Index = 0
    first = 0
    for size, count in runs:
        inside = builder.min(builder.max(builder.sub(tile, first), 0), count)
        element = builder.add(element, builder.mul(inside, size))
        first += count
    return element

"""Loops over the part of the work that one chunk of a kernel has."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import overload

from xdsl.ir import SSAValue

from ...runtime.size import Extent, Size, ceildiv, floordiv, maximum
from ..builder import INDEX, Index, KernelBuilder
from ..template import split_evenly


@overload
def even_parts(total: int, wanted: int) -> int: ...
@overload
def even_parts(total: Extent, wanted: Extent) -> Extent: ...
def even_parts(total: Extent, wanted: Extent) -> Extent:
    """
    Into how many parts to cut `total` pieces when about `wanted` chunks are worthwhile.

    A part of two pieces beside parts of one leaves threads waiting, so the pieces themselves are
    the parts where that is at most twice as many as wanted, else parts are as even as can be. Of
    sizes: none of no pieces, and at most twice as many as wanted.
    """
    if isinstance(total, Size) or isinstance(wanted, Size):
        return ceildiv(total, maximum(1, floordiv(total, wanted)))
    if wanted <= 1 or total <= 1:
        return 1
    if total <= 2 * wanted:
        return total
    size = -(-total // wanted)
    return -(-total // size)


Runs = Sequence[tuple[int, Index]]
"""Tiles of equal size, one after the other: (size, how many)."""


def even_runs(builder: KernelBuilder, extent: Index, most: int) -> Runs:
    """
    An extent as runs of nearly equal tiles of at most `most`, as `split_evenly` has them.

    Of an extent that is a value there is a run for each size, of which at most two have tiles; how
    many is computed here, so this belongs to the head of a function.
    """
    number = builder.number(extent)
    if number is not None:
        return split_evenly(number, most)
    tiles = builder.ceildiv(extent, most)
    some = builder.max(tiles, 1)
    size, larger = builder.floordiv(extent, some), builder.mod(extent, some)
    smaller = builder.sub(tiles, larger)
    found: list[tuple[int, Index]] = []
    for tile in range(most, 0, -1):
        whole = builder.select(builder.cmpi("eq", size, tile), smaller, builder.index(0))
        one_more = builder.cmpi("eq", size, tile - 1)
        found.append((tile, builder.select(one_more, larger, whole)))
    return found


def part_range(
    builder: KernelBuilder, part: Index, parts: Index, total: Index
) -> tuple[Index, Index]:
    """Where part number `part` of `parts` even parts of `range(total)` starts and stops."""
    if parts == 1:
        return 0, total
    if parts == total:
        return part, builder.add(part, 1)

    def divided() -> tuple[Index, Index]:
        start = builder.floordiv(builder.mul(part, total), parts)
        return start, builder.floordiv(builder.mul(builder.add(part, 1), total), parts)

    if builder.number(parts) is not None:
        return divided()
    # Little work is one part: a division by a value takes as long as a row of a few vectors.
    start, stop = builder.if_else(
        builder.cmpi("eq", parts, 1),
        lambda: [builder.index(0), builder.index(total)],
        lambda: [builder.index(at) for at in divided()],
        [INDEX, INDEX],
    )
    return start, stop


def coordinates(
    builder: KernelBuilder, number: Index, extents: Sequence[Index]
) -> tuple[Index, ...]:
    """
    The point of a box with this number, counted row-major.

    Where extents are no numbers, nothing is divided for the first point, the only one at which a
    chunk of little work begins.
    """
    if builder.number(number) == 0:
        return (0,) * len(extents)
    # Nothing is divided by an extent of 0, where there are no points.
    known = [*extents[:1], *(builder.max(extent, 1) for extent in extents[1:])]
    if all(builder.number(extent) is not None for extent in extents[1:]):
        return builder.unflatten(number, known)
    return builder.if_else(
        builder.cmpi("eq", number, 0),
        lambda: [builder.index(0)] * len(extents),
        lambda: [builder.index(at) for at in builder.unflatten(number, known)],
        [INDEX] * len(extents),
    )


@contextmanager
def each_of(
    builder: KernelBuilder, extents: Sequence[Index], part: Index, parts: Index
) -> Generator[tuple[Index, ...]]:
    """
    Loop over part number `part` of the points of a box; gives the coordinates of a point.

    The points are counted row-major; `parts` even parts make up the box.
    """
    total: Index = 1
    for extent in extents:
        total = builder.mul(total, extent)
    start, stop = part_range(builder, part, parts, total)
    if parts == total:
        yield coordinates(builder, start, extents) if extents else ()
        return
    with each_point(builder, extents, start, stop) as point:
        yield point


@contextmanager
def each_point(
    builder: KernelBuilder, extents: Sequence[Index], start: Index, stop: Index
) -> Generator[tuple[Index, ...]]:
    """
    Loop over the points of a box from number `start` to `stop`, counted row-major; gives the
    coordinates of a point.

    Where extents are no numbers, coordinates are carried from point to point: a division by a
    value takes as long as a row of a few vectors.
    """
    if len(extents) < 2 or all(builder.number(extent) is not None for extent in extents):
        with builder.loop(start, stop) as loop:
            yield builder.unflatten(loop.index, extents) if extents else ()
        return
    first = [builder.index(i) for i in coordinates(builder, start, extents)]
    with builder.loop(start, stop, 1, first) as loop:
        yield loop.carried
        loop.yield_(*_next_point(builder, loop.carried, extents))


def _next_point(
    builder: KernelBuilder, point: Sequence[SSAValue], extents: Sequence[Index]
) -> list[SSAValue]:
    found: list[SSAValue] = []
    step = builder.index(1)
    for at, extent in zip(reversed(point), reversed(extents[1:]), strict=False):
        more = builder.index(builder.add(at, step))
        over = builder.cmpi("eq", more, extent)
        found.append(builder.select(over, 0, more))
        step = builder.select(over, builder.index(1), builder.index(0))
    found.append(builder.index(builder.add(point[0], step)))
    return found[::-1]


def each_tile(
    builder: KernelBuilder,
    runs: Runs,
    tiles: tuple[Index, Index],
    body: Callable[[int], Callable[[Index], None]],
) -> None:
    """
    Loop over tiles number `tiles[0]` to `tiles[1]` of `runs` of tiles of equal size.

    `body(size)` gives what is done with a tile of `size`, called with the tile's first element.
    """
    first: Index = 0
    element: Index = 0
    start, stop = tiles
    for size, count in runs:
        end = builder.add(first, count)
        lower = builder.max(start, first)
        upper = builder.min(stop, end)
        shift = builder.sub(element, builder.mul(first, size))
        _tiles_of_size(builder, (lower, upper), size, shift, body(size))
        first, element = end, builder.add(element, builder.mul(count, size))


def _tiles_of_size(
    builder: KernelBuilder,
    tiles: tuple[Index, Index],
    size: int,
    shift: Index,
    body: Callable[[Index], None],
) -> None:
    """Tile `t` starts at element `t * size + shift`."""
    builder.for_each(
        tiles[0], tiles[1], 1, lambda t, _: body(builder.add(builder.mul(t, size), shift))
    )


def tile_start(builder: KernelBuilder, runs: Runs, tile: Index) -> Index:
    """The first element of tile number `tile` of `runs`; past the last tile, the extent."""
    element: Index = 0
    first: Index = 0
    for size, count in runs:
        inside = builder.min(builder.max(builder.sub(tile, first), 0), count)
        element = builder.add(element, builder.mul(inside, size))
        first = builder.add(first, count)
    return element

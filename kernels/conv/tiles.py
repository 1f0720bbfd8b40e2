"""
Register tiles of direct convolutions, chosen by a model of the processor's ports.

A tile of R x T output pixels by V vectors of channels keeps R*T*V accumulators in registers and
spends, for each input channel and filter tap, R*T*V multiply-adds, R*T broadcast loads and V
vector loads. The machine model says how many of each go in a cycle; where there are too few
accumulators they wait for each other. The tile with the least cycles over the whole map is taken,
so odd maps get even splits (7x7 in tiles of 2x7) and few channels get many pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from ...targets.machine_model import MachineModel
from ...targets.target import Target
from ..template import split_evenly

MAX_SEGMENTS = 64
"""Runs of a row that may be cut anywhere, at the most."""

TILE_CYCLES = 40
"""Call, addresses, first loads and stores of one tile."""

MOST_SHAPES = 4
"""Shapes of tiles in one kernel: each is a function of its own."""


@dataclass(frozen=True)
class Tiling:
    """`rows` x `columns` pixels by `vectors` of output channels, `cycles` for all of it."""

    vectors: int
    rows: int
    columns: int
    cycles: float


def pixel_limit(vectors: int, registers: int) -> int:
    """
    Pixels of a tile: accumulators, `vectors` weights and one broadcast share the registers.

    14x2, 9x3 and 6x4 of 32 registers; 6x2 and 4x3 of 16.
    """
    return max(1, (registers - vectors - 1) // vectors)


def tile_cycles(pixels: int, vectors: int, depth: int, machine: MachineModel) -> float:
    """Cycles of one tile over `depth` channels times taps."""
    accumulators = pixels * vectors
    latency = machine.fma_latency if accumulators else 0
    step = max(machine.step_cycles(accumulators, pixels + vectors), latency)
    return step * depth + TILE_CYCLES


@lru_cache(maxsize=4096)
def choose_tiling(
    rows: int,
    columns: int,
    blocks: int,
    depth: int,
    target: Target,
    vectors: int,
    tallest: int = 64,
) -> Tiling:
    """
    The best tiling of a map of `rows` x `columns` pixels and `blocks` vectors of channels, with
    tiles of `tallest` rows at the most.

    A map without pixels, as hints may give one that are below the size of a filter, is taken as one
    of one pixel.
    """
    rows, columns = max(rows, 1), max(columns, 1)
    machine, limit = target.machine, pixel_limit(vectors, target.vector_registers)
    full, rest = divmod(blocks, vectors)
    best: Tiling | None = None
    for r in range(1, min(rows, limit, tallest) + 1):
        for c in range(1, min(columns, limit // r) + 1):
            heights, widths = split_evenly(rows, r), split_evenly(columns, c)
            if len(heights) * len(widths) * (2 if rest else 1) > MOST_SHAPES:
                continue
            cycles = 0.0
            for height, down in heights:
                for width, across in widths:
                    one = full * tile_cycles(height * width, vectors, depth, machine)
                    if rest:
                        one += tile_cycles(height * width, rest, depth, machine)
                    cycles += one * down * across
            if best is None or cycles < best.cycles * 0.999:
                best = Tiling(vectors, r, c, cycles)
    assert best is not None
    return best


def choose_vectors(
    rows: int, columns: int, blocks: int, depth: int, target: Target, divides: int = 0
) -> Tiling:
    """`choose_tiling` with the number of vectors free; it divides `divides` where that is given."""
    # One or two pixels need more vectors to have enough additions under way.
    widths = (2, 3, 4, 1) if rows * columns > 2 else (8, 4, 2, 1)
    options = [v for v in widths if v <= blocks and not (divides and divides % v)]
    found = [choose_tiling(rows, columns, blocks, depth, target, v) for v in options]
    best = found[0]
    for tiling in found[1:]:
        if tiling.cycles < 0.98 * best.cycles:
            best = tiling
    return best


@lru_cache(maxsize=4096)
def choose_segments(pixels: int, blocks: int, depth: int, target: Target, vectors: int) -> int:
    """
    Into how many equal runs to cut a row of `pixels` that may be cut anywhere.

    A run is what one thread takes at a time and what stays in cache while the channels go round:
    as many as can be without a worse tiling, of two tiles or more each.
    """
    limit = pixel_limit(vectors, target.vector_registers)
    best, cycles = 1, choose_tiling(1, pixels, blocks, depth, target, vectors).cycles
    for count in range(2, min(pixels // (2 * limit), MAX_SEGMENTS) + 1):
        if pixels % count:
            continue
        found = choose_tiling(count, pixels // count, blocks, depth, target, vectors, 1).cycles
        if found <= 1.005 * cycles:
            best, cycles = count, min(found, cycles)
    return best


class LoopOrder(Enum):
    """Images, rows of tiles and panels of output channels, from the outermost to the innermost."""

    IMAGES_PANELS_ROWS = ("images", "panels", "rows")
    PANELS_IMAGES_ROWS = ("panels", "images", "rows")
    IMAGES_ROWS_PANELS = ("images", "rows", "panels")


def choose_order(
    panel_bytes: int, panels: int, image_bytes: int, images: int, row_tiles: int, l2_bytes: int
) -> LoopOrder:
    """
    The order of the loops that reads the least memory.

    With panels outside of rows each panel stays in cache and the image is read for every panel;
    inside, the image is read once and all weights for every row of tiles. What fits into half of
    the second-level cache is read from memory only once. Small images with large weights take
    all images for one panel before the next.
    """
    weights, pixels = panel_bytes * panels, image_bytes * images

    def reads(size: int, times: int) -> int:
        return size * (1 if size <= l2_bytes // 2 else times)

    costs = {
        LoopOrder.IMAGES_PANELS_ROWS: reads(weights, images) + images * reads(image_bytes, panels),
        LoopOrder.PANELS_IMAGES_ROWS: weights + reads(pixels, panels),
        LoopOrder.IMAGES_ROWS_PANELS: pixels + reads(weights, row_tiles * images),
    }
    return min(costs, key=lambda order: costs[order])

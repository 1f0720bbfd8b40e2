"""What a matrix product costs: cycles of a tile, of a product by panel width, and seconds."""

from __future__ import annotations

from functools import cache

from ...runtime.size import Extent, Size
from ...targets.target import Target
from ..common.register_tile import most_rows
from ..template import split_evenly
from .problem import MatmulProblem

VECTORS = (1, 2, 3, 4, 6)
"""Widths of a panel, in vectors, that are considered: wider ones won nowhere, not for one row."""

TILE_CYCLES = 20
ROW_CYCLES = 12
"""Starting a tile, and storing one of its rows: short sums want few, wide tiles."""


def tile_cycles(
    rows: int, vectors: int, depth: int, near: bool, vector_bytes: int, target: Target
) -> float:
    """
    Cycles of one tile: the busiest of the multiply-add units, the load ports and the memory that
    the panel comes from (`near`: first-level cache), plus starting and storing the tile.
    """
    machine = target.machine
    loads = rows + vectors
    step = max(machine.step_cycles(rows * vectors, loads), 1.0) + machine.load_cycles * loads
    if not near:
        step = max(step, vectors * vector_bytes / machine.l2_bytes_per_cycle)
        step += machine.line_cycles * vectors * vector_bytes / machine.line_bytes
    return depth * step + TILE_CYCLES + ROW_CYCLES * rows


@cache
def product_cycles(
    rows: int, columns: int, depth: int, vectors: int, lanes: int, item: int, target: Target
) -> float:
    """
    Estimated cycles of a product on one thread with panels of `vectors` vectors.

    Where the right operand does not stay in the second-level cache, the first tile of each panel
    waits for it to arrive. Rows of the left operand are taken to follow one another: tiles of more
    of them than a set of the first-level cache holds are slower where all start in one set.
    """
    machine = target.machine
    width = vectors * lanes
    tiles = split_evenly(rows, most_rows(vectors, target))
    near = depth * width * item <= target.l1_bytes // 2
    far = depth * columns * item > target.l2_bytes // 2
    full, rest = divmod(columns, width)
    total = 0.0
    for panels, wide in ((full, vectors), (1 if rest else 0, -(-rest // lanes))):
        times: list[tuple[float, int]] = []
        for size, count in tiles:
            time = tile_cycles(size, wide, depth, near, lanes * item, target)
            if machine.conflicts(size, depth * item, target.l1_bytes):
                time *= machine.conflict_factor
            times.append((time, count))
        panel = sum(time * count for time, count in times)
        if far and times:
            arrival = depth * wide * lanes * item / machine.far_bytes_per_cycle
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


def open_vectors(columns: Extent, lanes: int, target: Target) -> int:
    """Vectors of a panel where rows are a value: up to four, or three where registers are few."""
    most = 4 if target.vector_registers >= 32 else 3
    return most if isinstance(columns, Size) else max(1, min(most, -(-columns // lanes)))


def tiled_seconds(problem: MatmulProblem, vectors: int, moved: int, target: Target) -> float:
    """
    Time of a product in register tiles; products of a few rows wait for their operands.

    `vectors` is the width of a panel, `moved` how many bytes are read and written.
    """
    lanes, machine = target.lanes(problem.element), target.machine
    cycles = problem.batches * product_cycles(
        problem.rows, problem.columns, problem.depth, vectors, lanes, problem.item, target
    )
    return machine.seconds(cycles, moved, machine.rates.panels)


def dot_seconds(problem: MatmulProblem, moved: int, target: Target) -> float:
    """Time of dot products: a multiply-add a cycle; a single row waits for its operands."""
    machine = target.machine
    cycles = problem.flops / (2 * target.lanes(problem.element))
    return machine.seconds(cycles, moved, machine.rates.dots)

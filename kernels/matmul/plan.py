"""How a planned `engine.matmul` is run: panels, register tiles, runs of the sum, chunks."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from ...dialects.engine import MatmulOp
from ...targets.target import Target
from ..common.chunking import even_parts
from ..common.register_tile import most_rows
from ..common.strided_view import StridedView
from ..template import Plan, PlanEntry, chunk_count, split_evenly
from .cost import panel_vectors, tiled_seconds
from .prefetch import BALANCED_THREADS, PanelPrefetch, panel_parts
from .problem import MatmulProblem
from .runs import TOTALS_BYTES, Run, RunTotals, runs_of
from .split_rows import SplitRows

MOST_WAITING_ROWS = 512
"""With more rows than this the wait for a panel does not count beside the work on it."""

SCRATCH_BYTES = 128 << 10
"""Most stack that a packed panel may take."""

Grid = tuple[int, int, int]
"""Parts of the batch, of the row tiles and of the panels."""


@dataclass(frozen=True)
class EmptyPlan(Plan):
    """A product without results."""

    op: MatmulOp


@dataclass(frozen=True)
class TiledPlan(Plan):
    """
    A product in register tiles, panel by panel.

    `tiles` are runs of tiles of rows, [(rows, count), ...], against panels of `vectors` vectors of
    columns. `rhs` views the right operand as panels are made of it, `panel` one panel, [depth,
    width], or, where columns are read in place, the whole matrix. `packs` says that panels are
    copied to the stack. Chunks are the `grid` of parts. `runs` cut the sum; where there are
    several, the partial sums of a chunk wait in `totals`. `row_block` is how many tiles go through
    all panels together, None for all of a chunk. `split` is where left codes wait as pairs.
    """

    op: MatmulOp
    problem: MatmulProblem
    lanes: int
    vectors: int
    packs: bool
    rhs: StridedView
    panel: StridedView
    tiles: tuple[tuple[int, int], ...]
    prefetch: PanelPrefetch | None
    grid: Grid
    runs: tuple[Run, ...]
    totals: RunTotals | None
    row_block: int | None
    split: SplitRows | None
    seconds: float
    """Estimated time on one thread."""

    @staticmethod
    def of(op: MatmulOp, problem: MatmulProblem, target: Target) -> TiledPlan | None:
        """The plan; None for panels that no register tile fits."""
        lanes = target.lanes(problem.element)
        rhs, panel, packs = problem.rhs, problem.rhs.inner(2), False
        if problem.panel is not None:
            vectors, rest = divmod(problem.panel, lanes)
            if rest or not most_rows(vectors, target):
                return None
        else:
            rows, columns, depth, item = problem.rows, problem.columns, problem.depth, problem.item
            vectors = panel_vectors(rows, columns, depth, lanes, item, target)
            most = SCRATCH_BYTES // max(1, depth * item * lanes)
            if problem.signs is not None and not most:
                return None
            if (panel.strides[1] != 1 or problem.signs is not None) and most >= 1:
                vectors, packs = min(vectors, most), True
                width = vectors * lanes
                rhs = rhs.swapped()
                panel = StridedView(problem.element, (depth, width), (width, 1))
        width = vectors * lanes
        split = SplitRows.of(problem, vectors, target)
        most = most_rows(vectors, target) if split is None else split.tile_rows
        tiles = tuple(split_evenly(problem.rows, most))
        prefetch = _prefetch(problem, width, tiles, target)
        seconds = tiled_seconds(problem, vectors, op.bytes_moved(), target)
        grid = _grid(problem, width, tiles, prefetch, seconds, target)
        runs = runs_of(problem.depth)
        totals = _totals(problem, width, tiles, runs, grid, target)
        if totals is None:
            runs = (Run(0, problem.depth, first=True, last=True),)
        row_block = _row_block(problem, width, tiles, runs, target)
        if split is not None:
            runs, totals = (Run(0, problem.depth, first=True, last=True),), None
            fitting = split.rows // tiles[0][0]
            if fitting < _count(tiles):
                row_block = fitting if row_block is None else min(row_block, fitting)
        return TiledPlan(
            op,
            problem,
            lanes,
            vectors,
            packs,
            rhs,
            panel,
            tiles,
            prefetch,
            grid,
            runs,
            totals,
            row_block,
            split,
            seconds,
        )

    @property
    def width(self) -> int:
        """Columns of a panel."""
        return self.vectors * self.lanes

    @property
    def row_tiles(self) -> int:
        """Tiles of rows in all."""
        return _count(self.tiles)

    @property
    def panels(self) -> int:
        """Panels, the last of which may have fewer columns."""
        return -(-self.problem.columns // self.width)

    @property
    def in_place(self) -> bool:
        """Whether the columns of a plain right operand are read where they lie."""
        return self.problem.panel is None and not self.packs

    def describe(self) -> dict[str, PlanEntry]:
        """Tile, panel, runs and parts."""
        batches, rows, columns = self.grid
        panel = "in place" if self.in_place else "packed here" if self.packs else "constant"
        found: dict[str, PlanEntry] = {
            "method": "register tiles",
            "tile": f"{self.tiles[0][0]}x{self.width}",
            "panel": panel,
            "parts": f"{batches} of batch, {rows} of rows, {columns} of columns",
            "estimated_us": round(self.seconds * 1e6),
        }
        if len(self.runs) > 1:
            found["runs"] = len(self.runs)
        if self.split is not None:
            found["left"] = "pairs of 16 bits"
        if self.row_block is not None:
            found["row_block"] = self.row_block
        if self.prefetch is not None:
            found["prefetch"] = "next panel" if self.prefetch.tiles > 1 else "ahead in the panel"
        return found


def _count(tiles: tuple[tuple[int, int], ...]) -> int:
    return sum(count for _, count in tiles)


def _prefetch(
    problem: MatmulProblem, width: int, tiles: tuple[tuple[int, int], ...], target: Target
) -> PanelPrefetch | None:
    """How panels are asked for early: where there are many, and they come from far away."""
    panels = -(-problem.columns // width)
    if problem.panel is None or problem.batch or panels < 2 or problem.rows > MOST_WAITING_ROWS:
        return None
    if panels * problem.depth * width * problem.item <= 2 * target.l1_bytes:
        return None
    return PanelPrefetch(
        panels, problem.depth, width, problem.item, problem.rows, _count(tiles), target.machine
    )


def _grid(
    problem: MatmulProblem,
    width: int,
    tiles: tuple[tuple[int, int], ...],
    prefetch: PanelPrefetch | None,
    seconds: float,
    target: Target,
) -> Grid:
    """The parts that chunks are made of."""
    panels, row_tiles = -(-problem.columns // width), _count(tiles)
    wanted = chunk_count(problem.batches * row_tiles * panels, seconds, target.machine)
    batches = even_parts(problem.batches, wanted)
    columns = even_parts(panels, -(-wanted // batches))
    rows = min(row_tiles, max(1, wanted // (batches * columns)))
    if prefetch is not None and prefetch.tiles > 1 and columns > 1:
        parts = panel_parts(panels, min(wanted, panels))
        if parts >= max(BALANCED_THREADS):
            rows, columns = 1, parts
    return batches, rows, columns


def _totals(
    problem: MatmulProblem,
    width: int,
    tiles: tuple[tuple[int, int], ...],
    runs: tuple[Run, ...],
    grid: Grid,
    target: Target,
) -> RunTotals | None:
    """Where the partial sums of a deep product wait; None where it is not done in runs."""
    row_tiles = _count(tiles)
    if problem.panel is None or len(runs) == 1 or row_tiles == 1:
        return None
    block = _row_block(problem, width, tiles, runs, target) or -(-row_tiles // grid[1])
    rows = min(problem.rows, block * tiles[0][0])
    panels = -(-problem.columns // width)
    totals = RunTotals.of(problem.element, -(-panels // grid[2]), rows, width)
    return totals if prod(totals.view.shape) * problem.item <= TOTALS_BYTES else None


def _row_block(
    problem: MatmulProblem,
    width: int,
    tiles: tuple[tuple[int, int], ...],
    runs: tuple[Run, ...],
    target: Target,
) -> int | None:
    """Tiles whose left rows stay in the second-level cache; None when all do."""
    row_tiles = _count(tiles)
    row_bytes = max(run.length for run in runs) * problem.item
    fitting = max(1, target.l2_bytes // 3 // max(1, row_bytes * tiles[0][0]))
    if fitting >= row_tiles or problem.columns <= width:
        return None
    return -(-row_tiles // -(-row_tiles // fitting))

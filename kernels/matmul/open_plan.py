"""
How a planned `engine.matmul` is run whose batch, rows, columns or depth are no numbers.

One form for all: a tile adds its sums to *totals*, a scratch buffer of fixed size, and an epilogue
of its own finishes the rows of a panel; where there is nothing to finish, the results themselves
are the totals. So there is one piece of code for each number of rows of a
tile, and one for the epilogue. Sums that are short have one run, whose totals are those of a tile,
or of a few against a narrow panel; deep ones, and those whose depth is a value, go run by run over
a block of rows and panels, as what a run needs of both operands stays in the second-level cache
then.

Names, hints and bounds of sizes decide nothing here: operations of equal types share a kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import MemRefType

from ...dialects.engine import MatmulOp
from ...runtime.size import Extent, Size, ceildiv, floordiv, is_one, maximum, minimum, product_of
from ...targets.target import Target
from ..builder import DYNAMIC, memref_type
from ..common.chunking import even_parts
from ..common.register_tile import PARTIAL_SUM, UNROLL, most_rows
from ..common.strided_view import StridedView
from ..common.tile_split import TileSplit
from ..template import MOST_CHUNKS, Plan, PlanEntry
from .cost import open_vectors
from .problem import MatmulProblem

MOST_TILE_ROWS = 8
"""More rows of a tile than this are no faster where panels are narrow, and all are code."""

ROW_CLASSES = (8, 6, 4, 2, 1)
"""Rows of tiles where the depth is a value: code for each of them is long."""

LAST_CLASSES = (4, 2, 1)
"""Rows of tiles against a narrower last panel, beside the most."""

DEEP_LAST_CLASSES = (3, 1)
"""The same where the depth is a value."""

LAST_ROWS = 32
"""Rows of a sum in one run against a narrower last panel that are finished together."""

FEW_COLUMNS = 4
"""Fewer columns than this are dot products: a panel would be mostly padding."""

FEW_ROWS = 2
"""Rows up to which a right operand that would be packed is read where it lies."""

LAST_VECTORS = (1, 2)
"""Vectors of a last panel, beside whole ones, where the number of columns is a value."""

TOTALS_BYTES = 256 << 10
"""Most stack for the totals of a block."""

BLOCK_TILES = 16
"""Tiles of rows of a block that goes through a deep sum together."""


@dataclass(frozen=True)
class Runs:
    """A sum of `depth` terms in `count` runs of `length` terms; the last may be shorter."""

    depth: Extent
    length: Extent
    most: int
    """No run is longer than this."""

    @property
    def count(self) -> Extent:
        """One at least: a sum over nothing is zero."""
        return maximum(ceildiv(self.depth, self.length), 1)

    @property
    def single(self) -> bool:
        """Whether the whole sum is one run of a length that is known."""
        return isinstance(self.depth, int) and self.depth <= self.most

    @property
    def equal(self) -> bool:
        """Whether all runs are of one length that is known."""
        return isinstance(self.depth, int) and self.depth % self.most == 0

    @staticmethod
    def of(depth: Extent) -> Runs:
        """Even runs of at most about `PARTIAL_SUM` terms."""
        longest = PARTIAL_SUM + PARTIAL_SUM // 2
        if isinstance(depth, int):
            if depth <= longest:
                return Runs(depth, max(depth, 1), max(depth, 1))
            counts = range(-(-depth // longest), -(-depth // PARTIAL_SUM) + 1)
            even = [n for n in counts if depth % n == 0 and depth // n % UNROLL == 0]
            length = depth // even[0] if even else -(-depth // counts[0])
            length += -length % UNROLL
            return Runs(depth, length, length)
        length = ceildiv(depth, maximum(ceildiv(depth, PARTIAL_SUM), 1))
        return Runs(depth, ceildiv(length, UNROLL) * UNROLL, PARTIAL_SUM)


@dataclass(frozen=True)
class OpenPlan(Plan):
    """
    A product in register tiles, sizes being values.

    `rows` cuts the rows into tiles against panels of `vectors` vectors of columns. `rhs` views the
    right operand: packed panels, the plain matrix [depth, columns], or, with `transposed`, the
    matrix [columns, depth], of which panels are copied to the stack. Of a plain matrix only the
    last panel is, which has fewer columns, and not where masks leave them out (`has_masks`). With
    `few` rows or columns, which None leaves to the kernel to ask, the results are dot products
    instead. A block of `block_tiles` tiles of rows at most goes through all panels together, and
    `block_panels` of them through a deep sum.
    """

    op: MatmulOp
    problem: MatmulProblem
    lanes: int
    vectors: int
    rhs: StridedView
    transposed: bool
    few: bool | None
    rows: TileSplit
    runs: Runs
    block_tiles: int
    block_panels: int
    grid: tuple[Extent, Extent, Extent]
    has_masks: bool

    @staticmethod
    def of(op: MatmulOp, problem: MatmulProblem, target: Target) -> OpenPlan | None:
        """The plan; None for panels that no register tile fits."""
        row_extent, columns, depth = problem.extents
        lanes = target.lanes(problem.element)
        rhs, transposed, few = problem.rhs, False, False
        if problem.panel is not None:
            vectors, rest = divmod(problem.panel, lanes)
            if rest or not most_rows(vectors, target):
                return None
        else:
            vectors = open_vectors(columns, lanes, target)
            few = False if problem.signs else _few(problem)
            transposed = rhs.strides[-1] != 1 or few is True or problem.signs is not None
            rhs = rhs.swapped() if transposed else rhs
        rows = open_rows(row_extent, depth, vectors, target)
        width = vectors * lanes
        panels = ceildiv(columns, width)
        runs = Runs.of(depth)
        block_rows = BLOCK_TILES * max(rows.most, 1)
        fitting = max(1, TOTALS_BYTES // (block_rows * width * problem.item))
        if isinstance(panels, int):
            fitting = -(-panels // max(1, -(-panels // fitting)))
        return OpenPlan(
            op=op,
            problem=problem,
            lanes=lanes,
            vectors=vectors,
            rhs=rhs,
            transposed=transposed,
            few=few,
            rows=rows,
            runs=runs,
            block_tiles=_block_tiles(problem, rows.most, runs, target),
            block_panels=max(fitting, 1),
            grid=_grid(problem, panels, rows, lanes, target),
            has_masks=target.has_masks,
        )

    @property
    def columns(self) -> Extent:
        """Columns of a product."""
        return self.problem.extents[1]

    @property
    def depth(self) -> Extent:
        """Terms of a sum."""
        return self.problem.extents[2]

    @property
    def width(self) -> int:
        """Columns of a panel."""
        return self.vectors * self.lanes

    @property
    def dot_tile(self) -> tuple[int, int]:
        """Rows and columns of a tile of dot products, beside single ones."""
        rows, columns = self.rows.extent, self.columns
        if isinstance(columns, int) and columns < FEW_COLUMNS:
            return (8 if columns == 1 else 4), columns
        return (rows if isinstance(rows, int) else 1), 4

    @property
    def panels(self) -> Extent:
        """Panels, the last of which may have fewer columns."""
        return ceildiv(self.columns, self.width)

    @property
    def packs(self) -> bool:
        """Whether some panels are copied to the stack."""
        if self.problem.panel is not None or self.transposed:
            return self.transposed
        columns = self.columns
        rest = isinstance(columns, Size) or columns % self.width != 0
        return rest and not all(map(self.reads_in_place, self.last_vectors))

    @property
    def last_vectors(self) -> list[int]:
        """Vectors that the last panel may have: those that have columns, where that is known."""
        columns = self.columns
        if isinstance(columns, Size):
            return [*(n for n in LAST_VECTORS if n < self.vectors), self.vectors]
        return [-(-(columns % self.width) // self.lanes) or self.vectors]

    @property
    def last_rows(self) -> tuple[int, ...]:
        """Rows of tiles against a narrower last panel, the largest first: few kinds of code."""
        classes = DEEP_LAST_CLASSES if isinstance(self.depth, Size) else LAST_CLASSES
        return (self.rows.most, *(n for n in classes if n < self.rows.most))

    def is_narrow(self, vectors: int) -> bool:
        """Whether panels of so many vectors are last ones only, which may have fewer columns."""
        columns = self.columns
        alone = isinstance(columns, int) and columns < self.width
        return alone or vectors < self.vectors

    def is_partial(self, vectors: int) -> bool:
        """Whether lanes of panels of so many vectors may have no columns."""
        if isinstance(self.columns, Size):
            return True
        return self.is_narrow(vectors) and self.columns % self.lanes != 0

    def is_masked(self, vectors: int) -> bool:
        """Whether masks tell which columns of a panel there are, which is read where it lies."""
        in_place = self.problem.panel is None and not self.transposed
        return self.has_masks and in_place and self.is_partial(vectors)

    def reads_in_place(self, vectors: int) -> bool:
        """Whether a last panel of so many vectors is not copied."""
        return self.is_masked(vectors) or not self.is_partial(vectors)

    def is_direct(self, vectors: int) -> bool:
        """Whether tiles store results, which need no epilogue, instead of totals."""
        out = self.problem.out.inner(2)
        if self.op.epilogue_region is not None or out.element != self.problem.element:
            return False
        along = out.strides[-1] == 1 and len(out.kept) == 2
        return along and (self.has_masks or not self.is_partial(vectors))

    @property
    def panel_type(self) -> MemRefType:
        """Some steps of a panel as tiles take them, with open strides if of two kinds."""
        steps = self.runs.most if self.runs.equal else DYNAMIC
        stride: int | None = self.width
        if self.problem.panel is None and not self.transposed:
            step = self.rhs.strides[-2]
            stride = step if isinstance(step, int) and not self.packs else None
        return memref_type([steps, self.width], self.problem.element, [stride, 1], None)

    @property
    def totals_view(self) -> StridedView:
        """The totals of a block, [panels, rows, width]; of a sum in one run those of a few rows."""
        if self.runs.single:
            panels, rows = 1, max(self.rows.most, LAST_ROWS)
        else:
            panels, rows = self.block_panels, self.block_tiles * max(self.rows.most, 1)
        width = self.width
        return StridedView(self.problem.element, (panels, rows, width), (rows * width, width, 1))

    @property
    def panel_view(self) -> StridedView:
        """A panel copied to the stack, [steps of a run, width]; whole squares are transposed."""
        steps = self.runs.most + -self.runs.most % self.lanes
        return StridedView(self.problem.element, (steps, self.width), (self.width, 1))

    def describe(self) -> dict[str, PlanEntry]:
        """Tile and panel."""
        panel = "constant"
        if self.problem.panel is None:
            panel = "packed here" if self.transposed else "in place"
        if self.few:
            return {"method": "dot products, open sizes"}
        return {
            "method": "register tiles, open sizes",
            "tile": f"{self.rows.most}x{self.width}",
            "tiles": "even" if self.rows.even else "classes",
            "panel": panel,
            "sum": "one run" if self.runs.single else f"runs of {self.runs.length}",
        }


def _few(problem: MatmulProblem) -> bool | None:
    """
    Whether rows or columns are so few that packing panels costs more than it saves.

    Both operands must lie along the depth then; None where it depends on the number of rows.
    """
    if problem.lhs.strides[-1] != 1 or problem.rhs.strides[-2] != 1:
        return False
    rows, columns, _ = problem.extents
    if isinstance(columns, int) and columns < FEW_COLUMNS:
        return True
    if problem.rhs.strides[-1] == 1:
        return False
    return rows <= FEW_ROWS if isinstance(rows, int) else None


def open_rows(rows: Extent, depth: Extent, vectors: int, target: Target) -> TileSplit:
    """Tiles of rows against panels of `vectors` vectors."""
    most = min(most_rows(vectors, target), MOST_TILE_ROWS)
    if isinstance(depth, Size):
        return TileSplit.greedily(rows, (most, *(n for n in ROW_CLASSES if n < most)))
    return TileSplit.evenly(rows, most)


def _block_tiles(problem: MatmulProblem, rows: int, runs: Runs, target: Target) -> int:
    """Tiles that go through all panels together: their rows stay in the second-level cache."""
    if not runs.single:
        return BLOCK_TILES
    row_bytes = runs.most * problem.item
    return max(1, target.l2_bytes // 3 // (row_bytes * max(rows, 1)))


def _grid(
    problem: MatmulProblem, panels: Extent, rows: TileSplit, lanes: int, target: Target
) -> tuple[Extent, Extent, Extent]:
    """
    Parts of the batch, of the row tiles and of the panels that chunks are made of.

    Panels are cut where there is one product: it may have a few rows only.
    """
    machine = target.machine
    worthwhile = int(machine.chunk_seconds * machine.clock_hz) * machine.fma_ports * lanes
    batches = product_of(problem.batch_extents)
    work = product_of((batches, *problem.extents))
    wanted = minimum(maximum(floordiv(work, worthwhile), 1), MOST_CHUNKS)
    batch_parts = column_parts = 1
    if is_one(batches):
        column_parts = maximum(even_parts(panels, wanted), 1)
    else:
        batch_parts = maximum(even_parts(batches, wanted), 1)
    tiles = ceildiv(rows.extent, max(rows.most, 1))
    row_parts = minimum(floordiv(wanted, batch_parts * column_parts), tiles)
    return batch_parts, maximum(row_parts, 1), column_parts

"""
`engine.matmul`: register-tiled matrix products with fused epilogues.

A constant right operand lies in panels of a few vectors of columns (`Ba48b`, see
`matmul_problem.panel_layout`), so that the inner loop reads it with unit stride; the left operand
is read where it is. Products whose right operand is computed use it in place where its columns
are contiguous, and copy one panel at a time to the stack, transposed, where they are not; long
sums over two contiguous operands are dot products (`matmul_dot.py`).

Loops, from the outside: batch, blocks of rows that stay in the second-level cache, panels, tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

from xdsl.dialects.builtin import FixedBitwidthType, Float32Type, Float64Type, IntegerType
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import MatmulOp
from ...dialects.engine.base import EngineOp, element_of, shape_of, static
from ...dialects.engine.constant import constant_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import each_of, each_tile, even_parts, part_range, tile_start
from ..common.register_tile import most_rows
from ..common.strided_view import StridedView, with_open_offset
from ..template import (
    ANY,
    STRIDED,
    AnyTemplate,
    Kernel,
    LayoutChoice,
    chunk_count,
    kernel_arguments,
    split_evenly,
)
from .dot import build_dot, narrow_layout, prefers_dot
from .pack import PackFunction
from .prefetch import BALANCED_THREADS, PanelPrefetch, panel_parts
from .problem import MatmulProblem, analyse, panel_layout
from .rules import CYCLES_PER_SECOND, panel_vectors, product_cycles
from .runs import TOTALS_BYTES, Run, RunTotals, runs_of
from .tile import TileFunctions, TileMemory, TilePlace

BYTES_PER_SECOND = 1.7e10
"""What one core streams; products of a few rows wait for their operands."""

NARROW = 4
"""Fewer columns than this are dot products: a panel would be mostly padding."""

MOST_WAITING_ROWS = 512
"""With more rows than this the wait for a panel does not count beside the work on it."""

SCRATCH_BYTES = 128 << 10
"""Most stack that a packed panel may take."""


class MatmulTemplate(AnyTemplate):
    """Products of float and of 32- and 64-bit integer matrices."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, MatmulOp) or not _has_kernel(op):
            return ()
        right = shape_of(op.rhs)
        rows, columns, depth = _extents(op)
        lanes, item = _lanes(element_of(op.lhs), target)
        vectors = panel_vectors(rows, columns, depth, lanes, item, target)
        batches = max(1, prod(shape_of(_result(op))) // max(1, rows * columns))
        cycles = product_cycles(rows, columns, depth, vectors, lanes, item, target)
        rhs = STRIDED
        if constant_of(op.rhs) is not None:
            transposed = op.trans_rhs is not None
            rhs = panel_layout(len(right), transposed, vectors * lanes)
            if columns < NARROW and depth >= 4 * lanes:
                rhs = narrow_layout(len(right), transposed)
        sources = (STRIDED, rhs, *(STRIDED for _ in op.epilogue_operands))
        return [LayoutChoice(sources, (ANY,), batches * cycles / CYCLES_PER_SECOND)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        if not isinstance(op, MatmulOp) or not op.outs or not _has_kernel(op):
            return False
        problem = analyse(op)
        if problem is None:
            return False
        lanes, _ = _lanes(problem.element, target)
        return problem.panel is None or (
            problem.panel % lanes == 0 and most_rows(problem.panel // lanes, target) > 0
        )

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, MatmulOp)
        problem = analyse(op)
        assert problem is not None
        if 0 in shape_of(op.outs[0]):
            with builder.function(name, kernel_arguments(op)):
                return Kernel(1)
        if prefers_dot(problem):
            return build_dot(op, problem, name, builder)
        return _Build(op, problem, name, builder).run()


def _has_kernel(op: MatmulOp) -> bool:
    element = element_of(op.lhs)
    if element_of(op.rhs) != element or not all(static(shape_of(v)) for v in op.operands):
        return False
    if isinstance(element, IntegerType):
        return element.bitwidth in (32, 64)
    return isinstance(element, Float32Type | Float64Type)


def _lanes(element: Attribute, target: Target) -> tuple[int, int]:
    """Lanes of a vector and bytes of an element."""
    assert isinstance(element, FixedBitwidthType)
    return target.lanes(element), element.bitwidth // 8


def _result(op: MatmulOp) -> SSAValue:
    return op.outs[0] if op.outs else op.res[0]


def _extents(op: MatmulOp) -> tuple[int, int, int]:
    """Rows of one product (with the batch where the right operand has none), columns, depth."""
    left, right, out = shape_of(op.lhs), shape_of(op.rhs), shape_of(_result(op))
    rows = out[-2] if prod(right[:-2]) > 1 else prod(out[:-1])
    return rows, out[-1], left[-2 if op.trans_lhs is not None else -1]


@dataclass
class _Build:
    """The building of one kernel."""

    op: MatmulOp
    problem: MatmulProblem
    name: str
    builder: KernelBuilder

    def run(self) -> Kernel:
        """Add the kernel and its tile functions."""
        problem, builder = self.problem, self.builder
        self.lanes, self.item = _lanes(problem.element, builder.target)
        self._choose_panel()
        self.tiles = split_evenly(problem.rows, most_rows(self.vectors, builder.target))
        self.prefetch = self._prefetch()
        grid = self._grid()
        self._choose_runs(grid)
        names = ["chunk", "lhs", "rhs", *(f"extra{i}" for i in range(len(problem.extras))), "out"]
        with builder.function(self.name, kernel_arguments(self.op), names=names) as arguments:
            chunk, lhs, rhs, *extras, out = arguments
            memories = [
                view.cast(builder, memory)
                for view, memory in zip(
                    (problem.lhs, self.rhs, problem.out, *problem.extras),
                    (lhs, rhs, out, *extras),
                    strict=True,
                )
            ]
            scratch = None
            if self.pack is not None:
                scratch = builder.alloca([problem.depth, self.width], problem.element)
                scratch = with_open_offset(builder, scratch, self.panel.memref())
            totals = self.totals.allocate(builder) if self.totals is not None else None
            part = builder.unflatten(chunk, grid)
            with each_of(builder, problem.batch, part[0], grid[0]) as batch:
                self._product(memories, batch, part, grid, scratch, totals)
        return Kernel(prod(grid))

    def _choose_panel(self) -> None:
        """Panel width, and whether panels are packed here, used in place, or come packed."""
        problem, target = self.problem, self.builder.target
        self.pack: PackFunction | None = None
        self.rhs = problem.rhs
        source = problem.rhs.inner(2)
        self.panel = source
        if problem.panel is not None:
            self.vectors = problem.panel // self.lanes
            self.width = problem.panel
            return
        self.vectors = panel_vectors(
            problem.rows, problem.columns, problem.depth, self.lanes, self.item, target
        )
        most = SCRATCH_BYTES // max(1, problem.depth * self.item * self.lanes)
        if source.strides[1] != 1 and most >= 1:
            self.vectors = min(self.vectors, most)
            width = self.vectors * self.lanes
            self.panel = StridedView(source.element, (problem.depth, width), (width, 1))
            self.rhs = problem.rhs.swapped()
            self.pack = PackFunction(
                self.builder, f"{self.name}_pack", self.rhs.inner(2), self.panel
            )
        self.width = self.vectors * self.lanes

    def _prefetch(self) -> PanelPrefetch | None:
        """How panels are asked for early: where there are many, and they come from far away."""
        problem, target = self.problem, self.builder.target
        panels = -(-problem.columns // self.width)
        if problem.panel is None or problem.batch or panels < 2 or problem.rows > MOST_WAITING_ROWS:
            return None
        if panels * problem.depth * self.width * self.item <= 2 * target.l1_bytes:
            return None
        tiles = sum(count for _, count in self.tiles)
        return PanelPrefetch(panels, problem.depth, self.width, self.item, problem.rows, tiles)

    def _choose_runs(self, grid: tuple[int, int, int]) -> None:
        """Whether a deep sum is done in runs over the whole chunk, and where its parts wait."""
        problem = self.problem
        self.totals: RunTotals | None = None
        self.runs = (Run(0, problem.depth, first=True, last=True),)
        runs = runs_of(problem.depth)
        tiles = sum(count for _, count in self.tiles)
        if problem.panel is None or len(runs) == 1 or tiles == 1:
            return
        self.runs = runs
        block = self._row_block(tiles) or -(-tiles // grid[1])
        rows = min(problem.rows, block * self.tiles[0][0])
        panels = -(-problem.columns // self.width)
        totals = RunTotals.of(problem.element, -(-panels // grid[2]), rows, self.width)
        if prod(totals.view.extents) * self.item <= TOTALS_BYTES:
            self.totals = totals
        else:
            self.runs = (Run(0, problem.depth, first=True, last=True),)

    def _grid(self) -> tuple[int, int, int]:
        """Parts of the batch, of the row tiles and of the panels that chunks are made of."""
        problem, target = self.problem, self.builder.target
        panels = -(-problem.columns // self.width)
        tiles = sum(count for _, count in self.tiles)
        cycles = product_cycles(
            problem.rows,
            problem.columns,
            problem.depth,
            self.vectors,
            self.lanes,
            self.item,
            target,
        )
        seconds = problem.batches * cycles / CYCLES_PER_SECOND
        seconds = max(seconds, self.op.bytes_moved() / BYTES_PER_SECOND)
        wanted = chunk_count(problem.batches * tiles * panels, seconds)
        batches = even_parts(problem.batches, wanted)
        columns = even_parts(panels, -(-wanted // batches))
        rows = min(tiles, max(1, wanted // (batches * columns)))
        if self.prefetch is not None and self.prefetch.tiles > 1 and columns > 1:
            parts = panel_parts(panels, min(wanted, panels))
            if parts >= max(BALANCED_THREADS):
                rows, columns = 1, parts
        return batches, rows, columns

    def _product(
        self,
        memories: Sequence[SSAValue],
        batch: Sequence[Index],
        part: Sequence[Index],
        grid: Sequence[int],
        scratch: SSAValue | None,
        totals: SSAValue | None,
    ) -> None:
        """One chunk of one product of the batch."""
        builder, problem = self.builder, self.problem
        panels = -(-problem.columns // self.width)
        tiles = sum(count for _, count in self.tiles)
        lhs, rhs, *results = memories
        rest = [
            view.slice(builder, memory, batch)
            for view, memory in zip((problem.out, *problem.extras), results, strict=True)
        ]
        left = problem.lhs.slice(builder, lhs, batch)
        functions = TileFunctions(
            builder,
            self.name,
            problem,
            self.op.epilogue_region,
            self.panel,
            problem.panel is None and self.pack is None,
            self.lanes,
            self.prefetch,
        )

        tile_range = part_range(builder, part[1], grid[1], tiles)
        panel_range = part_range(builder, part[2], grid[2], panels)
        chunk = _Chunk(self, functions, left, rhs, rest, batch, panel_range, scratch, totals)
        block = self._row_block(tiles)
        if block is None:
            chunk.rows(*tile_range)
        else:
            builder.for_each(
                *tile_range,
                block,
                lambda t, _: chunk.rows(t, builder.min(builder.add(t, block), tile_range[1])),
            )

    def _row_block(self, tiles: int) -> int | None:
        """Tiles whose left rows stay in the second-level cache; None when all do."""
        problem = self.problem
        row_bytes = max(run.length for run in self.runs) * self.item
        most = self.tiles[0][0]
        fitting = max(1, self.builder.target.l2_bytes // 3 // max(1, row_bytes * most))
        if fitting >= tiles or problem.columns <= self.width:
            return None
        return -(-tiles // -(-tiles // fitting))


@dataclass
class _Chunk:
    """The tiles and panels of one chunk; indices are those of the whole product."""

    build: _Build
    functions: TileFunctions
    lhs: SSAValue
    rhs: SSAValue
    results: Sequence[SSAValue]
    batch: Sequence[Index]
    panels: tuple[Index, Index]
    scratch: SSAValue | None
    totals: SSAValue | None

    def rows(self, start: Index, stop: Index) -> None:
        """All panels of the chunk against the tiles of rows number `start` to `stop`."""
        build, builder = self.build, self.build.builder
        whole, rest = divmod(build.problem.columns, build.width)
        first, last = self.panels
        for run in build.runs:
            upper = builder.min(last, whole) if rest else last

            def panel(number: Index, _: object, run: Run = run) -> None:
                self._panel(run, number, build.width, (start, stop))

            builder.for_each(first, upper, 1, panel)
            if not rest:
                continue
            if builder.number(last) is not None:
                self._panel(run, whole, rest, (start, stop))
                continue
            with builder.if_(builder.cmpi("sgt", last, whole)):
                self._panel(run, whole, rest, (start, stop))

    def _panel(self, run: Run, panel: Index, columns: int, tiles: tuple[Index, Index]) -> None:
        """One panel against all tiles, over one run of the sum."""
        build, builder = self.build, self.build.builder
        out, *extras = self.results
        memory = TileMemory(self.lhs, self._panel_memory(panel, columns), out, extras)
        column = builder.mul(panel, build.width)
        origin: Index = 0
        if build.totals is not None and self.totals is not None:
            local = builder.sub(panel, self.panels[0])
            memory = replace(memory, totals=build.totals.panel(builder, self.totals, local))
            origin = tile_start(builder, build.tiles, tiles[0])

        def tile(rows: int) -> Callable[[Index], None]:
            def call(row: Index) -> None:
                ahead = self._ahead(run, panel, row)
                place = TilePlace(row, column, run.start, builder.sub(row, origin))
                self.functions.call(
                    rows,
                    columns,
                    replace(memory, ahead=ahead),
                    place,
                    None if build.totals is None else run,
                )

            return call

        each_tile(builder, build.tiles, tiles, tile)

    def _ahead(self, run: Run, panel: Index, row: Index) -> SSAValue | None:
        """Where the share of the tile at `row` of what is needed after this panel starts."""
        build, builder = self.build, self.build.builder
        prefetch = build.prefetch
        if prefetch is None:
            return None
        if build.totals is None:
            return prefetch.next_panel(builder, self.rhs, panel, row)
        following = builder.add(panel, 1)
        after = 0 if run.last else run.start + run.length
        turns = builder.cmpi("eq", following, self.panels[1])
        if not run.last:
            following = builder.select(turns, builder.index(self.panels[0]), following)
        step = builder.select(turns, builder.index(after), run.start)
        return prefetch.share(builder, self.rhs, following, (step, run.length), row)

    def _panel_memory(self, panel: Index, columns: int) -> SSAValue:
        """The memory of a panel: part of the packed operand, of the plain one, or the scratch."""
        build, builder = self.build, self.build.builder
        if build.problem.panel is not None:
            return build.rhs.slice(builder, self.rhs, [*self.batch, panel])
        matrix = build.rhs.slice(builder, self.rhs, self.batch)
        if build.pack is None:
            return matrix
        assert self.scratch is not None
        build.pack.call(matrix, self.scratch, builder.mul(panel, build.width), columns)
        return self.scratch

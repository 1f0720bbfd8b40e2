"""
Writes a product in register tiles.

Loops, from the outside: batch, blocks of rows that stay in the second-level cache, panels, tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

from xdsl.ir import SSAValue

from ..builder import Index, KernelBuilder
from ..common.chunking import each_of, each_tile, part_range, tile_start
from ..common.strided_view import with_open_offset
from ..template import Kernel, kernel_arguments
from .pack import PackFunction
from .plan import TiledPlan
from .runs import Run
from .tile import TileFunctions, TileMemory, TilePlace


class MatmulWriter:
    """The writing of one kernel."""

    def __init__(self, plan: TiledPlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.name = name
        self.builder = builder
        self.pack: PackFunction | None = None
        self.pairs: SSAValue | None = None
        """Where left codes of a block of rows wait as pairs."""
        if plan.packs:
            codes = plan.problem.signs is not None
            source = plan.rhs.inner(2)
            self.pack = PackFunction(builder, f"{name}_pack", source, plan.panel, codes=codes)

    def write(self) -> Kernel:
        """Add the kernel and its tile functions."""
        plan, builder = self.plan, self.builder
        problem = plan.problem
        names = [
            "chunk",
            "lhs",
            "rhs",
            *(f"extra{i}" for i in range(len(problem.epilogue_operands))),
            "out",
        ]
        with builder.function(self.name, kernel_arguments(plan.op), names=names) as arguments:
            chunk, lhs, rhs, *epilogue_operands, out = arguments
            memories = [
                view.cast(builder, memory)
                for view, memory in zip(
                    (problem.lhs, plan.rhs, problem.out, *problem.epilogue_operands),
                    (lhs, rhs, out, *epilogue_operands),
                    strict=True,
                )
            ]
            scratch = None
            if plan.packs:
                scratch = builder.alloca([problem.depth, plan.width], problem.element)
                scratch = with_open_offset(builder, scratch, plan.panel.memref())
            totals = plan.totals.allocate(builder) if plan.totals is not None else None
            self.pairs = plan.split.allocate(builder) if plan.split is not None else None
            part = builder.unflatten(chunk, plan.grid)
            with each_of(builder, problem.batch, part[0], plan.grid[0]) as batch:
                self._product(memories, batch, part, scratch, totals)
        return Kernel(prod(plan.grid))

    def _product(
        self,
        memories: Sequence[SSAValue],
        batch: Sequence[Index],
        part: Sequence[Index],
        scratch: SSAValue | None,
        totals: SSAValue | None,
    ) -> None:
        """One chunk of one product of the batch."""
        builder, plan = self.builder, self.plan
        problem = plan.problem
        lhs, rhs, *results = memories
        rest = [
            view.slice(builder, memory, batch)
            for view, memory in zip((problem.out, *problem.epilogue_operands), results, strict=True)
        ]
        left = problem.lhs.slice(builder, lhs, batch)
        functions = TileFunctions(
            builder,
            self.name,
            problem,
            plan.op.epilogue_region,
            plan.panel,
            plan.in_place,
            plan.lanes,
            plan.prefetch,
            plan.split,
        )

        tile_range = part_range(builder, part[1], plan.grid[1], plan.row_tiles)
        panel_range = part_range(builder, part[2], plan.grid[2], plan.panels)
        chunk = _Chunk(self, functions, left, rhs, rest, batch, panel_range, scratch, totals)
        block = plan.row_block
        if block is None:
            chunk.rows(*tile_range)
        else:
            builder.for_each(
                *tile_range,
                block,
                lambda t, _: chunk.rows(t, builder.min(builder.add(t, block), tile_range[1])),
            )


@dataclass
class _Chunk:
    """The tiles and panels of one chunk; indices are those of the whole product."""

    writer: MatmulWriter
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
        plan, builder = self.writer.plan, self.writer.builder
        whole, rest = divmod(plan.problem.columns, plan.width)
        first, last = self.panels
        if plan.split is not None and self.writer.pairs is not None:
            rows = tile_start(builder, plan.tiles, start), tile_start(builder, plan.tiles, stop)
            view = plan.problem.lhs.inner(2)
            plan.split.fill(builder, view, self.lhs, self.writer.pairs, rows)
        for run in plan.runs:
            upper = builder.min(last, whole) if rest else last

            def panel(number: Index, _: object, run: Run = run) -> None:
                self._panel(run, number, plan.width, (start, stop))

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
        plan, builder = self.writer.plan, self.writer.builder
        out, *epilogue_operands = self.results
        memory = TileMemory(self.lhs, self._panel_memory(panel, columns), out, epilogue_operands)
        column = builder.mul(panel, plan.width)
        origin: Index = 0
        if plan.totals is not None and self.totals is not None:
            local = builder.sub(panel, self.panels[0])
            memory = replace(memory, totals=plan.totals.panel(builder, self.totals, local))
            origin = tile_start(builder, plan.tiles, tiles[0])
        elif self.writer.pairs is not None:
            memory = replace(memory, lhs=self.writer.pairs)
            origin = tile_start(builder, plan.tiles, tiles[0])

        def tile(rows: int) -> Callable[[Index], None]:
            def call(row: Index) -> None:
                ahead = self._ahead(run, panel, row)
                place = TilePlace(row, column, run.start, builder.sub(row, origin))
                self.functions.call(
                    rows,
                    columns,
                    replace(memory, ahead=ahead),
                    place,
                    None if plan.totals is None else run,
                )

            return call

        each_tile(builder, plan.tiles, tiles, tile)

    def _ahead(self, run: Run, panel: Index, row: Index) -> SSAValue | None:
        """Where the share of the tile at `row` of what is needed after this panel starts."""
        plan, builder = self.writer.plan, self.writer.builder
        prefetch = plan.prefetch
        if prefetch is None:
            return None
        if plan.totals is None:
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
        plan, builder = self.writer.plan, self.writer.builder
        if plan.problem.panel is not None:
            return plan.rhs.slice(builder, self.rhs, [*self.batch, panel])
        matrix = plan.rhs.slice(builder, self.rhs, self.batch)
        if self.writer.pack is None:
            return matrix
        assert self.scratch is not None
        self.writer.pack.call(matrix, self.scratch, builder.mul(panel, plan.width), columns)
        return self.scratch

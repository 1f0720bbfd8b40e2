"""
Writes a product whose sizes are values.

Loops, from the outside: batch, blocks of rows, blocks of panels, runs of the sum, panels, tiles. A
sum in one run finishes each tile at once and has no blocks of panels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from ...dialects.vector_ext import GROUP
from ...runtime.size import product_of
from ..builder import INDEX, Index, KernelBuilder
from ..common.chunking import coordinates, each_of, part_range
from ..common.register_tile import TileShape
from ..common.strided_view import with_open_offset
from ..common.tile_split import TileRun, Tiles
from ..template import Kernel, kernel_function
from .dot_tile import DotTiles
from .open_pack import OpenPack
from .open_plan import FEW_ROWS, LAST_ROWS, OpenPlan
from .open_tile import OpenTiles, SumRun


class OpenWriter:
    """The writing of one kernel."""

    def __init__(self, plan: OpenPlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.builder = plan, name, builder
        self.tiles = OpenTiles(builder, name, plan)
        self.pack = OpenPack(builder, f"{name}_pack", plan)
        self.dots = DotTiles(builder, name, plan.op, plan.problem)

    def write(self) -> Kernel:
        """Add the kernel and its private functions."""
        plan, b = self.plan, self.builder
        problem = plan.problem
        extras = [f"extra{i}" for i in range(len(problem.epilogue_operands))]
        names = ["chunk", "lhs", "rhs", *extras, "out"]
        views = (problem.lhs, plan.rhs, *problem.epilogue_operands, problem.out)
        chunks = product_of(plan.grid)
        opened = kernel_function(b, self.name, plan.op, chunks=chunks, names=names)
        with opened as (number, *arguments):
            memories = [view.cast(b, memory) for view, memory in zip(views, arguments, strict=True)]
            totals, scratch = self._scratch()
            counted = Tiles(b, plan.rows)
            part = coordinates(b, number, plan.grid)
            with each_of(b, problem.batch_extents, part[0], plan.grid[0]) as batch:
                left, right, *extra, out = (
                    view.slice(b, memory, batch)
                    for view, memory in zip(views, memories, strict=True)
                )
                rows = part_range(b, part[1], plan.grid[1], counted.count)
                panels = part_range(b, part[2], plan.grid[2], plan.panels)
                chunk = _Chunk(self, counted, left, right, [out, *extra], totals, scratch)
                if plan.few is None:
                    few = b.cmpi("sle", b.index(plan.rows.extent), FEW_ROWS)
                    b.if_else(
                        few, lambda: chunk.dots(rows, panels), lambda: chunk.tiles(rows, panels)
                    )
                elif plan.few:
                    chunk.dots(rows, panels)
                else:
                    chunk.tiles(rows, panels)
        return Kernel(chunks)

    def _scratch(self) -> tuple[SSAValue | None, SSAValue | None]:
        """Totals and a panel, on the stack; None where they are not needed."""
        b, plan = self.builder, self.plan
        views = (
            None if plan.few else plan.totals_view,
            plan.panel_view if plan.packs and not plan.few else None,
        )
        totals, panel = (
            None
            if view is None
            else with_open_offset(b, b.alloca(view.shape, view.element), view.memref())
            for view in views
        )
        return totals, panel


@dataclass(frozen=True)
class _Rows:
    """Rows `first ... last` of a block, and the tiles that they are."""

    first: Index
    last: Index
    runs: Sequence[TileRun]


@dataclass
class _Chunk:
    """The tiles and panels of one chunk of one product of the batch."""

    writer: OpenWriter
    counted: Tiles
    lhs: SSAValue
    rhs: SSAValue
    results: Sequence[SSAValue]
    totals: SSAValue | None
    scratch: SSAValue | None

    def dots(self, tiles: tuple[Index, Index], panels: tuple[Index, Index]) -> None:
        """The same results as dot products, where there are a few rows or columns."""
        b, plan = self.writer.builder, self.writer.plan
        dots = self.writer.dots
        memories = [self.lhs, self.rhs, *self.results]
        height, width = plan.dot_tile
        rows = (self.counted.start(tiles[0]), self.counted.start(tiles[1]))
        columns = tuple(b.min(b.mul(panel, plan.width), plan.columns) for panel in panels)

        def column_tiles(column: Index, wide: int) -> None:
            _in_tiles(
                b, rows, height, lambda row, high: dots.call(memories, (high, wide), row, column)
            )

        _in_tiles(b, (columns[0], columns[1]), width, column_tiles)

    def tiles(self, tiles: tuple[Index, Index], panels: tuple[Index, Index]) -> None:
        """The first to the last tile of rows, against the first to the last panel."""
        b, plan = self.writer.builder, self.writer.plan
        block = self._block(b.sub(tiles[1], tiles[0]))
        with b.loop(tiles[0], tiles[1], block) as loop:
            stop = b.min(b.add(loop.index, block), tiles[1])
            rows = _Rows(
                self.counted.start(loop.index),
                self.counted.start(stop),
                self.counted.between(loop.index, stop),
            )
            if plan.runs.single:
                self._each_panel(panels, lambda panel: self._at_once(panel, rows))
            else:
                with b.loop(*panels, plan.block_panels) as outer:
                    last = b.min(b.add(outer.index, plan.block_panels), panels[1])
                    self._deep((outer.index, last), rows)

    def _block(self, count: Index) -> Index:
        """Tiles of a block, of `count` in all: blocks are as even as they can be."""
        b, most = self.writer.builder, self.writer.plan.block_tiles

        def even() -> Index:
            return b.max(b.ceildiv(count, b.max(b.ceildiv(count, most), 1)), 1)

        if b.number(count) is not None:
            return even()
        # Nothing is divided by a value where there is one block.
        small = b.cmpi("sle", count, most)
        [block] = b.if_else(small, lambda: [b.index(most)], lambda: [b.index(even())], [INDEX])
        return block

    def _each_panel(self, panels: tuple[Index, Index], body: Callable[[_Panel], None]) -> None:
        """Panels from the first to the last; the last of all may have fewer columns."""
        b, plan = self.writer.builder, self.writer.plan
        columns = plan.columns
        whole, rest = b.floordiv(columns, plan.width), b.mod(columns, plan.width)
        first, last = panels
        if b.number(rest) == 0:
            b.for_each(first, last, 1, lambda p, _: body(_Panel(p, plan.width, plan.vectors)))
            return
        upper = b.min(last, whole)
        b.for_each(first, upper, 1, lambda p, _: body(_Panel(p, plan.width, plan.vectors)))

        def narrower(kinds: Sequence[int]) -> None:
            vectors, *others = kinds
            panel = _Panel(whole, rest, vectors, last=True)
            if not others:
                body(panel)
                return
            fits = b.cmpi("sle", b.index(rest), vectors * plan.lanes)
            b.if_else(fits, lambda: body(panel), lambda: narrower(others))

        with b.if_(b.cmpi("sgt", b.index(last), whole)):
            narrower(plan.last_vectors)

    def _at_once(self, panel: _Panel, rows: _Rows) -> None:
        """All rows of a block against a panel, for a sum in one run."""
        b, plan = self.writer.builder, self.writer.plan
        run = SumRun(0, plan.depth)
        memory = self._memory(panel, run)
        totals = self._totals(0)
        column = b.mul(panel.number, plan.width)

        def tile(shape: TileShape, row: Index, line: Index = 0) -> None:
            self._add(shape, memory, self._lines(totals, line, shape), row, panel, run)

        def finished_tile(shape: TileShape, row: Index) -> None:
            tile(shape, row)
            self.writer.tiles.finish(
                totals, self.results, (row, column), (shape.rows, panel.columns)
            )

        if plan.is_direct(panel.vectors):
            self._each_tile(panel, rows, tile)
            return
        if not plan.is_narrow(panel.vectors):
            self._each_tile(panel, rows, finished_tile)
            return
        # Tiles are short: a few rows of them are finished together.
        with b.loop(rows.first, rows.last, LAST_ROWS) as loop:
            first, last = loop.index, b.min(b.add(loop.index, LAST_ROWS), rows.last)
            some = _Rows(first, last, rows.runs)
            self._each_tile(panel, some, lambda shape, row: tile(shape, row, b.sub(row, first)))
            size = (b.sub(last, first), panel.columns)
            self.writer.tiles.finish(totals, self.results, (first, column), size)

    def _deep(self, panels: tuple[Index, Index], rows: _Rows) -> None:
        """A block of rows against a block of panels, run by run of the sum."""
        b, plan = self.writer.builder, self.writer.plan
        length = plan.runs.length

        def totals_of(number: Index) -> SSAValue:
            return self._totals(b.sub(number, panels[0]))

        with b.loop(0, plan.runs.count) as loop:
            start = b.mul(loop.index, length)
            rest = b.sub(plan.depth, start)
            run = SumRun(start, length if plan.runs.equal else b.min(rest, length))

            def panel_run(panel: _Panel) -> None:
                memory = self._memory(panel, run)
                totals = totals_of(panel.number)

                def tile(shape: TileShape, row: Index) -> None:
                    part = self._lines(totals, b.sub(row, rows.first), shape)
                    self._add(shape, memory, part, row, panel, run)

                self._each_tile(panel, rows, tile)

            self._each_panel(panels, panel_run)

        def finish(panel: _Panel) -> None:
            if plan.is_direct(panel.vectors):
                return
            place = (rows.first, b.mul(panel.number, plan.width))
            size = (b.sub(rows.last, rows.first), panel.columns)
            self.writer.tiles.finish(totals_of(panel.number), self.results, place, size)

        self._each_panel(panels, finish)

    def _totals(self, number: Index) -> SSAValue:
        """The totals of a panel of the block, [rows, width]."""
        assert self.totals is not None
        return self.writer.plan.totals_view.slice(self.writer.builder, self.totals, [number])

    def _lines(self, totals: SSAValue, line: Index, shape: TileShape) -> SSAValue:
        """The totals of a tile, from a line on."""
        b, plan = self.writer.builder, self.writer.plan
        return b.subview(totals, (line, 0), (shape.rows, plan.width))

    def _each_tile(
        self, panel: _Panel, rows: _Rows, body: Callable[[TileShape, Index], None]
    ) -> None:
        """Tiles of nearly equal sizes; of a few sizes against a narrow panel."""
        b, plan = self.writer.builder, self.writer.plan
        if not plan.is_narrow(panel.vectors):
            for run in rows.runs:
                shape = TileShape(run.size, panel.vectors)

                def one(tile: Index, _: object, run: TileRun = run, of: TileShape = shape) -> None:
                    body(of, run.start(b, tile))

                b.for_each(run.first, run.last, 1, one)
            return
        first = rows.first
        for size in plan.last_rows:
            last = b.add(first, b.round_down(b.sub(rows.last, first), size))
            shape = TileShape(size, panel.vectors)
            b.for_each(first, last, size, lambda row, _, of=shape: body(of, row))
            first = last

    def _add(
        self,
        shape: TileShape,
        memory: SSAValue,
        totals: SSAValue,
        row: Index,
        panel: _Panel,
        run: SumRun,
    ) -> None:
        """Add the products of the tile of rows from `row` on, over a run, to its totals."""
        b, plan = self.writer.builder, self.writer.plan
        view = plan.problem.lhs.inner(2)
        start, terms = run.start, run.length
        if plan.problem.signs is not None:
            start, terms = b.mul(start, GROUP), b.mul(terms, GROUP)
        left = b.subview(
            self.lhs, view.indices((row, start)), [(shape.rows, terms)[axis] for axis in view.kept]
        )
        if plan.is_direct(panel.vectors):
            place, size = (row, b.mul(panel.number, plan.width)), (shape.rows, panel.columns)
            totals = b.subview(self.results[0], place, size)
        self.writer.tiles.add(shape, run, (left, memory), totals, panel.columns)

    def _memory(self, panel: _Panel, run: SumRun) -> SSAValue:
        """Steps of a panel: of the packed operand, of the plain one, or on the stack."""
        b, plan = self.writer.builder, self.writer.plan
        column, start, steps = b.mul(panel.number, plan.width), run.start, run.length
        if plan.problem.panel is not None:
            memory = plan.rhs.inner(3).slice(b, self.rhs, [panel.number])
            return self._as_panel(b.subview(memory, (start, 0), (steps, plan.width)))
        if not plan.transposed and (not panel.last or plan.reads_in_place(panel.vectors)):
            return self._as_panel(b.subview(self.rhs, (start, column), (steps, plan.width)))
        assert self.scratch is not None
        place = (column, start)
        self.writer.pack.call(self.rhs, self.scratch, place, (panel.columns, steps))
        return self._as_panel(b.subview(self.scratch, (0, 0), (steps, plan.width)))

    def _as_panel(self, memory: SSAValue) -> SSAValue:
        """A panel as tile functions take it: with open strides where panels are of two kinds."""
        b, plan = self.writer.builder, self.writer.plan
        return with_open_offset(b, memory, plan.panel_type)


def _in_tiles(
    b: KernelBuilder, ends: tuple[Index, Index], size: int, body: Callable[[Index, int], None]
) -> None:
    """Go over a range in steps of `size`, and one by one over what is left; `body(first, size)`."""
    first, last = ends
    whole = b.add(first, b.round_down(b.sub(last, first), size))
    b.for_each(first, whole, size, lambda at, _: body(at, size))
    if size > 1:
        b.for_each(whole, last, 1, lambda at, _: body(at, 1))


@dataclass(frozen=True)
class _Panel:
    """One panel, and how many columns it has, in how many vectors; the last one may have fewer."""

    number: Index
    columns: Index
    vectors: int
    last: bool = False

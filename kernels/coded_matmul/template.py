"""
`engine.coded_matmul`: products that read weights packed as they are stored.

Up to four rows decode a panel in registers, so that a weight is read once and in few bits; more
rows decode a part of a panel to the stack. With `lhs_codes` rows are rounded to codes of eight bits
and multiplied by integer dot products. One kernel takes any number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import f32, i8
from xdsl.ir import SSAValue

from ...dialects.engine import CodedMatmulOp
from ...dialects.engine.base import extents_of, shape_of, sized
from ...runtime.size import Extent, Size, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import each_of, each_tile, even_parts, part_range, tile_start
from ..common.register_tile import most_rows
from ..cost import Cost
from ..matmul.problem import panel_layout
from ..template import (
    ANY,
    MOST_CHUNKS,
    STRIDED,
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    plan_entry,
)
from .decode import PanelMemory
from .left_codes import LeftCodes, scratch_bytes
from .left_halves import PART_COLUMNS, PART_ROWS, LeftHalves, block_rows
from .many_rows import ManyRows
from .problem import CodedProblem, Codes, weight_layout
from .rows import FewRows
from .tile import TileMemory, TileWriter

FEW_ROWS = 4
"""Rows that decode codes in registers."""

SCRATCH_BYTES = 128 << 10
"""Most stack that rows may take as codes."""


def panel_vectors(columns: int, bits: int, target: Target) -> int:
    """
    Vectors of a panel: four rows of sums and what is decoded stay in registers. A word of codes of
    two bits has sixteen steps, which are code for each vector.
    """
    most = 4 if target.vector_registers >= 32 and bits > 2 else 2
    return max(1, min(most, -(-columns // target.lanes(f32))))


def rows_of_codes(codes: Codes) -> int:
    """Rows that are rounded and multiplied together; 0 where one is too long."""
    return min(FEW_ROWS, SCRATCH_BYTES // scratch_bytes(codes, 1))


def coded_seconds(op: CodedMatmulOp, target: Target) -> float:
    """Estimated time on one thread."""
    machine = target.machine
    rows = max(1, prod(shape_of(op.lhs)[:-1]))
    terms = rows * shape_of(op.codes)[0] * op.reduced_size / target.lanes(f32)
    decoding = 1.5 / min(rows, 96)
    cycles = terms * (1 / machine.fma_ports + decoding)
    if op.lhs_codes is not None:
        cycles = terms / machine.fma_ports * (0.5 if op.width == 16 else 0.25)
    return machine.seconds(cycles, op.bytes_moved(), machine.rates.panels)


@dataclass(frozen=True)
class CodedPlan(Plan):
    """A product with panels of `vectors` vectors; chunks are panels."""

    op: CodedMatmulOp
    problem: CodedProblem
    lanes: int
    vectors: int
    chunks: Extent
    row_parts: int
    """Parts of the rows that chunks are made of; the rest are parts of the panels."""
    block_rows: int
    """Rows that are rounded to bf16 together; 0 where none are."""

    @staticmethod
    def by_rows(
        op: CodedMatmulOp, problem: CodedProblem, cost: Cost, block: int, target: Target
    ) -> CodedPlan:
        """The plan of rows of bf16 whose number is known: chunks are rows, then panels."""
        rows, lanes = problem.rows, target.lanes(f32)
        wanted = cost.chunks(MOST_CHUNKS, target.machine)
        assert isinstance(wanted, int)
        assert isinstance(rows, int)
        tiles = -(-rows // most_rows(problem.width // lanes, target))
        parts = max(1, min(wanted, rows // PART_ROWS, tiles))
        some = min(-(-wanted // parts), -(-problem.columns // PART_COLUMNS), problem.panels)
        chunks = parts * even_parts(problem.panels, max(1, some))
        # A part has one tile more or less than another.
        block = min(block, -(-tiles // parts) * most_rows(problem.width // lanes, target))
        return CodedPlan(op, problem, lanes, problem.width // lanes, chunks, parts, block)

    def describe(self) -> dict[str, PlanEntry]:
        """Panel, codes, rows."""
        codes = self.problem.codes
        found: dict[str, PlanEntry] = {
            "method": "codes in registers",
            "panel": self.problem.width,
            "bits": codes.bits,
            "block": codes.block,
            "rows": plan_entry(self.problem.rows),
        }
        if self.op.lhs_codes is not None and not codes.in_pairs:
            found["rows_of_codes"] = rows_of_codes(codes)
        if codes.in_pairs:
            found["rows_of_halves"] = self.block_rows
        return found


class CodedMatmulTemplate(Template[CodedMatmulOp, CodedPlan]):
    """`engine.coded_matmul`; see the module docstring."""

    OP = CodedMatmulOp
    GENERAL = True

    def supports(self, op: CodedMatmulOp, target: Target) -> bool:
        """Unsigned codes where integer dot products read them."""
        if not all(sized(extents_of(v)) for v in op.sources) or 0 in shape_of(op.codes):
            return False
        if op.lhs_codes is None:
            return True
        codes = Codes.of(op)
        if codes.in_pairs:
            vectors = panel_vectors(shape_of(op.codes)[0], 16, target)
            return block_rows(codes, vectors, target) > 0
        return codes.element != i8 and rows_of_codes(codes) > 0

    def layouts(self, op: CodedMatmulOp, target: Target) -> Sequence[LayoutChoice]:
        """Panels of codes, of scales and of zero points; rows with any strides but the last."""
        width = panel_vectors(shape_of(op.codes)[0], op.width, target) * target.lanes(f32)
        beside = panel_layout(2, True, width)
        sources = (
            None,
            weight_layout(Codes.of(op), width),
            *(beside for _ in (*op.scales, *op.zeros)),
            *(STRIDED for _ in op.epilogue_operands),
        )
        return [LayoutChoice(sources, (ANY,), coded_seconds(op, target))]

    def plan(self, op: CodedMatmulOp, target: Target) -> CodedPlan | None:
        problem = CodedProblem.of(op)
        lanes = target.lanes(f32)
        if problem is None or problem.width % lanes:
            return None
        rows = product_of((*problem.batch, problem.rows))
        cost = Cost.of(op, lambda bound: coded_seconds(bound, target), rows)
        vectors, block = problem.width // lanes, 0
        if problem.codes.in_pairs:
            block = block_rows(problem.codes, vectors, target)
            if isinstance(problem.rows, int):
                return CodedPlan.by_rows(op, problem, cost, block, target)
        chunks = cost.chunks(problem.panels, target.machine)
        return CodedPlan(op, problem, lanes, vectors, chunks, 1, block)

    def write(self, plan: CodedPlan, name: str, builder: KernelBuilder) -> Kernel:
        return _Writer(plan, name, builder).write()


class _Writer:
    """The writing of one kernel."""

    def __init__(self, plan: CodedPlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.b = plan, name, builder
        self.tiles = TileWriter(builder, name, plan.problem, plan.op.epilogue_region, plan.lanes)
        self.few, self.many = FewRows(self.tiles), ManyRows(self.tiles)
        self.left, self.halves = LeftCodes(self.tiles), LeftHalves(self.tiles)

    def write(self) -> Kernel:
        """Add the kernel and its tile functions."""
        plan, b, problem, op = self.plan, self.b, self.plan.problem, self.plan.op
        names = ["chunk", "lhs", "codes"]
        names += ["scales"] * len(op.scales) + ["zeros"] * len(op.zeros)
        names += [f"extra{i}" for i in range(len(op.epilogue_operands))] + ["out"]
        with kernel_function(b, self.name, op, chunks=plan.chunks, names=names) as arguments:
            chunk, lhs, weight, *rest = arguments
            if 0 in extents_of(op.outs[0]):
                return Kernel(plan.chunks)
            count = len(problem.parameters)
            *epilogue_operands, out = rest[count:]
            panels = [problem.weight.cast(b, weight)]
            pairs = zip(problem.parameters, rest[:count], strict=True)
            panels += [view.cast(b, memory) for view, memory in pairs]
            views = (problem.lhs, problem.out, *problem.epilogue_operands)
            given = zip(views, (lhs, out, *epilogue_operands), strict=True)
            memories = [view.cast(b, memory) for view, memory in given]
            scratch = self._scratch()
            grid = (plan.row_parts, plan.chunks)
            if plan.row_parts > 1:
                assert isinstance(plan.chunks, int)
                grid = (plan.row_parts, plan.chunks // plan.row_parts)
            row_part, panel_part = b.unflatten(chunk, grid) if grid[0] > 1 else (0, chunk)
            some = part_range(b, panel_part, grid[1], problem.panels)
            with each_of(b, problem.batch, 0, 1) as batch:
                own = zip(views, memories, strict=True)
                sliced = [view.slice(b, memory, batch) for view, memory in own]
                self._product(sliced, panels, (row_part, some), scratch)
        return Kernel(plan.chunks)

    def _scratch(self) -> Sequence[SSAValue]:
        rows = self.plan.problem.rows
        if self.plan.problem.codes.in_pairs:
            return self.halves.scratch(self.plan.block_rows)
        if self.plan.op.lhs_codes is not None:
            return self.left.scratch(rows_of_codes(self.plan.problem.codes))
        return self.many.scratch() if isinstance(rows, Size) or rows > FEW_ROWS else ()

    def _product(
        self,
        memories: Sequence[SSAValue],
        panels: Sequence[SSAValue],
        parts: tuple[Index, tuple[Index, Index]],
        scratch: Sequence[SSAValue],
    ) -> None:
        """The panels of a chunk against its part of the rows of one matrix of the batch."""
        b = self.b
        lhs, out, *extras = memories
        memory = TileMemory(lhs, PanelMemory(panels[0], None, None), out, extras, scratch)
        rows = b.extent(self.plan.problem.rows)
        number = b.number(rows)
        if self.plan.problem.codes.in_pairs:
            self._by_halves(memory, panels, parts)
            return
        _, some = parts
        if self.plan.op.lhs_codes is not None:
            self._by_codes(rows, memory, panels, some)
            return
        few = TileMemory(lhs, memory.panel, out, extras)
        if number is not None and number <= FEW_ROWS:
            self._few(number, few, panels, some)
            return

        def many(panel: PanelMemory, column: Index, columns: int) -> None:
            self.many.call(rows, columns, memory.at_panel(panel), column)

        def by_rows(panel: PanelMemory, column: Index, columns: int) -> None:
            # Code for each number of rows, and for the last columns, too, would be several times
            # as much: a panel stays in the cache, and few columns are left over.
            if columns < self.plan.problem.width:
                many(panel, column, columns)
                return
            own = few.at_panel(panel)
            with b.if_(b.cmpi("sle", rows, FEW_ROWS)), b.loop(0, rows) as loop:
                self.few.call(1, columns, own, loop.index, column)
            with b.if_(b.cmpi("sgt", rows, FEW_ROWS)):
                many(panel, column, columns)

        self._each_panel(panels, some, by_rows if number is None else many)

    def _few(
        self,
        rows: int,
        memory: TileMemory,
        panels: Sequence[SSAValue],
        some: tuple[Index, Index],
    ) -> None:
        if rows:
            self._each_panel(
                panels,
                some,
                lambda panel, column, columns: self.few.call(
                    rows, columns, memory.at_panel(panel), 0, column
                ),
            )

    def _by_codes(
        self,
        rows: Index,
        memory: TileMemory,
        panels: Sequence[SSAValue],
        some: tuple[Index, Index],
    ) -> None:
        """Tiles of rows: rounded once, then against all panels of the chunk."""
        b, most = self.b, rows_of_codes(self.plan.problem.codes)

        def tile(count: int, row: Index) -> None:
            self.left.round_rows(memory.lhs, memory.scratch, row, count)
            self._each_panel(
                panels,
                some,
                lambda panel, column, columns: self.left.call(
                    count, columns, memory.at_panel(panel), row, column
                ),
            )

        full = b.round_down(rows, most)
        b.for_each(0, full, most, lambda row, _: tile(most, row))
        rest = b.sub(rows, full)
        number = b.number(rest)
        if number is not None:
            if number:
                tile(number, full)
            return
        b.for_each(full, rows, 1, lambda row, _: tile(1, row))

    def _by_halves(
        self,
        memory: TileMemory,
        panels: Sequence[SSAValue],
        parts: tuple[Index, tuple[Index, Index]],
    ) -> None:
        """Blocks of tiles of rows: rounded once, then tile by tile against all panels."""
        b, plan = self.b, self.plan
        number, some = parts
        runs = self.tiles.runs(b.extent(plan.problem.rows), most_rows(plan.vectors, b.target))
        count: Index = 0
        for _, tiles in runs:
            count = b.add(count, tiles)
        first, last = part_range(b, number, plan.row_parts, count)
        most = max(1, plan.block_rows // max(size for size, _ in runs))

        def block(start: Index, stop: Index) -> None:
            row = tile_start(b, runs, start)
            rows = b.sub(tile_start(b, runs, stop), row)
            self.halves.round_rows(memory.lhs, memory.scratch[0], row, rows)

            def panel(found: PanelMemory, column: Index, columns: int) -> None:
                own = memory.at_panel(found)

                def tile(size: int) -> Callable[[Index], None]:
                    def call(at: Index) -> None:
                        self.halves.call(size, columns, own, at, b.sub(at, row), column)

                    return call

                each_tile(b, runs, (start, stop), tile)

            self._each_panel(panels, some, panel)

        b.for_each(first, last, most, lambda t, _: block(t, b.min(b.add(t, most), last)))

    def _each_panel(
        self,
        panels: Sequence[SSAValue],
        some: tuple[Index, Index],
        body: Callable[[PanelMemory, Index, int], None],
    ) -> None:
        """`body(panel, column, columns)` for the panels of a chunk."""
        b, problem, op = self.b, self.plan.problem, self.plan.op
        whole, rest = divmod(problem.columns, problem.width)
        views = (problem.weight, *problem.parameters)

        def one(number: Index, columns: int) -> None:
            own = [v.panel(b, m, number) for v, m in zip(views, panels, strict=True)]
            scales = own[1] if op.scales else None
            zeros = own[-1] if op.zeros else None
            body(PanelMemory(own[0], scales, zeros), b.mul(number, problem.width), columns)

        first, last = some
        upper = b.min(last, whole) if rest else last
        b.for_each(first, upper, 1, lambda n, _: one(n, problem.width))
        if not rest:
            return
        if b.number(last) is not None:
            one(whole, rest)
            return
        with b.if_(b.cmpi("sgt", last, whole)):
            one(whole, rest)

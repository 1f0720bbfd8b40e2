"""One register tile of a matrix product as a private function, epilogue included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import FixedBitwidthType, i8, i16
from xdsl.ir import Attribute, Region, SSAValue

from ...dialects.vector_ext import GROUP
from ..builder import INDEX, Index, KernelBuilder
from ..common.codes import load_word_splat
from ..common.element_access import load_lanes
from ..common.epilogue import Epilogue
from ..common.register_tile import (
    LeftLoad,
    RightLoad,
    TileShape,
    accumulate,
    add_values,
    partial_sums,
)
from ..common.strided_view import StridedView
from .prefetch import PanelPrefetch
from .problem import MatmulProblem
from .runs import Run
from .split_rows import SplitRows, halves


@dataclass(frozen=True)
class TileMemory:
    """
    What a tile function reads and writes: the left matrix, one panel of the right one, the result
    and the operands of its epilogue; partial sums of the panel, [rows, width], where a sum is done
    in runs; and where the tile's share of prefetching starts.
    """

    lhs: SSAValue
    panel: SSAValue
    out: SSAValue
    epilogue_operands: Sequence[SSAValue]
    totals: SSAValue | None = None
    ahead: SSAValue | None = None

    def as_list(self) -> list[SSAValue]:
        """The operands of a tile function."""
        rest = [value for value in (self.totals, self.ahead) if value is not None]
        return [self.lhs, self.panel, self.out, *self.epilogue_operands, *rest]

    def of(self, values: Sequence[SSAValue]) -> TileMemory:
        """The same with `values` (in the order of `as_list`) in place of its own."""
        lhs, panel, out, *rest = values
        ahead = rest.pop() if self.ahead is not None else None
        totals = rest.pop() if self.totals is not None else None
        return TileMemory(lhs, panel, out, rest, totals, ahead)

    def names(self) -> list[str]:
        """Hints for `as_list`."""
        names = ["lhs", "panel", "out", *(f"extra{i}" for i in range(len(self.epilogue_operands)))]
        names += ["totals"] if self.totals is not None else []
        return names + (["ahead"] if self.ahead is not None else [])


@dataclass(frozen=True)
class TilePlace:
    """Where a tile belongs: row and column of the result, step of the sum, line of the totals."""

    row: Index
    column: Index
    step: Index = 0
    line: Index = 0


@dataclass
class TileFunctions:
    """
    The tile functions of one kernel, made when they are first called.

    `panel` is the view of a panel, [depth, width]; with `in_place` it is the view of the whole
    right matrix, [depth, columns].
    """

    builder: KernelBuilder
    name: str
    problem: MatmulProblem
    region: Region | None
    panel: StridedView
    in_place: bool
    lanes: int
    prefetch: PanelPrefetch | None = None
    split: SplitRows | None = None
    """Where left codes wait as pairs: rows of `lhs` are then those of the scratch."""
    made: dict[tuple[object, ...], str] = field(default_factory=dict[tuple[object, ...], str])

    def call(
        self,
        rows: int,
        columns: int,
        memory: TileMemory,
        place: TilePlace,
        run: Run | None = None,
    ) -> None:
        """Compute `rows` times `columns` results, or what `run` adds to them."""
        kind = None if run is None else (run.length, run.first, run.last)
        key = (rows, columns, kind)
        if key not in self.made:
            suffix = "" if run is None else f"_{len(self.made)}"
            self.made[key] = f"{self.name}_tile_{rows}x{columns}{suffix}"
            self._define(self.made[key], rows, columns, memory, run)
        at = [place.row, place.column, *([] if run is None else [place.step, place.line])]
        if self.split is not None:
            at.append(place.line)
        self.builder.call(self.made[key], [*memory.as_list(), *at])

    def _define(
        self, name: str, rows: int, columns: int, given: TileMemory, run: Run | None
    ) -> None:
        builder, problem = self.builder, self.problem
        views = [problem.out.inner(2), *(extra.inner(2) for extra in problem.epilogue_operands)]
        places = ["row", "column", *([] if run is None else ["step", "line"])]
        if self.split is not None:
            places.append("line")
        inputs: list[Attribute] = [value.type for value in given.as_list()]
        inputs += [INDEX] * len(places)
        names = [*given.names(), *places]
        with builder.function(name, inputs, private=True, names=names) as arguments:
            memory = given.of(arguments[: -len(places)])
            place = TilePlace(**dict(zip(places, arguments[-len(places) :], strict=True)))
            shape = TileShape(rows, -(-columns // self.lanes))
            if run is None or run.last:
                self._ask_for_extras(rows, columns, memory, place)
            if run is None:
                tile = self._products(shape, columns, memory, place)
            else:
                tile = self._block(shape, columns, memory, place, (place.step, run.length))
                tile = self._with_totals(tile, shape, memory, place, run)
                if not run.last:
                    return
            epilogue = Epilogue(self.region, tuple(views[1:]), views[0])
            lines = [tile[r * shape.vectors : (r + 1) * shape.vectors] for r in range(rows)]
            epilogue.store_tile(
                builder,
                lines,
                memory.epilogue_operands,
                memory.out,
                place.row,
                place.column,
                self.lanes,
                columns,
            )

    def _ask_for_extras(
        self, rows: int, columns: int, memory: TileMemory, place: TilePlace
    ) -> None:
        """Ask for what the epilogue reads of whole matrices, a residual: the sum takes longer."""
        builder = self.builder
        for extra, view in zip(
            memory.epilogue_operands, self.problem.epilogue_operands, strict=True
        ):
            matrix = view.inner(2)
            if 0 in matrix.strides or matrix.strides[1] != 1:
                continue
            assert isinstance(matrix.element, FixedBitwidthType)
            line = 8 * builder.target.machine.line_bytes // max(8, matrix.element.bitwidth)
            with builder.loop(0, rows) as loop:
                row = builder.add(place.row, loop.index)
                for column in range(0, columns, line):
                    at = (row, builder.add(place.column, column))
                    builder.prefetch(extra, matrix.indices(at))

    def _with_totals(
        self,
        tile: Sequence[SSAValue],
        shape: TileShape,
        memory: TileMemory,
        place: TilePlace,
        run: Run,
    ) -> list[SSAValue]:
        """The tile added to what earlier runs left; stored again unless it is the last run."""
        builder, lanes = self.builder, self.lanes
        assert memory.totals is not None
        found: list[SSAValue] = []
        for i, value in enumerate(tile):
            row, vector = divmod(i, shape.vectors)
            at = (builder.add(place.line, row), vector * lanes)
            total = value
            if not run.first:
                total = builder.vload(memory.totals, at, lanes)
                total = add_values(builder, total, value, self.problem.element)
            if not run.last:
                builder.vstore(total, memory.totals, at)
            found.append(total)
        return found

    def _block(
        self,
        shape: TileShape,
        columns: int,
        memory: TileMemory,
        place: TilePlace,
        steps: tuple[Index, int],
    ) -> list[SSAValue]:
        """The accumulators over some steps of the sum: the first, and how many."""
        builder, problem, lanes = self.builder, self.problem, self.lanes
        left_view = problem.lhs.inner(2)
        rows = [builder.add(place.row, r) for r in range(shape.rows)]
        origin = place.column if self.in_place else 0
        zero = builder.splat(0, problem.element, lanes)
        start, length = steps
        # A share is of one run of the sum, or of all of it.
        whole = problem.depth if memory.totals is None else length

        def left(r: int, k: Index) -> SSAValue:
            step = builder.add(start, k)
            if problem.signs is None:
                position = left_view.indices((rows[r], step))
                return builder.load_splat(memory.lhs, position, lanes)
            position = left_view.indices((rows[r], builder.mul(step, GROUP)))
            return load_word_splat(builder, memory.lhs, position, left_view.strides[1], lanes)

        def right(j: int, k: Index) -> SSAValue:
            rest = columns - j * lanes
            valid = rest if self.in_place and rest < lanes else None
            position = (builder.add(start, k), builder.add(origin, j * lanes))
            return load_lanes(builder, self.panel, memory.panel, position, lanes, valid)

        loads: list[tuple[LeftLoad, RightLoad]] = [(left, right)]
        if self.split is not None:
            loads = [self._pairs(odd, memory, place, (start, right)) for odd in (0, 1)]

        def each_trip(k: Index, trip: int) -> None:
            if self.prefetch is not None and memory.ahead is not None:
                step = k if memory.totals is not None else builder.add(start, k)
                self.prefetch.ask(builder, memory.ahead, step, trip, (shape.rows, whole))

        return accumulate(
            builder,
            shape,
            (0, length),
            *loads[0],
            zero,
            problem.element,
            each_trip=each_trip,
            signs=problem.signs,
            more=loads[1:],
        )

    def _pairs(
        self, odd: int, memory: TileMemory, place: TilePlace, words: tuple[Index, RightLoad]
    ) -> tuple[LeftLoad, RightLoad]:
        """How even or `odd` codes are read as words of 16 bits: left ones from where they wait."""
        builder, lanes, signs = self.builder, self.lanes, self.problem.signs
        assert signs is not None
        lines, (start, load) = memory.lhs, words

        def left(r: int, k: Index) -> SSAValue:
            at = (builder.add(place.line, r), odd, builder.add(start, k))
            return builder.regroup(builder.load_splat(lines, at, lanes), i16)

        def right(j: int, k: Index) -> SSAValue:
            codes = builder.regroup(load(j, k), i8)
            return halves(builder, codes, signs[1])[odd]

        return left, right

    def _products(
        self, shape: TileShape, columns: int, memory: TileMemory, place: TilePlace
    ) -> list[SSAValue]:
        """The accumulators over the whole depth, in runs of partial sums where it is long."""
        builder, problem, lanes = self.builder, self.problem, self.lanes

        def block(start: Index, length: int) -> list[SSAValue]:
            return self._block(shape, columns, memory, place, (start, length))

        # Sums of integers are exact in any order.
        runs = [(0, problem.depth)] if problem.signs else partial_sums(problem.depth)
        last_start, last_stop = runs[-1]
        if len(runs) == 1:
            return block(0, last_stop)
        count = shape.rows * shape.vectors
        totals = builder.alloca([count, lanes], problem.element)
        zero = builder.splat(0, problem.element, lanes)
        for i in range(count):
            builder.vstore(zero, totals, [i, 0])
        length = runs[0][1]
        even = last_stop % length == 0
        with builder.loop(0, last_stop if even else last_start, length) as loop:
            for i, value in enumerate(block(loop.index, length)):
                total = builder.vload(totals, [i, 0], lanes)
                total = add_values(builder, total, value, problem.element)
                builder.vstore(total, totals, [i, 0])
        if even:
            return [builder.vload(totals, [i, 0], lanes) for i in range(count)]
        return [
            add_values(builder, builder.vload(totals, [i, 0], lanes), value, problem.element)
            for i, value in enumerate(block(last_start, last_stop - last_start))
        ]

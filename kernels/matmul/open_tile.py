"""The pieces of an open product: register tiles that add to totals, and their epilogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.ir import SSAValue

from ...dialects.vector_ext import GROUP
from ...runtime.size import is_one
from ..builder import DYNAMIC, INDEX, Index, KernelBuilder, memref_type
from ..common.codes import load_word_splat
from ..common.element_access import load_lanes, store_lanes
from ..common.inline_region import inline_region
from ..common.register_tile import TileShape, accumulate, add_values
from ..common.strided_view import with_open_offset
from .open_plan import OpenPlan


@dataclass(frozen=True)
class SumRun:
    """Steps of a sum: the first, and how many."""

    start: Index
    length: Index


@dataclass
class OpenTiles:
    """The private functions of one kernel, made when they are first called."""

    builder: KernelBuilder
    name: str
    plan: OpenPlan
    made: set[str] = field(default_factory=set[str])

    def add(
        self,
        shape: TileShape,
        run: SumRun,
        operands: tuple[SSAValue, SSAValue],
        sums: SSAValue,
        columns: Index,
    ) -> None:
        """
        Add the products of a run to the sums of a tile: totals, or results that need nothing else.

        `operands` are their [rows, length] and [length, width], `sums` [rows, `columns` at least].
        Those of the first run are stored, whatever they were.
        """
        b, plan = self.builder, self.plan
        name = f"{self.name}_tile_{shape.rows}x{shape.vectors * plan.lanes}"
        single, direct = plan.runs.single, plan.is_direct(shape.vectors)
        masked, partial = plan.is_masked(shape.vectors), plan.is_partial(shape.vectors)
        type = memref_type([shape.rows, DYNAMIC], plan.problem.element, [None, 1], None)
        given = [*operands, with_open_offset(b, sums, type)]
        places = {"length": run.length}
        places |= {} if single else {"start": run.start}
        places |= {"columns": columns} if masked or (direct and partial) else {}
        if name not in self.made:
            self.made.add(name)
            known = isinstance(run.length, int) and (plan.runs.equal or single)
            types = [*(value.type for value in given), *[INDEX] * len(places)]
            names = ["lhs", "panel", "sums", *places]
            with b.function(name, types, private=True, names=names) as arguments:
                inside = dict(zip(names, arguments, strict=True))
                masks = self._masks(inside.get("columns"), shape.vectors)
                length = run.length if known else inside["length"]
                loaded = masks if masked else [None] * shape.vectors
                tile = self._tile(shape, length, (inside["lhs"], inside["panel"]), loaded)
                first = None if single else b.cmpi("eq", inside["start"], 0)
                self._store(shape, tile, inside["sums"], masks, first)
        b.call(name, [*given, *places.values()])

    def _masks(self, columns: Index | None, vectors: int) -> list[SSAValue | None]:
        """Which lanes of the vectors of a row of a panel have columns; None where all do."""
        b, plan = self.builder, self.plan
        if columns is None:
            return [None] * vectors
        if isinstance(plan.columns, int):
            columns = plan.columns % plan.width
        return [b.mask(b.sub(columns, j * plan.lanes), plan.lanes) for j in range(vectors)]

    def _tile(
        self,
        shape: TileShape,
        length: Index,
        operands: tuple[SSAValue, SSAValue],
        masks: Sequence[SSAValue | None],
    ) -> list[SSAValue]:
        b, plan = self.builder, self.plan
        lhs, panel = operands
        element, lanes = plan.problem.element, plan.lanes
        view, signs = plan.problem.lhs.inner(2), plan.problem.signs

        def left(r: int, k: Index) -> SSAValue:
            if signs is None:
                return b.load_splat(lhs, view.indices((r, k)), lanes)
            at = view.indices((r, b.mul(k, GROUP)))
            return load_word_splat(b, lhs, at, view.strides[1], lanes)

        def right(j: int, k: Index) -> SSAValue:
            return b.vload(panel, (k, j * lanes), lanes, masks[j])

        zero = b.splat(0, element, lanes)
        return accumulate(b, shape, (0, length), left, right, zero, element, signs=signs)

    def _store(
        self,
        shape: TileShape,
        tile: Sequence[SSAValue],
        sums: SSAValue,
        masks: Sequence[SSAValue | None],
        first: SSAValue | None,
    ) -> None:
        """Add a tile to its sums, as far as there are columns; at the `first` step (None: the only
        one) nothing is there yet."""
        b, plan = self.builder, self.plan
        for number, value in enumerate(tile):
            row, vector = divmod(number, shape.vectors)
            at, total = (row, vector * plan.lanes), value
            if first is not None:
                there = b.vload(sums, at, plan.lanes, masks[vector])
                more = add_values(b, there, value, plan.problem.element)
                total = b.select(first, value, more)
            b.vstore(total, sums, at, masks[vector])

    def finish(
        self,
        totals: SSAValue,
        results: Sequence[SSAValue],
        place: tuple[Index, Index],
        size: tuple[Index, Index],
    ) -> None:
        """
        The epilogue on totals of `size` (rows, columns), which belong at `place` in the result.

        `results` are the matrix of results and those of the epilogue's operands.
        """
        b = self.builder
        name = f"{self.name}_finish"
        if name not in self.made:
            self.made.add(name)
            types = [totals.type, *(value.type for value in results), *[INDEX] * 4]
            extras = [f"extra{i}" for i in range(len(results) - 1)]
            names = ["totals", "out", *extras, "row", "column", "rows", "columns"]
            with b.function(name, types, private=True, names=names) as inside:
                self._finish(inside)
        b.call(name, [totals, *results, *place, *size])

    def _finish(self, arguments: Sequence[SSAValue]) -> None:
        b, plan = self.builder, self.plan
        totals, out, *extras, row, column, rows, columns = arguments
        problem, lanes = plan.problem, plan.lanes
        region = plan.op.epilogue_region
        views = [extra.inner(2) for extra in problem.epilogue_operands]
        result = problem.out.inner(2)
        single = is_one(plan.columns)

        def vector(j: Index, mask: SSAValue | None, _: tuple[SSAValue, ...]) -> None:
            some = 1 if single else None if mask is None else b.sub(columns, j)
            at = b.add(column, j)

            def load(number: int, line: Index) -> SSAValue:
                position = (line, at)
                return load_lanes(b, views[number], extras[number], position, lanes, some)

            # What does not depend on the row is loaded once, a bias for instance.
            fixed = {n: load(n, row) for n, view in enumerate(views) if view.strides[0] == 0}
            with b.loop(0, rows) as loop:
                line = b.add(row, loop.index)
                value = b.vload(totals, (loop.index, j), lanes)
                if region is not None:
                    found = [fixed[n] if n in fixed else load(n, line) for n in range(len(views))]
                    [value] = inline_region(b, region.block, [value, *found])
                # A result of one column has no stride along it.
                valid = 1 if result.strides[-1] == 0 else some
                store_lanes(b, value, result, out, (line, at), lanes, valid)

        if single:
            vector(0, None, ())
        else:
            b.for_vectors(columns, lanes, vector)

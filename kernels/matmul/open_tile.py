"""The pieces of an open product: register tiles that add to totals, and their epilogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.ir import SSAValue

from ...dialects.vector_ext import GROUP
from ...runtime.size import is_one
from ..builder import INDEX, Index, KernelBuilder
from ..common.codes import load_word_splat
from ..common.element_access import load_lanes, store_lanes
from ..common.inline_region import inline_region
from ..common.register_tile import TileShape, accumulate, add_values
from .open_plan import OpenPlan


@dataclass
class OpenTiles:
    """The private functions of one kernel, made when they are first called."""

    builder: KernelBuilder
    name: str
    plan: OpenPlan
    made: set[str] = field(default_factory=set[str])

    def add(
        self, shape: TileShape, length: Index, lhs: SSAValue, panel: SSAValue, totals: SSAValue
    ) -> None:
        """
        Add the products of `length` steps to a tile of totals.

        `lhs` is [rows, length], `panel` [length, width], `totals` [rows, width]. The totals of a
        sum in one run are stored, whatever they were.
        """
        b, plan = self.builder, self.plan
        name = f"{self.name}_tile_{shape.rows}x{shape.vectors * plan.lanes}"
        if name not in self.made:
            self.made.add(name)
            known = isinstance(length, int) and (plan.runs.equal or plan.runs.single)
            types = [lhs.type, panel.type, totals.type, INDEX]
            names = ["lhs", "panel", "totals", "length"]
            with b.function(name, types, private=True, names=names) as (*inside, steps):
                self._tile(shape, length if known else steps, inside)
        b.call(name, [lhs, panel, totals, length])

    def _tile(self, shape: TileShape, length: Index, memories: Sequence[SSAValue]) -> None:
        b, plan = self.builder, self.plan
        lhs, panel, totals = memories
        element, lanes = plan.problem.element, plan.lanes
        view, signs = plan.problem.lhs.inner(2), plan.problem.signs

        def left(r: int, k: Index) -> SSAValue:
            if signs is None:
                return b.load_splat(lhs, view.indices((r, k)), lanes)
            at = view.indices((r, b.mul(k, GROUP)))
            return load_word_splat(b, lhs, at, view.strides[1], lanes)

        tile = accumulate(
            b,
            shape,
            (0, length),
            left,
            lambda j, k: b.vload(panel, (k, j * lanes), lanes),
            b.splat(0, element, lanes),
            element,
            signs=signs,
        )
        for number, value in enumerate(tile):
            row, vector = divmod(number, shape.vectors)
            at = (row, vector * lanes)
            total = value
            if not plan.runs.single:
                total = add_values(b, b.vload(totals, at, lanes), value, element)
            b.vstore(total, totals, at)

    def clear(self, totals: SSAValue, rows: Index) -> None:
        """Zeros in `rows` rows of totals, [rows, width]."""
        b, plan = self.builder, self.plan
        zero = b.splat(0, plan.problem.element, plan.lanes)
        with b.loop(0, rows) as loop:
            for vector in range(plan.vectors):
                b.vstore(zero, totals, (loop.index, vector * plan.lanes))

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

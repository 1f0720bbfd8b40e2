"""One register tile of a matrix product as a private function, epilogue included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.ir import Attribute, Region, SSAValue

from .builder import INDEX, Index, KernelBuilder
from .element_access import load_lanes
from .epilogue import Epilogue
from .matmul_prefetch import PanelPrefetch
from .matmul_problem import MatmulProblem
from .register_tile import TileShape, accumulate, add_values, partial_sums
from .strided_view import StridedView


@dataclass
class TileFunctions:
    """
    The tile functions of one kernel, made when they are first called.

    A tile function takes the left matrix, one panel of the right one, the result, the extras,
    and the row and column where the tile belongs. `panel` is the view of a panel, [depth, width];
    with `in_place` it is the view of the whole right matrix, [depth, columns]. With `prefetch`
    the last memory is where the tile's share of the next panel starts.
    """

    builder: KernelBuilder
    name: str
    problem: MatmulProblem
    region: Region | None
    panel: StridedView
    in_place: bool
    lanes: int
    prefetch: PanelPrefetch | None = None
    ahead: SSAValue | None = None
    made: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    def call(
        self,
        rows: int,
        columns: int,
        memories: Sequence[SSAValue],
        row: Index,
        column: Index,
    ) -> None:
        """
        Compute `rows` times `columns` results at [row, column].

        `memories` are those of the left matrix, the panel, the result and the extras, and what is
        to be prefetched.
        """
        key = (rows, columns)
        if key not in self.made:
            self.made[key] = f"{self.name}_tile_{rows}x{columns}"
            self._define(rows, columns, memories)
        self.builder.call(self.made[key], [*memories, row, column])

    def _define(self, rows: int, columns: int, given: Sequence[SSAValue]) -> None:
        builder, problem = self.builder, self.problem
        views = [problem.lhs.inner(2), self.panel, problem.out.inner(2)]
        views += [extra.inner(2) for extra in problem.extras]
        inputs: list[Attribute] = [*(view.memref() for view in views), INDEX, INDEX]
        hints = ["lhs", "panel", "out", *(f"extra{i}" for i in range(len(problem.extras)))]
        if self.prefetch is not None:
            inputs.insert(-2, given[-1].type)
            hints.append("ahead")
        with builder.function(
            self.made[rows, columns], inputs, private=True, names=[*hints, "row", "column"]
        ) as (*memories, row, column):
            self.ahead = memories.pop() if self.prefetch is not None else None
            shape = TileShape(rows, -(-columns // self.lanes))
            tile = self._products(shape, columns, memories, (row, column))
            epilogue = Epilogue(self.region, tuple(views[3:]), views[2])
            lines = [tile[r * shape.vectors : (r + 1) * shape.vectors] for r in range(rows)]
            epilogue.store_tile(
                builder, lines, memories[3:], memories[2], row, column, self.lanes, columns
            )

    def _products(
        self,
        shape: TileShape,
        columns: int,
        memories: Sequence[SSAValue],
        corner: tuple[Index, Index],
    ) -> list[SSAValue]:
        """The accumulators over the whole depth, in runs of partial sums where it is long."""
        builder, problem, lanes = self.builder, self.problem, self.lanes
        lhs, panel = memories[0], memories[1]
        left_view = problem.lhs.inner(2)
        rows = [builder.add(corner[0], r) for r in range(shape.rows)]
        origin = corner[1] if self.in_place else 0
        zero = builder.splat(0, problem.element, lanes)

        def block(start: Index, length: int) -> list[SSAValue]:
            def left(r: int, k: Index) -> SSAValue:
                position = left_view.indices((rows[r], builder.add(start, k)))
                return builder.load_splat(lhs, position, lanes)

            def right(j: int, k: Index) -> SSAValue:
                rest = columns - j * lanes
                valid = rest if self.in_place and rest < lanes else None
                position = (builder.add(start, k), builder.add(origin, j * lanes))
                return load_lanes(builder, self.panel, panel, position, lanes, valid)

            def each_trip(k: Index, steps: int) -> None:
                if self.prefetch is not None and self.ahead is not None:
                    at = builder.add(start, k)
                    self.prefetch.ask(builder, self.ahead, at, steps, shape.rows)

            return accumulate(
                builder,
                shape,
                (0, length),
                left,
                right,
                zero,
                problem.element,
                each_trip=each_trip,
            )

        runs = partial_sums(problem.depth)
        last_start, last_stop = runs[-1]
        if len(runs) == 1:
            return block(0, last_stop)
        count = shape.rows * shape.vectors
        totals = builder.alloca([count, lanes], problem.element)
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

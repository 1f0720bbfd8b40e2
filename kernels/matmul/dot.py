"""
Products as dot products: for long sums over operands that are both contiguous along the depth.

`x . W^T` with a computed `W` [columns, depth] needs no transposition then: vectors run along the
depth, a tile keeps one accumulator for each pair of a row and a column, and its lanes are added
at the end. That end costs about as much as sixty steps, so short sums are packed instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from xdsl.ir import SSAValue

from ...dialects.engine import MatmulOp
from ...runtime.format_tag import FormatTag
from ...targets.target import Target
from ..builder import INDEX, Index, KernelBuilder
from ..common.chunking import each_of, each_tile, even_parts, part_range
from ..common.element_access import from_storage, to_storage
from ..common.inline_region import inline_region
from ..common.register_tile import multiply_add
from ..common.strided_view import StridedView
from ..template import Kernel, Plan, PlanEntry, chunk_count, kernel_arguments, split_evenly
from .cost import dot_seconds
from .problem import MatmulProblem

LONG_SUM = 512
"""Depth from which dot products are faster than packing a panel for many rows."""


def prefers_dot(problem: MatmulProblem) -> bool:
    """Whether a right operand that is not packed is better read along the depth."""
    if problem.panel is not None or problem.depth < 2:
        return False
    contiguous = problem.lhs.strides[-1] == 1 and problem.rhs.strides[-2] == 1
    across = problem.columns == 1 or problem.rhs.strides[-1] != 1
    small = problem.rows < 4 or problem.columns < 4
    return contiguous and across and (small or problem.depth >= LONG_SUM)


def narrow_layout(rank: int, transposed: bool) -> str | None:
    """The layout of a constant of a few columns: each column contiguous (None: row-major)."""
    if transposed:
        return None
    return str(FormatTag(rank, (*range(rank - 2), rank - 1, rank - 2), ()))


@dataclass(frozen=True)
class DotPlan(Plan):
    """Tiles of `rows` and `columns`, runs of [(size, count), ...]; `parts` of batch and columns."""

    op: MatmulOp
    problem: MatmulProblem
    rows: tuple[tuple[int, int], ...]
    columns: tuple[tuple[int, int], ...]
    parts: tuple[int, int]
    seconds: float
    """Estimated time on one thread."""

    @staticmethod
    def of(op: MatmulOp, problem: MatmulProblem, target: Target) -> DotPlan:
        """The plan of a product that `prefers_dot`."""
        columns = split_evenly(problem.columns, 4)
        rows = split_evenly(problem.rows, 8 if problem.columns == 1 else 4)
        column_tiles = sum(count for _, count in columns)
        seconds = dot_seconds(problem, op.bytes_moved(), target)
        wanted = chunk_count(problem.batches * column_tiles, seconds, target.machine)
        batch_parts = even_parts(problem.batches, wanted)
        parts = (batch_parts, even_parts(column_tiles, -(-wanted // batch_parts)))
        return DotPlan(op, problem, tuple(rows), tuple(columns), parts, seconds)

    def describe(self) -> dict[str, PlanEntry]:
        """Tile and parts."""
        batches, columns = self.parts
        return {
            "method": "dot products",
            "tile": f"{self.rows[0][0]}x{self.columns[0][0]}",
            "parts": f"{batches} of batch, {columns} of columns",
            "estimated_us": round(self.seconds * 1e6),
        }


@dataclass
class DotWriter:
    """The writing of one kernel of dot products."""

    plan: DotPlan
    name: str
    builder: KernelBuilder
    made: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    def write(self) -> Kernel:
        """Add the kernel and its tile functions."""
        plan, builder = self.plan, self.builder
        problem = plan.problem
        row_tiles = sum(count for _, count in plan.rows)
        column_tiles = sum(count for _, count in plan.columns)
        views = (problem.lhs, problem.rhs.swapped(), problem.out, *problem.epilogue_operands)
        names = [
            "chunk",
            "lhs",
            "rhs",
            *(f"extra{i}" for i in range(len(problem.epilogue_operands))),
            "out",
        ]
        with builder.function(self.name, kernel_arguments(plan.op), names=names) as arguments:
            chunk, lhs, rhs, *epilogue_operands, out = arguments
            whole = [
                view.cast(builder, memory)
                for view, memory in zip(views, (lhs, rhs, out, *epilogue_operands), strict=True)
            ]
            part = builder.unflatten(chunk, plan.parts)
            with each_of(builder, problem.batch, part[0], plan.parts[0]) as batch:
                memories = [
                    view.slice(builder, memory, batch)
                    for view, memory in zip(views, whole, strict=True)
                ]
                some = part_range(builder, part[1], plan.parts[1], column_tiles)
                each_tile(
                    builder,
                    plan.columns,
                    some,
                    lambda width: (
                        lambda column: each_tile(
                            builder,
                            plan.rows,
                            (0, row_tiles),
                            lambda height: (
                                lambda row: self._tile(memories, (height, width), row, column)
                            ),
                        )
                    ),
                )
        return Kernel(prod(plan.parts))

    def _tile(
        self, memories: list[SSAValue], size: tuple[int, int], row: Index, column: Index
    ) -> None:
        """Call the function for a tile, which the first call makes."""
        builder, problem = self.builder, self.plan.problem
        if size not in self.made:
            self.made[size] = f"{self.name}_dot_{size[0]}x{size[1]}"
            views = (problem.lhs, problem.rhs.swapped(), problem.out, *problem.epilogue_operands)
            inputs = [*(view.inner(2).memref() for view in views), INDEX, INDEX]
            with builder.function(self.made[size], inputs, private=True) as arguments:
                _dot_tile(builder, self.plan.op, problem, size, list(arguments))
        builder.call(self.made[size], [*memories, row, column])


def _dot_tile(
    builder: KernelBuilder,
    op: MatmulOp,
    problem: MatmulProblem,
    size: tuple[int, int],
    arguments: list[SSAValue],
) -> None:
    """The body of a tile function: `size` sums of products, then the epilogue on scalars."""
    lhs, rhs, out, *epilogue_operands, row, column = arguments
    lanes = builder.target.lanes(problem.element)
    left, right = problem.lhs.inner(2), problem.rhs.swapped().inner(2)
    height, width = size
    zero = builder.splat(0, problem.element, lanes)

    def step(k: Index, mask: SSAValue | None, sums: tuple[SSAValue, ...]) -> list[SSAValue]:
        def load(view: StridedView, memory: SSAValue, line: Index) -> SSAValue:
            return builder.vload(memory, view.indices((line, k)), lanes, mask)

        a = [load(left, lhs, builder.add(row, i)) for i in range(height)]
        b = [load(right, rhs, builder.add(column, j)) for j in range(width)]
        return [
            multiply_add(builder, a[i], b[j], sums[i * width + j], problem.element)
            for i in range(height)
            for j in range(width)
        ]

    sums = builder.for_vectors(problem.depth, lanes, step, [zero] * (height * width))
    kind = "add"
    for i in range(height):
        for j in range(width):
            total = builder.reduce(kind, sums[i * width + j])
            position = (builder.add(row, i), builder.add(column, j))
            values = [total]
            for view, memory in zip(problem.epilogue_operands, epilogue_operands, strict=True):
                inner = view.inner(2)
                loaded = builder.load(memory, inner.indices(position))
                values.append(from_storage(builder, loaded, inner.element))
            if op.epilogue_region is not None:
                [total] = inline_region(builder, op.epilogue_region.block, values)
            stored = to_storage(builder, total)
            builder.store(stored, out, problem.out.inner(2).indices(position))

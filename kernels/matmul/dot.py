"""
Products as dot products: for long sums over operands that are both contiguous along the depth.

`x . W^T` with a computed `W` [columns, depth] needs no transposition then: vectors run along the
depth, a tile keeps one accumulator for each pair of a row and a column, and its lanes are added
at the end. That end costs about as much as sixty steps, so short sums are packed instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from ...dialects.engine import MatmulOp
from ...runtime.format_tag import FormatTag
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.chunking import each_of, each_tile, even_parts, part_range
from ..template import Kernel, Plan, PlanEntry, chunk_count, kernel_arguments, split_evenly
from .cost import dot_seconds
from .dot_tile import DotTiles
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
    if problem.signs is not None:  # four steps of the sum are packed at once
        return contiguous and small
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

    def write(self) -> Kernel:
        """Add the kernel and its tile functions."""
        plan, builder = self.plan, self.builder
        problem = plan.problem
        tiles = DotTiles(builder, self.name, plan.op, problem)
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
                                lambda row: tiles.call(memories, (height, width), row, column)
                            ),
                        )
                    ),
                )
        return Kernel(prod(plan.parts))

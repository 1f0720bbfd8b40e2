"""A tile of dot products as a private function: vectors run along the depth of both operands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.ir import SSAValue

from ...dialects.engine import MatmulOp
from ...dialects.vector_ext import GROUP
from ..builder import INDEX, Index, KernelBuilder
from ..common.element_access import from_storage, to_storage
from ..common.inline_region import inline_region
from ..common.register_tile import multiply_add
from ..common.strided_view import StridedView
from .problem import MatmulProblem


@dataclass
class DotTiles:
    """The tile functions of one kernel, made when they are first called."""

    builder: KernelBuilder
    name: str
    op: MatmulOp
    problem: MatmulProblem
    made: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    def call(
        self, memories: Sequence[SSAValue], size: tuple[int, int], row: Index, column: Index
    ) -> None:
        """
        The products of a few rows and columns, and their epilogue.

        `memories` are [rows, depth], [columns, depth], the result, and operands of its epilogue.
        """
        builder = self.builder
        if size not in self.made:
            self.made[size] = f"{self.name}_dot_{size[0]}x{size[1]}"
            inputs = [*(memory.type for memory in memories), INDEX, INDEX]
            with builder.function(self.made[size], inputs, private=True) as arguments:
                _dot_tile(builder, self.op, self.problem, size, list(arguments))
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
            if problem.signs is None:
                return builder.vload(memory, view.indices((line, k)), lanes, mask)
            first = builder.mul(k, GROUP)
            rest = builder.sub(builder.mul(problem.extents[2], GROUP), first)
            valid = None if mask is None else builder.mask(rest, lanes * GROUP)
            words = builder.vload(memory, view.indices((line, first)), lanes * GROUP, valid)
            return builder.regroup(words, problem.element)

        a = [load(left, lhs, builder.add(row, i)) for i in range(height)]
        b = [load(right, rhs, builder.add(column, j)) for j in range(width)]
        return [
            multiply_add(builder, a[i], b[j], sums[i * width + j], problem.element, problem.signs)
            for i in range(height)
            for j in range(width)
        ]

    sums = builder.for_vectors(problem.extents[2], lanes, step, [zero] * (height * width))
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

"""
`engine.matmul`: register-tiled matrix products with fused epilogues.

A constant right operand lies in panels of a few vectors of columns (`Ba48b`, see
`problem.panel_layout`), so that the inner loop reads it with unit stride; the left operand is read
where it is. Products whose right operand is computed use it in place where its columns are
contiguous, and copy one panel at a time to the stack, transposed, where they are not; long sums
over two contiguous operands are dot products (`dot.py`). Codes of eight bits run in the same way,
four steps of the sum at once (`common/codes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import FixedBitwidthType, Float32Type, Float64Type, IntegerType
from xdsl.ir import SSAValue

from ...dialects.engine import MapOp, MatmulOp, TransposeOp
from ...dialects.engine.base import element_of, extents_of, shape_of, sized
from ...dialects.engine.constant import constant_of
from ...dialects.vector_ext import GROUP
from ...runtime.format_tag import FormatTag
from ...runtime.size import Extent
from ...targets.target import Target
from ..builder import KernelBuilder
from ..template import ANY, STRIDED, Kernel, LayoutChoice, Template, kernel_function
from .cost import open_vectors, panel_vectors, product_cycles
from .dot import DotPlan, DotWriter, narrow_layout, prefers_dot
from .open_plan import OpenPlan
from .open_writer import OpenWriter
from .plan import SCRATCH_BYTES, EmptyPlan, TiledPlan
from .problem import MatmulProblem, is_multiple, panel_layout
from .writer import MatmulWriter

NARROW = 4
"""Fewer columns than this are dot products: a panel would be mostly padding."""

PAIR_VECTORS = 2
"""Vectors of a panel, at the most, whose codes are multiplied as pairs of 16 bits."""

MatmulPlan = EmptyPlan | DotPlan | OpenPlan | TiledPlan


class MatmulTemplate(Template[MatmulOp, MatmulPlan]):
    """Products of float and of 32- and 64-bit integer matrices, and of codes of eight bits."""

    OP = MatmulOp
    GENERAL = True

    def supports(self, op: MatmulOp, target: Target) -> bool:
        """Sizes that are known, and elements that a multiply-add takes."""
        if not all(sized(extents_of(v)) for v in op.operands):
            return False
        if op.sums_codes:
            depth = extents_of(op.lhs)[-2 if op.trans_lhs is not None else -1]
            return is_multiple(depth) and _fits_stack(op, depth, target)
        element = element_of(op.lhs)
        if element_of(op.rhs) != element:
            return False
        if isinstance(element, IntegerType):
            return element.bitwidth in (32, 64)
        return isinstance(element, Float32Type | Float64Type)

    def layouts(self, op: MatmulOp, target: Target) -> Sequence[LayoutChoice]:
        """A constant in the panels that are fastest for its rows; all else with any strides."""
        return self._layouts(op, target, panel_vectors(*_sizes(op, target), target))

    def open_layouts(
        self, op: MatmulOp, at_hint: MatmulOp, target: Target
    ) -> Sequence[LayoutChoice]:
        """A constant in panels that are good for any number of rows."""
        _, columns, _, lanes, _ = _sizes(at_hint, target)
        return self._layouts(at_hint, target, open_vectors(columns, lanes, target))

    def _layouts(self, op: MatmulOp, target: Target, vectors: int) -> Sequence[LayoutChoice]:
        right = shape_of(op.rhs)
        rows, columns, depth, lanes, item = _sizes(op, target)
        batches = max(1, prod(shape_of(_result(op))) // max(1, rows * columns))
        cycles = product_cycles(rows, columns, depth, vectors, lanes, item, target)
        rhs, transposed = STRIDED, op.trans_rhs is not None
        if op.sums_codes:
            if target.dot8 == "madd" and rows > 1:  # pairs take two registers of each vector
                vectors = min(vectors, PAIR_VECTORS)
            return [self._code_layout(op, vectors * lanes, batches * cycles, target)]
        if constant_of(op.rhs) is not None:
            rhs = panel_layout(len(right), transposed, vectors * lanes)
            if columns < NARROW and depth >= 4 * lanes:
                rhs = narrow_layout(len(right), transposed)
        sources = (STRIDED, rhs, *(STRIDED for _ in op.epilogue_operands))
        return [LayoutChoice(sources, (ANY,), target.machine.seconds(batches * cycles))]

    def _code_layout(self, op: MatmulOp, width: int, cycles: float, target: Target) -> LayoutChoice:
        """
        Left codes with their sums along the last dimension; a constant on the right in panels of
        words, or, where it has a few columns, each of them contiguous.
        """
        left, right = len(extents_of(op.lhs)), len(shape_of(op.rhs))
        transposed = op.trans_rhs is not None
        lhs = _depth_last(op.lhs, left, turned=op.trans_lhs is not None)
        rhs: str | None = STRIDED
        if constant_of(op.rhs) is not None:
            rhs = panel_layout(right, transposed, width, codes=True)
            if shape_of(op.rhs)[-2 if transposed else -1] < NARROW:
                rhs = narrow_layout(right, transposed)
        sources = (lhs, rhs, *(STRIDED for _ in op.epilogue_operands))
        return LayoutChoice(sources, (ANY,), target.machine.seconds(cycles))

    def plan(self, op: MatmulOp, target: Target) -> MatmulPlan | None:
        """Dot products where both operands lie along the depth, else register tiles."""
        problem = MatmulProblem.of(op)
        if problem is None:
            return None
        if 0 in extents_of(op.outs[0]):
            return EmptyPlan(op)
        if problem.is_open:
            return OpenPlan.of(op, problem, target)
        if prefers_dot(problem):
            return DotPlan.of(op, problem, target)
        return TiledPlan.of(op, problem, target)

    def write(self, plan: MatmulPlan, name: str, builder: KernelBuilder) -> Kernel:
        """The loops of the plan."""
        match plan:
            case EmptyPlan():
                with kernel_function(builder, name, plan.op):
                    return Kernel(1)
            case DotPlan():
                return DotWriter(plan, name, builder).write()
            case OpenPlan():
                return OpenWriter(plan, name, builder).write()
            case TiledPlan():
                return MatmulWriter(plan, name, builder).write()


def _fits_stack(op: MatmulOp, depth: Extent, target: Target) -> bool:
    """Whether one vector of a panel of codes that are computed has room on the stack."""
    if constant_of(op.rhs) is not None or not isinstance(depth, int):
        return True
    return depth * target.lanes(op.accumulator_element()) <= SCRATCH_BYTES


def _depth_last(value: SSAValue, rank: int, *, turned: bool) -> str | None:
    """The layout in which a matrix has its sums innermost (None: row-major)."""
    if not turned:
        while isinstance(value.owner, MapOp) and len(value.owner.inputs) == 1:
            value = value.owner.inputs[0]  # elements stay where they are
        moved = value.owner
        stays = isinstance(moved, TransposeOp) and moved.permutation[-1] == rank - 1
        return STRIDED if stays else None
    return str(FormatTag(rank, (*range(rank - 2), rank - 1, rank - 2), ()))


def _result(op: MatmulOp) -> SSAValue:
    return op.outs[0] if op.outs else op.res[0]


def _sizes(op: MatmulOp, target: Target) -> tuple[int, int, int, int, int]:
    """
    Rows of one product (with the batch where the right operand has none), columns, depth; lanes
    of a vector, and bytes of an element.
    """
    left, right, out = shape_of(op.lhs), shape_of(op.rhs), shape_of(_result(op))
    rows = out[-2] if prod(right[:-2]) > 1 else prod(out[:-1])
    element = op.accumulator_element()
    assert isinstance(element, FixedBitwidthType)
    depth = left[-2 if op.trans_lhs is not None else -1]
    depth = depth // GROUP if op.sums_codes else depth
    return rows, out[-1], depth, target.lanes(element), element.bitwidth // 8

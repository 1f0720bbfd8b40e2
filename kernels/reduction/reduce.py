"""
`engine.reduce`: fold any axes of any layout, with a scalar region on the inputs first.

Reductions of contiguous axes run along the lanes and combine them at the end; others run lane by
lane along a contiguous kept axis, which is what leading axes, and the spatial axes of a blocked
activation (global average pooling), come down to. See `reduction_nest.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import FixedBitwidthType, Float32Type, Float64Type, IntegerType
from xdsl.ir import SSAValue

from ...dialects.engine import ReduceOp
from ...dialects.engine.base import element_of, extents_of, scalar_type, sized
from ...runtime.size import Extent, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.combine import Combiner
from ..common.inline_region import inline_region
from ..common.reduction_nest import Point, ReductionNest, Values, split_axes
from ..common.strided_view import Axis
from ..cost import Cost
from ..template import (
    STRIDED,
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
)
from .cost import reduce_seconds


@dataclass(frozen=True)
class ReducePlan(Plan):
    """Rows and lanes of the `nest` over inputs and result, in `chunks`."""

    op: ReduceOp
    nest: ReductionNest
    cost: Cost
    chunks: Extent

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes of a row, and the time."""
        return {**self.nest.describe(), **self.cost.describe()}


class ReduceTemplate(Template[ReduceOp, ReducePlan]):
    """Sums, means, products, maxima and minima of numbers and booleans."""

    OP = ReduceOp
    GENERAL = True

    def supports(self, op: ReduceOp, target: Target) -> bool:
        """Elements that are integers, booleans, f32 or f64."""
        elements = {element_of(value) for value in (*op.operands, *op.results)}
        return sized(op.domain_extents) and all(
            isinstance(element, IntegerType | Float32Type | Float64Type) for element in elements
        )

    def layouts(self, op: ReduceOp, target: Target) -> Sequence[LayoutChoice]:
        """Any strides; blocks of channels too where channels and batch are kept."""
        seconds = reduce_seconds(op, target)
        plain = LayoutChoice((STRIDED,) * len(op.inputs), (None,), seconds)
        rank = len(op.domain)
        blockable = (
            rank >= 3
            and op.keepdims is not None
            and not {0, 1} & set(op.axis_list)
            and all(len(extents_of(v)) == rank for v in op.inputs)
        )
        if not blockable:
            return [plain]
        lanes = target.vector_bits // 32
        tag = "aB" + "cdefghijkl"[: rank - 2] + f"{lanes}b"
        blocked = (tag,) * len(op.inputs)
        choices = [plain, LayoutChoice(blocked, (tag,), seconds)]
        if op.domain[1] % lanes == 0:  # whole blocks can be stored row-major at once
            choices.append(LayoutChoice(blocked, (None,), seconds))
        return choices

    def plan(self, op: ReduceOp, target: Target) -> ReducePlan | None:
        """The rows; None where the layouts of inputs and result do not fit."""
        axes = _axes(op)
        if axes is None:
            return None
        values = [*op.inputs, op.outs[0]]
        nest = ReductionNest.over(values, axes, _lanes(values, target), range(len(op.inputs)))
        cost = Cost.of(op, lambda bound: reduce_seconds(bound, target), nest.elements)
        chunks = cost.chunks(nest.rows, target.machine)
        return ReducePlan(op, nest, cost, chunks)

    def write(self, plan: ReducePlan, name: str, builder: KernelBuilder) -> Kernel:
        """The rows of a chunk."""
        return ReduceWriter(plan, name, builder).write()


def _axes(op: ReduceOp) -> list[tuple[Axis, bool]] | None:
    """The axes of a planned reduction (axis, folded); None where its layouts do not fit."""
    values, domain = [*op.inputs, op.outs[0]], op.domain_extents
    kept = [dim for dim in range(len(domain)) if dim not in op.axis_list]
    found: list[tuple[Axis, bool]] = []
    for dim, extent in enumerate(domain):
        folded = dim in op.axis_list
        axes = split_axes(domain, op.inputs, dim)
        if axes is None or (folded and extent != product_of(a.extent for a in axes)):
            return None
        if folded:
            found += [(Axis(a.extent, (*a.strides, 0)), True) for a in axes]
            continue
        if op.keepdims is not None:
            axes = split_axes(domain, values, dim)
            if axes is None:
                return None
            found += [(axis, False) for axis in axes]
            continue
        result = split_axes([domain[d] for d in kept], [op.outs[0]], kept.index(dim))
        if result is None:
            return None
        if len(result) != len(axes):
            block = axes[-1].extent
            assert isinstance(extent, int), "a blocked dimension is a number"
            assert isinstance(block, int)
            if len(result) != 1 or extent % block:
                return None
            step = result[0].strides[0]
            result = [Axis(extent // block, (step * block,)), Axis(block, (step,))]
        found += [
            (Axis(a.extent, (*a.strides, *r.strides)), False)
            for a, r in zip(axes, result, strict=True)
        ]
    return found


def _lanes(values: Sequence[SSAValue], target: Target) -> int:
    """Lanes of the widest element, so that every vector fills a register at most."""
    types = [scalar_type(element_of(value)) for value in values]
    widths = [type.bitwidth for type in types if isinstance(type, FixedBitwidthType)]
    return max(1, target.vector_bits // max(8, *widths))


class ReduceWriter:
    """The writing of one kernel."""

    def __init__(self, plan: ReducePlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.builder = plan, name, builder
        self.combiner = Combiner(plan.op.kind.data, element_of(plan.op.outs[0]))
        self.memories: Sequence[SSAValue] = ()

    def write(self) -> Kernel:
        """Add the kernel."""
        builder, plan = self.builder, self.plan
        nest = plan.nest
        with kernel_function(builder, self.name, plan.op, chunks=plan.chunks) as arguments:
            self.memories = nest.cast(builder, arguments[1:])
            nest.each_row(builder, arguments[0], plan.chunks, self._row)
        return Kernel(plan.chunks)

    def _row(self, position: tuple[Index, ...], valid: Index | None) -> None:
        """Fold a row, or a vector of rows, and store it."""
        builder, nest = self.builder, self.plan.nest
        total = self._folded(position, valid)
        total = self.combiner.divided(builder, total, nest.count)
        point = nest.row_point(builder, position, valid)
        result = len(self.memories) - 1
        nest.store_row(builder, total, result, self.memories[result], point)

    def _folded(self, position: tuple[Index, ...], valid: Index | None) -> SSAValue:
        """The reduction of one row: a scalar, or a vector of rows."""
        builder, nest, combiner = self.builder, self.plan.nest, self.combiner
        body = self.plan.op.body
        inputs = self.memories[:-1]
        lanes = nest.lanes if nest.vector else None

        def step(point: Point, accumulators: Values) -> Values:
            values = [nest.load(builder, i, memory, point) for i, memory in enumerate(inputs)]
            value = values[0]
            if body is not None:
                [value] = inline_region(builder, body.block, values)
            if nest.vector == "folded" and point.mask is not None:
                value = builder.select(point.mask, value, combiner.start(builder, nest.lanes))
            return [combiner.apply(builder, accumulators[0], value)]

        start = combiner.start(builder, lanes)
        chains = nest.fold(builder, position, valid, [start], step, chains=4)
        total = combiner.all_of(builder, [values[0] for values in chains])
        if nest.vector != "folded":
            return total
        return combiner.over_lanes(builder, total)

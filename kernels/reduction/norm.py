"""
`engine.norm`: layer, RMS, group and instance normalisation over any axes.

Two passes for the statistics (the mean, then the mean of squared differences, which loses no
digits), one for the result. Groups split dimension 1 first; the groups are then kept and the
channels inside a group folded. See `reduction_nest.py` for how rows and lanes are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import math
from xdsl.dialects.builtin import Float32Type, Float64Type, UnitAttr
from xdsl.ir import SSAValue

from ...dialects.engine import NormOp
from ...dialects.engine.base import element_of, extents_of, layout_of, sized
from ...runtime.abi import MAY_ALIAS
from ...runtime.size import Extent, floordiv
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.combine import Combiner, float_count
from ..common.natural_layouts import natural_layouts
from ..common.reduction_nest import Point, ReductionNest, Values, split_axes
from ..common.strided_view import Axis
from ..cost import Cost
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
)
from .cost import norm_seconds


@dataclass(frozen=True)
class NormPlan(Plan):
    """Rows and lanes of the `nest` over all operands, in `chunks`."""

    op: NormOp
    nest: ReductionNest
    cost: Cost
    chunks: Extent

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes of a row, and the time."""
        return {**self.nest.describe(), **self.cost.describe()}


class NormTemplate(Template[NormOp, NormPlan]):
    """Normalisation of f32 and f64; normalised dimensions must not be blocked."""

    OP = NormOp
    GENERAL = True

    def supports(self, op: NormOp, target: Target) -> bool:
        """One type of float."""
        elements = {element_of(value) for value in op.operands}
        return sized(extents_of(op.input)) and all(
            isinstance(element, Float32Type | Float64Type) and len(elements) == 1
            for element in elements
        )

    def layouts(self, op: NormOp, target: Target) -> Sequence[LayoutChoice]:
        """Lanes stored apart cost four times as much: the result lies like the input."""
        seconds = norm_seconds(op, target)
        rest = (None,) * (len(op.sources) - 1)
        return [LayoutChoice((tag, *rest), (tag,), seconds) for tag in natural_layouts(op.input)]

    def plan(self, op: NormOp, target: Target) -> NormPlan | None:
        """The rows; None where a normalised dimension is blocked, or operands disagree."""
        if set(layout_of(op.input).blocked) & set(op.axis_list):
            return None
        axes = _axes(op)
        if axes is None:
            return None
        values = _values(op)
        lanes = target.lanes(element_of(op.input))
        nest = ReductionNest.over(values, axes, lanes, range(len(values) - 1))
        cost = Cost.of(op, lambda bound: norm_seconds(bound, target), nest.elements)
        chunks = cost.chunks(nest.rows, target.machine)
        return NormPlan(op, nest, cost, chunks)

    def write(self, plan: NormPlan, name: str, builder: KernelBuilder) -> Kernel:
        """The passes over the rows of a chunk."""
        return NormWriter(plan, name, builder).write()


def _values(op: NormOp) -> list[SSAValue]:
    """Input, scale, bias as far as there are, output: the order of the kernel's arguments."""
    return [*op.sources, op.outs[0]]


def _axes(op: NormOp) -> list[tuple[Axis, bool]] | None:
    shape, values = extents_of(op.input), _values(op)
    found: list[tuple[Axis, bool]] = []
    for dim in range(len(shape)):
        axes = split_axes(shape, values, dim)
        if axes is None:
            return None
        folded = dim in op.axis_list
        if dim == 1 and op.groups is not None and len(axes) == 1:
            count = op.groups.value.data
            inside = floordiv(axes[0].extent, count)
            outer = Axis(count, tuple(s * inside for s in axes[0].strides))
            found += [(outer, False), (Axis(inside, axes[0].strides), True)]
            continue
        found += [(axis, folded) for axis in axes]
    return found


class NormWriter:
    """The writing of one kernel."""

    def __init__(self, plan: NormPlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.builder = plan, name, builder
        self.op, self.nest = plan.op, plan.nest
        self.sum = Combiner("sum", element_of(plan.op.input))
        self.memories: Sequence[SSAValue] = ()

    def write(self) -> Kernel:
        """Add the kernel."""
        builder, nest, chunks = self.builder, self.nest, self.plan.chunks
        with kernel_function(
            builder,
            self.name,
            self.op,
            chunks=chunks,
            names=["chunk", "x"],
            attributes={MAY_ALIAS: UnitAttr()},
        ) as arguments:
            self.memories = nest.cast(builder, arguments[1:])
            nest.each_row(builder, arguments[0], chunks, self._row)
        return Kernel(chunks)

    def _row(self, row: tuple[Index, ...], valid: Index | None) -> None:
        """Statistics and result of one row, or of one vector of rows."""
        builder, nest = self.builder, self.nest
        centre: SSAValue | None = None
        if self.op.kind.data == "layer":
            centre = self._mean(row, valid, None)
        square = self._mean(row, valid, centre, squared=True)
        epsilon = builder.constant(self.op.epsilon.value.data, square.type)
        deviation = builder.apply(math.SqrtOp, builder.addf(square, epsilon))
        factor = builder.divf(builder.constant(1.0, square.type), deviation)

        def finish(point: Point) -> None:
            value = nest.load(builder, 0, self.memories[0], point)
            if centre is not None:
                value = builder.subf(value, centre)
            value = self._affine(builder.mulf(value, factor), point)
            last = len(self.memories) - 1
            nest.store(builder, value, last, self.memories[last], point)

        nest.visit(builder, row, valid, finish)

    def _affine(self, value: SSAValue, point: Point) -> SSAValue:
        """`value * scale + bias`, as far as they are given."""
        builder, nest = self.builder, self.nest
        at = 1
        scale: SSAValue | None = None
        if self.op.scale is not None:
            scale = nest.load(builder, at, self.memories[at], point)
            at += 1
        if self.op.bias is None:
            return value if scale is None else builder.mulf(value, scale)
        bias = nest.load(builder, at, self.memories[at], point)
        return builder.addf(value, bias) if scale is None else builder.fma(value, scale, bias)

    def _mean(
        self,
        row: tuple[Index, ...],
        valid: Index | None,
        centre: SSAValue | None,
        *,
        squared: bool = False,
    ) -> SSAValue:
        """The mean over a row of `x - centre`, or of its square."""
        builder, nest = self.builder, self.nest
        lanes = nest.lanes if nest.vector else None

        def step(point: Point, accumulators: Values) -> Values:
            value = nest.load(builder, 0, self.memories[0], point)
            if centre is not None:
                value = builder.subf(value, centre)
            if nest.vector == "folded" and point.mask is not None:
                value = builder.select(point.mask, value, 0.0)
            if squared:
                return [builder.fma(value, value, accumulators[0])]
            return [builder.addf(accumulators[0], value)]

        start = self.sum.start(builder, lanes)
        chains = nest.fold(builder, row, valid, [start], step, chains=4)
        total = self.sum.all_of(builder, [values[0] for values in chains])
        if nest.vector == "folded":
            total = builder.reduce("add", total)
        return builder.divf(total, float_count(builder, nest.count, total))

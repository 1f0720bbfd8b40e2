"""
`engine.softmax`: `exp(x - max) / sum(exp(x - max))` along one axis, or its logarithm.

Short rows stay in registers from load to store. Longer rows take three passes: the maximum, the
exponentials and their sum, the division. An axis that is not contiguous is walked with one row per
lane where another axis is, and so are contiguous rows of a few numbers, the scores of classes. See
`reduction_nest.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import math
from xdsl.dialects.builtin import Float32Type, Float64Type, UnitAttr
from xdsl.ir import SSAValue

from ...dialects.engine import SoftmaxOp
from ...dialects.engine.base import element_of, extents_of, layout_of, sized
from ...runtime.abi import MAY_ALIAS
from ...runtime.size import Extent, Size
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.combine import Combiner, ShiftMaximum
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
from .cost import softmax_seconds

REGISTER_ROW = 8
"""Vectors of a row that stays in registers."""

FEW_VECTORS = 4
"""The same where the length of a row is a value: each number is code of its own."""


@dataclass(frozen=True)
class SoftmaxPlan(Plan):
    """Rows and lanes of the `nest` over input and result, in `chunks`."""

    op: SoftmaxOp
    nest: ReductionNest
    cost: Cost
    chunks: Extent

    @property
    def in_registers(self) -> bool:
        """Whether a row stays in registers from load to store."""
        nest = self.nest
        if isinstance(nest.count, Size):
            return False
        if nest.vector == "kept":
            return nest.count * nest.registers <= REGISTER_ROW
        return nest.vector == "folded" and nest.count <= REGISTER_ROW * nest.lanes

    @property
    def may_be_short(self) -> bool:
        """Whether the kernel asks if a row is a few vectors, which then stay in registers."""
        nest = self.nest
        return isinstance(nest.count, Size) and nest.vector == "folded" and len(nest.folded) == 1

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes, and passes over a row."""
        few = f"1 up to {FEW_VECTORS * self.nest.lanes}, else 3"
        return {
            **self.nest.describe(),
            "passes": few if self.may_be_short else 1 if self.in_registers else 3,
            **self.cost.describe(),
        }


class SoftmaxTemplate(Template[SoftmaxOp, SoftmaxPlan]):
    """Softmax and log-softmax of f32 and f64 along any axis that is not blocked."""

    OP = SoftmaxOp
    GENERAL = True

    def supports(self, op: SoftmaxOp, target: Target) -> bool:
        """Elements of f32 or f64."""
        element = element_of(op.input)
        return sized(extents_of(op.input)) and isinstance(element, Float32Type | Float64Type)

    def layouts(self, op: SoftmaxOp, target: Target) -> Sequence[LayoutChoice]:
        """The result lies like the input, which is read in order."""
        seconds = softmax_seconds(op, target)
        return [LayoutChoice((tag,), (tag,), seconds) for tag in natural_layouts(op.input)]

    def plan(self, op: SoftmaxOp, target: Target) -> SoftmaxPlan | None:
        """The rows; None where the axis is blocked, or input and result are cut differently."""
        if op.axis.value.data in layout_of(op.input).blocked:
            return None
        axes = _axes(op)
        if axes is None:
            return None
        lanes = target.lanes(element_of(op.input))
        nest = ReductionNest.over([op.input, op.outs[0]], axes, lanes, [0], short_rows=True)
        cost = Cost.of(op, lambda bound: softmax_seconds(bound, target), nest.elements)
        chunks = cost.chunks(nest.rows, target.machine)
        return SoftmaxPlan(op, nest, cost, chunks)

    def write(self, plan: SoftmaxPlan, name: str, builder: KernelBuilder) -> Kernel:
        """The passes over the rows of a chunk."""
        return SoftmaxWriter(plan, name, builder).write()


def _axes(op: SoftmaxOp) -> list[tuple[Axis, bool]] | None:
    shape, values = extents_of(op.input), [op.input, op.outs[0]]
    found: list[tuple[Axis, bool]] = []
    for dim in range(len(shape)):
        axes = split_axes(shape, values, dim)
        if axes is None:
            return None
        found += [(axis, dim == op.axis.value.data) for axis in axes]
    return found


class SoftmaxWriter:
    """The writing of one kernel."""

    def __init__(self, plan: SoftmaxPlan, name: str, builder: KernelBuilder):
        element = element_of(plan.op.input)
        self.plan, self.name, self.builder, self.nest = plan, name, builder, plan.nest
        self.log = plan.op.log is not None
        self.maximum = ShiftMaximum("max", element)
        self.total = Combiner("sum", element)

    def write(self) -> Kernel:
        """Add the kernel."""
        builder, nest, chunks = self.builder, self.nest, self.plan.chunks
        with kernel_function(
            builder,
            self.name,
            self.plan.op,
            chunks=chunks,
            names=["chunk", "x", "y"],
            attributes={MAY_ALIAS: UnitAttr()},
        ) as arguments:
            self.source, self.target = nest.cast(builder, arguments[1:])
            nest.each_row(builder, arguments[0], chunks, self._row)
        return Kernel(chunks)

    def _row(self, row: tuple[Index, ...], valid: Index | None) -> None:
        """All passes over one row, or one vector of rows."""
        nest = self.nest
        if self.plan.in_registers:
            self._in_registers(nest.points(self.builder, row, valid))
        elif self.plan.may_be_short:
            self._short_or_long(row, 1)
        else:
            self._in_passes(row, valid)

    def _short_or_long(self, row: tuple[Index, ...], vectors: int) -> None:
        """A row of that many vectors or more, which the kernel asks."""
        b, nest = self.builder, self.nest
        if vectors > FEW_VECTORS:
            self._in_passes(row, None)
            return
        b.if_else(
            b.cmpi("sle", b.index(nest.count), vectors * nest.lanes),
            lambda: self._in_registers(nest.few_points(b, row, vectors)),
            lambda: self._short_or_long(row, vectors + 1),
        )

    def _over_lanes(self, combiner: Combiner, values: list[SSAValue]) -> SSAValue:
        """Accumulators combined to one value for each row: a scalar, or lane by lane."""
        value = combiner.all_of(self.builder, values)
        if self.nest.vector != "folded":
            return value
        return combiner.over_lanes(self.builder, value)

    def _in_registers(self, points: Sequence[Point]) -> None:
        if not points:  # of any number of rows without elements
            return
        builder, nest = self.builder, self.nest
        loaded = [nest.load(builder, 0, self.source, point) for point in points]
        bounded = self._outside_as(loaded, points, self.maximum)
        top = self._over_lanes(self.maximum, bounded)
        shifted = [builder.subf(value, top) for value in loaded]
        powers = [builder.apply(math.ExpOp, value) for value in shifted]
        total = self._over_lanes(self.total, self._outside_as(powers, points, self.total))
        for point, value in zip(points, self._scaled(shifted, powers, total), strict=True):
            nest.store(builder, value, 1, self.target, point)

    def _outside_as(
        self, values: list[SSAValue], points: Sequence[Point], combiner: Combiner
    ) -> list[SSAValue]:
        """The values with the neutral element of `combiner` in lanes outside the row."""
        if self.nest.vector != "folded":  # a lane is a row of its own
            return values
        neutral = combiner.start(self.builder, self.nest.lanes)
        return [
            value if point.mask is None else self.builder.select(point.mask, value, neutral)
            for value, point in zip(values, points, strict=True)
        ]

    def _scaled(
        self, shifted: list[SSAValue], powers: list[SSAValue], total: SSAValue
    ) -> list[SSAValue]:
        builder = self.builder
        if self.log:
            logarithm = builder.apply(math.LogOp, total)
            return [builder.subf(value, logarithm) for value in shifted]
        factor = self._inverse(total)
        return [builder.mulf(value, factor) for value in powers]

    def _inverse(self, total: SSAValue) -> SSAValue:
        one = self.builder.constant(1.0, total.type)
        return self.builder.divf(one, total)

    def _in_passes(self, row: tuple[Index, ...], valid: Index | None) -> None:
        builder, nest = self.builder, self.nest
        lanes = nest.lanes if nest.vector else None

        def largest(point: Point, accumulators: Values) -> Values:
            value = nest.load(builder, 0, self.source, point)
            [value] = self._outside_as([value], [point], self.maximum)
            return [self.maximum.apply(builder, accumulators[0], value)]

        start = self.maximum.start(builder, lanes)
        chains = nest.fold(builder, row, valid, [start], largest, chains=4)
        top = self._over_lanes(self.maximum, [values[0] for values in chains])

        def power(point: Point, accumulators: Values) -> Values:
            value = builder.subf(nest.load(builder, 0, self.source, point), top)
            value = builder.apply(math.ExpOp, value)
            if not self.log:
                nest.store(builder, value, 1, self.target, point)
            [value] = self._outside_as([value], [point], self.total)
            return [self.total.apply(builder, accumulators[0], value)]

        start = self.total.start(builder, lanes)
        chains = nest.fold(builder, row, valid, [start], power, chains=4)
        total = self._over_lanes(self.total, [values[0] for values in chains])

        if self.log:
            shift = builder.apply(math.LogOp, total)
        else:
            shift = self._inverse(total)

        def finish(point: Point) -> None:
            if self.log:
                # Not x - (max + log): the logarithm would drown in a large maximum.
                value = builder.subf(nest.load(builder, 0, self.source, point), top)
                value = builder.subf(value, shift)
            else:
                value = builder.mulf(nest.load(builder, 1, self.target, point), shift)
            nest.store(builder, value, 1, self.target, point)

        nest.visit(builder, row, valid, finish)

"""
`engine.scan`: running sums, products and extremes.

An axis with contiguous elements behind it is walked with vectors of neighbours. The last axis has
one sum for each row; several rows go side by side, as each sum waits for the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import Float32Type, Float64Type, IntegerType, UnitAttr, i1
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, is_coded, scalar_type, sized
from ...dialects.engine.scan import ScanOp
from ...runtime.abi import MAY_ALIAS
from ...runtime.size import Extent, Size, ceildiv, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.combine import Combiner
from ..common.element_access import load_lanes, store_lanes
from ..common.strided_view import StridedView, is_strided, joint_axes, logical_strides, moved_view
from ..cost import Cost
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    plan_entry,
)
from .cost import scan_seconds

ROWS_TOGETHER = 4
"""Rows that go side by side where vectors of neighbours are not to be had."""


@dataclass(frozen=True)
class ScanPlan(Plan):
    """
    Views [outer..., axis, inner...] and units of work.

    `width` neighbours lie behind the axis (0: it is the last one). A unit is a row of them in all
    vectors, one of the `blocks` vectors of a row, or `group` rows without neighbours. Where it is
    open how many neighbours or rows there are, the last vector of a row, or group, may be less.
    """

    op: ScanOp
    source: StridedView
    result: StridedView
    outer: tuple[Extent, ...]
    inner: tuple[Extent, ...]
    lanes: int
    blocks: Extent
    group: int
    units: Extent
    cost: Cost
    chunks: Extent

    @staticmethod
    def of(op: ScanOp, target: Target) -> ScanPlan | None:
        """The plan; None for operands in blocks."""
        x, [out] = op.input, op.destinations
        if not is_strided(x) or not is_strided(out):
            return None
        shape, axis = extents_of(x), op.axis.value.data
        read, write = logical_strides(x), logical_strides(out)
        before = joint_axes(shape[:axis], read[:axis], write[:axis])
        behind = joint_axes(shape[axis + 1 :], read[axis + 1 :], write[axis + 1 :])
        axes = [*before, (shape[axis], read[axis], write[axis]), *behind]
        outer, inner = tuple(n for n, _, _ in before), tuple(n for n, _, _ in behind)
        lanes = target.lanes(scalar_type(element_of(x)))
        rows = product_of(outer) * product_of(inner[:-1])
        blocks, group = _blocks(inner[-1], lanes) if inner else 1, 1
        if not inner or inner[-1] == 0:
            together = isinstance(rows, Size) or rows % ROWS_TOGETHER == 0
            group = ROWS_TOGETHER if together else 1
        units = ceildiv(rows * blocks, group)
        cost = Cost.of(op, lambda bound: scan_seconds(bound, target), product_of(shape))
        return ScanPlan(
            op=op,
            source=moved_view(x, [(n, s) for n, s, _ in axes]),
            result=moved_view(out, [(n, t) for n, _, t in axes]),
            outer=outer,
            inner=inner,
            lanes=lanes,
            blocks=blocks,
            group=group,
            units=units,
            cost=cost,
            chunks=cost.chunks(max(units, 1) if isinstance(units, int) else units, target.machine),
        )

    @property
    def width(self) -> Extent:
        """Neighbours behind the axis; 0 where it is the last one."""
        return self.inner[-1] if self.inner else 0

    @property
    def rows(self) -> Extent:
        """Rows of neighbours, or of the axis itself."""
        return product_of(self.outer) * product_of(self.inner[:-1])

    @property
    def count(self) -> Extent:
        """Elements along the axis."""
        return self.source.extents[len(self.outer)]

    def describe(self) -> dict[str, PlanEntry]:
        """What goes side by side."""
        neighbours, rows = f"{self.lanes} along neighbours", f"{self.group} rows side by side"
        return {
            "lanes": neighbours if self.width != 0 else rows,
            "steps": plan_entry(self.count),
            **self.cost.describe(),
        }


def _blocks(width: Extent, lanes: int) -> Extent:
    """Vectors of neighbours that are units of their own: where they come out even, or are open."""
    if isinstance(width, Size):
        return ceildiv(width, lanes)
    return width // lanes if width and width % lanes == 0 else 1


class ScanTemplate(Template[ScanOp, ScanPlan]):
    """Running sums, products and extremes of numbers that are not coded."""

    OP = ScanOp
    GENERAL = True

    def supports(self, op: ScanOp, target: Target) -> bool:
        """Elements that are integers, f32 or f64."""
        element = element_of(op.input)
        number = isinstance(element, IntegerType | Float32Type | Float64Type)
        return sized(extents_of(op.input)) and number and element != i1 and not is_coded(element)

    def layouts(self, op: ScanOp, target: Target) -> Sequence[LayoutChoice]:
        """Row-major."""
        return [LayoutChoice((None,), (None,), scan_seconds(op, target))]

    def plan(self, op: ScanOp, target: Target) -> ScanPlan | None:
        """What is summed side by side."""
        return ScanPlan.of(op, target)

    def write(self, plan: ScanPlan, name: str, builder: KernelBuilder) -> Kernel:
        """The loop along the axis, for each unit of a chunk."""
        return ScanWriter(plan, name, builder).write()


class ScanWriter:
    """The writing of one kernel."""

    def __init__(self, plan: ScanPlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.b = plan, name, builder

    def write(self) -> Kernel:
        """Add the kernel."""
        b, plan = self.b, self.plan
        with kernel_function(
            b,
            self.name,
            plan.op,
            chunks=plan.chunks,
            names=["chunk", "x", "y"],
            attributes={MAY_ALIAS: UnitAttr()},
        ) as (chunk, x, y):
            if 0 not in extents_of(plan.op.input):
                memories = plan.source.cast(b, x), plan.result.cast(b, y)
                first = b.floordiv(b.mul(chunk, plan.units), plan.chunks)
                last = b.floordiv(b.mul(b.add(chunk, 1), plan.units), plan.chunks)
                with b.loop(first, last) as loop:
                    self._unit(memories, loop.index)
        return Kernel(plan.chunks)

    def _unit(self, memories: tuple[SSAValue, SSAValue], unit: Index) -> None:
        """A group of rows, a vector of neighbours, or a row of them."""
        b, plan = self.b, self.plan
        width, lanes = plan.width, plan.lanes
        if width == 0:
            self._group(memories, b.mul(unit, plan.group))
        elif isinstance(width, Size):
            row, block = b.unflatten(unit, [plan.rows, plan.blocks])
            at, start = [self._row(row)], b.mul(block, lanes)
            left = b.sub(width, start)
            b.if_else(
                b.cmpi("sge", left, lanes),
                lambda: self._walk(memories, at, [start], lanes, None),
                lambda: self._walk(memories, at, [start], lanes, left),
            )
        elif plan.blocks != 1:
            row, block = b.unflatten(unit, [plan.rows, plan.blocks])
            self._walk(memories, [self._row(row)], [b.mul(block, lanes)], lanes, None)
        else:
            self._blocks(memories, self._row(unit), width, lanes)

    def _group(self, memories: tuple[SSAValue, SSAValue], row: Index) -> None:
        """Rows from `row` on, as many as go together, or one by one where fewer are left."""
        b, plan = self.b, self.plan

        def together() -> None:
            at = [self._row(b.add(row, g)) for g in range(plan.group)]
            self._walk(memories, at, [], None, None)

        def single() -> None:
            with b.loop(row, plan.rows) as rest:
                self._walk(memories, [self._row(rest.index)], [], None, None)

        if isinstance(plan.rows, Size):
            b.if_else(b.cmpi("sle", b.add(row, plan.group), plan.rows), together, single)
        else:
            together()

    def _row(self, row: Index) -> tuple[list[Index], list[Index]]:
        """The positions before and behind the axis of a row."""
        extents = [*self.plan.outer, *self.plan.inner[:-1]]
        at = list(self.b.unflatten(row, extents)) if extents else []
        return at[: len(self.plan.outer)], at[len(self.plan.outer) :]

    def _blocks(
        self,
        memories: tuple[SSAValue, SSAValue],
        row: tuple[list[Index], list[Index]],
        width: int,
        lanes: int,
    ) -> None:
        full = width // lanes * lanes
        self.b.for_each(
            0, full, lanes, lambda start, _: self._walk(memories, [row], [start], lanes, None)
        )
        if full < width:
            self._walk(memories, [row], [full], lanes, width - full)

    def _walk(
        self,
        memories: tuple[SSAValue, SSAValue],
        rows: Sequence[tuple[list[Index], list[Index]]],
        start: list[Index],
        lanes: int | None,
        valid: Index | None,
    ) -> None:
        """Along the axis, for a vector of neighbours or for single elements of some rows."""
        b, op = self.b, self.plan.op
        combiner = Combiner(op.kind.data, element_of(op.input))
        begin = combiner.start(b, lanes)
        load, store = self._access(memories, lanes, valid)
        with b.loop(0, self.plan.count, 1, [begin] * len(rows)) as loop:
            step = loop.index
            if op.reverse is not None:
                step = b.sub(b.sub(self.plan.count, 1), step)
            sums: list[SSAValue] = []
            for (before, behind), total in zip(rows, loop.carried, strict=True):
                position = [*before, step, *behind, *start]
                # Read first: the result may lie where the input is.
                after = combiner.apply(b, total, load(position))
                store(total if op.exclusive is not None else after, position)
                sums.append(after)
            loop.yield_(*sums)

    def _access(
        self, memories: tuple[SSAValue, SSAValue], lanes: int | None, valid: Index | None
    ) -> tuple[Callable[[list[Index]], SSAValue], Callable[[SSAValue, list[Index]], None]]:
        b, (x, y) = self.b, memories

        def load(at: list[Index]) -> SSAValue:
            if lanes is None:
                return b.load(x, self.plan.source.indices(at))
            return load_lanes(b, self.plan.source, x, at, lanes, valid)

        def store(value: SSAValue, at: list[Index]) -> None:
            if lanes is None:
                b.store(value, y, self.plan.result.indices(at))
            else:
                store_lanes(b, value, self.plan.result, y, at, lanes, valid)

        return load, store

"""
`engine.scan`: running sums and products.

An axis with contiguous elements behind it is walked with vectors of neighbours. The last axis has
one sum for each row; several rows go side by side, as each sum waits for the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import Float32Type, Float64Type, IntegerType, UnitAttr, i1
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of, is_coded, scalar_type, shape_of, static
from ...dialects.engine.scan import ScanOp
from ...runtime.abi import MAY_ALIAS
from ...runtime.size import numbers_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.element_access import load_lanes, store_lanes
from ..common.strided_view import StridedView, is_strided, joint_axes, logical_strides, moved_view
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    chunk_count,
    kernel_arguments,
)
from .cost import scan_seconds

ROWS_TOGETHER = 4
"""Rows that go side by side where vectors of neighbours are not to be had."""

_COMBINE: dict[tuple[str, bool], type[Operation]] = {
    ("sum", True): arith.AddfOp,
    ("prod", True): arith.MulfOp,
    ("sum", False): arith.AddiOp,
    ("prod", False): arith.MuliOp,
}


@dataclass(frozen=True)
class ScanPlan(Plan):
    """
    Views [outer..., axis, inner...] and units of work.

    `width` neighbours lie behind the axis (0: it is the last one). A unit is a row of them in all
    vectors, one of the `blocks` vectors of a row, or `group` rows without neighbours.
    """

    op: ScanOp
    source: StridedView
    result: StridedView
    outer: tuple[int, ...]
    inner: tuple[int, ...]
    lanes: int
    blocks: int
    group: int
    units: int
    seconds: float
    chunks: int

    @staticmethod
    def of(op: ScanOp, target: Target) -> ScanPlan | None:
        """The plan; None for operands in blocks."""
        x, [out] = op.input, op.destinations
        if not is_strided(x) or not is_strided(out):
            return None
        shape, axis = shape_of(x), op.axis.value.data
        read, write = logical_strides(x), logical_strides(out)
        before = joint_axes(shape[:axis], read[:axis], write[:axis])
        behind = joint_axes(shape[axis + 1 :], read[axis + 1 :], write[axis + 1 :])
        axes = [*before, (shape[axis], read[axis], write[axis]), *behind]
        outer, inner = numbers_of(n for n, _, _ in before), numbers_of(n for n, _, _ in behind)
        lanes = target.lanes(scalar_type(element_of(x)))
        rows = prod(outer) * prod(inner[:-1])
        width = inner[-1] if inner else 0
        # Vectors of neighbours are units of their own where they come out even.
        blocks = width // lanes if width and width % lanes == 0 else 1
        group = ROWS_TOGETHER if not width and rows % ROWS_TOGETHER == 0 else 1
        units = rows * blocks // group
        seconds = scan_seconds(op, target)
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
            seconds=seconds,
            chunks=chunk_count(max(units, 1), seconds, target.machine),
        )

    @property
    def width(self) -> int:
        """Neighbours behind the axis; 0 where it is the last one."""
        return self.inner[-1] if self.inner else 0

    @property
    def rows(self) -> int:
        """Rows of neighbours, or of the axis itself."""
        return prod(self.outer) * prod(self.inner[:-1])

    @property
    def count(self) -> int:
        """Elements along the axis."""
        return self.source.shape[len(self.outer)]

    def describe(self) -> dict[str, PlanEntry]:
        """What goes side by side."""
        neighbours, rows = f"{self.lanes} along neighbours", f"{self.group} rows side by side"
        return {
            "lanes": neighbours if self.width else rows,
            "steps": self.count,
            "estimated_us": round(self.seconds * 1e6),
        }


class ScanTemplate(Template[ScanOp, ScanPlan]):
    """Running sums and products of numbers that are not coded."""

    OP = ScanOp

    def supports(self, op: ScanOp, target: Target) -> bool:
        """Sizes that are known, of integers, f32 or f64."""
        element = element_of(op.input)
        number = isinstance(element, IntegerType | Float32Type | Float64Type)
        return static(shape_of(op.input)) and number and element != i1 and not is_coded(element)

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
        self.element = scalar_type(element_of(plan.op.input))

    def write(self) -> Kernel:
        """Add the kernel."""
        b, plan = self.b, self.plan
        lanes, blocks, group = plan.lanes, plan.blocks, plan.group
        with b.function(
            self.name,
            kernel_arguments(plan.op),
            names=["chunk", "x", "y"],
            attributes={MAY_ALIAS: UnitAttr()},
        ) as (chunk, x, y):
            if 0 not in shape_of(plan.op.input):
                memories = plan.source.cast(b, x), plan.result.cast(b, y)
                first = b.floordiv(b.mul(chunk, plan.units), plan.chunks)
                last = b.floordiv(b.mul(b.add(chunk, 1), plan.units), plan.chunks)
                with b.loop(first, last) as loop:
                    if not plan.width:
                        at = [self._row(b.add(b.mul(loop.index, group), g)) for g in range(group)]
                        self._walk(memories, at, [], None, None)
                    elif blocks > 1:
                        row, block = b.unflatten(loop.index, [plan.rows, blocks])
                        start = b.mul(block, lanes)
                        self._walk(memories, [self._row(row)], [start], lanes, None)
                    else:
                        self._blocks(memories, self._row(loop.index), plan.width, lanes)
        return Kernel(plan.chunks)

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
        valid: int | None,
    ) -> None:
        """Along the axis, for a vector of neighbours or for single elements of some rows."""
        b, op = self.b, self.plan.op
        combine = _COMBINE[op.kind.data, not isinstance(self.element, IntegerType)]
        neutral = b.constant(0 if op.kind.data == "sum" else 1, self.element)
        begin = neutral if lanes is None else b.broadcast(neutral, lanes)
        load, store = self._access(memories, lanes, valid)
        with b.loop(0, self.plan.count, 1, [begin] * len(rows)) as loop:
            step = loop.index
            if op.reverse is not None:
                step = b.sub(self.plan.count - 1, step)
            sums: list[SSAValue] = []
            for (before, behind), total in zip(rows, loop.carried, strict=True):
                position = [*before, step, *behind, *start]
                # Read first: the result may lie where the input is.
                after = b.apply(combine, total, load(position))
                store(total if op.exclusive is not None else after, position)
                sums.append(after)
            loop.yield_(*sums)

    def _access(
        self, memories: tuple[SSAValue, SSAValue], lanes: int | None, valid: int | None
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

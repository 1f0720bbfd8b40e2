"""
`engine.lookup`: the entries of a table of 256 for codes of eight bits.

Where the target can take bytes out of registers (`Target.table8`), the table stays in them, and a
vector of codes is looked up at once. Otherwise each code is a load from the table, which lies in
the first-level cache; so it is for tables of wider entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import FixedBitwidthType, i32
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, layout_of, shape_of, sized
from ...dialects.engine.lookup import ENTRIES, LookupOp
from ...runtime.size import Extent, Size, sum_of
from ...targets.target import Target
from ..builder import INDEX, KernelBuilder
from ..common.elementwise_nest import Compute, ElementwiseWriter, Nest
from ..common.physical_boxes import physical_boxes
from ..cost import Cost
from ..template import ANY, Kernel, LayoutChoice, Plan, PlanEntry, Template, kernel_function

UNROLL = {True: 4, False: 8}
"""Vectors, or single codes, that are looked up side by side."""

VECTOR_CYCLES, CODE_CYCLES = 6.0, 1.5
"""What looking up a vector of codes takes, and a single code."""


def in_registers(op: LookupOp, target: Target) -> bool:
    """Whether the table stays in registers."""
    element = element_of(op.table)
    return bool(target.table8) and isinstance(element, FixedBitwidthType) and element.bitwidth == 8


def lookup_seconds(op: LookupOp, target: Target) -> float:
    """Estimated time on one thread."""
    codes, machine = prod(shape_of(op.input)), target.machine
    cycles = codes * CODE_CYCLES
    if in_registers(op, target):
        cycles = codes * 8 / target.vector_bits * VECTOR_CYCLES
    return machine.seconds(cycles, op.bytes_moved(), machine.rates.stream)


@dataclass(frozen=True)
class LookupPlan(Plan):
    """A planned lookup: its loop nests, and its vectors (`lanes` 1: code by code)."""

    op: LookupOp
    nests: tuple[Nest, ...]
    lanes: int
    unroll: int
    chunks: Extent
    cost: Cost

    @staticmethod
    def of(op: LookupOp, target: Target) -> LookupPlan | None:
        """None where codes and result lie in blocks that do not go together."""
        boxes = physical_boxes(op.destinations[0], op.sources[:1])
        if boxes is None or not layout_of(op.table).row_major:
            return None
        registers = in_registers(op, target)
        lanes, unroll = target.vector_bits // 8 if registers else 1, UNROLL[registers]
        elements = sum_of(box.elements for box in boxes)
        cost = Cost.of(op, lambda bound: lookup_seconds(bound, target), elements)
        pieces = elements if isinstance(elements, Size) else max(1, elements)
        chunks = cost.chunks(pieces, target.machine)
        nests = [
            part for box in boxes for part in Nest.of(box, lanes).split(chunks, lanes * unroll)
        ]
        return LookupPlan(op, tuple(nests), lanes, unroll, chunks, cost)

    def describe(self) -> dict[str, PlanEntry]:
        """Where the table is, lanes, and the loop nests with their extents."""
        nests = ["x".join(str(axis.extent) for axis in nest.axes) for nest in self.nests]
        return {
            "table": "registers" if self.lanes > 1 else "memory",
            "lanes": self.lanes,
            "unroll": self.unroll,
            "nests": ", ".join(nests),
            **self.cost.describe(),
        }


class LookupTemplate(Template[LookupOp, LookupPlan]):
    """`engine.lookup`; see the module docstring."""

    OP = LookupOp
    GENERAL = True

    def supports(self, op: LookupOp, target: Target) -> bool:
        """Sizes that are known, and entries of whole bytes."""
        return sized(extents_of(op.input)) and isinstance(element_of(op.table), FixedBitwidthType)

    def layouts(self, op: LookupOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((ANY, None), (ANY,), lookup_seconds(op, target))]

    def plan(self, op: LookupOp, target: Target) -> LookupPlan | None:
        return LookupPlan.of(op, target)

    def write(self, plan: LookupPlan, name: str, builder: KernelBuilder) -> Kernel:
        op = plan.op
        elements = [element_of(op.input), element_of(op.destinations[0])]
        names = ["chunk", "codes", "table", "y"]
        with kernel_function(builder, name, op, chunks=plan.chunks, names=names) as arguments:
            chunk, codes, table, out = arguments
            compute = _compute(builder, table, plan.lanes)
            writer = ElementwiseWriter(
                builder, [codes, out], elements, plan.lanes, plan.unroll, compute
            )
            for nest in plan.nests:
                writer.write(nest, chunk, plan.chunks)
        return Kernel(plan.chunks)


def _compute(b: KernelBuilder, table: SSAValue, lanes: int) -> Compute:
    """The entries of a vector of codes, or of a single one."""
    whole = b.vload(table, [0], ENTRIES) if lanes > 1 else None

    def compute(values: Sequence[SSAValue]) -> SSAValue:
        [codes] = values
        if whole is not None:
            return b.lookup(whole, codes)
        code = b.cast(b.cast(b.extract(codes, 0), i32, unsigned=True), INDEX)
        return b.broadcast(b.load(table, [code]), 1)

    return compute

"""
`engine.iota` and `engine.size_values`: sizes as the numbers of a tensor.

Positions are a vector of lane numbers to which the position of its first lane is added. Sizes are
stored one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import (
    element_of,
    extents_of,
    layout_of,
    nbytes_of,
    sized,
    stride_extents_of,
)
from ...dialects.engine.size_numbers import IotaOp, SizeValuesOp
from ...runtime.size import Extent
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import part_range
from ..cost import Cost
from ..parameters import is_open
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    storage_type,
)


@dataclass(frozen=True)
class IotaPlan(Plan):
    """Planned positions: vectors where they lie side by side."""

    op: IotaOp
    extent: Extent
    lanes: int
    chunks: Extent

    @staticmethod
    def of(op: IotaOp, target: Target) -> IotaPlan | None:
        """None where they lie in blocks."""
        [out] = op.destinations
        if not layout_of(out).row_major:
            return None
        [extent], [stride] = extents_of(out), stride_extents_of(out)
        lanes = target.lanes(storage_type(element_of(out))) if stride == 1 else 1
        cost = Cost.of(op, lambda bound: _seconds(bound, target), extent)
        return IotaPlan(op, extent, lanes, cost.chunks(extent, target.machine))

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes of a vector."""
        return {"lanes": self.lanes}


class IotaTemplate(Template[IotaOp, IotaPlan]):
    """`engine.iota`; see the module docstring."""

    OP = IotaOp
    GENERAL = True

    def supports(self, op: IotaOp, target: Target) -> bool:
        return sized(extents_of(op.target_types()[0]))

    def layouts(self, op: IotaOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((), (None,), _seconds(op, target))]

    def plan(self, op: IotaOp, target: Target) -> IotaPlan | None:
        return IotaPlan.of(op, target)

    def write(self, plan: IotaPlan, name: str, builder: KernelBuilder) -> Kernel:
        b, lanes = builder, plan.lanes
        [out] = plan.op.destinations
        element = storage_type(element_of(out))
        with kernel_function(b, name, plan.op, chunks=plan.chunks) as (chunk, memory):
            extent, chunks = b.extent(plan.extent), b.extent(plan.chunks)
            start, stop = part_range(b, chunk, chunks, extent)
            steps = _lane_numbers(b, element, lanes)

            def body(index: Index, mask: SSAValue | None, _: tuple[SSAValue, ...]) -> None:
                first = b.add(start, index)
                number, at = b.cast(b.index(first), element), _place(b, out, first)
                if lanes == 1:
                    b.store(number, memory, (at,))
                else:
                    b.vstore(b.addi(b.broadcast(number, lanes), steps), memory, (at,), mask)

            b.for_vectors(b.sub(stop, start), lanes, body)
        return Kernel(plan.chunks)


def _place(b: KernelBuilder, out: SSAValue, at: Index) -> Index:
    """The index of an element in its memory, which is flat where a size or stride is a value."""
    [stride] = stride_extents_of(out)
    return b.mul(at, b.extent(stride)) if is_open(out) else at


@dataclass(frozen=True)
class SizeValuesPlan(Plan):
    """Planned sizes."""

    op: SizeValuesOp


class SizeValuesTemplate(Template[SizeValuesOp, SizeValuesPlan]):
    """`engine.size_values`; see the module docstring."""

    OP = SizeValuesOp
    GENERAL = True

    def layouts(self, op: SizeValuesOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((), (None,), _seconds(op, target))]

    def plan(self, op: SizeValuesOp, target: Target) -> SizeValuesPlan | None:
        return SizeValuesPlan(op) if layout_of(op.destinations[0]).row_major else None

    def write(self, plan: SizeValuesPlan, name: str, builder: KernelBuilder) -> Kernel:
        b, [out] = builder, plan.op.destinations
        with kernel_function(b, name, plan.op) as (_, memory):
            for at, size in enumerate(plan.op.extents):
                number = b.extent(size)
                value = b.constant(number, i64) if isinstance(number, int) else b.cast(number, i64)
                b.store(value, memory, (_place(b, out, at),))
        return Kernel(1)


def _seconds(op: IotaOp | SizeValuesOp, target: Target) -> float:
    written, machine = nbytes_of(op.target_types()[0]), target.machine
    return machine.seconds(8 * written / target.vector_bits, written, machine.rates.stream)


def _lane_numbers(b: KernelBuilder, element: Attribute, lanes: int) -> SSAValue:
    """The vector 0, 1, 2, and so on."""
    found = b.splat(0, element, max(lanes, 2))
    for lane in range(1, lanes):
        found = b.insert(b.constant(lane, element), found, lane)
    return found

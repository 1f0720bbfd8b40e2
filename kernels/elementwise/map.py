"""
`engine.map`: a scalar region over broadcast operands, on vectors.

The operands may lie in any layouts; the region is written once for unrolled vectors, once for a
single vector and once for the masked rest (`elementwise_nest.py`). Vectors have as many lanes as
the widest type in sight allows, so that a cast keeps its lanes together.

A region that divides integers by what may be zero is written for one element at a time, for
row-major operands, and reports such a division; processors have no such vector instruction anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, sized
from ...dialects.engine.elementwise import MapOp
from ...dialects.engine.integer_division import may_divide_by_zero
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.elementwise_nest import Compute, ElementwiseWriter
from ..common.failure import report
from ..common.inline_region import inline_region
from ..template import ANY, Kernel, LayoutChoice, Template, kernel_function
from .map_cost import map_seconds
from .map_plan import MapPlan


class MapTemplate(Template[MapOp, MapPlan]):
    """`engine.map`; see the module docstring."""

    OP = MapOp
    GENERAL = True

    def supports(self, op: MapOp, target: Target) -> bool:
        return sized(extents_of(op.target_types()[0]))

    def layouts(self, op: MapOp, target: Target) -> Sequence[LayoutChoice]:
        tag = None if may_divide_by_zero(op.body) else ANY
        return [LayoutChoice((tag,) * len(op.sources), (tag,), map_seconds(op, target))]

    def plan(self, op: MapOp, target: Target) -> MapPlan | None:
        return MapPlan.of(op, target)

    def write(self, plan: MapPlan, name: str, builder: KernelBuilder) -> Kernel:
        op = plan.op
        elements = [element_of(v) for v in (*op.sources, *op.destinations)]
        with kernel_function(
            builder, name, op, may_fail=plan.fails, chunks=plan.chunks
        ) as arguments:
            chunk, *memories = arguments[: 1 + len(elements)]
            compute = _compute(op, builder, plan.lanes, arguments[1 + len(elements) :])
            writer = ElementwiseWriter(
                builder, memories, elements, plan.lanes, plan.unroll, compute
            )
            for nest in plan.nests:
                writer.write(nest, chunk, plan.chunks)
        return Kernel(plan.chunks, may_fail=plan.fails)


def _compute(op: MapOp, b: KernelBuilder, lanes: int, failure: Sequence[SSAValue]) -> Compute:
    """The region; `failure` is where to report a division by zero, and as what, if it may be."""

    def compute(values: Sequence[SSAValue]) -> SSAValue:
        zeros: list[SSAValue] = []
        [result] = inline_region(b, op.body.block, values, zeros)
        if failure:
            status, code = failure
            for zero in zeros:
                report(b, b.extract(zero, 0), status, code)
        return b.broadcast(result, lanes)

    return compute

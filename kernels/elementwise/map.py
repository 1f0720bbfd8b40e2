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
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, i1
from xdsl.ir import Attribute, Region, SSAValue

from ...dialects.engine.base import (
    EngineOp,
    element_of,
    layout_of,
    scalar_type,
    shape_of,
    static,
)
from ...dialects.engine.elementwise import MapOp
from ...dialects.engine.integer_division import may_divide_by_zero
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.elementwise_nest import Compute, ElementwiseWriter, Nest
from ..common.inline_region import inline_region
from ..common.physical_boxes import physical_boxes
from ..conv.tiles import CLOCK_HZ
from ..template import AnyTemplate, Kernel, LayoutChoice, chunk_count, kernel_arguments

MATH_WEIGHT = 20
"""Instructions that a `math` function stands for."""

BYTES_PER_SECOND = 12e9
"""Reading and writing what does not stay in cache."""


def region_weight(region: Region) -> int:
    """About how many instructions the region is on one vector."""
    return sum(
        MATH_WEIGHT if op.name.startswith("math.") else 1
        for op in region.block.ops
        if op.results and not isinstance(op, arith.ConstantOp)
    )


def region_lanes(region: Region, elements: Sequence[Attribute], target: Target) -> int:
    """Lanes of a vector of the widest type among operands, results and inner values."""
    types = [scalar_type(e) for e in elements]
    types += [r.type for op in region.block.ops for r in op.results]
    wide = [t for t in types if t != i1 and not isinstance(t, IndexType)]
    return min((target.lanes(t) for t in wide), default=16)


def unroll_of(weight: int) -> int:
    """Vectors computed side by side: more for short regions, which wait for each other."""
    return 4 if weight <= 8 else 2 if weight <= 64 else 1


class MapTemplate(AnyTemplate):
    """`engine.map`; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, MapOp) or not static(op.target_types()[0].get_shape()):
            return []
        if may_divide_by_zero(op.body):
            return [LayoutChoice((None,) * len(op.sources), (None,), _seconds(op, target))]
        return [LayoutChoice(("*",) * len(op.sources), ("*",), _seconds(op, target))]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return (
            isinstance(op, MapOp)
            and static(op.target_types()[0].get_shape())
            and (not may_divide_by_zero(op.body) or _are_row_major(op))
            and physical_boxes(op.destinations[0], op.sources) is not None
        )

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, MapOp)
        elements = [element_of(v) for v in (*op.sources, *op.destinations)]
        fails = may_divide_by_zero(op.body)
        lanes = 1 if fails else region_lanes(op.body, elements, builder.target)
        boxes = physical_boxes(op.destinations[0], op.sources)
        assert boxes is not None
        seconds = _seconds(op, builder.target)
        unroll = 1 if fails else unroll_of(region_weight(op.body))
        pieces = chunk_count(max(1, sum(b.elements for b in boxes)), seconds)
        nests = [
            part for box in boxes for part in Nest.of(box, lanes).split(pieces, lanes * unroll)
        ]
        taken = kernel_arguments(op, may_fail=fails)
        with builder.function(name, taken, names=["chunk"]) as arguments:
            chunk, *memories = arguments[: 1 + len(elements)]
            compute = _compute(op, builder, lanes, arguments[1 + len(elements) :])
            writer = ElementwiseWriter(builder, memories, elements, lanes, unroll, compute)
            for nest in nests:
                writer.write(nest, chunk, pieces)
        return Kernel(pieces, may_fail=fails)


def _compute(op: MapOp, b: KernelBuilder, lanes: int, failure: Sequence[SSAValue]) -> Compute:
    """The region; `failure` is where to report a division by zero, and as what, if it may be."""

    def compute(values: Sequence[SSAValue]) -> SSAValue:
        zeros: list[SSAValue] = []
        [result] = inline_region(b, op.body.block, values, zeros)
        if failure:
            status, code = failure
            for zero in zeros:
                with b.if_(b.extract(zero, 0)):
                    b.store(code, status, [0])
        return b.broadcast(result, lanes)

    return compute


def _are_row_major(op: MapOp) -> bool:
    return all(layout_of(v).row_major for v in op.operands)


def _seconds(op: MapOp, target: Target) -> float:
    [result] = op.target_types()
    elements = [element_of(v) for v in op.sources] + [result.element_type]
    lanes = 1 if may_divide_by_zero(op.body) else region_lanes(op.body, elements, target)
    vectors = prod(shape_of(result)) / lanes
    return max(vectors * region_weight(op.body) / CLOCK_HZ, op.bytes_moved() / BYTES_PER_SECOND)

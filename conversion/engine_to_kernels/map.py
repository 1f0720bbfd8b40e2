"""
`engine.map`: a scalar region over broadcast operands, on vectors.

The operands may lie in any layouts; the region is written once for unrolled vectors, once for a
single vector and once for the masked rest (`elementwise_nest.py`). Vectors have as many lanes as
the widest type in sight allows, so that a cast keeps its lanes together.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, i1
from xdsl.ir import Attribute, Region, SSAValue

from ...dialects.engine.base import EngineOp, element_of, scalar_type, shape_of, static
from ...dialects.engine.elementwise import MapOp
from ..target import Target
from .builder import KernelBuilder
from .conv_tiles import CLOCK_HZ
from .elementwise_nest import Compute, ElementwiseWriter, Nest
from .inline_region import inline_region
from .physical_boxes import physical_boxes
from .template import Kernel, LayoutChoice, Template, chunk_count, kernel_arguments

MATH_WEIGHT = 20
"""Instructions that a `math` function stands for."""

BYTES_PER_SECOND = 12e9
"""Reading and writing what does not stay in cache."""

_DIVISIONS = (arith.DivSIOp, arith.DivUIOp, arith.RemSIOp, arith.RemUIOp, arith.FloorDivSIOp)


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


def divides_integers(region: Region) -> bool:
    """Whether a value that does not count (a masked or padding lane) could trap."""
    return any(isinstance(op, _DIVISIONS) for op in region.block.ops)


class MapTemplate(Template):
    """`engine.map`; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, MapOp) or not static(op.target_types()[0].get_shape()):
            return []
        return [LayoutChoice(("*",) * len(op.sources), ("*",), _seconds(op, target))]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return (
            isinstance(op, MapOp)
            and static(op.target_types()[0].get_shape())
            and physical_boxes(op.destinations[0], op.sources) is not None
        )

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, MapOp)
        elements = [element_of(v) for v in (*op.sources, *op.destinations)]
        lanes = region_lanes(op.body, elements, builder.target)
        boxes = physical_boxes(op.destinations[0], op.sources)
        assert boxes is not None
        seconds = _seconds(op, builder.target)
        unroll = unroll_of(region_weight(op.body))
        pieces = chunk_count(max(1, sum(b.elements for b in boxes)), seconds)
        nests = [
            part for box in boxes for part in Nest.of(box, lanes).split(pieces, lanes * unroll)
        ]
        with builder.function(name, kernel_arguments(op), names=["chunk"]) as arguments:
            chunk, *memories = arguments
            writer = ElementwiseWriter(
                builder, memories, elements, lanes, unroll, _compute(op, builder, lanes)
            )
            for nest in nests:
                writer.write(nest, chunk, pieces)
        return Kernel(pieces)


def _compute(op: MapOp, b: KernelBuilder, lanes: int) -> Compute:
    guard = _safe_divisors if divides_integers(op.body) else None

    def compute(values: Sequence[SSAValue]) -> SSAValue:
        arguments = values if guard is None else guard(b, op.body, values)
        [result] = inline_region(b, op.body.block, arguments)
        return b.broadcast(result, lanes)

    return compute


def _safe_divisors(b: KernelBuilder, region: Region, values: Sequence[SSAValue]) -> list[SSAValue]:
    """Operands that divide, with 1 for 0: lanes that do not count must not trap."""
    divisors = {op.operands[1] for op in region.block.ops if isinstance(op, _DIVISIONS)}
    return [
        b.select(b.cmpi("eq", value, 0), 1, value) if argument in divisors else value
        for argument, value in zip(region.block.args, values, strict=True)
    ]


def _seconds(op: MapOp, target: Target) -> float:
    [result] = op.target_types()
    elements = [element_of(v) for v in op.sources] + [result.element_type]
    lanes = region_lanes(op.body, elements, target)
    vectors = prod(shape_of(result)) / lanes
    return max(vectors * region_weight(op.body) / CLOCK_HZ, op.bytes_moved() / BYTES_PER_SECOND)

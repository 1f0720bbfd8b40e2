"""How long a map takes: for choosing layouts and chunks."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, i1
from xdsl.ir import Attribute, Region

from ...dialects.engine.base import element_of, scalar_type, shape_of
from ...dialects.engine.elementwise import MapOp
from ...dialects.engine.integer_division import may_divide_by_zero
from ...targets.target import Target

MATH_WEIGHT = 20
"""Instructions that a `math` function stands for."""


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


def map_seconds(op: MapOp, target: Target) -> float:
    """Estimated time on one thread."""
    [result] = op.target_types()
    elements = [element_of(v) for v in op.sources] + [result.element_type]
    lanes = 1 if may_divide_by_zero(op.body) else region_lanes(op.body, elements, target)
    vectors = prod(shape_of(result)) / lanes
    cycles, machine = vectors * region_weight(op.body), target.machine
    return machine.seconds(cycles, op.bytes_moved(), machine.rates.stream)

"""What walking through a forest costs."""

from __future__ import annotations

from ...dialects.engine import TreeEnsembleOp
from ...dialects.engine.base import element_of, shape_of
from ...targets.target import Target

STEP_CYCLES = 4.5
"""Of one step of one row, many walks at a time, nodes in the first two caches."""

LONGER = 1.25
"""How many more steps walks take than in balanced trees."""

ADD_CYCLES = 1.5
"""To add the weights of a leaf, for each vector of them."""


def forest_seconds(op: TreeEnsembleOp, target: Target) -> float:
    """All rows through all trees, on one thread."""
    walks = shape_of(op.input)[0] * shape_of(op.trees)[0]
    vectors = -(-op.width // target.lanes(element_of(op.weights)))
    cycles = op.expected_depth * LONGER * STEP_CYCLES + vectors * ADD_CYCLES
    return target.machine.seconds(walks * cycles)

"""What `engine.map` computes: its scalar region on whole arrays."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.elementwise import MapOp
from ...dialects.engine.weights import Array
from .scalar import run_scalar_region


def elementwise(op: MapOp, *inputs: Array) -> tuple[Array, ...]:
    """The region's value for every element of the broadcast inputs."""
    # Sizes that the types leave open are those of the arrays.
    shapes = [x.shape for x in inputs] or op.inferred_shapes()
    [result] = run_scalar_region(op.body, inputs, op.inferred_elements())
    return (np.broadcast_to(result, np.broadcast_shapes(*shapes)),)

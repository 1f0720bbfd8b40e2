"""The table from each operator to its conversion, those of plug-ins included."""

from __future__ import annotations

from functools import cache

from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of
from ...dialects.engine.opaque import is_opaque
from ...dialects.framework import dims_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.families import conversions_of
from ..to_engine.lowering import Lowering
from . import (
    activations,
    arithmetic,
    assignment,
    channels,
    creation,
    detection,
    elementwise,
    indexing,
    movement,
    normalization,
    products,
    rearrangement,
    recurrence,
    reduction,
    resizing,
    slices,
    windows,
)

FAMILIES = (
    *(activations, arithmetic, assignment, channels, creation, detection, elementwise),
    *(indexing, movement),
    *(normalization, products, rearrangement, recurrence, reduction, resizing, slices),
    *(windows,),
)
"""The files of operators; each has a table `OPERATORS`."""


@cache
def conversions() -> dict[str, Conversion]:
    """Conversions by operation name, as in `paddle.conv2d`."""
    made = conversions_of("paddle", FAMILIES)
    return {name: _with_one_dimension(conversion) for name, conversion in made.items()}


def _with_one_dimension(conversion: Conversion) -> Conversion:
    """
    A conversion whose scalars are vectors of one element where the operation says so.

    Paddle had no tensors of rank 0 before 2.5; programs of that time declare `[1]` for them.
    """

    def convert(lo: Lowering) -> SSAValue | Results:
        found = conversion(lo)
        if isinstance(found, SSAValue):
            return _as_declared(lo, found, 0)
        return [v if v is None else _as_declared(lo, v, at) for at, v in enumerate(found)]

    return convert


def _as_declared(lo: Lowering, found: SSAValue, at: int) -> SSAValue:
    if at >= len(lo.op.results) or is_opaque(found) or extents_of(found):
        return found
    return lo.reshape(found, (1,)) if dims_of(lo.op.results[at].type) == (1,) else found

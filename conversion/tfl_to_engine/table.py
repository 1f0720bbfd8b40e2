"""The table from each operator to its conversion, those of plug-ins included."""

from __future__ import annotations

from functools import cache

import numpy as np
from xdsl.ir import SSAValue

from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.families import conversions_of
from ..to_engine.lowering import Lowering
from . import (
    arithmetic,
    blocks,
    elementwise,
    layers,
    movement,
    pooling,
    recurrent,
    reduction,
    resize,
    scatter,
    selection,
    slices,
    suppression,
)

FAMILIES = (
    *(arithmetic, blocks, elementwise, layers, movement, pooling, recurrent),
    *(reduction, resize, scatter, selection, slices, suppression),
)
"""The files of operators; each has a table `OPERATORS`."""


@cache
def conversions() -> dict[str, Conversion]:
    """Conversions by operation name, as in `tfl.CONV_2D`."""
    made = conversions_of("tfl", FAMILIES)
    return {name: _quiet(conversion) for name, conversion in made.items()}


def _quiet(convert: Conversion) -> Conversion:
    """A conversion whose arithmetic on scales overflows in silence, as the kernels' does."""

    def converted(lo: Lowering) -> SSAValue | Results:
        with np.errstate(all="ignore"):
            return convert(lo)

    return converted

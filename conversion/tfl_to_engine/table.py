"""The table from each operator to its conversion, those of plug-ins included."""

from __future__ import annotations

from functools import cache

import numpy as np
from xdsl.ir import SSAValue

from ...plugins import added
from ..to_engine.dialect_conversion import Conversion, Results
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
    own = {
        f"tfl.{name}": _quiet(conversion)
        for family in FAMILIES
        for name, conversion in family.OPERATORS.items()
    }
    return {**own, **added("conversions", own)}


def _quiet(convert: Conversion) -> Conversion:
    """A conversion whose arithmetic on scales overflows in silence, as the kernels' does."""

    def converted(lo: Lowering) -> SSAValue | Results:
        with np.errstate(all="ignore"):
            return convert(lo)

    return converted

"""The table from each operator to its conversion, those of plug-ins included."""

from __future__ import annotations

from functools import cache

from ...plugins import added
from ..to_engine.dialect_conversion import Conversion
from . import (
    arithmetic,
    elementwise,
    layers,
    movement,
    pooling,
    recurrent,
    reduction,
    resize,
    scatter,
    selection,
)

FAMILIES = (
    *(arithmetic, elementwise, layers, movement, pooling, recurrent, reduction, resize),
    *(scatter, selection),
)
"""The files of operators; each has a table `OPERATORS`."""


@cache
def conversions() -> dict[str, Conversion]:
    """Conversions by operation name, as in `tfl.CONV_2D`."""
    own = {
        f"tfl.{name}": conversion
        for family in FAMILIES
        for name, conversion in family.OPERATORS.items()
    }
    return {**own, **added("conversions", own)}

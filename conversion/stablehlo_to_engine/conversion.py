"""The conversion of the stablehlo dialect, and of chlo beside it."""

from __future__ import annotations

from functools import cache

from ..stablehlo_import.simplify import spread_constants
from ..to_engine.dialect_conversion import Conversion, DialectConversion
from ..to_engine.families import conversions_of
from . import contraction, elementwise, indexing, movement, ordering, reduction
from .control import CONTROL, EVALUATE, results_of_parts
from .sizes import late_types, size_elements

FAMILIES = (elementwise, movement, contraction, reduction, ordering, indexing)
"""The files of operators; each has a table `OPERATORS`."""

CHLO_FAMILIES = (elementwise, ordering)
"""The files that have a table `CHLO_OPERATORS`."""


@cache
def conversions() -> dict[str, Conversion]:
    """Conversions by operation name, as in `stablehlo.add`."""
    own = conversions_of("stablehlo", FAMILIES)
    for family in CHLO_FAMILIES:
        own |= {f"chlo.{name}": each for name, each in family.CHLO_OPERATORS.items()}
    return own


STABLEHLO = DialectConversion(
    "stablehlo",
    conversions,
    EVALUATE,
    results_of_parts,
    late_types,
    size_elements=size_elements,
    prepare=spread_constants,
    control=frozenset(CONTROL),
    parts_of=frozenset(("chlo",)),
)

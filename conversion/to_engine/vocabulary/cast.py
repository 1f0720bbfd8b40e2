"""Conversion of element types."""

from __future__ import annotations

from xdsl.ir import Attribute, SSAValue

from ....dialects.engine.base import element_of
from ..coded_elements import Rounding, plain_element
from ..lowering import Lowering
from ..scalars import EXACT_OR_LARGEST, Numbers, cast_scalar


def cast(
    lo: Lowering, x: SSAValue, target: Attribute, rounding: Rounding = EXACT_OR_LARGEST
) -> SSAValue:
    """`x` with elements of another type; `rounding` is for floats of at most eight bits."""
    source = element_of(x)
    if source == target:
        return x
    for element in (source, target):
        Numbers(plain_element(element))
    return lo.map([x], lambda a: cast_scalar(a, source, target, rounding), target)

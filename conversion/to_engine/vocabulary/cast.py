"""Conversion of element types."""

from __future__ import annotations

from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine.base import element_of
from ..coded_elements import Rounding, plain_element
from ..lowering import Lowering, NoNativeForm
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


def widened(lo: Lowering, x: SSAValue) -> SSAValue:
    """`x` in f32, where its elements are floats of fewer bits."""
    return cast(lo, x, f32) if isinstance(element_of(x), BFloat16Type | Float16Type) else x


def wide_floats(lo: Lowering, x: SSAValue) -> SSAValue:
    """
    `x` in f32 or wider.

    Raises:
        NoNativeForm: for elements that are no floats.
    """
    element = element_of(x)
    if not Numbers(element).floating:
        raise NoNativeForm(f"of {element}")
    return widened(lo, x)

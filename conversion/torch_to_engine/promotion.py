"""
Which type an operation computes in when its operands have several
(<https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc>).
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    Signedness,
    f32,
    f64,
    i1,
    i64,
)
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, rank_of
from ..to_engine.lowering import NoNativeForm
from .arguments import Number

Operand = SSAValue | Number

_FLOATS = (Float16Type, BFloat16Type, Float32Type, Float64Type)


def _category(element: Attribute) -> int:
    if isinstance(element, IntegerType):
        return 0 if element.width.data == 1 else 1
    if isinstance(element, _FLOATS):
        return 2
    raise NoNativeForm(f"on {element} elements")


def _joined(a: Attribute, b: Attribute) -> Attribute:
    """The smallest type that holds two of a category, or the one of the higher category."""
    if a == b:
        return a
    if _category(a) != _category(b):
        return a if _category(a) > _category(b) else b
    if isinstance(a, IntegerType) and isinstance(b, IntegerType):
        return _integer(a, b)
    if f64 in (a, b):
        return f64
    return f32


def _integer(a: IntegerType, b: IntegerType) -> Attribute:
    signed_a, signed_b = (t.signedness.data != Signedness.UNSIGNED for t in (a, b))
    if signed_a == signed_b:
        return a if a.width.data > b.width.data else b
    signed, unsigned = (a, b) if signed_a else (b, a)
    if signed.width.data > unsigned.width.data:
        return signed
    return IntegerType(min(2 * unsigned.width.data, 64))


def _combined(higher: Attribute | None, lower: Attribute | None) -> Attribute | None:
    """What counts less decides only where its category is the higher one."""
    if higher is None or lower is None:
        return lower if higher is None else higher
    return higher if _category(higher) >= _category(lower) else _joined(higher, lower)


def _all_joined(elements: Sequence[Attribute]) -> Attribute | None:
    found: Attribute | None = None
    for element in elements:
        found = element if found is None else _joined(found, element)
    return found


def number_type(value: Number) -> Attribute:
    """The type that a number alone would have."""
    if isinstance(value, bool):
        return i1
    return i64 if isinstance(value, int) else f32


def promoted(operands: Sequence[Operand]) -> Attribute:
    """The type that operands are computed in: tensors count before scalars, and these before
    numbers."""
    values = [v for v in operands if isinstance(v, SSAValue)]
    tensors = _all_joined([element_of(v) for v in values if rank_of(v)])
    scalars = _all_joined([element_of(v) for v in values if not rank_of(v)])
    numbers = _all_joined([number_type(v) for v in operands if not isinstance(v, SSAValue)])
    found = _combined(tensors, _combined(scalars, numbers))
    assert found is not None
    return found


def wide(element: Attribute) -> Attribute:
    """The type in which elements are computed: f32 for narrower floats."""
    return f32 if isinstance(element, Float16Type | BFloat16Type) else element

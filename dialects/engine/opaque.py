"""
Opaque values: those without a buffer.

A tensor of numbers whose sizes are all known, as numbers or as expressions over names (`sizes.py`),
lies in memory at an address that the plan decides. Everything else has none: tensors with a `?` of
which nothing says the size, strings, sequences, optionals
and maps. Such values exist at run time only, one by one, as Python sees them. Only `engine.reference`
takes and gives them; they keep their types down to the planned level.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from xdsl.dialects.builtin import (
    AnyFloat,
    ComplexType,
    IntegerType,
    MemRefType,
    TensorType,
    UnrankedTensorType,
)
from xdsl.ir import Attribute, SSAValue

from .layout import LayoutAttr
from .sizes import SizesAttr


@lru_cache(maxsize=256)
def _holds_numbers(kind: type[Attribute]) -> bool:
    return issubclass(kind, AnyFloat | IntegerType | ComplexType)


def is_number(element: Attribute) -> bool:
    """Whether an element type is one that buffers can hold."""
    # Asked for every value by every stage; hashing a class is cheaper than hashing an attribute.
    return _holds_numbers(type(element))


def is_opaque(value: SSAValue | Attribute) -> bool:
    """Whether values of a type have no buffer."""
    type_ = value.type if isinstance(value, SSAValue) else value
    if type(type_) is MemRefType:
        return False
    if not isinstance(type_, TensorType):
        return True
    if not is_number(type_.element_type):
        return True
    return min(type_.get_shape(), default=0) < 0 and not has_sizes(type_)


def has_sizes(type_: TensorType) -> bool:
    """Whether the open dimensions of a type have sizes by name."""
    said = type_.encoding
    return isinstance(said, SizesAttr) or (isinstance(said, LayoutAttr) and bool(said.sizes))


def is_unsized(value: SSAValue | Attribute) -> bool:
    """Whether a type is a tensor of numbers with sizes, or a rank, that are not known."""
    type_ = value.type if isinstance(value, SSAValue) else value
    if isinstance(type_, UnrankedTensorType):
        return is_number(type_.element_type)
    return isinstance(type_, TensorType) and is_number(type_.element_type) and is_opaque(type_)


def any_opaque(values: Iterable[SSAValue]) -> bool:
    """Whether at least one of some values has no buffer."""
    return any(is_opaque(v) for v in values)


__all__ = ["any_opaque", "has_sizes", "is_number", "is_opaque", "is_unsized"]

"""The sizes that the type of a value says: of strings, too, which have no buffer."""

from __future__ import annotations

from xdsl.ir import Attribute, SSAValue

from ...runtime.size import Extent
from ..framework import StringType, dims_of, element_of
from .base import extents_of
from .opaque import is_opaque


def said_sizes(value: SSAValue) -> tuple[Extent, ...]:
    """
    The sizes of a tensor of numbers, or of one of strings where all are known.

    Calls find names in them. Nothing is said of other values.
    """
    if not is_opaque(value):
        return extents_of(value)
    return string_sizes(value.type) or ()


def string_sizes(type_: Attribute) -> tuple[Extent, ...] | None:
    """The sizes of a tensor of strings; None where one is not known, and for other types."""
    dims = dims_of(type_) if isinstance(element_of(type_), StringType) else None
    known = tuple(dim for dim in dims or () if dim is not None)
    return known if dims is not None and len(known) == len(dims) else None

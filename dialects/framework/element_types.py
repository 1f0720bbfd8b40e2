"""
The element types of tensors, as schemas, as the IR and as numpy name them.

Signed integers are signless in the IR (`i64`), unsigned ones are not (`ui8`); `bool` is `i1`.
Strings have a type of the `framework` dialect, everything else is a builtin type. The numbers
that a file format gives them are the business of its dialect.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import (
    BFloat16Type,
    ComplexType,
    Float4E2M1FNType,
    Float6E2M3FNType,
    Float6E3M2FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    Signedness,
)
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition


@irdl_attr_definition
class StringType(ParametrizedAttribute, TypeAttribute):
    """
    A string, the element type of tensors of strings; numpy holds them as objects.

    ```mlir
    tensor<2x!framework.string>
    ```
    """

    name = "framework.string"


class StoredType(ParametrizedAttribute, TypeAttribute, ABC):
    """An element type of a framework that is kept as another one: quantised numbers as integers."""

    @property
    @abstractmethod
    def stored(self) -> Attribute:
        """The element type of what is kept."""


def stored(element: Attribute) -> Attribute:
    """The element type as which an element type is kept, most often itself."""
    return element.stored if isinstance(element, StoredType) else element


class ElementType(NamedTuple):
    """One row of the table: the same element type in the three languages."""

    name: str
    """As schemas write it: `float` of `tensor(float)`."""
    ir: Attribute
    numpy: np.dtype[Any]


def _unsigned(width: int) -> IntegerType:
    return IntegerType(width, Signedness.UNSIGNED)


ELEMENT_TYPES = (
    ElementType("float", Float32Type(), np.dtype(np.float32)),
    ElementType("uint8", _unsigned(8), np.dtype(np.uint8)),
    ElementType("int8", IntegerType(8), np.dtype(np.int8)),
    ElementType("uint16", _unsigned(16), np.dtype(np.uint16)),
    ElementType("int16", IntegerType(16), np.dtype(np.int16)),
    ElementType("int32", IntegerType(32), np.dtype(np.int32)),
    ElementType("int64", IntegerType(64), np.dtype(np.int64)),
    ElementType("string", StringType(), np.dtype(np.object_)),
    ElementType("bool", IntegerType(1), np.dtype(np.bool_)),
    ElementType("float16", Float16Type(), np.dtype(np.float16)),
    ElementType("double", Float64Type(), np.dtype(np.float64)),
    ElementType("uint32", _unsigned(32), np.dtype(np.uint32)),
    ElementType("uint64", _unsigned(64), np.dtype(np.uint64)),
    ElementType("complex64", ComplexType(Float32Type()), np.dtype(np.complex64)),
    ElementType("complex128", ComplexType(Float64Type()), np.dtype(np.complex128)),
    ElementType("bfloat16", BFloat16Type(), np.dtype(ml_dtypes.bfloat16)),
    ElementType("float8e4m3fn", Float8E4M3FNType(), np.dtype(ml_dtypes.float8_e4m3fn)),
    ElementType("float8e4m3fnuz", Float8E4M3FNUZType(), np.dtype(ml_dtypes.float8_e4m3fnuz)),
    ElementType("float8e5m2", Float8E5M2Type(), np.dtype(ml_dtypes.float8_e5m2)),
    ElementType("float8e5m2fnuz", Float8E5M2FNUZType(), np.dtype(ml_dtypes.float8_e5m2fnuz)),
    ElementType("uint4", _unsigned(4), np.dtype(ml_dtypes.uint4)),
    ElementType("int4", IntegerType(4), np.dtype(ml_dtypes.int4)),
    ElementType("float4e2m1", Float4E2M1FNType(), np.dtype(ml_dtypes.float4_e2m1fn)),
    ElementType("float8e8m0", Float8E8M0FNUType(), np.dtype(ml_dtypes.float8_e8m0fnu)),
    ElementType("uint2", _unsigned(2), np.dtype(ml_dtypes.uint2)),
    ElementType("int2", IntegerType(2), np.dtype(ml_dtypes.int2)),
    ElementType("float6e2m3", Float6E2M3FNType(), np.dtype(ml_dtypes.float6_e2m3fn)),
    ElementType("float6e3m2", Float6E3M2FNType(), np.dtype(ml_dtypes.float6_e3m2fn)),
)

PACKED = frozenset(("int4", "uint4", "int2", "uint2", "float4e2m1"))
"""Element types, by name, of which one byte of a file holds several."""

_BY_NAME = {row.name: row for row in ELEMENT_TYPES}
_BY_IR = {row.ir: row for row in ELEMENT_TYPES}
_BY_NUMPY = {row.numpy: row for row in ELEMENT_TYPES}


def element_type_named(name: str) -> ElementType | None:
    """The row of a schema's name such as `float16`."""
    return _BY_NAME.get(name)


@cache
def element_type_of_ir(ir: Attribute) -> ElementType | None:
    """The row of an IR element type, None for one that no tensor has (`index`, `f80`).

    That of a type that is kept as another one is that of the other.
    """
    return _BY_IR.get(stored(ir))


def element_type_of_numpy(dtype: np.dtype[Any]) -> ElementType | None:
    """The row of a numpy dtype; fixed-width string arrays count as strings."""
    if dtype.kind in "SU":
        return _BY_NAME["string"]
    return _BY_NUMPY.get(dtype)

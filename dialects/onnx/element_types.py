"""
The element types of ONNX tensors, as ONNX, as the IR and as numpy name them.

Signed integers are signless in the IR (`i64`), unsigned ones are not (`ui8`); `bool` is `i1`.
Strings have a type of this dialect, everything else is a builtin type.
"""

from __future__ import annotations

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
    A string, the element type of ONNX string tensors; numpy holds them as objects.

    ```mlir
    tensor<2x!onnx.string>
    ```
    """

    name = "onnx.string"


class ElementType(NamedTuple):
    """One row of the table: the same element type in the four languages."""

    code: int
    """`onnx.TensorProto.DataType`"""
    onnx: str
    """As in the schemas: `float` of `tensor(float)`."""
    ir: Attribute
    numpy: np.dtype[Any]


def _unsigned(width: int) -> IntegerType:
    return IntegerType(width, Signedness.UNSIGNED)


ELEMENT_TYPES = (
    ElementType(1, "float", Float32Type(), np.dtype(np.float32)),
    ElementType(2, "uint8", _unsigned(8), np.dtype(np.uint8)),
    ElementType(3, "int8", IntegerType(8), np.dtype(np.int8)),
    ElementType(4, "uint16", _unsigned(16), np.dtype(np.uint16)),
    ElementType(5, "int16", IntegerType(16), np.dtype(np.int16)),
    ElementType(6, "int32", IntegerType(32), np.dtype(np.int32)),
    ElementType(7, "int64", IntegerType(64), np.dtype(np.int64)),
    ElementType(8, "string", StringType(), np.dtype(np.object_)),
    ElementType(9, "bool", IntegerType(1), np.dtype(np.bool_)),
    ElementType(10, "float16", Float16Type(), np.dtype(np.float16)),
    ElementType(11, "double", Float64Type(), np.dtype(np.float64)),
    ElementType(12, "uint32", _unsigned(32), np.dtype(np.uint32)),
    ElementType(13, "uint64", _unsigned(64), np.dtype(np.uint64)),
    ElementType(14, "complex64", ComplexType(Float32Type()), np.dtype(np.complex64)),
    ElementType(15, "complex128", ComplexType(Float64Type()), np.dtype(np.complex128)),
    ElementType(16, "bfloat16", BFloat16Type(), np.dtype(ml_dtypes.bfloat16)),
    ElementType(17, "float8e4m3fn", Float8E4M3FNType(), np.dtype(ml_dtypes.float8_e4m3fn)),
    ElementType(18, "float8e4m3fnuz", Float8E4M3FNUZType(), np.dtype(ml_dtypes.float8_e4m3fnuz)),
    ElementType(19, "float8e5m2", Float8E5M2Type(), np.dtype(ml_dtypes.float8_e5m2)),
    ElementType(20, "float8e5m2fnuz", Float8E5M2FNUZType(), np.dtype(ml_dtypes.float8_e5m2fnuz)),
    ElementType(21, "uint4", _unsigned(4), np.dtype(ml_dtypes.uint4)),
    ElementType(22, "int4", IntegerType(4), np.dtype(ml_dtypes.int4)),
    ElementType(23, "float4e2m1", Float4E2M1FNType(), np.dtype(ml_dtypes.float4_e2m1fn)),
    ElementType(24, "float8e8m0", Float8E8M0FNUType(), np.dtype(ml_dtypes.float8_e8m0fnu)),
    ElementType(25, "uint2", _unsigned(2), np.dtype(ml_dtypes.uint2)),
    ElementType(26, "int2", IntegerType(2), np.dtype(ml_dtypes.int2)),
    ElementType(27, "float6e2m3", Float6E2M3FNType(), np.dtype(ml_dtypes.float6_e2m3fn)),
    ElementType(28, "float6e3m2", Float6E3M2FNType(), np.dtype(ml_dtypes.float6_e3m2fn)),
)

PACKED = frozenset(("int4", "uint4", "int2", "uint2", "float4e2m1"))
"""Element types, by ONNX name, of which one byte of a file holds several."""

_BY_CODE = {row.code: row for row in ELEMENT_TYPES}
_BY_ONNX = {row.onnx: row for row in ELEMENT_TYPES}
_BY_IR = {row.ir: row for row in ELEMENT_TYPES}
_BY_NUMPY = {row.numpy: row for row in ELEMENT_TYPES}


def element_type_of_code(code: int) -> ElementType | None:
    """The row of a `TensorProto.DataType`, None for one that does not exist."""
    return _BY_CODE.get(code)


def element_type_of_onnx(name: str) -> ElementType | None:
    """The row of a schema's name such as `float16`."""
    return _BY_ONNX.get(name)


@cache
def element_type_of_ir(ir: Attribute) -> ElementType | None:
    """The row of an IR element type, None for one that ONNX does not have (`index`, `f80`)."""
    return _BY_IR.get(ir)


def element_type_of_numpy(dtype: np.dtype[Any]) -> ElementType | None:
    """The row of a numpy dtype; fixed-width string arrays count as strings."""
    if dtype.kind in "SU":
        return _BY_ONNX["string"]
    return _BY_NUMPY.get(dtype)

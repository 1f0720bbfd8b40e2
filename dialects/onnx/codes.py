"""The numbers by which ONNX files call element types (`onnx.TensorProto.DataType`)."""

from __future__ import annotations

from ..framework import ElementType, element_type_named

_NAMES = (
    *("float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool"),
    *("float16", "double", "uint32", "uint64", "complex64", "complex128", "bfloat16"),
    *("float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4"),
    *("float4e2m1", "float8e8m0", "uint2", "int2", "float6e2m3", "float6e3m2"),
)
"""Names of element types in the order of their codes, which start at 1."""

_CODES = {name: code for code, name in enumerate(_NAMES, start=1)}


def code_of(element: ElementType) -> int:
    """The code of an element type; ONNX has all of them."""
    return _CODES[element.name]


def element_type_of_code(code: int) -> ElementType | None:
    """The element type of a code, None for one that does not exist."""
    return element_type_named(_NAMES[code - 1]) if 1 <= code <= len(_NAMES) else None

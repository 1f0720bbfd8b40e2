"""The numbers of the file format: element types and other enumerations (`table.json`)."""

from __future__ import annotations

from functools import cache

from xdsl.ir import Attribute

from ..framework import ElementType, element_type_named
from .schemas import TABLE

_NAMES = {
    "FLOAT32": "float",
    "FLOAT16": "float16",
    "FLOAT64": "double",
    "BFLOAT16": "bfloat16",
    "INT64": "int64",
    "INT32": "int32",
    "INT16": "int16",
    "INT8": "int8",
    "INT4": "int4",
    "INT2": "int2",
    "UINT64": "uint64",
    "UINT32": "uint32",
    "UINT16": "uint16",
    "UINT8": "uint8",
    "UINT4": "uint4",
    "BOOL": "bool",
    "STRING": "string",
    "COMPLEX64": "complex64",
    "COMPLEX128": "complex128",
    "FLOAT8_E4M3FN": "float8e4m3fn",
    "FLOAT8_E5M2": "float8e5m2",
}
"""Element types by the words of the format; resources and variants are not tensors of numbers."""


@cache
def words(enum: str) -> dict[int, str]:
    """The words of an enumeration by their numbers."""
    return {number: word for word, number in TABLE.enum(enum).items()}


def element_type_of_word(word: str) -> ElementType | None:
    """The element type of a word such as `FLOAT32`, None for one that no tensor has."""
    name = _NAMES.get(word)
    return None if name is None else element_type_named(name)


def element_type_of_code(code: int) -> ElementType | None:
    """The element type of a number of the format."""
    return element_type_of_word(words("TensorType").get(code, ""))


def code_of(element: Attribute) -> int | None:
    """The number of an element type of the IR, None for one that the format does not have."""
    for word, name in _NAMES.items():
        row = element_type_named(name)
        if row is not None and row.ir == element:
            return TABLE.enum("TensorType")[word]
    return None

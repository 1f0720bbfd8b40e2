"""How Paddle calls element types: by words in PIR, by numbers in the older format."""

from __future__ import annotations

from ..framework import ElementType, element_type_named

_NUMBERS = {
    **{0: "bool", 1: "int16", 2: "int32", 3: "int64", 4: "float16", 5: "float32", 6: "float64"},
    **{20: "uint8", 21: "int8", 22: "bfloat16", 23: "complex64", 24: "complex128"},
    **{36: "uint16", 37: "uint32", 38: "uint64"},
}
"""`framework.proto.VarType.Type`, as far as tensors have them."""

_SHORT = {
    **{"b": "bool", "bool": "bool", "i8": "int8", "ui8": "uint8", "i16": "int16", "i32": "int32"},
    **{"i64": "int64", "f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64"},
    **{"c64": "complex64", "c128": "complex128"},
}
"""Types of tensors in PIR, `0.t_f32` without what stands before the last underscore."""

_OURS = {"float32": "float", "float64": "double"}


def element_type_of_word(word: str) -> ElementType | None:
    """The element type of a word as attributes have it: `float32`."""
    return element_type_named(_OURS.get(word, word))


def word_of_number(number: int) -> str:
    """The word of a number of the older format, empty for one that no tensor has."""
    return _NUMBERS.get(number, "")


def word_of_short(short: str) -> str:
    """The word of PIR's short name of a type: `f32`."""
    return _SHORT.get(short, "")

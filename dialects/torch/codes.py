"""What torch and its files call element types."""

from __future__ import annotations

from ..framework import ElementType, element_type_named

_NAMES = {
    "uint8": "uint8",
    "int8": "int8",
    "int16": "int16",
    "int32": "int32",
    "int64": "int64",
    "float16": "float16",
    "float32": "float",
    "float64": "double",
    "complex64": "complex64",
    "complex128": "complex128",
    "bool": "bool",
    "bfloat16": "bfloat16",
    "uint16": "uint16",
    "uint32": "uint32",
    "uint64": "uint64",
    "float8_e4m3fn": "float8e4m3fn",
    "float8_e5m2": "float8e5m2",
    "float8_e4m3fnuz": "float8e4m3fnuz",
    "float8_e5m2fnuz": "float8e5m2fnuz",
    "float8_e8m0fnu": "float8e8m0",
}
"""Names of torch (`torch.float32`) and those of the element types of all frameworks."""

_FILE_CODES = {
    **dict(enumerate(("uint8", "int8", "int16", "int32", "int64", "float16", "float32"), 1)),
    **dict(enumerate(("float64", "complex32", "complex64", "complex128", "bool", "bfloat16"), 8)),
    **dict(enumerate(("uint16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz"), 28)),
    **dict(enumerate(("float8_e5m2fnuz", "float8_e8m0fnu", "uint32", "uint64"), 32)),
}
"""Names by the numbers that exported programs (`.pt2`) have for them."""

_CODES_OF_NAMES = {name: code for code, name in _FILE_CODES.items()}

_TORCH = {ours: torch for torch, ours in _NAMES.items()}


def element_type_of_torch(name: str) -> ElementType | None:
    """The element type that torch calls `float32`, with or without `torch.` before it."""
    ours = _NAMES.get(name.removeprefix("torch."))
    return None if ours is None else element_type_named(ours)


def torch_name_of(element: ElementType) -> str | None:
    """What torch calls an element type; None for one that it has not."""
    return _TORCH.get(element.name)


def element_type_of_code(code: int) -> ElementType | None:
    """The element type of a number in an exported program."""
    return element_type_of_torch(_FILE_CODES.get(code, ""))


def code_of_torch(name: str) -> int | None:
    """The number that exported programs have for what torch calls `float32`; None if they have
    none."""
    return _CODES_OF_NAMES.get(name.removeprefix("torch."))

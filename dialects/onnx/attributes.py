"""
ONNX attributes as properties of operations.

| ONNX | property | in the custom assembly format |
| --- | --- | --- |
| `INT` | `IntegerAttr` of i64 | `axis = 1` |
| `FLOAT` | `FloatAttr` of f32 | `alpha = 0.2` |
| `STRING` | `StringAttr` | `auto_pad = "SAME_UPPER"` |
| `INTS`, `FLOATS` | `DenseArrayBase` of i64, f32 | `pads = [0, 0, 1, 1]` |
| `STRINGS` | `ArrayAttr` of `StringAttr` | `activations = ["Tanh"]` |
| `TENSOR`, `SPARSE_TENSOR` | a constant attribute | `value = dense<1.0> : tensor<1xf32>` |
| `TYPE_PROTO` | the type | `type = tensor<2xf32>` |
| `GRAPH` | no property: a region | |
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import cast

from onnx.defs import OpSchema
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    StringAttr,
    TensorType,
    f32,
    i64,
)
from xdsl.ir import Attribute, TypeAttribute
from xdsl.printer import Printer

from ..dense_literal import float_text, print_constant

AttrType = OpSchema.AttrType

AttributeValue = int | float | str | list[int] | list[float] | list[str] | Attribute
"""An ONNX attribute in Python; tensors and types stay attributes."""


def property_of(value: AttributeValue, kind: OpSchema.AttrType) -> Attribute:
    """The property that holds `value`, an attribute of the given ONNX kind.

    Raises `TypeError` when the value is not of that kind.
    """
    attribute = value if isinstance(value, Attribute) else _builtin(value, kind)
    coerced = None if attribute is None else coerced_property(attribute, kind)
    if coerced is None:
        raise TypeError(f"{value!r} is not {described(kind)}")
    return coerced


def _builtin(
    value: float | str | list[int] | list[float] | list[str], kind: OpSchema.AttrType
) -> Attribute | None:
    """The most obvious attribute for a Python value, where it fits the kind."""
    if kind == AttrType.INT and isinstance(value, int):
        return IntegerAttr(int(value), i64)
    if kind == AttrType.FLOAT and isinstance(value, int | float):
        return FloatAttr(float(value), f32)
    if kind == AttrType.STRING and isinstance(value, str):
        return StringAttr(value)
    if not isinstance(value, list):
        return None
    if kind == AttrType.INTS and all(isinstance(v, int) for v in value):
        return DenseArrayBase.from_list(i64, cast(list[int], value))
    if kind == AttrType.FLOATS and all(isinstance(v, int | float) for v in value):
        return DenseArrayBase.from_list(f32, [float(v) for v in value])
    if kind == AttrType.STRINGS and all(isinstance(v, str) for v in value):
        return ArrayAttr([StringAttr(v) for v in cast(list[str], value)])
    return None


def value_of(attribute: Attribute) -> AttributeValue:
    """The Python value of a property; tensors and types stay attributes."""
    if isinstance(attribute, IntegerAttr):
        return attribute.value.data
    if isinstance(attribute, FloatAttr):
        return attribute.value.data
    if isinstance(attribute, StringAttr):
        return attribute.data
    if isinstance(attribute, DenseArrayBase):
        return cast("list[int] | list[float]", _dense_numbers(attribute))
    if isinstance(attribute, ArrayAttr):
        elements = cast(Sequence[Attribute], attribute.data)
        return [e.data for e in elements if isinstance(e, StringAttr)]
    return attribute


def _dense_numbers(attribute: DenseArrayBase) -> list[int | float]:
    values: Iterable[int | float] = cast("DenseArrayBase[IntegerType]", attribute).get_values()
    return list(values)


def _numbers(attribute: Attribute) -> list[int | float] | None:
    """The numbers of `[1, 2]` or `array<i64: 1, 2>`."""
    if isinstance(attribute, DenseArrayBase):
        return _dense_numbers(attribute)
    if not isinstance(attribute, ArrayAttr):
        return None
    numbers: list[int | float] = []
    for element in cast(Sequence[Attribute], attribute.data):
        if not isinstance(element, IntegerAttr | FloatAttr):
            return None
        numbers.append(element.value.data)
    return numbers


def _is_dense_array(attribute: Attribute, element_type: Attribute) -> bool:
    if not isinstance(attribute, DenseArrayBase):
        return False
    own: Attribute = cast("DenseArrayBase[IntegerType]", attribute).elt_type
    return own == element_type


def _coerce_list(attribute: Attribute, kind: OpSchema.AttrType) -> Attribute | None:
    if kind == AttrType.STRINGS:
        if not isinstance(attribute, ArrayAttr):
            return None
        elements = attribute.data
        return ArrayAttr(elements) if all(isinstance(e, StringAttr) for e in elements) else None
    element_type = i64 if kind == AttrType.INTS else f32
    if _is_dense_array(attribute, element_type):
        return attribute
    numbers = _numbers(attribute)
    if numbers is None:
        return None
    if kind == AttrType.FLOATS:
        return DenseArrayBase.from_list(f32, [float(n) for n in numbers])
    if not all(isinstance(n, int) for n in numbers):
        return None
    return DenseArrayBase.from_list(i64, [int(n) for n in numbers])


def coerced_property(attribute: Attribute, kind: OpSchema.AttrType) -> Attribute | None:
    """`attribute` in the one form that properties of this kind have, None where it does not fit."""
    if kind == AttrType.INT:
        is_integer = isinstance(attribute, IntegerAttr)
        return IntegerAttr(attribute.value.data, i64) if is_integer else None
    if kind == AttrType.FLOAT:
        if not isinstance(attribute, FloatAttr | IntegerAttr):
            return None
        return FloatAttr(float(attribute.value.data), f32)
    if kind == AttrType.STRING:
        return attribute if isinstance(attribute, StringAttr) else None
    if kind in (AttrType.INTS, AttrType.FLOATS, AttrType.STRINGS):
        return _coerce_list(attribute, kind)
    if kind == AttrType.TYPE_PROTO:
        return attribute if isinstance(attribute, TypeAttribute) else None
    if kind in (AttrType.TENSOR, AttrType.SPARSE_TENSOR):
        return attribute if hasattr(attribute, "type") else None
    return None


def described(kind: OpSchema.AttrType) -> str:
    """An attribute kind in a sentence."""
    return {
        AttrType.INT: "an integer",
        AttrType.FLOAT: "a number",
        AttrType.STRING: "a string",
        AttrType.INTS: "a list of integers",
        AttrType.FLOATS: "a list of numbers",
        AttrType.STRINGS: "a list of strings",
        AttrType.TENSOR: "a constant tensor",
        AttrType.SPARSE_TENSOR: "a constant tensor",
        AttrType.TYPE_PROTO: "a type",
        AttrType.GRAPH: "a region",
    }.get(kind, f"of kind {kind}")


def constant_type(constant: Attribute) -> Attribute | None:
    """The type of a constant tensor, None for an attribute that is none."""
    type_ = getattr(constant, "type", None)
    return cast(Attribute, type_) if isinstance(type_, TensorType) else None


def print_property(printer: Printer, attribute: Attribute) -> None:
    """Print a property so that `coerced_property` of what is parsed gives it back."""
    if isinstance(attribute, IntegerAttr):
        printer.print_string(str(attribute.value.data))
    elif isinstance(attribute, FloatAttr):
        _print_float(printer, attribute.value.data)
    elif isinstance(attribute, DenseArrayBase):
        with printer.in_square_brackets():
            printer.print_list(_dense_numbers(attribute), lambda v: _print_number(printer, v))
    else:
        print_constant(printer, attribute)


def _print_number(printer: Printer, value: float) -> None:
    if isinstance(value, int):
        printer.print_string(str(value))
    else:
        _print_float(printer, value)


def _print_float(printer: Printer, value: float) -> None:
    """A number; one that has no decimal form (inf, nan) as typed bits."""
    if math.isfinite(value):
        printer.print_string(float_text(value, f32))
    else:
        printer.print_attribute(FloatAttr(value, f32))

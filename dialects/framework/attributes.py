"""
Attributes of operators as properties of operations.

| kind | property | in the custom assembly format |
| --- | --- | --- |
| `INT` | `IntegerAttr` of i64 | `axis = 1` |
| `FLOAT` | `FloatAttr` of f32 | `alpha = 0.2` |
| `DOUBLE` | `FloatAttr` of f64 | `eps = 1.0e-05` |
| `SCALAR` | `IntegerAttr` of i64 or i1, `FloatAttr` of f64 | `alpha = 2` |
| `BOOL` | `IntegerAttr` of i1 | `ceil_mode = true` |
| `STRING` | `StringAttr` | `auto_pad = "SAME_UPPER"` |
| `INTS`, `FLOATS`, `DOUBLES` | `DenseArrayBase` of i64, f32, f64 | `pads = [0, 0, 1, 1]` |
| `SCALARS` | `ArrayAttr` of what a `SCALAR` may be | `values = [1, 0.5]` |
| `STRINGS` | `ArrayAttr` of `StringAttr` | `activations = ["Tanh"]` |
| `BOOLS` | `ArrayAttr` of i1 | `output_mask = [true, false]` |
| `TENSOR` | a constant attribute | `value = dense<1.0> : tensor<1xf32>` |
| `TYPE`, `TYPES` | the type, `ArrayAttr` of types | `type = tensor<2xf32>` |
| `REGION` | no property: a region | |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import (
    AnyFloat,
    ArrayAttr,
    BytesAttr,
    DenseArrayBase,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    StringAttr,
    TensorType,
    f32,
    f64,
    i1,
    i64,
)
from xdsl.ir import Attribute, TypeAttribute
from xdsl.printer import Printer

from ..dense_literal import float_text, print_constant
from .schema import AttributeValue, Kind

LONG = 64
"""Lists of as many numbers are made of an array."""


def property_of(value: AttributeValue, kind: Kind) -> Attribute:
    """The property that holds `value`, an attribute of the given kind.

    Raises `TypeError` when the value is not of that kind.
    """
    attribute = value if isinstance(value, Attribute) else _builtin(value, kind)
    coerced = None if attribute is None else coerced_property(attribute, kind)
    if coerced is None:
        raise TypeError(f"{value!r} is not {kind.value}")
    return coerced


def _builtin(
    value: bool | float | str | list[bool] | list[int] | list[float] | list[str], kind: Kind
) -> Attribute | None:
    """The most obvious attribute for a Python value, where it fits the kind."""
    if isinstance(value, list):
        return _builtin_list(value, kind)
    if kind == Kind.STRING and isinstance(value, str):
        return StringAttr(value)
    if isinstance(value, str):
        return None
    if kind == Kind.BOOL and isinstance(value, bool):
        return IntegerAttr.from_bool(value)
    if kind == Kind.INT and isinstance(value, int):
        return IntegerAttr(int(value), i64)
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        return FloatAttr(float(value), f32 if kind == Kind.FLOAT else f64)
    return _scalar(value) if kind == Kind.SCALAR else None


def _builtin_list(
    value: list[bool] | list[int] | list[float] | list[str], kind: Kind
) -> Attribute | None:
    if kind == Kind.STRINGS and _are(value, str):
        words = cast(list[str], value)
        texts = {word: StringAttr(word) for word in set(words)}
        return ArrayAttr([texts[word] for word in words])
    if kind == Kind.BOOLS and _are(value, bool):
        return ArrayAttr([IntegerAttr.from_bool(bool(v)) for v in value])
    if kind == Kind.INTS and _are(value, int):
        return _dense(i64, cast(list[int], value))
    if kind in (Kind.FLOATS, Kind.DOUBLES) and _are(value, int, float):
        return _dense(f32 if kind == Kind.FLOATS else f64, [float(v) for v in value])
    if kind == Kind.SCALARS and _are(value, int, float):
        return ArrayAttr([_scalar(cast(float, v)) for v in value])
    return None


def _scalar(value: float) -> Attribute:
    if isinstance(value, bool):
        return IntegerAttr.from_bool(value)
    return IntegerAttr(value, i64) if isinstance(value, int) else FloatAttr(value, f64)


def _are(values: Sequence[object], *classes: type) -> bool:
    """Whether all values are of one of the classes."""
    return all(issubclass(class_, classes) for class_ in set(map(type, values)))


def _dense(
    element: IntegerType | Float32Type | Float64Type, values: Sequence[float]
) -> DenseArrayBase:
    """A list of numbers as an attribute; long ones at once, of which forests have millions."""
    if len(values) < LONG:
        return DenseArrayBase.from_list(cast(IntegerType, element), cast("list[int]", values))
    try:
        is_integer = isinstance(element, IntegerType)
        array = np.array(values, f"{'i' if is_integer else 'f'}{element.size}")
    except OverflowError:
        raise TypeError(f"an element is no {element}") from None
    return DenseArrayBase(element, BytesAttr(array.tobytes()))


def value_of(attribute: Attribute) -> AttributeValue:
    """The Python value of a property; tensors, types and lists of types stay attributes."""
    if isinstance(attribute, IntegerAttr):
        return bool(attribute.value.data) if _is_bool(attribute) else attribute.value.data
    if isinstance(attribute, FloatAttr):
        return attribute.value.data
    if isinstance(attribute, StringAttr):
        return attribute.data
    if isinstance(attribute, DenseArrayBase):
        return cast("list[int] | list[float]", _dense_numbers(attribute))
    if isinstance(attribute, ArrayAttr):
        elements = cast(Sequence[Attribute], attribute.data)
        texts = [e.data for e in elements if isinstance(e, StringAttr)]
        numbers = [value_of(e) for e in elements if isinstance(e, IntegerAttr | FloatAttr)]
        found = cast("list[float] | list[str]", numbers or texts)
        return found if len(found) == len(elements) else attribute
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


def _is_bool(attribute: Attribute) -> bool:
    return isinstance(attribute, IntegerAttr) and attribute.type == i1


def _is_scalar(attribute: Attribute) -> bool:
    if isinstance(attribute, FloatAttr):
        return attribute.type == f64
    return isinstance(attribute, IntegerAttr) and attribute.type in (i1, i64)


_ELEMENT_TESTS: dict[Kind, Callable[[Attribute], bool]] = {
    Kind.STRINGS: lambda e: isinstance(e, StringAttr),
    Kind.BOOLS: _is_bool,
    Kind.SCALARS: _is_scalar,
    Kind.TYPES: lambda e: isinstance(e, TypeAttribute),
}
"""The lists that are arrays of attributes, and what their elements are."""


_LISTS = {Kind.INTS: i64, Kind.FLOATS: f32, Kind.DOUBLES: f64}
"""The lists that are dense, and the type of their elements."""


def _coerce_list(attribute: Attribute, kind: Kind) -> Attribute | None:
    fits = _ELEMENT_TESTS.get(kind)
    if fits is not None:
        if not isinstance(attribute, ArrayAttr):
            return None
        elements = cast(Sequence[Attribute], attribute.data)
        if kind == Kind.SCALARS:
            elements = [coerced_property(e, Kind.SCALAR) or e for e in elements]
        return ArrayAttr(elements) if all(map(fits, elements)) else None
    element_type = _LISTS[kind]
    if _is_dense_array(attribute, element_type):
        return attribute
    numbers = _numbers(attribute)
    if numbers is None:
        return None
    if not isinstance(element_type, IntegerType):
        return DenseArrayBase.from_list(element_type, [float(n) for n in numbers])
    if not all(isinstance(n, int) for n in numbers):
        return None
    return DenseArrayBase.from_list(i64, [int(n) for n in numbers])


def coerced_property(attribute: Attribute, kind: Kind) -> Attribute | None:
    """`attribute` in the one form that properties of this kind have, None where it does not fit."""
    if kind == Kind.INT:
        is_integer = isinstance(attribute, IntegerAttr)
        return IntegerAttr(attribute.value.data, i64) if is_integer else None
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        if not isinstance(attribute, FloatAttr | IntegerAttr):
            return None
        return FloatAttr(float(attribute.value.data), f32 if kind == Kind.FLOAT else f64)
    if kind == Kind.SCALAR:
        return _coerce_scalar(attribute)
    if kind == Kind.BOOL:
        return attribute if _is_bool(attribute) else None
    if kind == Kind.STRING:
        return attribute if isinstance(attribute, StringAttr) else None
    if kind in (*_LISTS, *_ELEMENT_TESTS):
        return _coerce_list(attribute, kind)
    if kind == Kind.TYPE:
        return attribute if isinstance(attribute, TypeAttribute) else None
    if kind == Kind.TENSOR:
        return attribute if hasattr(attribute, "type") else None
    return None


def _coerce_scalar(attribute: Attribute) -> Attribute | None:
    if isinstance(attribute, FloatAttr):
        return FloatAttr(attribute.value.data, f64)
    if isinstance(attribute, IntegerAttr):
        return attribute if _is_bool(attribute) else IntegerAttr(attribute.value.data, i64)
    return None


def constant_type(constant: Attribute) -> Attribute | None:
    """The type of a constant tensor, None for an attribute that is none."""
    type_ = getattr(constant, "type", None)
    return cast(Attribute, type_) if isinstance(type_, TensorType) else None


def print_property(printer: Printer, attribute: Attribute) -> None:
    """Print a property so that `coerced_property` of what is parsed gives it back."""
    if isinstance(attribute, IntegerAttr):
        value = attribute.value.data
        printer.print_string(str(bool(value)).lower() if _is_bool(attribute) else str(value))
    elif isinstance(attribute, FloatAttr):
        _print_float(printer, attribute.value.data, attribute.type)
    elif isinstance(attribute, DenseArrayBase):
        element = cast("DenseArrayBase[IntegerType]", attribute).elt_type
        numbers = _dense_numbers(attribute)
        with printer.in_square_brackets():
            printer.print_list(numbers, lambda v: _print_number(printer, v, element))
    elif _is_numbers(attribute):
        elements = cast("ArrayAttr[Attribute]", attribute).data
        with printer.in_square_brackets():
            printer.print_list(elements, lambda e: print_property(printer, e))
    else:
        print_constant(printer, attribute)


def _is_numbers(attribute: Attribute) -> bool:
    """Whether an attribute is a list of scalars, which have attributes of their own."""
    if not isinstance(attribute, ArrayAttr):
        return False
    return all(map(_is_scalar, cast(Sequence[Attribute], attribute.data)))


def _print_number(printer: Printer, value: float, element: Attribute) -> None:
    if isinstance(value, int):
        printer.print_string(str(value))
    else:
        _print_float(printer, value, element)


def _print_float(printer: Printer, value: float, type_: Attribute) -> None:
    """A number; one that has no decimal form (inf, nan) as typed bits."""
    if math.isfinite(value):
        printer.print_string(float_text(value, type_))
    else:
        printer.print_attribute(FloatAttr(value, cast(AnyFloat, type_)))

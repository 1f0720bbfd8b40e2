"""
Printing `dense<...>` so that it parses back to the same numbers.

xDSL prints floats that have no short decimal form as hexadecimal bits and then reads those bits
as an integer, so that -inf comes back as 4.28657869e+09. Here every finite float is printed with
as many digits as tell it from its neighbours, and a constant with an infinity or NaN as a string
of bytes, which MLIR and xDSL both read as bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import (
    AnyFloat,
    ComplexType,
    DenseIntOrFPElementsAttr,
    Float64Type,
    IndexType,
    IntegerType,
    TensorType,
)
from xdsl.ir import Attribute
from xdsl.printer import Printer


def print_constant(printer: Printer, attribute: Attribute) -> None:
    """Print an attribute; a dense one of floats exactly."""
    if not isinstance(attribute, DenseIntOrFPElementsAttr):
        printer.print_attribute(attribute)
        return
    element_type: Attribute = cast("TensorType[Attribute]", attribute.type).element_type
    dense = cast("DenseIntOrFPElementsAttr[AnyFloat]", attribute)
    count = math.prod(dense.get_shape())
    if count and isinstance(element_type, IntegerType | IndexType | ComplexType):
        printer.print_attribute(dense)
        return
    printer.print_string("dense<")
    printer.print_string(_literal(dense) if count else "")
    printer.print_string("> : ")
    printer.print_attribute(dense.type)


def _literal(attribute: DenseIntOrFPElementsAttr[AnyFloat]) -> str:
    element_type = attribute.get_element_type()
    values = list(attribute.get_values())
    raw = bytes(attribute.data.data)
    width = len(raw) // len(values)
    if raw == raw[:width] * len(values):
        values, raw = values[:1], raw[:width]
    if not all(math.isfinite(v) for v in values):
        return f'"0x{raw.hex().upper()}"'
    texts = [float_text(v, element_type) for v in values]
    return texts[0] if len(texts) == 1 else _nested(texts, attribute.get_shape())


def float_text(value: float, element_type: Attribute) -> str:
    """The shortest decimal that reads back as the finite `value`, with the point MLIR wants."""
    if not isinstance(element_type, AnyFloat) or isinstance(element_type, Float64Type):
        return _pointed(repr(value))
    for digits in range(1, 9):
        text = f"{value:.{digits}g}"
        if _rounded(float(text), element_type) == value:
            return _pointed(text)
    return _pointed(f"{value:.9g}")


def _rounded(value: float, element_type: AnyFloat) -> float | None:
    try:
        return element_type.unpack(element_type.pack((value,)), 1)[0]
    except OverflowError:
        # Next to the largest number, fewer digits may be a larger one.
        return None


def _pointed(text: str) -> str:
    mantissa, exponent, power = text.partition("e")
    return (mantissa if "." in mantissa else f"{mantissa}.0") + exponent + power


def _nested(texts: Sequence[str], shape: Sequence[int]) -> str:
    if len(shape) == 0:
        return texts[0]
    step = len(texts) // shape[0]
    parts = (
        [_nested(texts[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
        if len(shape) > 1
        else texts
    )
    return f"[{', '.join(parts)}]"

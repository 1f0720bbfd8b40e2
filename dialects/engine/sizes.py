"""
Sizes in types and properties: `#engine.sizes`, `#engine.extents`, and what a function says of names.

A dimension that is `?` in a type has its size in the encoding, one text for each `?` in order:
`tensor<?x12x?xf32, #engine.sizes<"N", "P + S">>`. A `?` without one is a size that nothing says
before the value is there: such a value is opaque (`opaque.py`). The grammar and the normal form
are in `runtime/size_text.py` and `runtime/size.py`; texts are in normal form, so that equal sizes
are equal attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    IntAttr,
    IntegerType,
    StringAttr,
    i64,
)
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, Size
from ...runtime.size_text import parse_size

ExtentPart = IntAttr | StringAttr
"""An extent in an attribute: a number, or the text of a size."""


def extent_part(extent: Extent) -> ExtentPart:
    """An extent as it stands in attributes."""
    return StringAttr(extent.text) if isinstance(extent, Size) else IntAttr(extent)


def part_extent(part: ExtentPart) -> Extent:
    """The extent that an attribute holds."""
    return part.data if isinstance(part, IntAttr) else parse_size(part.data)


def verify_size_text(text: str) -> None:
    """
    Check that a text is a size in normal form, and no number.

    Raises:
        VerifyException: saying how it should be written.
    """
    try:
        size = parse_size(text)
    except ValueError as error:
        raise VerifyException(str(error)) from error
    if not isinstance(size, Size):
        raise VerifyException(f"the size '{text}' is the number {size}; write it as a number")
    if size.text != text:
        raise VerifyException(f"the size '{text}' is not in normal form, which is '{size.text}'")


def canonical_text(text: str) -> str:
    """The normal form of a size that a parser has read; what is none stays for the verifier."""
    try:
        return str(parse_size(text))
    except ValueError:
        return text


def parse_size_texts(parser: AttrParser) -> ArrayAttr[StringAttr]:
    """`<"N", "P + S">`, in normal form."""
    with parser.in_angle_brackets():
        texts = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_str_literal)
    return ArrayAttr([StringAttr(canonical_text(text)) for text in texts])


def parse_extent(parser: AttrParser) -> ExtentPart:
    """`4`, `-1` or `"P + S"`."""
    text = parser.parse_optional_str_literal()
    if text is not None:
        size = canonical_text(text)
        return IntAttr(int(size)) if size.lstrip("-").isdigit() else StringAttr(size)
    return IntAttr(parser.parse_integer())


def print_extents(printer: Printer, extents: Iterable[ExtentPart]) -> None:
    """`4, "P + S"`."""
    for at, part in enumerate(extents):
        if at:
            printer.print_string(", ")
        if isinstance(part, IntAttr):
            printer.print_string(str(part.data))
        else:
            printer.print_string_literal(part.data)


@irdl_attr_definition
class SizesAttr(ParametrizedAttribute):
    """
    The sizes of a tensor's open dimensions, in order.

    ```mlir
    #engine.sizes<"N", "P + S">
    ```
    """

    name = "engine.sizes"

    texts: ArrayAttr[StringAttr]

    @classmethod
    def of(cls, sizes: Iterable[Size]) -> SizesAttr:
        return cls(ArrayAttr([StringAttr(size.text) for size in sizes]))

    @property
    def sizes(self) -> tuple[Extent, ...]:
        return tuple(parse_size(text.data) for text in self.texts)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        return [parse_size_texts(parser)]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            print_extents(printer, self.texts)

    def verify(self) -> None:
        for text in self.texts:
            verify_size_text(text.data)


@irdl_attr_definition
class ExtentsAttr(ParametrizedAttribute):
    """
    A list of sizes of which at least one is no number; a list of numbers is `array<i64>`.

    ```mlir
    #engine.extents<[0, "P + S"]>
    ```
    """

    name = "engine.extents"

    parts: ArrayAttr[ExtentPart]

    @property
    def extents(self) -> tuple[Extent, ...]:
        return tuple(map(part_extent, self.parts))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            parts = parser.parse_comma_separated_list(
                parser.Delimiter.SQUARE, lambda: parse_extent(parser)
            )
        return [ArrayAttr(parts)]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets(), printer.in_square_brackets():
            print_extents(printer, self.parts)

    def verify(self) -> None:
        texts = [part.data for part in self.parts if isinstance(part, StringAttr)]
        if not texts:
            raise VerifyException("extents that are all numbers are written as array<i64: ...>")
        for text in texts:
            verify_size_text(text)


@lru_cache(maxsize=4096)
def _extent_array(extents: tuple[Extent, ...]) -> DenseArrayBase | ExtentsAttr:
    if all(isinstance(extent, int) for extent in extents):
        return DenseArrayBase.from_list(i64, cast("tuple[int, ...]", extents))
    return ExtentsAttr(ArrayAttr(list(map(extent_part, extents))))


def extent_array(extents: Sequence[Extent]) -> DenseArrayBase | ExtentsAttr:
    """A list of extents as a property: `array<i64: ...>` where all are numbers."""
    return _extent_array(tuple(extents))


def extent_values(attr: Attribute) -> tuple[Extent, ...]:
    """The extents of such a property."""
    if isinstance(attr, ExtentsAttr):
        return attr.extents
    return cast("DenseArrayBase[IntegerType]", attr).get_values()


def shape_text(extents: Iterable[Extent]) -> str:
    """A shape for a message: `[N, 12, P + S]`."""
    return f"[{', '.join(map(str, extents))}]"

"""Attributes with named fields, `#stablehlo.dot<lhs_contracting_dimensions = [1], ...>`."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from enum import Enum
from typing import ClassVar, cast

from xdsl.dialects.builtin import DenseArrayBase, IntAttr, IntegerType, i64
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.parser import AttrParser
from xdsl.printer import Printer


class FieldKind(Enum):
    """What a field holds."""

    INTS = "a list of integers"
    INT = "an integer"
    ATTRIBUTE = "an attribute"


class StructAttribute(ParametrizedAttribute, ABC):
    """
    An attribute of named fields. Fields of lists and integers that are not given are empty and 0.

    A class names its fields in `FIELDS`, in the order of its parameters.
    """

    FIELDS: ClassVar[dict[str, FieldKind]]
    PRINTS_ALL: ClassVar[bool] = False
    """Whether empty lists and zeros are printed."""

    @classmethod
    def of(cls, **fields: Sequence[int] | int | Attribute) -> Attribute:
        """The attribute with these fields; the others are empty and 0."""
        parameters: list[Attribute] = []
        for name, kind in cls.FIELDS.items():
            value = fields.get(name, () if kind == FieldKind.INTS else 0)
            if isinstance(value, Attribute):
                parameters.append(value)
            elif isinstance(value, int):
                parameters.append(IntAttr(value))
            else:
                parameters.append(DenseArrayBase.from_list(i64, list(value)))
        return cls.new(parameters)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        found: dict[str, Attribute] = {}

        def parse_field() -> None:
            start = parser.pos
            name = parser.parse_identifier("the name of a field")
            kind = cls.FIELDS.get(name)
            if kind is None or name in found:
                what = "is given twice" if name in found else "is not a field"
                parser.raise_error(
                    f"'{name}' {what}; {cls.name} has {', '.join(cls.FIELDS)}", start
                )
            parser.parse_punctuation("=")
            found[name] = _parse_value(parser, kind)

        parser.parse_comma_separated_list(parser.Delimiter.ANGLE, parse_field)
        missing = [n for n, k in cls.FIELDS.items() if k == FieldKind.ATTRIBUTE and n not in found]
        if missing:
            parser.raise_error(f"{cls.name} needs {', '.join(missing)}")
        return [found[n] if n in found else _EMPTY[kind] for n, kind in cls.FIELDS.items()]

    def print_parameters(self, printer: Printer) -> None:
        shown = [
            (name, value)
            for (name, kind), value in zip(self.FIELDS.items(), self.parameters, strict=True)
            if self.PRINTS_ALL or value != _EMPTY.get(kind)
        ]

        def print_field(field: tuple[str, Attribute]) -> None:
            printer.print_string(f"{field[0]} = ")
            _print_value(printer, field[1])

        with printer.in_angle_brackets():
            printer.print_list(shown, print_field)

    def integers(self, field: str) -> tuple[int, ...]:
        """A list of integers."""
        value = self._parameter(field)
        assert isinstance(value, DenseArrayBase)
        return tuple(_numbers(value))

    def integer(self, field: str) -> int:
        """An integer."""
        value = self._parameter(field)
        assert isinstance(value, IntAttr)
        return value.data

    def _parameter(self, field: str) -> Attribute:
        return self.parameters[list(self.FIELDS).index(field)]


_EMPTY: dict[FieldKind, Attribute] = {
    FieldKind.INTS: DenseArrayBase.from_list(i64, []),
    FieldKind.INT: IntAttr(0),
}


def _parse_value(parser: AttrParser, kind: FieldKind) -> Attribute:
    if kind == FieldKind.INT:
        return IntAttr(parser.parse_integer())
    if kind == FieldKind.ATTRIBUTE:
        return parser.parse_attribute()
    numbers = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer)
    return DenseArrayBase.from_list(i64, numbers)


def _numbers(value: Attribute) -> tuple[int, ...]:
    return cast("DenseArrayBase[IntegerType]", value).get_values()


def _print_value(printer: Printer, value: Attribute) -> None:
    if isinstance(value, IntAttr):
        printer.print_string(str(value.data))
    elif isinstance(value, DenseArrayBase):
        printer.print_string(f"[{', '.join(map(str, _numbers(value)))}]")
    else:
        printer.print_attribute(value)

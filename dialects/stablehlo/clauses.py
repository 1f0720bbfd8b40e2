"""The parts of an operation's text between its operands and its types: `dims = [0, 1]`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    IntegerAttr,
    IntegerType,
    StringAttr,
    i32,
    i64,
)
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.printer import Printer

from .attributes import DotAlgorithmAttr, DotDimensionNumbersAttr
from .word_attributes import PrecisionAttr, WordAttribute, parse_word, words_of

Properties = dict[str, Attribute]
"""Attributes of an operation by name."""


class Clause(ABC):
    """`word = value`."""

    word: str

    @abstractmethod
    def parse(self, parser: Parser, found: Properties) -> None:
        """Read the value, behind `=`."""

    @abstractmethod
    def text(self, properties: Properties) -> str | None:
        """The value as it is written; None where the clause is left out."""

    @property
    @abstractmethod
    def attributes(self) -> Sequence[str]:
        """The attributes that it says."""


@dataclass(frozen=True)
class OneAttribute(Clause):
    """A clause of one attribute."""

    word: str
    attribute: str

    @property
    def attributes(self) -> Sequence[str]:
        return (self.attribute,)


def integers_of(attribute: Attribute | None) -> list[int]:
    """The integers of `array<i64: ...>`."""
    if not isinstance(attribute, DenseArrayBase):
        return []
    return list(cast("DenseArrayBase[IntegerType]", attribute).get_values())


def _list_text(numbers: Sequence[int]) -> str:
    return f"[{', '.join(map(str, numbers))}]"


def _parse_integers(parser: Parser) -> list[int]:
    return parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer)


@dataclass(frozen=True)
class Integers(OneAttribute):
    """`dims = [0, 1]`"""

    def parse(self, parser: Parser, found: Properties) -> None:
        found[self.attribute] = DenseArrayBase.from_list(i64, _parse_integers(parser))

    def text(self, properties: Properties) -> str | None:
        value = properties.get(self.attribute)
        return None if value is None else _list_text(integers_of(value))


@dataclass(frozen=True)
class Integer(OneAttribute):
    """`dim = 0`"""

    def parse(self, parser: Parser, found: Properties) -> None:
        found[self.attribute] = IntegerAttr(parser.parse_integer(), i64)

    def text(self, properties: Properties) -> str | None:
        value = properties.get(self.attribute)
        return str(value.value.data) if isinstance(value, IntegerAttr) else None


@dataclass(frozen=True)
class Flag(OneAttribute):
    """`lower = true`"""

    def parse(self, parser: Parser, found: Properties) -> None:
        found[self.attribute] = IntegerAttr.from_bool(parser.parse_boolean())

    def text(self, properties: Properties) -> str | None:
        value = properties.get(self.attribute)
        if not isinstance(value, IntegerAttr):
            return None
        return "true" if value.value.data else "false"


@dataclass(frozen=True)
class Word(OneAttribute):
    """`type = RFFT`"""

    cls: type[WordAttribute]

    def parse(self, parser: Parser, found: Properties) -> None:
        found[self.attribute] = self.cls.of(parse_word(parser, self.cls))

    def text(self, properties: Properties) -> str | None:
        value = properties.get(self.attribute)
        return value.word.data if isinstance(value, WordAttribute) else None


@dataclass(frozen=True)
class Text(OneAttribute):
    """`config = "ij,jk->ik"`"""

    def parse(self, parser: Parser, found: Properties) -> None:
        found[self.attribute] = StringAttr(parser.parse_str_literal())

    def text(self, properties: Properties) -> str | None:
        value = properties.get(self.attribute)
        return f'"{value.data}"' if isinstance(value, StringAttr) else None


@dataclass(frozen=True)
class ReducedFormat(Clause):
    """`format = e5m2`: the bits of exponent and mantissa."""

    word: str = "format"

    @property
    def attributes(self) -> Sequence[str]:
        return ("exponent_bits", "mantissa_bits")

    def parse(self, parser: Parser, found: Properties) -> None:
        start = parser.pos
        exponent, _, mantissa = parser.parse_identifier("a format, e5m2").partition("m")
        if not (exponent[:1] == "e" and exponent[1:].isdecimal() and mantissa.isdecimal()):
            parser.raise_error("expected a format, e5m2", start)
        found["exponent_bits"] = IntegerAttr(int(exponent[1:]), i32)
        found["mantissa_bits"] = IntegerAttr(int(mantissa), i32)

    def text(self, properties: Properties) -> str | None:
        bits = [properties.get(name) for name in self.attributes]
        numbers = [b.value.data for b in bits if isinstance(b, IntegerAttr)]
        return f"e{numbers[0]}m{numbers[1]}" if len(numbers) == 2 else None


@dataclass(frozen=True)
class Pair(Clause):
    """`contracting_dims = [1] x [0]`: two of the four lists of `#stablehlo.dot`."""

    word: str
    kind: str

    @property
    def attributes(self) -> Sequence[str]:
        return ("dot_dimension_numbers",)

    def parse(self, parser: Parser, found: Properties) -> None:
        lists: dict[str, tuple[int, ...]] = dict.fromkeys(DotDimensionNumbersAttr.FIELDS, ())
        before = found.get("dot_dimension_numbers")
        if isinstance(before, DotDimensionNumbersAttr):
            lists = {name: before.integers(name) for name in lists}
        lists[f"lhs_{self.kind}"] = tuple(_parse_integers(parser))
        parser.parse_keyword("x")
        lists[f"rhs_{self.kind}"] = tuple(_parse_integers(parser))
        found["dot_dimension_numbers"] = DotDimensionNumbersAttr.of(**lists)

    def text(self, properties: Properties) -> str | None:
        value = properties.get("dot_dimension_numbers")
        assert isinstance(value, DotDimensionNumbersAttr)
        pair = [list(value.integers(f"{side}_{self.kind}")) for side in ("lhs", "rhs")]
        if self.kind == "batching_dimensions" and pair == [[], []]:
            return None
        return f"{_list_text(pair[0])} x {_list_text(pair[1])}"


@dataclass(frozen=True)
class Precision(Clause):
    """`precision = [HIGHEST, DEFAULT]`"""

    word: str = "precision"

    @property
    def attributes(self) -> Sequence[str]:
        return ("precision_config",)

    def parse(self, parser: Parser, found: Properties) -> None:
        words = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: parse_word(parser, PrecisionAttr)
        )
        found["precision_config"] = ArrayAttr([PrecisionAttr.of(word) for word in words])

    def text(self, properties: Properties) -> str | None:
        words = words_of(properties.get("precision_config"))
        return f"[{', '.join(words)}]" if words else None


@dataclass(frozen=True)
class Algorithm(Clause):
    """`algorithm = <lhs_precision_type = f32, ...>`"""

    word: str = "algorithm"

    @property
    def attributes(self) -> Sequence[str]:
        return ("algorithm",)

    def parse(self, parser: Parser, found: Properties) -> None:
        found["algorithm"] = DotAlgorithmAttr.new(DotAlgorithmAttr.parse_parameters(parser))

    def text(self, properties: Properties) -> str | None:
        value = properties.get("algorithm")
        return str(value).removeprefix("#stablehlo.dot_algorithm") if value is not None else None


def print_clauses(printer: Printer, clauses: Sequence[Clause], properties: Properties) -> None:
    """`, dims = [0], ...` for those that are there."""
    for clause in clauses:
        text = clause.text(properties)
        if text is not None:
            printer.print_string(f", {clause.word} = {text}")

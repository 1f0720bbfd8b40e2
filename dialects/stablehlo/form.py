"""The text of most operations: operands, clauses, attributes, types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.ir import Attribute
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

from ..framework import FrameworkOp
from .attributes import ResultAccuracyAttr
from .clauses import Clause, Properties, print_clauses
from .types_text import TypesText, parse_types, print_types


@dataclass(frozen=True)
class Form:
    """
    `%x, %y, dims = [0] {attributes} : types`, as JAX prints it.

    `parse` gives operands, their types, result types and properties; what the form does not say
    stands in the dictionary.
    """

    types: TypesText = TypesText.FUNCTION
    clauses: Sequence[Clause] = ()
    parens: bool = False
    """Whether operands and clauses stand in parentheses."""

    def print(self, op: FrameworkOp, printer: Printer) -> None:
        """Everything after the operation's name."""
        properties = dict(op.properties)
        printer.print_string("(" if self.parens else " " if op.operands or self.clauses else "")
        printer.print_list(op.operands, printer.print_ssa_value)
        if op.operands:
            print_clauses(printer, self.clauses, properties)
        else:
            _print_first(printer, self.clauses, properties)
        printer.print_string(")" if self.parens else "")
        said = {name for clause in self.clauses for name in clause.attributes}
        print_rest(op, printer, said)
        print_types(printer, self.types, op.operand_types, op.result_types)

    def parse(self, cls: type[FrameworkOp], parser: Parser) -> FrameworkOp:
        """Everything after the operation's name."""
        operands: list[UnresolvedOperand] = []
        properties: Properties = {}
        words = {clause.word: clause for clause in self.clauses}
        if self.parens:
            parser.parse_punctuation("(")
        while True:
            operand = parser.parse_optional_unresolved_operand()
            if operand is not None:
                operands.append(operand)
            elif not _parse_clause(parser, words, properties):
                break
            if parser.parse_optional_punctuation(",") is None:
                break
        if self.parens:
            parser.parse_punctuation(")")
        attributes = parse_rest(cls, parser, properties)
        start = parser.pos
        types, results = parse_types(parser, self.types, len(operands))
        values = parser.resolve_operands(operands, types, start)
        return cls.create(
            operands=values, result_types=results, properties=properties, attributes=attributes
        )


def _parse_clause(parser: Parser, words: dict[str, Clause], properties: Properties) -> bool:
    start = parser.pos
    for word, clause in words.items():
        if parser.parse_optional_keyword(word) is not None:
            if any(name in properties for name in clause.attributes) and word not in _JOINED:
                parser.raise_error(f"'{word}' is given twice", start)
            parser.parse_punctuation("=")
            clause.parse(parser, properties)
            return True
    return False


_JOINED = frozenset(("batching_dims", "contracting_dims"))
"""Clauses that say parts of one attribute."""


def _print_first(printer: Printer, clauses: Sequence[Clause], properties: Properties) -> None:
    texts = [(c.word, c.text(properties)) for c in clauses]
    shown = [f"{word} = {text}" for word, text in texts if text is not None]
    printer.print_string(", ".join(shown))


def print_rest(op: FrameworkOp, printer: Printer, said: set[str] | frozenset[str]) -> None:
    """The attributes that nothing else says, `{nodes = ["add"]}`."""
    left = {n: a for n, a in op.properties.items() if n not in said and not is_default(n, a)}
    both = {**left, **op.attributes}
    if both:
        printer.print_string(" ")
        printer.print_attr_dict(both)


_DEFAULT_ACCURACY = ResultAccuracyAttr.of("DEFAULT")


def is_default(name: str, attribute: Attribute) -> bool:
    """Whether an attribute says what an operation without it says."""
    if name == "result_accuracy":
        return attribute == _DEFAULT_ACCURACY
    return name.endswith("SegmentSizes")


def parse_rest(
    cls: type[FrameworkOp], parser: Parser, properties: Properties
) -> dict[str, Attribute]:
    """The dictionary: what the operation knows goes to `properties`; the rest."""
    known = cls.SIGNATURE.attributes
    rest: dict[str, Attribute] = {}
    for name, attribute in parser.parse_optional_attr_dict().items():
        (properties if name in known else rest)[name] = attribute
    return rest


@dataclass(frozen=True)
class OwnForm:
    """A form that only one operation has."""

    print: Callable[[Any, Printer], None]
    parse: Callable[[type[Any], Parser], Any]


GENERIC = None
"""Operations that are written in the generic form alone, as JAX prints them."""

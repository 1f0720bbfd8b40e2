"""How operations say the types of their operands and results, behind the colon."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from xdsl.dialects.builtin import ComplexType, TensorType
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.printer import Printer


class TypesText(Enum):
    """The forms; all but `PRED` and `RESULT` are told apart when they are read."""

    SAME = "one type of all operands and results; else as a function"
    FUNCTION = "(tensor<f32>) -> tensor<f32>"
    ARROW = "tensor<f32>, tensor<f32> -> tensor<f32>"
    PRED = "the type of the condition, and that of all others"
    RESULT = "the type of the result, which has no operands"
    OPERANDS = "the types of operands that are those of the results"
    COMPLEX = "the type of a result whose parts are the operands"


def print_types(
    printer: Printer, form: TypesText, operands: Sequence[Attribute], results: Sequence[Attribute]
) -> None:
    """The types, with the colon before them."""
    every = [*operands, *results]
    if form == TypesText.OPERANDS:
        if operands:
            printer.print_string(" : ")
            printer.print_list(operands, printer.print_attribute)
        return
    printer.print_string(" : ")
    if (
        (form == TypesText.SAME and len(results) == 1 and len(set(every)) == 1)
        or form == TypesText.RESULT
        or (form == TypesText.COMPLEX and all(t == _part(results[0]) for t in operands))
    ):
        printer.print_attribute(results[0])
    elif form == TypesText.PRED and all(t == results[0] for t in operands[1:]):
        printer.print_list([operands[0], results[0]], printer.print_attribute)
    elif form == TypesText.ARROW:
        printer.print_list(operands, printer.print_attribute)
        printer.print_string(" -> ")
        _print_results(printer, results)
    else:
        print_function(printer, operands, results)


def print_function(
    printer: Printer, operands: Sequence[Attribute], results: Sequence[Attribute]
) -> None:
    """`(tensor<f32>) -> tensor<f32>`"""
    with printer.in_parens():
        printer.print_list(operands, printer.print_attribute)
    printer.print_string(" -> ")
    _print_results(printer, results)


def _print_results(printer: Printer, results: Sequence[Attribute]) -> None:
    if len(results) == 1:
        printer.print_attribute(results[0])
        return
    with printer.in_parens():
        printer.print_list(results, printer.print_attribute)


def _part(type_: Attribute) -> Attribute | None:
    if not isinstance(type_, TensorType) or not isinstance(type_.element_type, ComplexType):
        return None
    return TensorType(type_.element_type.element_type, type_.get_shape(), type_.encoding)


def parse_types(
    parser: Parser, form: TypesText, count: int
) -> tuple[list[Attribute], list[Attribute]]:
    """The types of `count` operands, and those of results."""
    if form == TypesText.OPERANDS and count == 0:
        return [], []
    parser.parse_punctuation(":")
    start = parser.pos
    if form == TypesText.RESULT:
        return [], [parser.parse_type()]
    listed = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    types: list[Attribute]
    results: list[Attribute]
    if listed is not None:
        parser.parse_punctuation("->")
        types, results = [*listed], parse_results(parser)
    else:
        types = [*parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)]
        if parser.parse_optional_punctuation("->") is not None:
            results = parse_results(parser)
        elif form == TypesText.OPERANDS:
            results = types
        elif form == TypesText.PRED and len(types) == 2:
            types, results = [types[0], *[types[1]] * (count - 1)], [types[1]]
        elif form == TypesText.COMPLEX and (part := _part(types[0])) is not None:
            types, results = [part] * count, types
        elif len(types) == 1:
            types, results = types * count, types
        else:
            parser.raise_error("expected one type, or (types) -> type", start, parser.pos)
    if len(types) != count:
        parser.raise_error(f"{len(types)} types for {count} operands", start, parser.pos)
    return types, results


def parse_results(parser: Parser) -> list[Attribute]:
    """One type, or several in parentheses."""
    listed = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    return [parser.parse_type()] if listed is None else [*listed]

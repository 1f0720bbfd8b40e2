"""The text of operations that have a form of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import (
    BytesAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    IntegerType,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    i64,
)
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..dense_literal import print_constant
from ..framework.attributes import constant_type
from .attributes import SplatAttr
from .clauses import integers_of
from .form import OwnForm, parse_rest, print_rest
from .op import HloOp
from .types_text import TypesText, parse_types, print_function, print_types
from .word_attributes import ComparisonDirectionAttr, ComparisonTypeAttr, WordAttribute, parse_word

MOST_EXPANDED = 64
"""Elements up to which a repeated number is a plain `dense<...>`."""


def _print_constant(op: HloOp, printer: Printer) -> None:
    value = op.properties["value"]
    print_rest(op, printer, {"value"})
    printer.print_string(" ")
    if not isinstance(value, SplatAttr):
        print_constant(printer, value)
        return
    text = _text_of(value.element).rpartition(" : ")[0]
    printer.print_string(f"{text} : ")
    printer.print_attribute(value.type)


def _text_of(value: Attribute) -> str:
    from io import StringIO

    stream = StringIO()
    print_constant(Printer(stream), value)
    return stream.getvalue()


def _parse_constant(cls: type[HloOp], parser: Parser) -> HloOp:
    properties: dict[str, Attribute] = {}
    attributes = parse_rest(cls, parser, properties)
    start = parser.pos
    value = _parse_splat(parser) or parser.parse_attribute()
    type_ = constant_type(value)
    if type_ is None:
        parser.raise_error("expected a constant, dense<1.0> : tensor<2xf32>", start)
    return cls.create(
        result_types=[type_], properties={"value": value, **properties}, attributes=attributes
    )


def _parse_splat(parser: Parser) -> Attribute | None:
    """`dense<1.0> : tensor<...>` without its elements being made; None for anything else."""
    text = parser.lexer.input.content
    start = parser.pos
    end = text.find(">", start)
    inside = text[start:end]
    if not inside.startswith("dense<") or any(c in inside for c in '[",') or inside == "dense<":
        return None
    parser.parse_keyword("dense")
    parser.parse_punctuation("<")
    at = parser.pos
    element = parser._parse_tensor_literal_element()  # pyright: ignore[reportPrivateUsage]
    parser.parse_punctuation(">")
    parser.parse_punctuation(":")
    type_ = parser.parse_type()
    if not isinstance(type_, TensorType):
        parser.raise_error("expected the type of a tensor", at)
    scalar = TensorType(type_.element_type, [])
    number = element.to_type(parser, cast(IntegerType, type_.element_type))
    integer = cast("TensorType[IntegerType]", scalar)
    one = DenseIntOrFPElementsAttr.from_list(integer, [cast(int, number)])
    shape = type_.get_shape()
    if min(shape, default=0) < 0:
        parser.raise_error("a constant has a size that is not known", at)
    if math.prod(shape) <= MOST_EXPANDED:
        every = cast("TensorType[IntegerType]", type_)
        return DenseIntOrFPElementsAttr(every, BytesAttr(one.data.data * math.prod(shape)))
    return SplatAttr(one, type_)


CONSTANT = OwnForm(_print_constant, _parse_constant)
"""`dense<1.0> : tensor<4xf32>`"""


def _print_compare(op: HloOp, printer: Printer) -> None:
    direction, kind = op.properties["comparison_direction"], op.properties.get("compare_type")
    assert isinstance(direction, WordAttribute)
    printer.print_string(f" {direction.word.data}, ")
    printer.print_list(op.operands, printer.print_ssa_value)
    if isinstance(kind, WordAttribute) and kind.word.data != "NOTYPE":
        printer.print_string(f", {kind.word.data}")
    print_rest(op, printer, {"comparison_direction", "compare_type"})
    print_types(printer, TypesText.FUNCTION, op.operand_types, op.result_types)


def _parse_compare(cls: type[HloOp], parser: Parser) -> HloOp:
    found: dict[str, Attribute] = {
        "comparison_direction": ComparisonDirectionAttr.of(
            parse_word(parser, ComparisonDirectionAttr)
        )
    }
    parser.parse_punctuation(",")
    operands = [parser.parse_unresolved_operand()]
    parser.parse_punctuation(",")
    operands.append(parser.parse_unresolved_operand())
    if parser.parse_optional_punctuation(",") is not None:
        found["compare_type"] = ComparisonTypeAttr.of(parse_word(parser, ComparisonTypeAttr))
    attributes = parse_rest(cls, parser, found)
    start = parser.pos
    types, results = parse_types(parser, TypesText.FUNCTION, 2)
    values = parser.resolve_operands(operands, types, start)
    return cls.create(
        operands=values, result_types=results, properties=found, attributes=attributes
    )


COMPARE = OwnForm(_print_compare, _parse_compare)
"""`LT, %x, %y, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>`"""


_SLICE = ("start_indices", "limit_indices", "strides")


def _print_slice(op: HloOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_ssa_value(op.operands[0])
    ranges = zip(*(integers_of(op.properties[name]) for name in _SLICE), strict=True)
    texts = [f"{a}:{b}" if step == 1 else f"{a}:{b}:{step}" for a, b, step in ranges]
    printer.print_string(f" [{', '.join(texts)}]")
    print_rest(op, printer, set(_SLICE))
    print_types(printer, TypesText.FUNCTION, op.operand_types, op.result_types)


def _parse_slice(cls: type[HloOp], parser: Parser) -> HloOp:
    operand = parser.parse_unresolved_operand()

    def parse_range() -> tuple[int, int, int]:
        first = parser.parse_integer()
        parser.parse_punctuation(":")
        limit = parser.parse_integer()
        stepped = parser.parse_optional_punctuation(":") is not None
        return first, limit, parser.parse_integer() if stepped else 1

    ranges = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parse_range)
    found: dict[str, Attribute] = {
        name: DenseArrayBase.from_list(i64, [r[at] for r in ranges])
        for at, name in enumerate(_SLICE)
    }
    attributes = parse_rest(cls, parser, found)
    start = parser.pos
    types, results = parse_types(parser, TypesText.FUNCTION, 1)
    values = parser.resolve_operands([operand], types, start)
    return cls.create(
        operands=values, result_types=results, properties=found, attributes=attributes
    )


SLICE = OwnForm(_print_slice, _parse_slice)
"""`%x [0:1, 2:8:2] : (tensor<2x8xf32>) -> tensor<1x3xf32>`"""


def _print_custom_call(op: HloOp, printer: Printer) -> None:
    target = op.properties["call_target_name"]
    assert isinstance(target, StringAttr)
    printer.print_string(" ")
    printer.print_symbol_name(target.data)
    with printer.in_parens():
        printer.print_list(op.operands, printer.print_ssa_value)
    print_rest(op, printer, {"call_target_name"})
    printer.print_string(" : ")
    print_function(printer, op.operand_types, op.result_types)


def _parse_custom_call(cls: type[HloOp], parser: Parser) -> HloOp:
    found: dict[str, Attribute] = {"call_target_name": parser.parse_symbol_name()}
    operands = parser.parse_comma_separated_list(
        parser.Delimiter.PAREN, parser.parse_unresolved_operand
    )
    return _parse_called(cls, parser, found, operands)


def _parse_called(
    cls: type[HloOp], parser: Parser, found: dict[str, Attribute], operands: Sequence[object]
) -> HloOp:
    attributes = parse_rest(cls, parser, found)
    start = parser.pos
    types, results = parse_types(parser, TypesText.FUNCTION, len(operands))
    values = parser.resolve_operands(operands, types, start)  # pyright: ignore[reportArgumentType]
    return cls.create(
        operands=values, result_types=results, properties=found, attributes=attributes
    )


CUSTOM_CALL = OwnForm(_print_custom_call, _parse_custom_call)
"""`@target(%x) {api_version = 2 : i32} : (tensor<f32>) -> tensor<f32>`"""


def _print_composite(op: HloOp, printer: Printer) -> None:
    title = op.properties["name"]
    assert isinstance(title, StringAttr)
    printer.print_string(" ")
    printer.print_string_literal(title.data)
    printer.print_string(" " if op.operands else "")
    printer.print_list(op.operands, printer.print_ssa_value)
    print_rest(op, printer, {"name"})
    printer.print_string(" : ")
    print_function(printer, op.operand_types, op.result_types)


def _parse_composite(cls: type[HloOp], parser: Parser) -> HloOp:
    found: dict[str, Attribute] = {"name": StringAttr(parser.parse_str_literal())}
    operands = parser.parse_optional_undelimited_comma_separated_list(
        parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
    )
    return _parse_called(cls, parser, found, operands or [])


COMPOSITE = OwnForm(_print_composite, _parse_composite)
"""`"my.op" %x {decomposition = @my.op} : (tensor<f32>) -> tensor<f32>`"""


def called_function(op: HloOp, attribute: str) -> str | None:
    """The name of the function that an attribute refers to."""
    found = op.properties.get(attribute)
    return found.string_value() if isinstance(found, SymbolRefAttr) else None

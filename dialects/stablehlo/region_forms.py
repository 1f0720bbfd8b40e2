"""The text of operations with regions and of convolutions, as JAX prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    i1,
    i64,
)
from xdsl.ir import Attribute, Block, Region
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

from ..engine.weights import dense
from .clauses import integers_of
from .convolution_numbers import ConvDimensionNumbersAttr, parse_numbers
from .families.elementwise import OPERATIONS as ELEMENTWISE
from .form import OwnForm, parse_rest, print_rest
from .op import HloOp
from .return_op import ReturnOp
from .types_text import TypesText, parse_types, print_function, print_types


def _short_reducer(op: HloOp) -> HloOp | None:
    """The one operation of a reducer on its two arguments, where it is nothing else."""
    block = op.regions[0].block
    ops = list(block.ops)
    if len(ops) != 2 or len(op.operands) != 2:
        return None
    inner, last = ops
    if not isinstance(inner, HloOp):
        return None
    args = list(block.args)
    plain = not (inner.properties or inner.attributes or inner.regions)
    fits = list(inner.operands) == args and list(last.operands) == list(inner.results)
    types = {a.type for a in (*args, *inner.results)}
    element = op.operands[1].type
    return inner if plain and fits and types == {element} else None


def _print_reduce(op: HloOp, printer: Printer) -> None:
    count = len(op.operands) // 2
    inputs, inits = op.operands[:count], op.operands[count:]
    for at, (value, init) in enumerate(zip(inputs, inits, strict=True)):
        printer.print_string("(" if not at else ", (")
        printer.print_ssa_value(value)
        printer.print_string(" init: ")
        printer.print_ssa_value(init)
        printer.print_string(")")
    short = _short_reducer(op)
    if short is not None:
        printer.print_string(f" applies {short.name}")
    axes = integers_of(op.properties["dimensions"])
    printer.print_string(f" across dimensions = {axes}")
    print_rest(op, printer, {"dimensions"})
    printer.print_string(" : ")
    print_function(printer, op.operand_types, op.result_types)
    if short is not None:
        return
    printer.print_string(" reducer")
    args = op.regions[0].block.args
    for at in range(count):
        with printer.in_parens():
            printer.print_list((args[at], args[count + at]), printer.print_block_argument)
        printer.print_string(" ")
    printer.print_region(op.regions[0], print_entry_block_args=False)


def _parse_reduce(cls: type[HloOp], parser: Parser) -> HloOp:
    pairs: list[tuple[UnresolvedOperand, UnresolvedOperand]] = []
    while True:
        parser.parse_punctuation("(")
        value = parser.parse_unresolved_operand()
        parser.parse_keyword("init")
        parser.parse_punctuation(":")
        pairs.append((value, parser.parse_unresolved_operand()))
        parser.parse_punctuation(")")
        if parser.parse_optional_punctuation(",") is None:
            break
    short = parser.parse_optional_keyword("applies") is not None
    kind = parser.parse_identifier("the name of an operation") if short else ""
    at = parser.pos
    parser.parse_keyword("across")
    parser.parse_keyword("dimensions")
    parser.parse_punctuation("=")
    axes = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer)
    found: dict[str, Attribute] = {"dimensions": DenseArrayBase.from_list(i64, axes)}
    attributes = parse_rest(cls, parser, found)
    start = parser.pos
    operands = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
    types, results = parse_types(parser, TypesText.FUNCTION, len(operands))
    values = parser.resolve_operands(operands, types, start)
    if short:
        region = _reducer(cls, parser, kind, types[-1], at)
    else:
        region = _parse_reducer(parser, len(pairs))
    return cls.create(
        operands=values,
        result_types=results,
        properties=found,
        attributes=attributes,
        regions=[region],
    )


def _reducer(cls: type[HloOp], parser: Parser, kind: str, type_: Attribute, at: int) -> Region:
    """The region of `applies stablehlo.add`."""
    made = _OF_SCALARS.get(kind)
    if made is None or len(made.SIGNATURE.inputs) != 2:
        parser.raise_error(f"'{kind}' is not an operation of two values", at)
    block = Block(arg_types=[type_, type_])
    inner = made.create(operands=list(block.args), result_types=[type_])
    block.add_ops([inner, ReturnOp(inner.results)])
    return Region(block)


_OF_SCALARS = {op.name: op for op in ELEMENTWISE}


def _parse_reducer(parser: Parser, count: int) -> Region:
    parser.parse_keyword("reducer")
    groups = [
        parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, lambda: parser.parse_argument(expect_type=True)
        )
        for _ in range(count)
    ]
    if any(len(group) != 2 for group in groups):
        parser.raise_error("expected two arguments for each value")
    arguments = [group[0] for group in groups] + [group[1] for group in groups]
    return parser.parse_region(arguments)


REDUCE = OwnForm(_print_reduce, _parse_reduce)
"""`(%x init: %zero) applies stablehlo.add across dimensions = [1] : (...) -> ...`"""


def _print_while(op: HloOp, printer: Printer) -> None:
    before, body = op.regions
    with printer.in_parens():
        for at, (arg, operand) in enumerate(zip(before.block.args, op.operands, strict=True)):
            # Both regions call their arguments the same.
            printer.print_string(", " if at else "")
            printer.print_ssa_value(arg)
            printer.print_string(" = ")
            printer.print_ssa_value(operand)
    printer.print_string(" : " if op.operands else "")
    printer.print_list(op.operand_types, printer.print_attribute)
    if op.attributes:
        printer.print_string(" attributes ")
        printer.print_attr_dict(op.attributes)
    for arg, twin in zip(before.block.args, body.block.args, strict=True):
        names = printer._ssa_values  # pyright: ignore[reportPrivateUsage]
        names[twin] = names[arg]
    printer.print_string(" cond ")
    printer.print_region(before, print_entry_block_args=False)
    printer.print_string(" do ")
    printer.print_region(body, print_entry_block_args=False)


def _parse_while(cls: type[HloOp], parser: Parser) -> HloOp:
    def parse_pair() -> tuple[Parser.UnresolvedArgument, UnresolvedOperand]:
        argument = parser.parse_argument(expect_type=False)
        parser.parse_punctuation("=")
        return argument, parser.parse_unresolved_operand()

    pairs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parse_pair)
    start = parser.pos
    types: list[Attribute] = []
    if pairs:
        parser.parse_punctuation(":")
        types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
    if len(types) != len(pairs):
        parser.raise_error(f"{len(types)} types for {len(pairs)} values", start)
    attributes: dict[str, Attribute] = {}
    if parser.parse_optional_keyword("attributes") is not None:
        attributes = parser.parse_optional_attr_dict()
    values = parser.resolve_operands([pair[1] for pair in pairs], types, start)
    arguments = [pair[0].resolve(type_) for pair, type_ in zip(pairs, types, strict=True)]
    parser.parse_keyword("cond")
    before = parser.parse_region(arguments)
    parser.parse_keyword("do")
    body = parser.parse_region(arguments)
    return cls.create(
        operands=values, result_types=types, attributes=attributes, regions=[before, body]
    )


WHILE = OwnForm(_print_while, _parse_while)
"""`(%i = %zero) : tensor<i32> cond { ... } do { ... }`"""


_WINDOW = {
    "stride": "window_strides",
    "pad": "padding",
    "lhs_dilate": "lhs_dilation",
    "rhs_dilate": "rhs_dilation",
    "reverse": "window_reversal",
}


def _print_convolution(op: HloOp, printer: Printer) -> None:
    with printer.in_parens():
        printer.print_list(op.operands, printer.print_ssa_value)
    numbers = op.properties["dimension_numbers"]
    assert isinstance(numbers, ConvDimensionNumbersAttr)
    printer.print_string(f" dim_numbers = {numbers.text}, window = {{")
    parts = [(w, op.properties[n]) for w, n in _WINDOW.items() if n in op.properties]
    printer.print_string(", ".join(f"{word} = {_window_text(value)}" for word, value in parts))
    printer.print_string("}")
    print_rest(op, printer, {"dimension_numbers", *_WINDOW.values()})
    print_types(printer, TypesText.FUNCTION, op.operand_types, op.result_types)


def _window_text(value: Attribute) -> str:
    if isinstance(value, DenseIntOrFPElementsAttr):
        numbers = list(cast("Sequence[int]", value.get_values()))
        pairs = [numbers[at : at + 2] for at in range(0, len(numbers), 2)]
        return str(pairs)
    assert isinstance(value, DenseArrayBase)
    if value.elt_type == i1:
        return f"[{', '.join('true' if v else 'false' for v in integers_of(value))}]"
    return str(integers_of(value))


def _parse_convolution(cls: type[HloOp], parser: Parser) -> HloOp:
    operands = parser.parse_comma_separated_list(
        parser.Delimiter.PAREN, parser.parse_unresolved_operand
    )
    parser.parse_keyword("dim_numbers")
    parser.parse_punctuation("=")
    found: dict[str, Attribute] = {
        "dimension_numbers": ConvDimensionNumbersAttr.new(parse_numbers(parser))
    }
    parser.parse_punctuation(",")
    parser.parse_keyword("window")
    parser.parse_punctuation("=")

    def parse_entry() -> None:
        start = parser.pos
        word = parser.parse_identifier("a part of the window")
        if word not in _WINDOW:
            parser.raise_error(f"'{word}' is unknown; expected {', '.join(_WINDOW)}", start)
        parser.parse_punctuation("=")
        found[_WINDOW[word]] = _parse_window(parser, word)

    parser.parse_comma_separated_list(parser.Delimiter.BRACES, parse_entry)
    attributes = parse_rest(cls, parser, found)
    start = parser.pos
    types, results = parse_types(parser, TypesText.FUNCTION, len(operands))
    values = parser.resolve_operands(operands, types, start)
    return cls.create(
        operands=values, result_types=results, properties=found, attributes=attributes
    )


def _parse_window(parser: Parser, word: str) -> Attribute:
    square = parser.Delimiter.SQUARE
    if word == "pad":
        start = parser.pos
        pairs = parser.parse_comma_separated_list(
            square, lambda: parser.parse_comma_separated_list(square, parser.parse_integer)
        )
        if any(len(pair) != 2 for pair in pairs):
            parser.raise_error("expected two pads for each dimension", start)
        return dense(np.array(pairs, np.int64).reshape(-1, 2))
    if word == "reverse":
        flags = parser.parse_comma_separated_list(square, parser.parse_boolean)
        return DenseArrayBase.from_list(i1, [int(flag) for flag in flags])
    return DenseArrayBase.from_list(
        i64, parser.parse_comma_separated_list(square, parser.parse_integer)
    )


CONVOLUTION = OwnForm(_print_convolution, _parse_convolution)
"""`(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [1]} : ...`"""

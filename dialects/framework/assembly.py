"""
The one custom assembly format of all operations of frameworks.

    %y = onnx.Conv(%x, %w, none) {strides = [2, 2], nodes = ["/stem/conv"]}
      : (tensor<...>, tensor<...>, none) -> tensor<...>

`none` stands for an absent optional operand or result that others follow. Subgraphs come last,
each after its name, with the block's arguments:

    %n, %s = onnx.Loop(%trips, none, %x) : (tensor<i64>, none, tensor<4xf32>) -> (...)
      body(%i: tensor<i64>, %go: tensor<i1>, %acc: tensor<4xf32>) { ... onnx.Yield ... }

Where a variadic operand is not the last one, those it stands for are in brackets, and so are
their types: `torch.aten.lstm.input(%x, [%h, %c], [%w0, %w1])`.

A constant is written `%c = onnx.Constant dense<[1, 2]> : tensor<2xi64>`, attributes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from xdsl.dialects.builtin import NoneType
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

from ..dense_literal import print_constant
from .attributes import coerced_property, constant_type, print_property
from .schema_op import SchemaOp
from .signature import Entry, segments

OpT = TypeVar("OpT", bound="SchemaOp")

_SEGMENT_SIZES = ("operandSegmentSizes", "resultSegmentSizes", "regionSegmentSizes")


def create(
    cls: type[OpT],
    operands: Sequence[Entry[SSAValue]],
    result_types: Sequence[Entry[Attribute]],
    properties: Mapping[str, Attribute],
    regions: Mapping[str, Region],
    attributes: Mapping[str, Attribute],
) -> OpT:
    """An operation from positional operands and results.

    Raises `ValueError` for a number of operands or results that the schema does not allow.
    """
    signature = cls.SIGNATURE
    unknown = set(regions) - set(signature.graphs)
    if unknown:
        raise ValueError(f"has no region '{min(unknown)}'")
    return cls.build(
        operands=segments(signature.inputs, operands, "operands"),
        result_types=segments(signature.outputs, result_types, "results"),
        properties=properties,
        attributes=attributes,
        regions=[[regions[g]] if g in regions else [] for g in signature.graphs]
        if _has_optional_graphs(cls)
        else [regions[g] for g in signature.graphs if g in regions],
    )


def _has_optional_graphs(cls: type[SchemaOp]) -> bool:
    return any(not cls.SIGNATURE.schema.attributes[g].required for g in cls.SIGNATURE.graphs)


def print_op(op: SchemaOp, printer: Printer) -> None:
    """Print everything after the operation's name."""
    if op.SIGNATURE.schema.constant and _is_plain_constant(op):
        printer.print_string(" ")
        print_constant(printer, op.properties["value"])
        _print_attributes(op, printer, skip="value")
        return
    with printer.in_parens():
        printer.print_list(op.operand_entries, lambda e: _print_entry(printer, e, _print_slot))
    _print_attributes(op, printer)
    printer.print_string(" : ")
    with printer.in_parens():
        printer.print_list(op.operand_entries, lambda e: _print_entry(printer, e, _print_slot_type))
    printer.print_string(" -> ")
    results = op.result_entries
    if len(results) == 1 and isinstance(results[0], SSAValue):
        printer.print_attribute(results[0].type)
    else:
        with printer.in_parens():
            printer.print_list(results, lambda e: _print_entry(printer, e, _print_slot_type))
    for name in op.SIGNATURE.graphs:
        region = op.graph(name)
        if region is not None:
            _print_graph(printer, name, region)


def _is_plain_constant(op: SchemaOp) -> bool:
    value = op.properties.get("value")
    if value is None or len(op.properties) != 1:
        return False
    return op.results[0].type == constant_type(value)


def _print_entry(
    printer: Printer,
    entry: Entry[SSAValue],
    print_one: Callable[[Printer, SSAValue | None], None],
) -> None:
    if isinstance(entry, Sequence):
        with printer.in_square_brackets():
            printer.print_list(entry, lambda v: print_one(printer, v))
    else:
        print_one(printer, entry)


def _print_slot(printer: Printer, value: SSAValue | None) -> None:
    if value is None:
        printer.print_string("none")
    else:
        printer.print_ssa_value(value)


def _print_slot_type(printer: Printer, value: SSAValue | None) -> None:
    printer.print_attribute(NoneType() if value is None else value.type)


def _print_attributes(op: SchemaOp, printer: Printer, skip: str = "") -> None:
    hidden = (skip, *_SEGMENT_SIZES)
    properties = {n: a for n, a in sorted(op.properties.items()) if n not in hidden}
    if not properties and not op.attributes:
        return

    def print_entry(entry: tuple[str, Attribute]) -> None:
        name, attribute = entry
        printer.print_identifier_or_string_literal(name)
        printer.print_string(" = ")
        if name in properties:
            print_property(printer, attribute)
        else:
            printer.print_attribute(attribute)

    printer.print_string(" ")
    with printer.in_braces():
        printer.print_list((*properties.items(), *op.attributes.items()), print_entry)


def _print_graph(printer: Printer, name: str, region: Region) -> None:
    printer.print_string(f" {name}")
    with printer.in_parens():
        printer.print_list(region.block.args, printer.print_block_argument)
    printer.print_string(" ")
    printer.print_region(region, print_entry_block_args=False, print_empty_block=False)


def parse(cls: type[OpT], parser: Parser) -> OpT:
    """Parse everything after the operation's name."""
    start = parser.pos
    if cls.SIGNATURE.schema.constant and parser.parse_optional_punctuation("(") is None:
        value = parser.parse_attribute()
        properties, attributes = _parse_attributes(cls, parser)
        type_ = constant_type(value)
        if type_ is None:
            parser.raise_error("expected a constant, dense<1.0> : tensor<2xf32>", start)
        return create(cls, [], [type_], {"value": value, **properties}, {}, attributes)
    opened = cls.SIGNATURE.schema.constant
    operands = _parse_operands(parser, opened)
    properties, attributes = _parse_attributes(cls, parser)
    parser.parse_punctuation(":")
    types_at = parser.pos
    operand_types = _parse_types(parser)
    if _counts(operand_types) != _counts(operands):
        has, given = (sum(n or 1 for n in _counts(e)) for e in (operands, operand_types))
        parser.raise_error(
            f"{cls.name} has {has} operands but {given} operand types",
            types_at,
            parser.pos,
        )
    parser.parse_punctuation("->")
    result_types = _parse_result_types(parser)
    values = [_resolved(parser, *pair) for pair in zip(operands, operand_types, strict=True)]
    regions = _parse_graphs(cls, parser)
    try:
        return create(cls, values, result_types, properties, regions, attributes)
    except ValueError as error:
        parser.raise_error(f"{cls.name} {error}", start, parser.pos)


def _counts(entries: Sequence[Entry[Any]]) -> list[int | None]:
    """How many values there are in each list, None for what is not one."""
    return [
        len(cast("Sequence[Any]", entry)) if isinstance(entry, Sequence) else None
        for entry in entries
    ]


def _resolved(
    parser: Parser, operand: Entry[UnresolvedOperand], type_: Entry[Attribute]
) -> Entry[SSAValue]:
    if isinstance(operand, list) and isinstance(type_, list):
        return [parser.resolve_operand(o, t) for o, t in zip(operand, type_, strict=True)]
    if isinstance(operand, UnresolvedOperand) and isinstance(type_, Attribute):
        return parser.resolve_operand(operand, type_)
    return None


def _parse_operands(parser: Parser, opened: bool) -> list[Entry[UnresolvedOperand]]:
    def parse_one() -> UnresolvedOperand:
        return parser.parse_unresolved_operand("expected an operand")

    def parse_slot() -> Entry[UnresolvedOperand]:
        square = parser.Delimiter.SQUARE
        listed = parser.parse_optional_comma_separated_list(square, parse_one)
        if listed is not None:
            return listed
        if parser.parse_optional_keyword("none") is not None:
            return None
        return parser.parse_unresolved_operand("expected an operand or 'none'")

    if opened:
        parser.parse_punctuation(")")
        return []
    return parser.parse_comma_separated_list(parser.Delimiter.PAREN, parse_slot)


def _parse_type_entry(parser: Parser) -> Entry[Attribute]:
    square = parser.Delimiter.SQUARE
    listed = parser.parse_optional_comma_separated_list(square, parser.parse_type)
    return parser.parse_type() if listed is None else listed


def _parse_types(parser: Parser) -> list[Entry[Attribute]]:
    return parser.parse_comma_separated_list(
        parser.Delimiter.PAREN, lambda: _parse_type_entry(parser)
    )


def _parse_result_types(parser: Parser) -> list[Entry[Attribute]]:
    listed = parser.parse_optional_comma_separated_list(
        parser.Delimiter.PAREN, lambda: _parse_type_entry(parser)
    )
    types = [parser.parse_type()] if listed is None else listed
    return [None if isinstance(type_, NoneType) else type_ for type_ in types]


def _parse_attributes(
    cls: type[SchemaOp], parser: Parser
) -> tuple[dict[str, Attribute], dict[str, Attribute]]:
    """The properties (those the schema knows) and the discardable attributes of `{...}`."""
    properties: dict[str, Attribute] = {}
    attributes: dict[str, Attribute] = {}

    def parse_entry() -> None:
        start = parser.pos
        name = parser.parse_identifier_or_str_literal("attribute name expected")
        if name in properties or name in attributes:
            parser.raise_error(f"attribute '{name}' is given twice", start, parser.pos)
        parser.parse_punctuation("=")
        attribute = parser.parse_attribute()
        spec = cls.SIGNATURE.attributes.get(name)
        if spec is None:
            attributes[name] = attribute
            return
        coerced = coerced_property(attribute, spec.kind)
        if coerced is None:
            parser.raise_error(
                f"attribute '{name}' of {cls.name} must be {spec.kind.value}",
                start,
                parser.pos,
            )
        properties[name] = coerced

    parser.parse_optional_comma_separated_list(parser.Delimiter.BRACES, parse_entry)
    return properties, attributes


def _parse_graphs(cls: type[SchemaOp], parser: Parser) -> dict[str, Region]:
    regions: dict[str, Region] = {}
    while True:
        name = next(
            (g for g in cls.SIGNATURE.graphs if parser.parse_optional_keyword(g) is not None), None
        )
        if name is None:
            break
        arguments = parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, lambda: parser.parse_argument(expect_type=True)
        )
        if name in regions:
            parser.raise_error(f"region '{name}' is given twice")
        regions[name] = parser.parse_region(arguments)
    for graph in cls.SIGNATURE.graphs:
        if graph not in regions and cls.SIGNATURE.schema.attributes[graph].required:
            parser.raise_error(f"{cls.name} needs a region '{graph}'")
    return regions

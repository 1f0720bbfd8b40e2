"""Parsing `.mlir` text so that every operation knows the line it came from.

xDSL's parser keeps no source positions and reports an undefined value at the end of the file.
`parse_ir` sets each operation's `location` to its file, line and column, and turns whatever goes
wrong into one `InvalidIRError` at the right place.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from xdsl.context import Context
from xdsl.dialect_interfaces.op_asm import OpAsmDialectInterface
from xdsl.dialects.builtin import (
    UNKNOWN_LOC,
    AnyFloat,
    ComplexType,
    FileLineColLoc,
    IndexType,
    IntAttr,
    IntegerType,
    ModuleOp,
    StringAttr,
)
from xdsl.ir import AttributeInvT, Operation, Region, SSAValue
from xdsl.parser import AttrParser, Parser, UnresolvedOperand
from xdsl.parser.generic_parser import ParserState
from xdsl.utils.exceptions import (
    ParseError,
    UnregisteredConstructException,
    VerifyException,
)
from xdsl.utils.lexer import Input, Span

from ..errors import InvalidIRError
from .lexer import LinearLexer
from .nearest import unknown_name

# of xDSL's parser, which has no other name for an element of `dense<...>`
_Element = Parser._TensorLiteralElement  # pyright: ignore[reportPrivateUsage]


class _Bits(_Element):
    """An element of `dense<...>` in hexadecimal: of a float it is the bits, as MLIR has it.

    xDSL prints infinities and many large numbers so, and would read them as integers.
    """

    def to_type(
        self, parser: AttrParser, type: AnyFloat | IntegerType | IndexType | ComplexType
    ) -> Any:
        if not isinstance(type, AnyFloat):
            return super().to_type(parser, type)
        assert isinstance(self.value, int)
        if self.value.bit_length() > 8 * type.compile_time_size:
            parser.raise_error(f"more bits than {type} has", at_position=self.span)
        return type.unpack(self.value.to_bytes(type.compile_time_size, "little"), 1)[0]


class _Values(dict[str, tuple[SSAValue, ...]]):
    """The values in scope, which remembers the order in which they were defined.

    xDSL's parser copies its table of values at the beginning of each region to have it back at the
    end, which takes longer the more values there are. `copy` is this table itself, and the parser
    below takes out at the end of a region what was defined in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    def __setitem__(self, name: str, values: tuple[SSAValue, ...]) -> None:
        self.order.append(name)
        super().__setitem__(name, values)

    def copy(self) -> _Values:
        return self

    def forget(self, count: int) -> None:
        """Take out all but the first `count` values."""
        for name in self.order[count:]:
            del self[name]
        del self.order[count:]


class LocatingParser(Parser):
    """xDSL's parser, which besides remembers where operations begin and values are first used."""

    def __init__(self, ctx: Context, text: str, name: str):
        super().__init__(ctx, "", name)
        self._parser_state = ParserState(LinearLexer(Input(text, name)))
        self.ssa_values = self._values = _Values()
        self._file = StringAttr(name)
        self._line_starts = [0, *(i + 1 for i, c in enumerate(text) if c == "\n")]
        self._first_uses: dict[str, Span] = {}
        self._resources: dict[tuple[str, str], str] = {}

    @property
    def here(self) -> Span:
        """The token about to be parsed."""
        return self._current_token.span

    def position(self, offset: int) -> tuple[int, int]:
        """One-based line and column of an offset into the text."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def parse_optional_region(
        self, arguments: Iterable[Parser.Argument] | None = None
    ) -> Region | None:
        outside = len(self._values.order)
        region = super().parse_optional_region(arguments)
        self._values.forget(outside)
        return region

    def parse_operation(self) -> Operation:
        line, column = self.position(self.here.start)
        op = super().parse_operation()
        if op.location is UNKNOWN_LOC:
            op.location = FileLineColLoc(self._file, IntAttr(line), IntAttr(column))
        return op

    def _parse_tensor_literal_element(self) -> _Element:
        is_bits = self._current_token.text[:2].lower() == "0x"
        try:
            element = super()._parse_tensor_literal_element()
        except AssertionError:  # xDSL takes it for granted that a complex number ends
            self.raise_error("expected ')' behind a complex number")
        if not is_bits:
            return element
        return _Bits(element.is_negative, element.value, element.span)

    def parse_optional_str_literal(self) -> str | None:
        """Also one with escaped bytes, if they are UTF-8: so xDSL prints strings that are more
        than ASCII, and reads them as bytes. Other bytes stay bytes."""
        if (text := super().parse_optional_str_literal()) is not None:
            return text
        start = self.here.start
        if (escaped := self.parse_optional_bytes_literal()) is None:
            return None
        try:
            return escaped.decode()
        except UnicodeDecodeError:
            self._resume_from(start)
            return None

    def _parse_dialect_resource_handle(
        self, dialect_name: str, interface: OpAsmDialectInterface
    ) -> str:
        """One name of the file is one resource, under whatever name the context keeps it: xDSL
        gives a name that an earlier file took to two new ones."""
        key = dialect_name, self.parse_identifier(" for resource handle")
        if key not in self._resources:
            self._resources[key] = interface.declare_resource(key[1])
        return self._resources[key]

    def _get_op_by_name(self, name: str) -> type[Operation]:
        stack = self._parser_state.dialect_stack
        if (op_type := self.ctx.get_optional_op(name, dialect_stack=stack)) is not None:
            return op_type
        start = self.lexer.input.content.rfind(name, 0, self.here.start)
        loaded = {op.name for op in self.ctx.loaded_ops}
        message = unknown_name("operation", name, loaded, listing="see opt-tool --list-dialects")
        self.raise_error(message, start, start + len(name))

    def resolve_operand(
        self, operand: UnresolvedOperand, type: AttributeInvT
    ) -> SSAValue[AttributeInvT]:
        if operand.operand_name not in self.ssa_values:
            self._first_uses.setdefault(operand.operand_name, operand.span)
        return super().resolve_operand(operand, type)

    def undefined_value(self) -> tuple[str, Span] | None:
        """The first value that is used but defined nowhere, and its first use."""
        undefined = [n for n in self._first_uses if n in self.forward_ssa_references]
        if not undefined:
            return None
        name = min(undefined, key=lambda n: self._first_uses[n].start)
        return name, self._first_uses[name]


def parse_ir(ctx: Context, text: str, name: str, *, allow_implicit_module: bool = True) -> ModuleOp:
    """The module that `text` says; `name` is the file's name in messages and locations.

    Operations that stand in no module are put into one, unless `allow_implicit_module` is false.

    Raises:
        InvalidIRError: for a syntax error, an unknown operation, attribute or type, an undefined
            value, or an attribute or type whose own rules are broken.
    """
    try:
        parser = LocatingParser(ctx, text, name)
    except ParseError as error:  # the first token is read at once
        raise _at(error.span, error.msg) from error
    try:
        return parser.parse_module(allow_implicit_module)
    except ParseError as error:
        if error.msg.startswith("values used but not defined"):
            undefined = parser.undefined_value()
            if undefined is not None:
                value, span = undefined
                raise _at(span, f"value %{value} is used but not defined") from error
        raise _at(error.span, _plain(error.msg, text)) from error
    except (VerifyException, UnregisteredConstructException, ValueError, OverflowError) as error:
        raise _at(parser.here, str(error)) from error
    except struct.error as error:  # of a list of integers, of which one has more than its bits
        raise _at(parser.here, "an integer does not fit its type") from error
    except (AssertionError, NotImplementedError) as error:  # of literals of types without a form
        raise _at(parser.here, str(error) or "numbers of this type have no such form") from error
    except RecursionError as error:
        raise _at(parser.here, "nested too deeply to be parsed") from error


def _plain(message: str, text: str) -> str:
    """xDSL's message in the words of a user."""
    if message != "Could not parse entire input!":
        return message
    return "expected an operation" if text.strip() else "the file is empty, expected a module"


def _at(span: Span[str] | Span[bytes], what: str) -> InvalidIRError:
    """An error at `span`, with its source line and a caret below it."""
    content = span.input.content
    assert isinstance(content, str)  # bytes are what binary formats give
    start = span.input.get_start_of_line(span.start)
    end = span.input.get_end_of_line(span.start)
    line = content.count("\n", 0, start) + 1
    column = span.start - start
    width = max(1, min(span.end, end) - span.start)
    source, left = _window(content[start:end], column)
    marks = " " * (column - left) + "^" * min(width, len(source) - (column - left) or 1)
    return InvalidIRError(
        what,
        file=span.input.name,
        line=line,
        column=column + 1,
        excerpt=f"  {source}\n  {marks}" if source else "",
    )


def _window(source: str, column: int, width: int = 160) -> tuple[str, int]:
    """At most `width` characters of a source line, and where they begin."""
    left = max(0, min(column - width // 2, len(source) - width))
    return source[left : left + width].replace("\t", " "), left

"""
What a function says of the names in its sizes: `#engine.names`, and relations that must hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import ArrayAttr, IntAttr, NoneAttr, StringAttr
from xdsl.ir import Attribute, Operation, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ...errors import UsageError
from ...runtime.size import Extent, name_text
from ...runtime.size_facts import Dim, Facts
from ...runtime.size_text import parse_size
from .sizes import ExtentPart, extent_part, parse_extent, part_extent, print_extents

SIZES = "sizes"
"""Attribute of a function, `#engine.names`: the names in its sizes, and what is known of them."""

RELATIONS = "relations"
"""Attribute of a function, an array of `#engine.relation`: what must hold of the sizes of a call."""


@irdl_attr_definition
class NameAttr(ParametrizedAttribute):
    """
    One name of `#engine.names`: its bounds, the hint, and whether the data decides it.

    ```mlir
    #engine.name<S in 1 to 2048 hint 128>
    ```
    """

    name = "engine.name"

    name_: StringAttr
    lower: IntAttr
    upper: ExtentPart | NoneAttr
    hint: IntAttr | NoneAttr
    data: IntAttr

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            return _parse_name(parser).parameters

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            _print_name(printer, self)

    @property
    def dim(self) -> Dim:
        """What is known of it, as numbers; an upper bound that is a size is none here."""
        upper = self.upper.data if isinstance(self.upper, IntAttr) else None
        hint = self.hint.data if isinstance(self.hint, IntAttr) else None
        return Dim(self.lower.data, upper, 1, hint)

    @property
    def upper_bound(self) -> Extent | None:
        """The most that it can be, a number or an expression over names before it."""
        return None if isinstance(self.upper, NoneAttr) else part_extent(self.upper)


@irdl_attr_definition
class NamesAttr(ParametrizedAttribute):
    """
    The names that sizes of a function are made of.

    Bounds come first, then the size to plan for, then `data` where an operation defines the name:
    its upper bound may be an expression over names before it.

    ```mlir
    #engine.names<N in 1 hint 1, S in 1 to 2048 hint 128, K in 0 to "N * S" data>
    ```
    """

    name = "engine.names"

    names: ArrayAttr[NameAttr]

    @classmethod
    def of(cls, dims: Mapping[str, Dim]) -> NamesAttr:
        """Of names with what is known of them, in order."""
        return cls(ArrayAttr([name_attr(name, dim) for name, dim in dims.items()]))

    @property
    def facts(self) -> Facts:
        return Facts(
            {entry.name_.data: entry.dim for entry in self.names},
            {e.name_.data: e.upper_bound for e in self.names if e.data.data},
        )

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            names = parser.parse_comma_separated_list(
                parser.Delimiter.NONE, lambda: _parse_name(parser)
            )
        return [ArrayAttr(names)]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_list(self.names, lambda entry: _print_name(printer, entry))

    def verify(self) -> None:
        seen: set[str] = set()
        for entry in self.names:
            name, upper = entry.name_.data, entry.upper_bound
            if name in seen:
                raise VerifyException(f"the size '{name}' is declared twice")
            if upper is not None and not isinstance(upper, int):
                later = [n for n in upper.names if n not in seen]
                if not entry.data.data or later:
                    raise VerifyException(
                        f"the bound '{upper}' of '{name}' is no number; only a size that the data"
                        " decides is bounded by sizes, and these come before it"
                    )
            try:
                _ = entry.dim
            except UsageError as error:
                raise VerifyException(f"the size '{name}': {error}") from error
            seen.add(name)


def name_attr(name: str, dim: Dim, *, upper: Extent | None = None, data: bool = False) -> NameAttr:
    """An entry of `#engine.names`; `upper` is the bound of a name that the data decides."""
    bound = dim.upper if upper is None else upper
    return NameAttr(
        StringAttr(name),
        IntAttr(dim.lower),
        NoneAttr() if bound is None else extent_part(bound),
        NoneAttr() if dim.hint is None else IntAttr(dim.hint),
        IntAttr(int(data)),
    )


def _parse_name(parser: AttrParser) -> NameAttr:
    name = parser.parse_optional_str_literal()
    if name is None:
        name = parser.parse_identifier()
    parser.parse_keyword("in")
    lower = parser.parse_integer(allow_boolean=False, allow_negative=False)
    upper: ExtentPart | NoneAttr = NoneAttr()
    if parser.parse_optional_keyword("to"):
        upper = parse_extent(parser)
    hint: IntAttr | NoneAttr = NoneAttr()
    if parser.parse_optional_keyword("hint"):
        hint = IntAttr(parser.parse_integer())
    data = parser.parse_optional_keyword("data") is not None
    return NameAttr(StringAttr(name), IntAttr(lower), upper, hint, IntAttr(int(data)))


def _print_name(printer: Printer, entry: NameAttr) -> None:
    name = entry.name_.data
    if name_text(name) == name and name.isidentifier():
        printer.print_string(name)
    else:
        printer.print_string_literal(name)
    printer.print_string(f" in {entry.lower.data}")
    if not isinstance(entry.upper, NoneAttr):
        printer.print_string(" to ")
        print_extents(printer, [entry.upper])
    if isinstance(entry.hint, IntAttr):
        printer.print_string(f" hint {entry.hint.data}")
    if entry.data.data:
        printer.print_string(" data")


@irdl_attr_definition
class RelationAttr(ParametrizedAttribute):
    """
    Two sizes that must be equal in every call, and the node that needs it.

    ```mlir
    #engine.relation<"(H floordiv 2) * 2", "H", "/up1/Concat">
    ```
    """

    name = "engine.relation"

    left: ExtentPart
    right: ExtentPart
    node: StringAttr

    @classmethod
    def of(cls, left: Extent, right: Extent, node: str) -> RelationAttr:
        return cls(extent_part(left), extent_part(right), StringAttr(node))

    @property
    def sides(self) -> tuple[Extent, Extent]:
        return part_extent(self.left), part_extent(self.right)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            left = parse_extent(parser)
            parser.parse_punctuation(",")
            right = parse_extent(parser)
            parser.parse_punctuation(",")
            node = parser.parse_str_literal()
        return [left, right, StringAttr(node)]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            print_extents(printer, [self.left, self.right])
            printer.print_string(", ")
            printer.print_string_literal(self.node.data)

    def verify(self) -> None:
        for part in (self.left, self.right):
            if isinstance(part, StringAttr):
                try:
                    parse_size(part.data)
                except ValueError as error:
                    raise VerifyException(str(error)) from error


@irdl_attr_definition
class BroadcastRelationAttr(ParametrizedAttribute):
    """
    Two sizes that must be equal in every call unless one of them is 1, and the node that needs it.

    ```mlir
    #engine.broadcast_relation<"N", "M", "/Add">
    ```
    """

    name = "engine.broadcast_relation"

    left: ExtentPart
    right: ExtentPart
    node: StringAttr

    @classmethod
    def of(cls, left: Extent, right: Extent, node: str) -> BroadcastRelationAttr:
        return cls(extent_part(left), extent_part(right), StringAttr(node))

    @property
    def sides(self) -> tuple[Extent, Extent]:
        return part_extent(self.left), part_extent(self.right)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        return RelationAttr.parse_parameters(parser)

    def print_parameters(self, printer: Printer) -> None:
        RelationAttr(self.left, self.right, self.node).print_parameters(printer)

    def verify(self) -> None:
        RelationAttr(self.left, self.right, self.node).verify()


def facts_of(function: Operation) -> Facts:
    """What a function says of the names in its sizes; nothing where it says nothing."""
    attr = function.attributes.get(SIZES)
    return attr.facts if isinstance(attr, NamesAttr) else Facts()


def all_relations_of(
    function: Operation,
) -> tuple[RelationAttr | BroadcastRelationAttr, ...]:
    """What must hold of the sizes of a call of a function, of both kinds and in order."""
    found = _relations(function)
    return tuple(e for e in found if isinstance(e, RelationAttr | BroadcastRelationAttr))


def relations_of(function: Operation) -> tuple[RelationAttr, ...]:
    """What must be equal of the sizes of a call of a function."""
    return tuple(e for e in _relations(function) if isinstance(e, RelationAttr))


def broadcast_relations_of(function: Operation) -> tuple[BroadcastRelationAttr, ...]:
    """What must be equal of the sizes of a call of a function where neither is 1."""
    return tuple(e for e in _relations(function) if isinstance(e, BroadcastRelationAttr))


def _relations(function: Operation) -> tuple[Attribute, ...]:
    attr = function.attributes.get(RELATIONS)
    return tuple(attr) if isinstance(attr, ArrayAttr) else ()

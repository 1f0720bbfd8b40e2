"""The table of expanded operators, and how a node gives way to what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import onnx
from onnx import helper

from .body import Body, NoExpansionError, Operand

FOREIGN_DOMAIN = "com.microsoft"

Meaning = Callable[[Body], str | Sequence[str]]
"""Adds the nodes and returns the value of the only result, or of each by position."""

AttributeDefault = Any
"""The value of an attribute that is not given; a type (`int`) for one without a default."""


@dataclass(frozen=True)
class ForeignOperator:
    """
    One operator: the names of its operands in order, those that may be absent with `?`, its
    attributes with their defaults, and its meaning. `...` ends a list that goes on in any number.
    """

    operands: tuple[str, ...]
    attributes: Mapping[str, AttributeDefault]
    meaning: Meaning


def operator(operands: str, **attributes: AttributeDefault) -> Callable[[Meaning], ForeignOperator]:
    """Makes the operator from its meaning: `@operator("X bias?", alpha=1.702)`."""
    return lambda meaning: ForeignOperator(tuple(operands.split()), attributes, meaning)


_FAMILIES = (
    *("activations", "attention", "distances", "layers", "normalization", "quantization"),
    "recurrence",
)


_STANDARD = frozenset({"SimplifiedLayerNormalization"})
"""Operators that are written without a domain although the standard has none of this name."""


@cache
def _table() -> dict[str, ForeignOperator]:
    found: dict[str, ForeignOperator] = {}
    for family in _FAMILIES:
        members = vars(import_module(f".{family}", __package__))
        found |= {n: member for n, member in members.items() if isinstance(member, ForeignOperator)}
    return found


def definition_of(operator_name: str) -> ForeignOperator:
    """The definition of an operator; raises `KeyError` for an unknown one."""
    return _table()[operator_name]


def is_expanded(node: onnx.NodeProto) -> bool:
    """Whether the node is of an operator that is expanded."""
    if node.domain != FOREIGN_DOMAIN and (node.domain or node.op_type not in _STANDARD):
        return False
    return node.op_type in _table()


def attributes_of(node: onnx.NodeProto) -> Mapping[str, AttributeDefault]:
    """The attributes that the operator of an expanded node has."""
    return _table()[node.op_type].attributes


def foreign_operators() -> list[str]:
    """The names of all expanded operators."""
    return sorted(_table())


def expanded(
    node: onnx.NodeProto, operands: Sequence[Operand | None], prefix: str
) -> list[onnx.NodeProto]:
    """
    The nodes that stand for `node`; `operands` are by position, None for an absent one.

    The names of values between them begin with `prefix`.

    Raises:
        NoExpansionError: with what is wrong with the node or not supported.
    """
    definition = _table()[node.op_type]
    attributes = _attributes(node, definition)
    named = _named(definition, operands)
    present = [operand for operand in operands if operand is not None]
    body = Body(node, named, present, attributes, prefix)
    found = definition.meaning(body)
    results = [found] if isinstance(found, str) else list(found)
    wanted = [name for name in node.output if name]
    if len(node.output) > len(results):
        raise NoExpansionError(
            f"has {len(node.output)} outputs, of which {len(results)} are supported"
        )
    for name, output in zip(results, node.output, strict=False):
        if output:
            body.nodes.append(helper.make_node("Identity", [name], [output], name=node.name))
    return _without_identities(body.nodes, prefix, set(wanted))


def _attributes(node: onnx.NodeProto, definition: ForeignOperator) -> dict[str, Any]:
    values = {n: v for n, v in definition.attributes.items() if not isinstance(v, type)}
    for attribute in node.attribute:
        value: Any = helper.get_attribute_value(attribute)
        value = value.decode() if isinstance(value, bytes) else value
        _check_kind(attribute.name, value, definition.attributes[attribute.name])
        values[attribute.name] = value
    missing = [name for name in definition.attributes if name not in values]
    if missing:
        raise NoExpansionError(f"attribute '{missing[0]}' is missing")
    return values


def _check_kind(name: str, value: Any, default: AttributeDefault) -> None:
    kind = default if isinstance(default, type) else type(default)
    fits = {int: int, float: float, str: str, tuple: list, list: list}.get(kind)
    if fits is not None and not isinstance(value, fits):
        raise NoExpansionError(f"attribute '{name}' is {value!r}, expected {_KINDS[fits]}")


_KINDS = {int: "an integer", float: "a number", str: "text", list: "a list"}


def _named(definition: ForeignOperator, operands: Sequence[Operand | None]) -> dict[str, Operand]:
    if definition.operands[-1:] == ("...",):
        return {}
    if len(operands) > len(definition.operands):
        raise NoExpansionError(
            f"has {len(operands)} operands, expected at most {len(definition.operands)}"
        )
    named: dict[str, Operand] = {}
    for at, formal in enumerate(definition.operands):
        operand = operands[at] if at < len(operands) else None
        if operand is not None:
            named[formal.removesuffix("?")] = operand
        elif not formal.endswith("?"):
            raise NoExpansionError(f"operand '{formal}' is missing")
    return named


def _without_identities(
    nodes: Sequence[onnx.NodeProto], prefix: str, wanted: set[str]
) -> list[onnx.NodeProto]:
    """The nodes with each inner value that is only renamed to an output called like it at once."""
    renamed: dict[str, str] = {}
    kept: list[onnx.NodeProto] = []
    for node in nodes:
        source = node.input[0] if node.op_type == "Identity" else ""
        if node.output[0] in wanted and source.startswith(prefix) and source not in renamed:
            renamed[source] = node.output[0]
        else:
            kept.append(node)
    for node in kept:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                names[at] = renamed.get(name, name)
    return kept

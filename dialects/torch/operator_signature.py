"""
The signature of a torch operator as text, and what it says.

    (Tensor input, Tensor? bias=None, SymInt[2] stride=[1, 1], *, Scalar alpha=1) -> Tensor

Such texts are what torch prints for its schemas
(<https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/README.md>).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property

Default = bool | int | float | str | list[int] | list[float] | list[bool] | None
"""The value of an argument that is not given."""


@dataclass(frozen=True)
class Argument:
    """An argument of an operator."""

    name: str
    kind: str
    """Its type without `?` and the length of a list: `Tensor`, `Tensor?[]`, `SymInt[]`."""
    optional: bool
    """Whether it may be None."""
    has_default: bool
    default: Default
    keyword_only: bool
    length: int | None
    """How many elements a list has that one number stands for."""


@dataclass(frozen=True)
class OperatorSignature:
    """The arguments and results of an operator."""

    arguments: tuple[Argument, ...]
    results: tuple[tuple[str, str], ...]
    """(name, type) of each result; the name is empty where torch gives none."""

    @cached_property
    def by_name(self) -> dict[str, Argument]:
        """The arguments by name."""
        return {argument.name: argument for argument in self.arguments}


_ARGUMENT = re.compile(
    r"(?P<type>[A-Za-z]+)(?P<inner>\?)?(?P<list>\[(?P<length>\d*)\])?(?P<optional>\?)? "
    r"(?P<name>\w+)(=(?P<default>.+))?$"
)
_SEPARATOR = re.compile(r', (?=(?:[^"]*"[^"]*")*[^"]*$)(?![^\[]*\])')


def parse_signature(text: str) -> OperatorSignature:
    """The signature that a text says. Raises `ValueError` for a text that is none."""
    given, arrow, results = text.rpartition(" -> ")
    if not arrow or not given.startswith("(") or not given.endswith(")"):
        raise ValueError(f"{text!r} is no signature")
    arguments: list[Argument] = []
    keyword_only = False
    for part in _split(given[1:-1]):
        if part == "*":
            keyword_only = True
        else:
            arguments.append(_argument(part, keyword_only))
    return OperatorSignature(tuple(arguments), _results(results))


def _split(text: str) -> list[str]:
    return _SEPARATOR.split(text) if text else []


def _argument(text: str, keyword_only: bool) -> Argument:
    match = _ARGUMENT.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no argument")
    listed = match["list"] is not None
    inner = match["inner"] or ""
    kind = match["type"] + (f"{inner}[]" if listed else "")
    optional = bool(match["optional"]) or bool(inner and not listed)
    length = int(match["length"]) if match["length"] else None
    default = _default(match["default"], match["type"], length if listed else None)
    has_default = match["default"] is not None
    return Argument(match["name"], kind, optional, has_default, default, keyword_only, length)


_NAMES = {"None": None, "True": True, "False": False, "inf": float("inf"), "-inf": -float("inf")}


def _default(text: str | None, type_: str, length: int | None) -> Default:
    """The default of an argument; one number of a list stands for all of its elements."""
    if text is None or text == "None":
        return None
    value: Default = _NAMES[text] if text in _NAMES else _literal(text)
    if type_ in ("ScalarType", "MemoryFormat", "Layout"):
        return str(text)
    if length is not None and isinstance(value, int):
        return [value] * length
    return float(value) if type_ == "float" and isinstance(value, int) else value


def _literal(text: str) -> Default:
    if text.startswith("["):
        text = text.replace("True", "true").replace("False", "false")
    for read in (json.loads, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _results(text: str) -> tuple[tuple[str, str], ...]:
    if not text.startswith("("):
        return (("", text),)
    found: list[tuple[str, str]] = []
    for part in _split(text[1:-1]):
        type_, _, name = part.partition(" ")
        found.append((name, type_))
    return tuple(found)

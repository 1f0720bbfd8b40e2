"""
The text of a program without what says nothing about what it computes: places in the source, and
how work is spread over devices.

JAX names operations in their places (`loc("jit(f)/add"(#loc3))`), and these are found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...errors import ImportModelError

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w.$-])loc\(|#sdy\.\w+<|//[^\n]*', re.DOTALL)
_ALIAS = re.compile(r"^(#loc\w*) = loc\((.*)\)$")
_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"(?!:)')
_STATEMENT = re.compile(r'^[ \t]*(?:%[^=\n]*=[ \t]*)?"?([a-z_]\w*\.[\w.-]+)', re.MULTILINE)
_SPLAT = re.compile(r"dense<[^\[\"<>,]+>\s*:\s*tensor<((?:\d+x)+)")

MOST_REPEATED = 1 << 27
"""Elements of a number that is repeated, where it is not a constant of the program."""


@dataclass(frozen=True)
class PlainText:
    """A program that xDSL's parser reads."""

    text: str
    names: dict[int, str] = field(default_factory=dict[int, str])
    """The names of operations by the line, counted from 1, on which they end."""


def plain_text(text: str, subject: str) -> PlainText:
    """`text` without places and shardings; every line stays where it is.

    Raises `ImportModelError` for brackets or quotes that do not end.
    """
    aliases: dict[str, str] = {}
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.startswith("#loc") and (found := _ALIAS.match(line.rstrip())) is not None:
            aliases[found.group(1)] = found.group(2)
            lines[at] = ""
        elif line.lstrip().startswith("sdy.mesh "):
            lines[at] = ""
    names: dict[int, str] = {}
    parts: list[str] = []
    row = 1
    for piece, place in _pieces("\n".join(lines), subject):
        parts.append(piece)
        if place is not None:
            name = _name_of(place, aliases)
            if name:
                names.setdefault(row, name)
        row += piece.count("\n")
    return PlainText("".join(parts), names)


def _pieces(text: str, subject: str) -> Iterator[tuple[str, str | None]]:
    """What is kept, and the places between."""
    start = 0
    for token in _TOKEN.finditer(text):
        if token.start() < start or token.group()[0] in '"/':
            continue
        if token.group() == "loc(":
            end = _closing(text, token.end(), "(", ")", subject)
            place = text[token.end() : end - 1]
            yield text[start : token.start()], place
        else:
            end = _closing(text, token.end(), "<", ">", subject)
            yield text[start : token.start()] + "unit", None
        start = end
    yield text[start:], None


def _closing(text: str, start: int, opening: str, closing: str, subject: str) -> int:
    """The place behind the bracket that closes one that was opened before `start`."""
    depth = 1
    pattern = re.compile(rf'"(?:[^"\\]|\\.)*"|->|[{re.escape(opening + closing)}]')
    for found in pattern.finditer(text, start):
        if found.group() == opening:
            depth += 1
        elif found.group() == closing:
            depth -= 1
            if not depth:
                return found.end()
    raise ImportModelError(subject, f"a '{opening}' is not closed")


def _name_of(place: str, aliases: dict[str, str]) -> str:
    """The name that a place gives an operation; empty for one that is a line of a file."""
    known = aliases.get(place, place)
    found = _NAME.match(known)
    return found.group(1) if found is not None else ""


def operations_in(text: str) -> dict[str, int]:
    """How often each operation stands in a text, by its whole name."""
    counts: dict[str, int] = {}
    for found in _STATEMENT.finditer(text):
        name = found.group(1)
        counts[name] = counts.get(name, 0) + 1
    return counts


def largest_repeat(text: str) -> int:
    """The most elements of a repeated number, those of constants left out."""
    most = 0
    for found in _SPLAT.finditer(text):
        before = text[max(0, found.start() - 24) : found.start()].rstrip()
        if not before.endswith("stablehlo.constant"):
            count = 1
            for size in found.group(1).split("x")[:-1]:
                count *= int(size[:20])
            most = max(most, count)
    return most

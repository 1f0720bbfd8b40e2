"""The options of a pass: `{a=1 list=x,y path=rules/my.mlir flag}`, read and made to fit its fields.

Options stand apart by spaces. A value is everything up to a space or comma, or a quoted string;
several values stand apart by commas, and may stand in braces or brackets as MLIR writes lists. What
a value means is what the field it is for takes: `1` is an integer, true, or the text `1`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, get_type_hints

from xdsl.utils.arg_spec import ArgSpec, ArgSpecConvertible
from xdsl.utils.hints import isa, type_repr

from ...errors import UsageError
from ...ir.nearest import suggestion

_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)")
_VALUE = re.compile(r'"((?:\\.|[^"\\])*)"|([^\s,{}\[\]"]+)')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t"}
_OPENING = {"{": "}", "[": "]"}
_WORDS = {"true": True, "false": False}

Value = bool | int | float | str


@dataclasses.dataclass(frozen=True)
class Word:
    """One value as it was written."""

    text: str
    quoted: bool


def option_types(pass_type: type[ArgSpecConvertible]) -> dict[str, tuple[str, str | None]]:
    """The options of a pass as written in a pipeline: name -> (type, default or None)."""
    hints = get_type_hints(pass_type)
    options: dict[str, tuple[str, str | None]] = {}
    for field in _option_fields(pass_type):
        default = None if _has_no_default(field) else value_text(_default(field))
        options[field.name.replace("_", "-")] = (type_repr(hints[field.name]), default)
    return options


def make_spec(pass_type: type[ArgSpecConvertible], text: str) -> ArgSpec:
    """What `text`, the options between the braces, asks of a pass.

    Raises:
        UsageError: for broken syntax, an unknown or missing option, a value of the wrong type.
    """
    name = pass_type.name
    options = option_types(pass_type)
    fields = {field.name for field in _option_fields(pass_type)}
    hints = get_type_hints(pass_type)
    values: dict[str, tuple[Value, ...]] = {}
    for option, words in _options(text, name):
        field = option.replace("-", "_")
        if field not in fields:
            raise UsageError(f"pass '{name}' has no option '{option}'{suggestion(option, options)}")
        values[field] = _fit(words, hints[field], f"pass '{name}': option '{option}'")
    for field in sorted(pass_type.required_fields() - values.keys()):
        option = field.replace("_", "-")
        raise UsageError(
            f"pass '{name}' needs the option '{option}' ({options[option][0]}), "
            f"as in {name}{{{option}=...}}"
        )
    return ArgSpec(name, values)


def value_text(value: object) -> str:
    """A value of an option as it is written in a pipeline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        items: tuple[object, ...] = value  # pyright: ignore[reportUnknownVariableType]
        return ",".join(value_text(item) for item in items)
    return str(value)


def _options(text: str, name: str) -> Iterator[tuple[str, tuple[Word, ...]]]:
    """Each option with its values; none for one that is only named."""
    at = 0
    while text[at:].strip():
        if (key := _KEY.match(text, at)) is None:
            raise UsageError(f"pass '{name}': expected the name of an option at '{text[at:]}'")
        at = key.end()
        words: tuple[Word, ...] = ()
        if text[at : at + 1] == "=":
            words, at = _values(text, at + 1, name, key[1])
        if text[at : at + 1].strip():
            raise UsageError(f"pass '{name}': expected a space before '{text[at:]}'")
        yield key[1], words


def _values(text: str, at: int, name: str, option: str) -> tuple[tuple[Word, ...], int]:
    """The values from `at` on, and where they end."""
    closing = _OPENING.get(text[at : at + 1])
    at += closing is not None
    words: list[Word] = []
    while True:
        if (value := _VALUE.match(text, at)) is None:
            rest = text[at:] or "the end"
            raise UsageError(
                f"pass '{name}': option '{option}' needs a value at '{rest}'; "
                "one with spaces or brackets stands in quotes"
            )
        quoted = value[1] is not None
        words.append(Word(_unescaped(value[1]) if quoted else value[2], quoted))
        at = value.end()
        if text[at : at + 1] != ",":
            break
        at += 1
        at += len(text[at:]) - len(text[at:].lstrip()) if closing else 0
    if closing is None:
        return tuple(words), at
    if text[at : at + 1] != closing:
        raise UsageError(f"pass '{name}': option '{option}' lacks '{closing}' at '{text[at:]}'")
    return tuple(words), at + 1


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text)


def _fit(words: tuple[Word, ...], expected: Any, where: str) -> tuple[Value, ...]:
    """The first reading of `words` that a field of the type `expected` takes."""
    for values in _readings(words):
        if len(values) == 1 and isa(values[0], expected):
            return values
        if isa(values, expected) or (not values and isa(None, expected)):
            return values
    given = ",".join(word.text for word in words) or "nothing"
    raise UsageError(f"{where} expects {type_repr(expected)}, got {given}")


def _readings(words: tuple[Word, ...]) -> Iterator[tuple[Value, ...]]:
    """What `words` may mean, the plainest first; a lone name may mean true."""
    yield tuple(map(_plain, words))
    if not words:
        yield (True,)
    if any(word.quoted for word in words):
        return
    texts = [word.text for word in words]
    if all(text in ("0", "1") for text in texts):
        yield tuple(text == "1" for text in texts)
    with suppress(ValueError):
        yield tuple(float(text) for text in texts)
    yield tuple(texts)


def _plain(word: Word) -> Value:
    if word.quoted:
        return word.text
    if word.text in _WORDS:
        return _WORDS[word.text]
    for read in (int, float):
        try:
            return read(word.text)
        except ValueError:
            continue
    return word.text


def _option_fields(pass_type: type[ArgSpecConvertible]) -> list[dataclasses.Field[Any]]:
    return [f for f in dataclasses.fields(pass_type) if f.name != "name" and f.init]


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default

"""The text of a pass pipeline, in both spellings.

    a,b{option=1 list=x,y flag}                   flat
    builtin.module(a,func.func(b{option=1}))      as MLIR prints it

Every pass runs on the module. An anchor such as `func.func(...)` says on which operations MLIR
would run the passes within; as a pass of Stepwell reaches every function by itself, an anchor
groups and changes nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import ArgSpec, parse_spec
from xdsl.utils.exceptions import ArgSpecParseError
from xdsl.utils.hints import isa, type_repr

from ...compiler.named_pipeline import expanded
from ...errors import UsageError
from ...ir.nearest import suggestion, unknown_name

ANCHORS = ("builtin.module", "func.func", "any")

_CLOSING = {"{": "}", "[": "]", "(": ")"}


def parse_pass_pipeline(
    text: str, available: Mapping[str, Callable[[], type[ModulePass]]]
) -> tuple[ModulePass, ...]:
    """The passes that `text` asks for, in order, named pipelines opened.

    Raises:
        UsageError: for broken syntax, an unknown pass or option, a missing option or a value
            of the wrong type; with the nearest names.
    """
    return expanded(tuple(_make_pass(element, available) for element in _elements(text)))


def option_types(pass_type: type[ModulePass]) -> dict[str, tuple[str, str | None]]:
    """The options of a pass as written in a pipeline: name -> (type, default or None)."""
    hints = get_type_hints(pass_type)
    options: dict[str, tuple[str, str | None]] = {}
    for field in _option_fields(pass_type):
        default = None if _has_no_default(field) else _text(_default(field))
        options[field.name.replace("_", "-")] = (type_repr(hints[field.name]), default)
    return options


def _elements(text: str) -> Iterator[str]:
    """The passes of a pipeline as `name{options}`, anchors opened."""
    for element in _split(text):
        name, parenthesis, inner = element.partition("(")
        if not parenthesis or "{" in name:
            yield element
            continue
        name = name.strip()
        if name not in ANCHORS:
            raise UsageError(f"pass pipeline: {unknown_name('anchor', name, ANCHORS)}")
        if not inner.endswith(")"):
            raise UsageError(f"pass pipeline: expected ',' after '{name}(...)' in '{element}'")
        yield from _elements(inner[:-1])


def _split(text: str) -> Iterator[str]:
    """`text` at its commas outside of quotes and brackets of any kind."""
    open_: list[str] = []
    start = 0
    quoted = False
    for at, char in enumerate(text):
        if char == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif char in _CLOSING:
            open_.append(_CLOSING[char])
        elif char in _CLOSING.values():
            if not open_ or open_.pop() != char:
                raise UsageError(f"pass pipeline: unexpected '{char}' at column {at + 1}: {text}")
        elif char == "," and not open_:
            yield _element(text[start:at], text)
            start = at + 1
    if quoted or open_:
        missing = '"' if quoted else open_[-1]
        raise UsageError(f"pass pipeline: missing '{missing}' at the end: {text}")
    if start or text.strip():
        yield _element(text[start:], text)


def _element(element: str, text: str) -> str:
    element = element.strip()
    if not element:
        raise UsageError(f"pass pipeline: expected a pass between the commas: {text}")
    return element


def _make_pass(text: str, available: Mapping[str, Callable[[], type[ModulePass]]]) -> ModulePass:
    try:
        spec = parse_spec(text)
    except ArgSpecParseError as error:
        raise UsageError(f"pass pipeline: cannot read '{text}': {error}") from error
    if str(spec.name) not in available:
        reason = unknown_name("pass", spec.name, available, listing="see opt-tool --list-passes")
        raise UsageError(f"pass pipeline: {reason}")
    pass_type = available[spec.name]()
    spec = ArgSpec(pass_type.name, _checked_options(pass_type, spec))
    try:
        return pass_type.from_spec(spec)
    except ValueError as error:
        raise UsageError(f"pass '{spec.name}': {error}") from error


def _checked_options(pass_type: type[ModulePass], spec: ArgSpec) -> dict[str, tuple[Any, ...]]:
    """The options of `spec` by field name, after a look at each."""
    options = option_types(pass_type)
    fields = {field.name: field for field in _option_fields(pass_type)}
    checked: dict[str, tuple[Any, ...]] = {}
    for name, values in spec.parameters.items():
        field_name = name.replace("-", "_")
        if field_name not in fields:
            near = suggestion(name, options)
            raise UsageError(f"pass '{spec.name}' has no option '{name}'{near}")
        expected, _ = options[name.replace("_", "-")]
        if expected == "bool" and not values:
            values = (True,)
        _check_type(pass_type, field_name, values, f"pass '{spec.name}': option '{name}'")
        checked[field_name] = values
    for name in sorted(pass_type.required_fields()):
        if name not in checked:
            option = name.replace("_", "-")
            raise UsageError(
                f"pass '{spec.name}' needs the option '{option}' ({options[option][0]}), "
                f"as in {spec.name}{{{option}=...}}"
            )
    return checked


def _check_type(
    pass_type: type[ModulePass], field: str, values: tuple[Any, ...], where: str
) -> None:
    expected = get_type_hints(pass_type)[field]
    if len(values) == 1 and isa(values[0], expected):
        return
    if isa(values, expected) or (not values and isa(None, expected)):
        return
    given = ",".join(_text(value) for value in values) or "nothing"
    raise UsageError(f"{where} expects {type_repr(expected)}, got {given}")


def _option_fields(pass_type: type[ModulePass]) -> list[dataclasses.Field[Any]]:
    return [f for f in dataclasses.fields(pass_type) if f.name != "name" and f.init]


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        items: tuple[object, ...] = value  # pyright: ignore[reportUnknownVariableType]
        return ",".join(_text(item) for item in items)
    return str(value)

"""The options of an operator as attributes of its operation."""

from __future__ import annotations

from typing import Any, cast

from ...dialects.framework import AttributeValue, Kind
from ...dialects.tfl import TABLE
from ..problems import Problems
from .records import Operator


def attributes_of(operator: Operator, label: str, problems: Problems) -> dict[str, AttributeValue]:
    """What the file says and the schema knows, without what the schema says anyway."""
    if operator.problem:
        problems.node(label, operator.problem)
    specs = TABLE.schema(operator.name).attributes
    found: dict[str, AttributeValue] = {}
    for name, value in operator.attributes.items():
        spec = specs.get(name)
        if spec is None or spec.kind == Kind.REGION:
            continue
        if spec.choices is not None and value not in spec.choices:
            problems.node(label, f"{name} is {value}; expected one of {', '.join(spec.choices)}")
            continue
        converted = _of_kind(value, spec.kind)
        if converted is None:
            problems.node(label, f"{name} is {value!r}; expected {spec.kind.value}")
        elif converted != spec.default:
            found[name] = converted
    missing = [n for n, s in specs.items() if s.required and n not in operator.attributes]
    for name in missing:
        if specs[name].kind != Kind.REGION:
            problems.node(label, f"has no option '{name}'")
    return found


def _of_kind(value: Any, kind: Kind) -> AttributeValue | None:
    """A value as its kind has it; FlexBuffers are free with integers, floats and truths."""
    if kind == Kind.STRING:
        return value if isinstance(value, str) else None
    if kind in (Kind.INTS, Kind.FLOATS):
        number = int if kind == Kind.INTS else float
        if not isinstance(value, list):
            return None
        return cast(AttributeValue, [number(v) for v in cast("list[float]", value)])
    if not isinstance(value, int | float):
        return None
    if kind == Kind.BOOL:
        return bool(value)
    return int(value) if kind == Kind.INT else float(value)

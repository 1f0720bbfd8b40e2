"""Where a `.tflite` file has the options of each operator: `layout.json`, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("layout.json")

CUSTOM = 32
"""The number of operators that go by a name of their own."""


class FieldLayout(NamedTuple):
    """How an option is written."""

    number: int
    code: str
    """Of its type, as `struct` has it; `s` behind it for a list, `text` for a string."""
    enum: str = ""
    """The enumeration that it is a number of."""


@dataclass(frozen=True)
class OptionsLayout:
    """How the options of an operator are written."""

    operator: str
    union: int = 0
    """Which of the two unions of options an operator has they are in; 0 for none."""
    kind: int = 0
    """Their number in the union."""
    fields: Mapping[str, FieldLayout] = field(default_factory=dict[str, "FieldLayout"])
    """By name."""


@cache
def layouts() -> dict[int, OptionsLayout]:
    """The layout of each operator that has a number of its own, by that number."""
    operators = json.loads(_FILE.read_bytes())["operators"]
    return {
        row["code"]: _layout(name, row)
        for name, row in operators.items()
        if row["code"] != CUSTOM or name == "CUSTOM"
    }


def _layout(name: str, row: Mapping[str, Any]) -> OptionsLayout:
    union, kind = row.get("options", (0, 0))
    fields = {field: FieldLayout(*how) for field, how in row.get("fields", {}).items()}
    return OptionsLayout(name, union, kind, fields)

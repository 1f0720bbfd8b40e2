"""
Schemas from a table: the operators of a framework as one JSON file beside its dialect.

The file holds names, kinds and defaults, and at its head where they come from:

    {
    "dialect": "tfl", "framework": "TensorFlow Lite",
    "source": "the flatbuffer schema of the package tflite", "version": "2.18.0",
    "enums": {"Padding": {"SAME": 0, "VALID": 1}},
    "operators": {
    "PAD": {"in": ["input", "paddings"], "out": ["output"]},
    "CONV_2D": {"in": ["input", "filter", "bias?"], "out": ["output"],
      "attr": {"padding": ["Padding", "SAME"], "stride_w": "int!", "dilation_w": ["int", 1]}},
    "CONCATENATION": {"in": ["values+"], "out": ["output"], "attr": {"axis": ["int", 0]}},
    "IF": {"in": ["cond", "input*"], "out": ["output*"], "attr": {"then": "region!"}},
    "RANDOM_UNIFORM": {"in": ["shape"], "out": ["output"], "pure": false}
    }
    }

- An operand or result is a name; `?` behind it: it may be absent; `*`: any number of values, `+`:
  any number but none. They have any type. No two names of an operator are equal.
- An attribute is its kind, with `!` if it is required, or the kind and the default. Kinds are
  `int`, `float` (f32), `double` (f64), `bool`, `string`, `scalar` (an integer, a double, or true or
  false, as torch's `Scalar`), `type`, `tensor` and `region`, lists of them `ints`, `floats`,
  `doubles`, `bools`, `strings`, `scalars`, `types`, or the name of an enumeration, whose words the
  attribute then has: `padding = "SAME"`. An attribute without a default may be absent.
- An operator with `"pure": false` is neither merged with another nor dropped.

The operation of an operator is called by the dialect and the operator, as in `tfl.CONV_2D`. Every
dialect has the operator `Constant`, with its numbers in the attribute `value`; it need not be in
the table. `tools/schemas/` holds the programs that write the tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from .classes import op_class
from .op import FrameworkOp
from .schema import ANY_TYPE, AttributeSpec, AttributeValue, Formal, Kind, OpSchema, Option

_KINDS = {kind.name.lower(): kind for kind in Kind}
_OPTIONS = {"?": (Option.OPTIONAL, 1), "*": (Option.VARIADIC, 0), "+": (Option.VARIADIC, 1)}
_CONSTANT = "Constant"


class SchemaTable:
    """
    The table of one dialect. The file is read when something of it is first asked for, and a
    schema is made when its operator is.
    """

    def __init__(self, path: Path):
        self.path = path
        self._schemas: dict[str, OpSchema] = {}

    @cached_property
    def _table(self) -> Mapping[str, Any]:
        return json.loads(self.path.read_bytes())

    @cached_property
    def _operators(self) -> Mapping[str, Mapping[str, Any]]:
        own: Mapping[str, Mapping[str, Any]] = self._table["operators"]
        constant = {"out": ["output"], "attr": {"value": "tensor!"}}
        return {_CONSTANT: constant, **own}

    @property
    def dialect(self) -> str:
        """The name of the dialect."""
        return self._table["dialect"]

    @property
    def framework(self) -> str:
        """What messages call the framework."""
        return self._table["framework"]

    @property
    def source(self) -> str:
        """Where the table comes from, with the version."""
        return f"{self._table['source']}, {self._table['version']}"

    def enum(self, name: str) -> Mapping[str, int]:
        """The numbers of an enumeration by its words."""
        return self._table["enums"][name]

    @cached_property
    def operators(self) -> tuple[str, ...]:
        """The framework's names of all operators, `Constant` first."""
        return tuple(self._operators)

    def __contains__(self, operator: object) -> bool:
        return operator in self._operators

    def schema(self, operator: str) -> OpSchema:
        """The schema of an operator by the framework's name. Raises `KeyError` for others."""
        made = self._schemas.get(operator)
        if made is None:
            made = self._schemas.setdefault(operator, self._schema(operator))
        return made

    def _schema(self, operator: str) -> OpSchema:
        row = self._operators[operator]
        attributes: Mapping[str, Any] = row.get("attr", {})
        return OpSchema(
            f"{self.dialect}.{operator}",
            operator,
            self.framework,
            tuple(map(_formal, row.get("in", ()))),
            tuple(map(_formal, row.get("out", ()))),
            {name: self._attribute(spec) for name, spec in attributes.items()},
            pure=row.get("pure", True),
            constant=operator == _CONSTANT,
        )

    def _attribute(self, spec: str | Sequence[Any]) -> AttributeSpec:
        kind, default = (spec, None) if isinstance(spec, str) else spec
        required = kind.endswith("!")
        word = kind.removesuffix("!")
        known = _KINDS.get(word)
        choices = None if known is not None else frozenset(self.enum(word))
        value = cast("AttributeValue | None", default)
        return AttributeSpec(known or Kind.STRING, required, value, choices)


def _formal(text: str) -> Formal:
    option, least = _OPTIONS.get(text[-1], (Option.SINGLE, 1))
    return Formal(text.rstrip("?*+"), ANY_TYPE, option, least, homogeneous=False)


OpT = TypeVar("OpT", bound=FrameworkOp)


class TableClasses(Generic[OpT]):
    """The operation classes of a dialect, each made when it is first asked for, and only once."""

    def __init__(self, table: SchemaTable, base: type[OpT]):
        self.table = table
        self._base = base
        self._made: dict[str, type[OpT]] = {}

    def op_class(self, operator: str) -> type[OpT] | None:
        """The class of an operator by the framework's name, None for one not in the table."""
        made = self._made.get(operator)
        if made is None and operator in self.table:
            made = self._made.setdefault(
                operator, op_class(self.table.schema(operator), self._base)
            )
        return made

    def op_classes(self) -> list[type[OpT]]:
        """All operation classes, for what reads or lists them."""
        made = map(self.op_class, self.table.operators)
        return [class_ for class_ in made if class_ is not None]

"""
What a dialect knows of an operator before any operation is made: plain data.

A dialect of a framework is a table of `OpSchema`; where the table comes from (the framework's own
registry, a file) is the dialect's business. Types are written as text, in one spelling for all
frameworks: `tensor(float)`, `seq(tensor(int64))`, `optional(tensor(bool))`, `map(string, float)`,
with the names of `element_types.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from xdsl.ir import Attribute

AttributeValue = (
    bool | int | float | str | list[bool] | list[int] | list[float] | list[str] | Attribute
)
"""The value of an attribute in Python; tensors, types and lists of types stay attributes."""


class Kind(Enum):
    """What an attribute holds; the value is how a sentence says it."""

    INT = "an integer"
    FLOAT = "a number"
    DOUBLE = "a number of double precision"
    SCALAR = "a number, or true or false"
    BOOL = "true or false"
    STRING = "a string"
    ATTRIBUTE = "an attribute of the dialect"
    TYPE = "a type"
    TENSOR = "a constant tensor"
    REGION = "a region"
    INTS = "a list of integers"
    FLOATS = "a list of numbers"
    DOUBLES = "a list of numbers of double precision"
    SCALARS = "a list of numbers, true and false"
    BOOLS = "a list of true and false"
    STRINGS = "a list of strings"
    TYPES = "a list of types"


ANY_TYPE = "any"
"""The type of a formal parameter that takes values of every type."""


class Option(Enum):
    """How many values a formal parameter stands for."""

    SINGLE = "one"
    OPTIONAL = "one or none"
    VARIADIC = "any number"


@dataclass(frozen=True)
class Formal:
    """A formal parameter: an operand or a result of the operator."""

    name: str
    type: str
    """A type, the name of a type variable of the schema, or `ANY_TYPE`."""
    option: Option = Option.SINGLE
    least: int = 1
    """The fewest values of a variadic parameter."""
    homogeneous: bool = True
    """Whether all values of a type variable have the same type."""

    @property
    def is_variadic(self) -> bool:
        return self.option == Option.VARIADIC


@dataclass(frozen=True)
class AttributeSpec:
    """An attribute: its kind, and its value where an operation does not say."""

    kind: Kind
    required: bool = False
    default: AttributeValue | None = None
    choices: frozenset[str] | None = None
    """The words that a string may be, None for any."""


@dataclass(frozen=True)
class OpSchema:
    """An operator of a framework."""

    name: str
    """The operation's name, as in `onnx.Conv`."""
    operator: str
    """The framework's own name, as in `Conv`."""
    framework: str
    """What messages call the framework, as in `ONNX`."""
    inputs: tuple[Formal, ...] = ()
    outputs: tuple[Formal, ...] = ()
    attributes: Mapping[str, AttributeSpec] = field(default_factory=dict[str, AttributeSpec])
    """All attributes by name, the regions among them."""
    type_variables: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """The types that each type variable admits."""
    doc: str | None = None
    pure: bool = True
    """False for an operator whose calls cannot be merged or dropped: random numbers, state."""
    constant: bool = False
    """Whether it is the framework's constant, with its numbers in the attribute `value`."""

"""A program of Paddle as records, whichever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xdsl.ir import Attribute

Value = bool | int | float | str | list[bool] | list[int] | list[float] | list[str]
"""The value of an attribute."""


@dataclass(frozen=True)
class Operator:
    """An operator by its name in PIR."""

    name: str
    given: str
    """Its name in the file."""
    label: str
    """What names it for a reader: the layer it belongs to, or its first result."""
    operands: Mapping[str, list[str]]
    """Names of values by that of the formal parameter."""
    results: Mapping[str, list[str]]
    attributes: Mapping[str, Value]

    @property
    def title(self) -> str:
        """The operator as messages call it."""
        return f"{self.given} '{self.label}'"


@dataclass(frozen=True)
class Program:
    """The operators of a program in their order."""

    format: str
    inputs: Mapping[str, Attribute]
    """Those that are fed, in the order of their columns, with their types."""
    outputs: tuple[tuple[str, str], ...]
    """The name of each output, and of the value that it is, in the order of their columns."""
    parameters: Mapping[str, str]
    """The names of trained tensors, by that of their value, in the order of the file."""
    operators: tuple[Operator, ...]
    types: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    """What the file says of values, sizes of -1 unknown."""


class ProgramError(Exception):
    """What a file says makes no program; the text says what and where."""

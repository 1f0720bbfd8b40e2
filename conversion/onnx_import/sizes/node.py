"""A node whose sizes are asked for, with what is known of its operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import onnx
from onnx import helper

from ....dialects.framework import Dim, dims_of
from ...shape_arithmetic import Elements, Symbols, as_dims
from ...size_relations import Relations
from ..inference import Array, Value

Shapes = Sequence[Symbols | None]
"""The dimensions of each result by position; None, or nothing at its end, where no rule says."""


class SizeNode:
    """One node: its attributes, and the dimensions and elements of its operands by position."""

    def __init__(self, proto: onnx.NodeProto, inputs: Sequence[Value | None], relations: Relations):
        self.proto = proto
        self.inputs = inputs
        self.relations = relations
        self._attributes = {a.name: a for a in proto.attribute}

    def has(self, name: str) -> bool:
        """Whether an attribute is given."""
        return name in self._attributes

    def attribute(self, name: str) -> Any:
        """The value of an attribute, None where it is not given."""
        found = self._attributes.get(name)
        return None if found is None else helper.get_attribute_value(found)

    def integer(self, name: str, default: int = 0) -> int:
        """An integer attribute."""
        value = self.attribute(name)
        return default if value is None else int(value)

    def text(self, name: str, default: str = "") -> str:
        """A string attribute."""
        value = self.attribute(name)
        return default if value is None else bytes(value).decode()

    def integers(self, name: str) -> list[int] | None:
        """An attribute that is a list of integers."""
        value = self.attribute(name)
        return None if value is None else [int(v) for v in value]

    def operand(self, at: int) -> Value | None:
        """An operand, None for an absent one."""
        return self.inputs[at] if at < len(self.inputs) else None

    def dims(self, at: int) -> Symbols | None:
        """The dimensions of an operand, None without a known rank."""
        value = self.operand(at)
        return None if value is None else dims_of(value.type)

    def elements(self, at: int) -> Elements | None:
        """The elements of an integer operand, as far as known."""
        value = self.operand(at)
        return None if value is None else value.elements

    def vector(self, at: int) -> Symbols | None:
        """The elements of an operand that is a vector or scalar."""
        return as_dims(self.elements(at))

    def numbers(self, at: int) -> list[int] | None:
        """The elements of an integer vector or scalar, where all are numbers."""
        found = self.vector(at)
        if found is None or not all(isinstance(e, int) for e in found):
            return None
        return cast("list[int]", list(found))

    def constant(self, at: int) -> Array | None:
        """The numbers of an operand, flat; None where they are not known."""
        value = self.operand(at)
        constant = None if value is None else value.constant
        return None if constant is None else constant.reshape(-1)

    def one(self, at: int) -> Dim:
        """The one element of an operand; a number that is no integer is taken towards zero."""
        found = self.vector(at)
        if found is not None:
            return found[0] if len(found) == 1 else None
        numbers = self.constant(at)
        if numbers is None or len(numbers) != 1 or not np.isfinite(numbers[0]):
            return None
        return int(numbers[0])

    def axis(self, name: str, rank: int, default: int = 0) -> int | None:
        """An axis counted from the front, None for one outside."""
        axis = self.integer(name, default)
        return axis % rank if rank and -rank <= axis < rank else None


Rule = Callable[[SizeNode], Shapes]

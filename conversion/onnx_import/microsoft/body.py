"""Builds the nodes that stand for one node of a foreign domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from ....dialects.framework import ElementType

LHS_CODES = "stepwell.lhs_codes"
"""Metadata of a `DequantizeLinear`: products with it may round their other side to codes."""


class NoExpansionError(Exception):
    """The node has a form without a meaning in operators of the standard; the text says which."""


@dataclass(frozen=True)
class Operand:
    """What is known of an operand: sizes (None where they are open), type, numbers if constant."""

    name: str
    shape: tuple[int | None, ...] | None
    element: ElementType
    constant: npt.NDArray[Any] | None = None


@dataclass
class Body:
    """
    The nodes so far, and what there is to know of the node they stand for.

    Methods that add a node return the name of its output.
    """

    node: onnx.NodeProto
    operands: Mapping[str, Operand]
    """By the name of the formal parameter; absent ones are missing."""
    variadic: Sequence[Operand]
    """All operands by position, for operators with any number of them."""
    attributes: Mapping[str, Any]
    """Of the node, or their defaults."""
    prefix: str
    """Begins the names of inner values; no other value begins so."""
    nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])

    def has(self, name: str) -> bool:
        """Whether an optional operand is there."""
        return name in self.operands

    def name(self, name: str) -> str:
        """The value that is given for an operand, "" for an absent one."""
        return self.operands[name].name if name in self.operands else ""

    def wants(self, result: int) -> bool:
        """Whether the result at a position is used."""
        return result < len(self.node.output) and bool(self.node.output[result])

    def shape(self, name: str) -> tuple[int | None, ...]:
        """The sizes of an operand; raises `NoExpansionError` where not even the rank is known."""
        shape = self.operands[name].shape
        if shape is None:
            raise NoExpansionError(f"needs the rank of its operand '{name}'")
        return shape

    def rank(self, name: str) -> int:
        """The rank of an operand."""
        return len(self.shape(name))

    def size(self, name: str, dim: int) -> int:
        """One size of an operand; raises `NoExpansionError` where it is not known."""
        size = self.shape(name)[dim]
        if size is None:
            raise NoExpansionError(f"needs the size of dimension {dim} of its operand '{name}'")
        return size

    def dtype(self, name: str) -> np.dtype[Any]:
        """The numpy type of the elements of an operand."""
        return self.operands[name].element.numpy

    def integer(self, name: str) -> int:
        """An integer attribute."""
        return int(self.attributes[name])

    def number(self, name: str) -> float:
        """A float attribute."""
        return float(self.attributes[name])

    def text(self, name: str) -> str:
        """A text attribute."""
        return str(self.attributes[name])

    def refuse(self, condition: bool, why: str) -> None:
        """Raise `NoExpansionError` with the reason if the condition holds."""
        if condition:
            raise NoExpansionError(why)

    def add(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """A node of the standard with one output."""
        return self.add_many(op_type, inputs, 1, **attributes)[0]

    def add_many(
        self, op_type: str, inputs: Sequence[str], outputs: int, **attributes: Any
    ) -> list[str]:
        """A node of the standard with several outputs."""
        names = [f"{self.prefix}{len(self.nodes)}_{op_type}_{at}" for at in range(outputs)]
        given = {key: value for key, value in attributes.items() if value is not None}
        kept = list(inputs)
        while kept and not kept[-1]:
            kept.pop()
        self.nodes.append(helper.make_node(op_type, kept, names, name=self.node.name, **given))
        return names

    def constant(self, values: npt.ArrayLike, dtype: npt.DTypeLike = np.int64) -> str:
        """A constant."""
        return self.add("Constant", value=numpy_helper.from_array(np.asarray(values, dtype)))

    def like(self, value: float, operand: str) -> str:
        """A scalar of the element type of an operand."""
        return self.constant(value, self.dtype(operand))

    def reshape(self, x: str, *sizes: int) -> str:
        """`x` with these sizes: 0 for the one at the same place, -1 for what is left."""
        return self.add("Reshape", x, self.constant(sizes))

    def transpose(self, x: str, *permutation: int) -> str:
        """`x` with its dimensions in this order."""
        return self.add("Transpose", x, perm=list(permutation))

    def slice(self, x: str, axis: int, start: int, end: int) -> str:
        """`x` from `start` to `end` along an axis."""
        bounds = (self.constant([at]) for at in (start, end, axis))
        return self.add("Slice", x, *bounds)

    def sum(self, *values: str) -> str:
        """The sum of the values that are there ("" is not)."""
        first, *rest = (value for value in values if value)
        for value in rest:
            first = self.add("Add", first, value)
        return first

    def cast(self, x: str, dtype: npt.DTypeLike) -> str:
        """`x` as another type."""
        return self.add("Cast", x, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

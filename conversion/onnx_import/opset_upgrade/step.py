"""What a version step sees of the node it changes, and what it can add around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from ..model_facts import ModelFacts


class UnsupportedStepError(Exception):
    """The node has a form that the newer operator cannot express; the text says which."""


class Step:
    """One node on its way to the newest version of its operator.

    `node` is changed in place; nodes added before or after it are in their newest versions and
    carry its name, because they stand for the same node of the model.
    """

    def __init__(self, node: onnx.NodeProto, facts: ModelFacts):
        self.node = node
        self.facts = facts
        self.before: list[onnx.NodeProto] = []
        self.after: list[onnx.NodeProto] = []

    def attribute(self, name: str, default: Any = None) -> Any:
        """The value of an attribute, text as `str`."""
        for attribute in self.node.attribute:
            if attribute.name == name:
                value = helper.get_attribute_value(attribute)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def take(self, name: str, default: Any = None) -> Any:
        """Remove an attribute and return its value."""
        value = self.attribute(name, default)
        kept = [a for a in self.node.attribute if a.name != name]
        del self.node.attribute[:]
        self.node.attribute.extend(kept)
        return value

    def put(self, name: str, value: Any) -> None:
        """Set an attribute."""
        self.take(name)
        self.node.attribute.append(helper.make_attribute(name, value))

    def input(self, at: int) -> str:
        """The name of the input at a position, empty for an absent one."""
        return self.node.input[at] if at < len(self.node.input) else ""

    def set_input(self, at: int, name: str) -> None:
        """Make `name` the input at a position."""
        while len(self.node.input) <= at:
            self.node.input.append("")
        self.node.input[at] = name

    def constant(self, values: npt.ArrayLike, dtype: npt.DTypeLike) -> str:
        """The name of a new constant."""
        try:
            tensor = numpy_helper.from_array(np.asarray(values, dtype))
        except OverflowError:
            raise UnsupportedStepError(f"the value {values} is out of range") from None
        return self.add("Constant", [], value=tensor)

    def integers(self, values: Any) -> str:
        """The name of a new constant vector of int64."""
        return self.constant(list(values), np.int64)

    def add(self, op_type: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node before this one; returns the name of its output."""
        output = self.facts.fresh(f"{self.node.name or self.node.op_type}_{op_type}")
        self.before.append(self._made(op_type, inputs, output, attributes))
        return output

    def follow(self, op_type: str, inputs: list[str], output: str, **attributes: Any) -> None:
        """Add a node after this one that defines `output`."""
        self.after.append(self._made(op_type, inputs, output, attributes))

    def _made(
        self, op_type: str, inputs: list[str], output: str, attributes: dict[str, Any]
    ) -> onnx.NodeProto:
        return helper.make_node(op_type, inputs, [output], name=self.node.name, **attributes)

    def attribute_to_input(self, name: str, at: int) -> None:
        """Turn a list attribute into the input at a position; an absent one stays absent."""
        value = self.take(name)
        if value is not None:
            self.set_input(at, self.integers(value))

    def like(self, value: float, name: str) -> str:
        """The name of a new scalar of the element type of the value `name`."""
        dtype = self.facts.dtype(name)
        if dtype is not None:
            return self.constant(value, dtype)
        return self.add("CastLike", [self.constant(value, np.float32), name])

    def constant_input(self, at: int) -> npt.NDArray[Any] | None:
        """The numbers of an input, where they are in the model."""
        return self.facts.constant(self.input(at))

    def refuse_unless(self, condition: bool, why: str) -> None:
        """Raise `UnsupportedStepError` unless the condition holds."""
        if not condition:
            raise UnsupportedStepError(why)


StepRule = Callable[[Step], None]


def floats(value: Any) -> list[float]:
    """A list attribute of floats."""
    return [float(v) for v in cast("list[float]", value)]

"""What a rule sees of a node: attributes, and types and numbers of operands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute

from ...framework import AttributeValue, dims_of, element_of
from ...framework.fit import Dims
from ...framework.signature import Signature

Array = npt.NDArray[Any]


class Form:
    """
    A node of the newest version of its operator, without the graph around it.

    Operands go by their position; all of this is None for one that is absent or not known.
    """

    def __init__(
        self,
        signature: Signature,
        attributes: Mapping[str, AttributeValue],
        types: Sequence[Attribute | None],
        constants: Sequence[Array | None],
        results: int,
    ):
        """`types` and `constants` are those of the operands, `results` is how many results the
        node lists."""
        self.signature = signature
        self.attributes = attributes
        self.types = types
        self.constants = constants
        self.results = results

    @property
    def count(self) -> int:
        """How many operands there are, absent ones included."""
        return len(self.types)

    def name(self, at: int) -> str:
        """What the schema calls an operand; of a variadic one, with its place."""
        inputs = self.signature.inputs
        if at >= len(inputs) - 1 and self.count > len(inputs):
            return f"operand {at}"
        return inputs[at].name

    def has(self, at: int) -> bool:
        return at < len(self.types) and self.types[at] is not None

    def _value(self, name: str) -> AttributeValue | None:
        return self.attributes.get(name, self.signature.defaults.get(name))

    def integer(self, name: str) -> int | None:
        """An attribute or its default."""
        value = self._value(name)
        return value if isinstance(value, int) else None

    def integers(self, name: str) -> list[int] | None:
        """A list attribute or its default."""
        value = self._value(name)
        return cast("list[int]", value) if isinstance(value, list) else None

    def strings(self, name: str) -> list[str] | None:
        """A list attribute or its default."""
        value = self._value(name)
        return cast("list[str]", value) if isinstance(value, list) else None

    def text(self, name: str) -> str | None:
        """An attribute or its default."""
        value = self._value(name)
        return value if isinstance(value, str) else None

    def dims(self, at: int) -> Dims | None:
        """The dimensions of an operand."""
        type_ = self.types[at] if at < len(self.types) else None
        return None if type_ is None else dims_of(type_)

    def rank(self, at: int) -> int | None:
        dims = self.dims(at)
        return None if dims is None else len(dims)

    def element(self, at: int) -> Attribute | None:
        """The element type of an operand that is a tensor."""
        type_ = self.types[at] if at < len(self.types) else None
        return None if type_ is None else element_of(type_)

    def numbers(self, at: int) -> Array | None:
        """The numbers of a constant operand."""
        return self.constants[at] if at < len(self.constants) else None

    def vector(self, at: int) -> list[int] | None:
        """The elements of a constant operand of integers, a scalar's as one."""
        array = self.numbers(at)
        if array is None or array.dtype.kind not in "iu":
            return None
        return [int(v) for v in cast("npt.NDArray[np.int64]", array.reshape(-1))]

    def scalar(self, at: int) -> int | None:
        """The one element of a constant operand of integers."""
        found = self.vector(at)
        return found[0] if found is not None and len(found) == 1 else None


Rule = Callable[[Form], None]
"""Raises `VerifyException` for a node that no run can make sense of."""

"""
What a rule for the sizes of results is, and what it sees.

A rule gives the dimensions of each result; None for one that only the operation's own type knows.
Rules raise `VerifyException` for operands that do not fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue

from ...dialects.framework import dims_of
from ...dialects.framework.fit import Dims, differ, refuse, shown
from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.clauses import integers_of
from ..shape_arithmetic import Symbols
from ..size_relations import Relations

KnownElements = Callable[[SSAValue], Symbols | None]
"""The elements of an integer vector, as far as known."""


class Sizes:
    """What a rule sees: the operation, the dimensions of operands, and elements of integer ones."""

    def __init__(
        self, op: HloOp, elements: KnownElements, table: KnownElements, relations: Relations
    ):
        self.op = op
        self.elements = elements
        self.table = table
        """The same of a table, row by row."""
        self.relations = relations

    def dims(self, at: int) -> Dims:
        """The dimensions of an operand."""
        found = dims_of(self.op.operands[at].type)
        if found is None:
            refuse(f"operand {at} is {self.op.operands[at].type}; expected a tensor with a rank")
        return found

    def integers(self, name: str) -> list[int]:
        """A list of integers."""
        return integers_of(self.op.properties.get(name))

    def integer(self, name: str) -> int:
        """An integer."""
        value = self.op.attribute(name)
        return value if isinstance(value, int) else 0

    def same(self, *shapes: Dims) -> Dims:
        """The one shape that operands have."""
        first = shapes[0]
        for other in shapes[1:]:
            if len(other) != len(first) or any(map(differ, first, other)):
                refuse(f"operands of shapes {' and '.join(map(shown, shapes))}; expected one shape")
            first = tuple(map(self.relations.equal, first, other))
        return first


Rule = Callable[[Sizes], Sequence[Dims | None]]

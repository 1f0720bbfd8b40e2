"""A layer as its rules see it: the shapes of its operands, its parameters, and no graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ....dialects.caffe.schemas import TABLE
from ....dialects.framework import Dim
from ....runtime.size import Extent
from ...size_relations import Relations
from ..net import Layer

Shape = tuple[Dim, ...]
Sizes = tuple[Extent, ...]


class ShapeError(Exception):
    """Operands or parameters that do not fit together; the text says which and why."""


@dataclass
class Form:
    """A layer with the shapes of its operands by position."""

    layer: Layer
    shapes: Sequence[Sizes]
    relations: Relations = field(default_factory=Relations)

    def shape(self, name: str) -> Sizes:
        """The shape of the operand that the schema calls `name`."""
        found = self.optional(name)
        if found is None:
            raise ShapeError(f"has no operand '{name}'")
        return found

    def optional(self, name: str) -> Sizes | None:
        """The same, None where the operand is absent."""
        formals = TABLE.schema(self.layer.type).inputs
        at = [formal.name for formal in formals].index(name)
        return self.shapes[at] if at < len(self.shapes) else None

    def attribute(self, name: str) -> Any:
        """A parameter, its default where the net does not say it."""
        found = self.layer.parameters.get(name)
        return TABLE.schema(self.layer.type).attributes[name].default if found is None else found

    def axis(self, name: str = "axis", rank: int | None = None) -> int:
        """A parameter that is an axis of the first operand, counted from the front."""
        given, count = int(self.attribute(name)), len(self.shapes[0]) if rank is None else rank
        if not -count <= given < count:
            raise ShapeError(f"{name} is {given}, its operand has {count} dimensions")
        return given % count

    def same(self, what: str, a: Extent, b: Extent) -> Extent:
        """The size that two are, which must be equal."""
        if isinstance(a, int) and isinstance(b, int) and a != b:
            raise ShapeError(f"{what}: {a} and {b}, which must be equal")
        found = self.relations.equal(a, b)
        assert found is not None
        return found

    def expect(self, name: str, wanted: Sequence[Extent]) -> None:
        """Check the shape of a trained operand, where it is there."""
        found = self.optional(name)
        if found is None:
            return
        if len(found) != len(wanted):
            raise ShapeError(f"{name} has shape {list(found)}, expected {list(wanted)}")
        for a, b in zip(found, wanted, strict=True):
            if isinstance(a, int) and isinstance(b, int) and a != b:
                raise ShapeError(f"{name} has shape {list(found)}, expected {list(wanted)}")
            self.relations.equal(a, b)

    def rank(self, name: str, least: int, most: int | None = None) -> Sizes:
        """The shape of an operand that has so many dimensions."""
        found = self.shape(name)
        if len(found) < least or len(found) > (most or len(found)):
            wanted = f"{least}" if most == least else f"at least {least}"
            raise ShapeError(f"{name} has {len(found)} dimensions, expected {wanted}")
        return found

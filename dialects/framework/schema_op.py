"""
Access to an operation by the names of its schema, which printing and verification rest on.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import ClassVar, cast

from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.ir import Attribute, OpResult, Region, SSAValue
from xdsl.irdl import IRDLOperation

from .attributes import value_of
from .schema import AttributeValue
from .signature import Entry, Signature, field_of, is_grouped


class SchemaOp(IRDLOperation, ABC):
    """An operation whose class was made from a schema; see `FrameworkOp`."""

    SIGNATURE: ClassVar[Signature]

    @property
    def operand_slots(self) -> tuple[SSAValue | None, ...]:
        """The operands as a node lists its inputs: by position, None for an absent one."""
        return self.SIGNATURE.operand_slots(self)

    @property
    def result_slots(self) -> tuple[OpResult | None, ...]:
        """The results as a node lists its outputs: by position, None for an absent one."""
        return self.SIGNATURE.result_slots(self)

    @property
    def operand_entries(self) -> tuple[Entry[SSAValue], ...]:
        """The operands as `make` takes them: those of a variadic parameter that others follow are
        one entry, a sequence."""
        return self.SIGNATURE.operand_entries(self)

    @property
    def result_entries(self) -> tuple[Entry[OpResult], ...]:
        """The results in the same form."""
        return self.SIGNATURE.result_entries(self)

    def operand_group(self, name: str) -> Sequence[SSAValue]:
        """The operands of the variadic parameter that the schema calls `name`."""
        return tuple(cast("Sequence[SSAValue]", getattr(self, field_of(name))))

    def operand_count(self, name: str) -> int:
        """How many operands the parameter that the schema calls `name` stands for."""
        found: object = getattr(self, field_of(name))
        return (
            len(cast("Sequence[SSAValue]", found))
            if isinstance(found, Sequence)
            else (found is not None)
        )

    def operand(self, name: str) -> SSAValue | None:
        """The single or optional operand that the schema calls `name`."""
        if is_grouped(self.SIGNATURE.inputs):
            return cast("SSAValue | None", getattr(self, field_of(name)))
        slots = self.operand_slots
        at = self.SIGNATURE.operand_names.index(name)
        return slots[at] if at < len(slots) else None

    def result_named(self, name: str) -> OpResult | None:
        """The single or optional result that the schema calls `name`."""
        if is_grouped(self.SIGNATURE.outputs):
            return cast("OpResult | None", getattr(self, field_of(name)))
        slots = self.result_slots
        at = self.SIGNATURE.result_names.index(name)
        return slots[at] if at < len(slots) else None

    def attribute(self, name: str) -> AttributeValue | None:
        """The value of the attribute `name`, its default where it is not set."""
        found = self.properties.get(name)
        if found is not None:
            return value_of(found)
        return self.SIGNATURE.defaults.get(name)

    def graph(self, name: str) -> Region | None:
        """The subgraph that the schema calls `name`."""
        region = getattr(self, field_of(name))
        return cast("Region | None", region)

    @property
    def nodes(self) -> list[str]:
        """Names of the framework nodes this operation stands for."""
        names = self.attributes.get("nodes")
        found = None if names is None else value_of(names)
        return cast(list[str], found) if isinstance(found, list) else []

    @property
    def label(self) -> str:
        """The operation as messages call it: `Conv '/stem/conv'`."""
        names, operator = self.nodes, self.SIGNATURE.schema.operator
        return f"{operator} '{names[0]}'" if names else operator


def node_names(*names: str) -> Attribute:
    """The `nodes` attribute of operations that stand for the given framework nodes."""
    return ArrayAttr([StringAttr(name) for name in names])

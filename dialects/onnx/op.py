"""
What all operations of the `onnx` dialect share: access by the names of the schema, the custom
assembly format and verification.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self, cast

from onnx.defs import OpSchema
from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Attribute, OpResult, Region, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.parser import Parser
from xdsl.printer import Printer

from . import assembly, verification
from .attributes import AttributeValue, property_of, value_of
from .signature import Signature


class OnnxOp(IRDLOperation, ABC):
    """
    An ONNX node. Its class is made from the operator's schema (`schema_ops.py`).

    ```mlir
    %y = onnx.Conv(%x, %w, none) {strides = [2, 2], nodes = ["/stem/conv"]}
      : (tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32>, none) -> tensor<1x64x109x109xf32>
    ```

    Operands, results and attributes go by the names of the schema: `op.operand("W")`,
    `op.result_named("Y")`, `op.attribute("strides")`, `op.graph("body")`. Absent optional
    operands and results are None, absent attributes have the schema's default or None.
    """

    SIGNATURE: ClassVar[Signature]

    @property
    def schema(self) -> OpSchema:
        """The operator's schema in `onnx.defs`."""
        return self.SIGNATURE.schema

    @property
    def operand_slots(self) -> tuple[SSAValue | None, ...]:
        """The operands as a node lists its inputs: by position, None for an absent one."""
        return self.SIGNATURE.operand_slots(self)

    @property
    def result_slots(self) -> tuple[OpResult | None, ...]:
        """The results as a node lists its outputs: by position, None for an absent one."""
        return self.SIGNATURE.result_slots(self)

    def operand(self, name: str) -> SSAValue | None:
        """The single or optional operand that the schema calls `name`."""
        slots = self.operand_slots
        at = self.SIGNATURE.operand_names.index(name)
        return slots[at] if at < len(slots) else None

    def result_named(self, name: str) -> OpResult | None:
        """The single or optional result that the schema calls `name`."""
        slots = self.result_slots
        at = self.SIGNATURE.result_names.index(name)
        return slots[at] if at < len(slots) else None

    def attribute(self, name: str) -> AttributeValue | None:
        """The value of the ONNX attribute `name`, its default where it is not set."""
        found = self.properties.get(name)
        if found is not None:
            return value_of(found)
        return self.SIGNATURE.defaults.get(name)

    def graph(self, name: str) -> Region | None:
        """The subgraph that the schema calls `name`."""
        region = getattr(self, name)
        return cast("Region | None", region)

    @property
    def nodes(self) -> list[str]:
        """Names of the framework nodes this operation stands for."""
        names = self.attributes.get("nodes")
        found = None if names is None else value_of(names)
        return cast(list[str], found) if isinstance(found, list) else []

    @classmethod
    def make(
        cls,
        operands: Sequence[SSAValue | None],
        result_types: Sequence[Attribute | None],
        attributes: Mapping[str, AttributeValue] | None = None,
        regions: Mapping[str, Region] | None = None,
    ) -> Self:
        """A new operation from positional operands and results (None: absent) and attributes.

        Raises `ValueError` for a wrong number of operands or results and `TypeError` for an
        attribute of the wrong kind; both name what the schema expects.
        """
        signature = cls.SIGNATURE
        properties: dict[str, Attribute] = {}
        for name, value in (attributes or {}).items():
            spec = signature.attributes.get(name)
            if spec is None:
                raise TypeError(f"{cls.name} has no attribute '{name}'")
            properties[name] = property_of(value, spec.type)
        return assembly.create(cls, operands, result_types, properties, regions or {}, {})

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return assembly.parse(cls, parser)

    def print(self, printer: Printer) -> None:
        assembly.print_op(self, printer)

    def verify_(self) -> None:
        verification.verify(self)


def node_names(*names: str) -> Attribute:
    """The `nodes` attribute of operations that stand for the given framework nodes."""
    from xdsl.dialects.builtin import ArrayAttr

    return ArrayAttr([StringAttr(name) for name in names])

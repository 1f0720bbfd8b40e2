"""
What all operations of frameworks share: access by the names of the schema, the custom assembly
format and verification.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Self

from xdsl.ir import Attribute, Region, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from . import assembly, verification
from .attributes import property_of
from .schema import AttributeValue
from .schema_op import SchemaOp
from .signature import Entry


class FrameworkOp(SchemaOp, ABC):
    """
    A node of a framework's graph. Its class is made from the operator's schema (`classes.py`).

    ```mlir
    %y = onnx.Conv(%x, %w, none) {strides = [2, 2], nodes = ["/stem/conv"]}
      : (tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32>, none) -> tensor<1x64x109x109xf32>
    ```

    Operands, results and attributes go by the names of the schema: `op.operand("W")`,
    `op.result_named("Y")`, `op.attribute("strides")`, `op.graph("body")`. Absent optional
    operands and results are None, absent attributes have the schema's default or None.
    """

    @classmethod
    def make(
        cls,
        operands: Sequence[Entry[SSAValue]],
        result_types: Sequence[Entry[Attribute]],
        attributes: Mapping[str, AttributeValue] | None = None,
        regions: Mapping[str, Region] | None = None,
    ) -> Self:
        """A new operation from positional operands and results (None: absent) and attributes.

        Of a schema with a variadic parameter that others follow, each variadic one is a list.

        Raises `ValueError` for a wrong number of operands or results and `TypeError` for an
        attribute of the wrong kind; both name what the schema expects.
        """
        signature = cls.SIGNATURE
        properties: dict[str, Attribute] = {}
        for name, value in (attributes or {}).items():
            spec = signature.attributes.get(name)
            if spec is None:
                raise TypeError(f"{cls.name} has no attribute '{name}'")
            properties[name] = property_of(value, spec.kind)
        return assembly.create(cls, operands, result_types, properties, regions or {}, {})

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return assembly.parse(cls, parser)

    def print(self, printer: Printer) -> None:
        assembly.print_op(self, printer)

    def verify_(self) -> None:
        verification.verify(self)

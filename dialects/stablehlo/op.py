"""What all operations of the dialects `stablehlo` and `chlo` share."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ..framework import FrameworkOp
from ..framework.schema import AttributeValue
from ..framework.signature import Entry
from .form import Form, OwnForm
from .verification import verify


class HloOp(FrameworkOp, ABC):
    """
    An operation of `stablehlo` or `chlo`; see `FrameworkOp`.

    Its text is what JAX prints (`FORM`), or MLIR's generic form, which is always read.
    """

    FORM: ClassVar[Form | OwnForm | None]

    @classmethod
    def make(
        cls,
        operands: Sequence[Entry[SSAValue]],
        result_types: Sequence[Entry[Attribute]],
        attributes: Mapping[str, AttributeValue] | None = None,
        regions: Mapping[str, Region] | None = None,
    ) -> Self:
        """A new operation; attributes are given as attributes of the IR."""
        found: dict[str, Attribute] = {}
        for name, value in (attributes or {}).items():
            if not isinstance(value, Attribute):
                raise TypeError(f"{cls.name}: attribute '{name}' is not an attribute of the IR")
            found[name] = value
        given = regions or {}
        return cls.create(
            operands=[v for v in operands if isinstance(v, SSAValue)],
            result_types=[t for t in result_types if isinstance(t, Attribute)],
            properties=found,
            regions=[given[name] for name in cls.SIGNATURE.graphs],
        )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        assert cls.FORM is not None
        return cls.FORM.parse(cls, parser)  # pyright: ignore[reportReturnType]

    def print(self, printer: Printer) -> None:
        assert self.FORM is not None
        self.FORM.print(self, printer)

    def verify_(self) -> None:
        verify(self)

    def body(self, name: str) -> Region:
        """A region by name.

        Raises `VerifyException` for one that is not a block.
        """
        region = self.graph(name)
        if region is None or len(region.blocks) != 1:
            raise VerifyException(f"region '{name}' must be one block")
        return region


def generic_text(cls: type[HloOp]) -> None:
    """Let a class be printed in the generic form alone."""
    cls.print = Operation.print
    cls.parse = Operation.parse  # pyright: ignore[reportAttributeAccessIssue]

"""Reading the attributes of an operation as what they are to whoever converts or runs it."""

from __future__ import annotations

from typing import cast

from .op import FrameworkOp


class AttributeReader:
    """The attributes of `op` by the names of its schema, with the schema's defaults.

    A `default` stands for an attribute that is absent and has none in the schema either.
    """

    op: FrameworkOp

    def integer(self, name: str, default: int = 0) -> int:
        """An integer attribute."""
        value = self.op.attribute(name)
        return default if value is None else cast(int, value)

    def number(self, name: str, default: float = 0.0) -> float:
        """A float attribute."""
        value = self.op.attribute(name)
        return default if value is None else float(cast(float, value))

    def scalar(self, name: str) -> bool | int | float | None:
        """A number as it is written: an integer, a double or a truth; None where it is absent."""
        return cast("bool | int | float | None", self.op.attribute(name))

    def flag(self, name: str, *, default: bool = False) -> bool:
        """An attribute that is true or false."""
        value = self.op.attribute(name)
        return default if value is None else bool(value)

    def text(self, name: str, default: str = "") -> str:
        """A string attribute."""
        value = self.op.attribute(name)
        return default if value is None else cast(str, value)

    def integers(self, name: str) -> list[int] | None:
        """An attribute that is a list of integers."""
        return cast("list[int] | None", self.op.attribute(name))

    def numbers(self, name: str) -> list[float] | None:
        """An attribute that is a list of numbers."""
        return cast("list[float] | None", self.op.attribute(name))

    def texts(self, name: str) -> list[str] | None:
        """An attribute that is a list of strings."""
        return cast("list[str] | None", self.op.attribute(name))

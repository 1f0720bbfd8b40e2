"""The operation classes of the `paddle` dialect."""

from __future__ import annotations

from abc import ABC

from ..framework import FrameworkOp
from ..framework.schema_table import TableClasses
from .schemas import TABLE


class PaddleOp(FrameworkOp, ABC):
    """An operator of Paddle; see `FrameworkOp`."""


_CLASSES = TableClasses(TABLE, PaddleOp)


def op_class(operator: str) -> type[PaddleOp] | None:
    """The class of an operator by its name in PIR, None for one that is not in the table."""
    return _CLASSES.op_class(operator)


def op_classes() -> list[type[PaddleOp]]:
    """All operation classes."""
    return _CLASSES.op_classes()

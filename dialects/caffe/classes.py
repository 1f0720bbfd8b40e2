"""The operation classes of the `caffe` dialect."""

from __future__ import annotations

from abc import ABC

from ..framework import FrameworkOp
from ..framework.schema_table import TableClasses
from .schemas import TABLE


class CaffeOp(FrameworkOp, ABC):
    """A layer of Caffe; see `FrameworkOp`."""


_CLASSES = TableClasses(TABLE, CaffeOp)


def op_class(layer: str) -> type[CaffeOp] | None:
    """The class of a type of layers, None for one that nets are not made of when they run."""
    return _CLASSES.op_class(layer)


def op_classes() -> list[type[CaffeOp]]:
    """All operation classes."""
    return _CLASSES.op_classes()

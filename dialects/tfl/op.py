"""The class of all operations of the `tfl` dialect."""

from __future__ import annotations

from abc import ABC

from ..framework import FrameworkOp, TableClasses
from .schemas import TABLE


class TflOp(FrameworkOp, ABC):
    """A call of an operator of TensorFlow Lite; see `FrameworkOp`."""


CLASSES = TableClasses(TABLE, TflOp)
"""The operation classes, by the framework's names of the operators."""

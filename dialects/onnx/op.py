"""The class of all operations of the `onnx` dialect."""

from __future__ import annotations

from abc import ABC

from onnx.defs import OpSchema

from ..framework import FrameworkOp
from .schemas import onnx_schemas


class OnnxOp(FrameworkOp, ABC):
    """An ONNX node; see `FrameworkOp`."""

    @property
    def schema(self) -> OpSchema:
        """The operator's schema in `onnx.defs`, which says more than that of the dialect: the
        domain, the version, the function body."""
        return onnx_schemas()[self.name]

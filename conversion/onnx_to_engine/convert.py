"""`convert-onnx-to-engine`: the step from the onnx dialect to the engine dialect."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ...dialects.engine import weight_store
from ..to_engine.convert import convert_module
from .conversion import ONNX


@dataclass(frozen=True)
class ConvertOnnxToEnginePass(ModulePass):
    """Convert every function from the onnx to the engine dialect."""

    name = "convert-onnx-to-engine"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        convert_module(op, weight_store(ctx), ONNX)

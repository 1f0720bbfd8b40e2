"""The `onnx` dialect with all of its operations, for what reads or lists them."""

from __future__ import annotations

from xdsl.ir import Dialect

from .classes import op_classes
from .former_names import FORMER_NAMES
from .yield_op import YieldOp

Onnx = Dialect("onnx", [*op_classes().values(), YieldOp], list(FORMER_NAMES))

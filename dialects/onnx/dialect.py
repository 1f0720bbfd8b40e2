"""The `onnx` dialect with all of its operations, for what reads or lists them."""

from __future__ import annotations

from xdsl.ir import Dialect

from .element_types import StringType
from .schema_ops import op_classes
from .types import DimsAttr, MapType, OptionalType, SequenceType, StringsAttr
from .yield_op import YieldOp

Onnx = Dialect(
    "onnx",
    [*op_classes().values(), YieldOp],
    [DimsAttr, MapType, OptionalType, SequenceType, StringType, StringsAttr],
)

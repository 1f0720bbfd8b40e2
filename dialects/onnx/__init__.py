"""
The `onnx` dialect: ONNX as the model's author wrote it, operator for operator.

The operations are made from the schemas of the installed `onnx` package, in their newest
versions (<https://onnx.ai/onnx/operators/>). Values have tensor types with the names of symbolic
dimensions as encoding, or `!onnx.seq`, `!onnx.optional`, `!onnx.map`.

```mlir
func.func @main(%x: tensor<?x4xf32, #onnx.dims<["batch", ""]>>)
    -> tensor<?x3xf32, #onnx.dims<["batch", ""]>>
    attributes {input_names = ["x"], output_names = ["y"]} {
  %w = onnx.Constant #engine.weight<"w", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<4x3xf32>>
  %y = onnx.Gemm(%x, %w) {alpha = 0.5, nodes = ["/fc/Gemm"]}
    : (tensor<?x4xf32, #onnx.dims<["batch", ""]>>, tensor<4x3xf32>)
    -> tensor<?x3xf32, #onnx.dims<["batch", ""]>>
  func.return %y : tensor<?x3xf32, #onnx.dims<["batch", ""]>>
}
```
"""

from __future__ import annotations

from .attributes import AttributeValue, property_of, value_of
from .element_types import ELEMENT_TYPES, ElementType, StringType
from .op import OnnxOp, node_names
from .schema_ops import op_class, op_classes, op_name
from .signature import Signature
from .types import (
    Dim,
    DimsAttr,
    MapType,
    OptionalType,
    SequenceType,
    StringsAttr,
    dims_of,
    element_of,
    onnx_type_name,
    ranked_tensor,
    tensor_type,
)
from .yield_op import YieldOp

__all__ = [
    "ELEMENT_TYPES",
    "AttributeValue",
    "Dim",
    "DimsAttr",
    "ElementType",
    "MapType",
    "OnnxOp",
    "OptionalType",
    "SequenceType",
    "Signature",
    "StringType",
    "StringsAttr",
    "YieldOp",
    "dims_of",
    "element_of",
    "node_names",
    "onnx_type_name",
    "op_class",
    "op_classes",
    "op_name",
    "property_of",
    "ranked_tensor",
    "tensor_type",
    "value_of",
]

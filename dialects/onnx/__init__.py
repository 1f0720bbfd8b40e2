"""
The `onnx` dialect: ONNX as the model's author wrote it, operator for operator.

The operations are made from the schemas of the installed `onnx` package, in their newest
versions (<https://onnx.ai/onnx/operators/>). Values have tensor types with the names of symbolic
dimensions as encoding, or `!framework.seq`, `!framework.optional`, `!framework.map`.

```mlir
func.func @main(%x: tensor<?x4xf32, #framework.dims<["batch", ""]>>)
    -> tensor<?x3xf32, #framework.dims<["batch", ""]>>
    attributes {input_names = ["x"], output_names = ["y"]} {
  %w = onnx.Constant #engine.weight<"w", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<4x3xf32>>
  %y = onnx.Gemm(%x, %w) {alpha = 0.5, nodes = ["/fc/Gemm"]}
    : (tensor<?x4xf32, #framework.dims<["batch", ""]>>, tensor<4x3xf32>)
    -> tensor<?x3xf32, #framework.dims<["batch", ""]>>
  func.return %y : tensor<?x3xf32, #framework.dims<["batch", ""]>>
}
```
"""

from __future__ import annotations

from .classes import op_class, op_classes
from .op import OnnxOp
from .schemas import op_name
from .yield_op import YieldOp

__all__ = ["OnnxOp", "YieldOp", "op_class", "op_classes", "op_name"]

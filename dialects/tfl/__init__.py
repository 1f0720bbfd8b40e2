"""
The `tfl` dialect: TensorFlow Lite as its files have it, operator for operator.

The operations are made from the flatbuffer schema of the format (`table.json`), under the names of
`BuiltinOperator`; custom operators are `tfl.custom.NAME`. A fused activation stays an attribute.
Quantised tensors say so in their element type. Subgraphs are regions of the operations that call
them; variables and states that kernels change in place are arguments and results.

```mlir
func.func @main(%x: tensor<1x8x8x3xf32>) -> tensor<1x4x4x16xf32>
    attributes {input_names = ["x"], output_names = ["y"]} {
  %w = tfl.Constant #engine.weight<"w", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<16x3x3x3xf32>>
  %y = tfl.CONV_2D(%x, %w)
    {fused_activation_function = "RELU6", nodes = ["stem"], padding = "SAME", stride_h = 2,
     stride_w = 2}
    : (tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32>) -> tensor<1x4x4x16xf32>
  func.return %y : tensor<1x4x4x16xf32>
}
```
"""

from __future__ import annotations

from .op import CLASSES, TflOp
from .quantized import QuantizedType, quantized_of
from .schemas import TABLE
from .yield_op import YieldOp

__all__ = ["CLASSES", "TABLE", "QuantizedType", "TflOp", "YieldOp", "quantized_of"]

"""
The `stablehlo` dialect: a program of JAX, or of any framework that exports StableHLO.

Operations are those of the StableHLO specification (<https://openxla.org/stablehlo/spec>, version
1.15) without the ones of distributed programs; `chlo` beside it has functions of a higher level.
The text is what JAX prints; MLIR's generic form is read as well.

```mlir
func.func @main(%x: tensor<2x4xf32>) -> tensor<2xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %y = stablehlo.exponential %x : tensor<2x4xf32>
  %z = stablehlo.reduce(%y init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
  func.return %z : tensor<2xf32>
}
```
"""

from __future__ import annotations

from .dialect import op_classes
from .op import HloOp
from .return_op import ReturnOp

__all__ = ["HloOp", "ReturnOp", "op_classes"]

"""
The operators of PaddlePaddle, by the names of its newer program format (PIR).

What a program may either say or compute is an attribute or operands: `shape`, or `shape_tensor`,
of which one vector stands for all numbers or one scalar for each.

```mlir
%y = paddle.conv2d(%x, %w) {paddings = [1, 1], strides = [2, 2], nodes = ["conv2d_0.tmp_0"]}
  : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x4x4xf32>
```
"""

from __future__ import annotations

from .classes import PaddleOp, op_class, op_classes

__all__ = ["PaddleOp", "op_class", "op_classes"]

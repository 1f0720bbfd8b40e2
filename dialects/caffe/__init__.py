"""
Caffe's layers as operations, as the author of a net wrote them, by the newest names.

Trained blobs are operands behind the bottoms. What may be written in two ways in a file is one
attribute: windows have lists for their dimensions, one number for all of them or one for each.

```mlir
%y = caffe.Convolution(%x, %w, %b) {kernel_size = [3], nodes = ["conv1"], num_output = 8, pad = [1]}
  : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>) -> tensor<1x8x8x8xf32>
```
"""

from __future__ import annotations

from .classes import CaffeOp, op_class, op_classes

__all__ = ["CaffeOp", "op_class", "op_classes"]

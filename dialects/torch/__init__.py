"""
The `torch` dialect: programs of PyTorch as they were exported, operator for operator.

The operations are made from the signatures of torch's registry in `signatures.json`; each is named
after the operator with its overload (`torch.aten.add.Tensor`). Operators that write into an
argument do not occur: the importer turns them into those that give a new tensor. `schemas.py`
says what becomes of the arguments.

```mlir
func.func @main(%x: tensor<?x4xf32, #framework.dims<["batch", ""]>>)
    -> tensor<?x3xf32, #framework.dims<["batch", ""]>>
    attributes {input_names = ["x"], output_names = ["output_0"]} {
  %w = torch.Constant #engine.weight<"w", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<3x4xf32>>
  %y = torch.aten.linear.default(%x, %w) {nodes = ["linear"]}
    : (tensor<?x4xf32, #framework.dims<["batch", ""]>>, tensor<3x4xf32>)
    -> tensor<?x3xf32, #framework.dims<["batch", ""]>>
  func.return %y : tensor<?x3xf32, #framework.dims<["batch", ""]>>
}
```
"""

from __future__ import annotations

from .classes import op_class, op_classes
from .codes import element_type_of_torch, torch_name_of
from .making import Given, constant, make
from .op import TorchOp
from .operator_signature import Argument, OperatorSignature
from .schemas import OPEN, operators, signature_of
from .yield_op import YieldOp

__all__ = [
    "OPEN",
    "Argument",
    "Given",
    "OperatorSignature",
    "TorchOp",
    "YieldOp",
    "constant",
    "element_type_of_torch",
    "make",
    "op_class",
    "op_classes",
    "operators",
    "signature_of",
    "torch_name_of",
]

"""The terminator of ONNX subgraphs."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, traits_def, var_operand_def
from xdsl.traits import IsTerminator, Pure


@irdl_op_definition
class YieldOp(IRDLOperation):
    """
    Ends a subgraph and names its outputs.

    ```mlir
    onnx.Yield %go, %sum : tensor<i1>, tensor<4xf32>
    ```
    """

    name = "onnx.Yield"

    outputs = var_operand_def()

    traits = traits_def(IsTerminator(), Pure())

    assembly_format = "attr-dict ($outputs^ `:` type($outputs))?"

    def __init__(self, outputs: Sequence[SSAValue]):
        super().__init__(operands=[outputs])

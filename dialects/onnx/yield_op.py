"""The terminator of ONNX subgraphs."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition

from ..framework import FrameworkYield


@irdl_op_definition
class YieldOp(FrameworkYield):
    """
    Ends a subgraph and names its outputs.

    ```mlir
    onnx.Yield %go, %sum : tensor<i1>, tensor<4xf32>
    ```
    """

    name = "onnx.Yield"

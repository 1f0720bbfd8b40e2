"""What ends the regions of operations."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition

from ..framework import FrameworkYield


@irdl_op_definition
class ReturnOp(FrameworkYield):
    """
    What a region gives.

    ```mlir
    stablehlo.return %x : tensor<f32>
    ```
    """

    name = "stablehlo.return"

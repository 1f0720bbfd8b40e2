"""The terminator of the regions of torch's control flow."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition

from ..framework import FrameworkYield


@irdl_op_definition
class YieldOp(FrameworkYield):
    """
    Ends a region and names its results.

    ```mlir
    torch.Yield %go, %sum : tensor<i1>, tensor<4xf32>
    ```
    """

    name = "torch.Yield"
